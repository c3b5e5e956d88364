import { z } from 'zod';
import { RUN_STATUSES, type RunReport } from '../../domain/report.ts';
import { PHASES } from '../../domain/season.ts';

const instant = z.iso.datetime().nullable();
const numbers = z.record(z.string(), z.number());
const holdStatus = z.enum(['holding', 'releasing', 'released', 'needsHuman']);

const phase = z.object({
  name: z.enum(PHASES),
  status: z.enum(['pending', 'running', 'completed', 'failed', 'skipped']),
  startedAt: instant,
  finishedAt: instant,
  ms: z.number().nullable(),
  attempts: z.int(),
});

const service = z.object({
  targetId: z.string(),
  service: z.string(),
  region: z.string(),
  from: z.number().describe("Owned floor before this run's first intent, in units."),
  to: z.number().describe("This run's own floor, in units."),
  effectiveFloor: z.number().describe('Highest of the pre-state and every live claim, in units.'),
  observed: z.number().nullable().describe('Serving units by a vendor read after settling; null until then.'),
  status: z.enum(['planned', 'applied', 'settled', 'undone', 'failed', 'unreachable']),
  critical: z.boolean(),
  protection: z.enum(['fenced', 'read-back']),
  startedAt: instant,
  settledAt: instant,
  error: z.object({ kind: z.string(), message: z.string() }).optional(),
});

const cell = z.object({
  provider: z.string(),
  region: z.string(),
  status: z.enum(['planned', 'running', 'success', 'partial', 'failed']),
  ms: z.number(),
  costImpact: z.object({ hourlyUsd: z.number() }),
  performance: z.object({ before: numbers, after: numbers, source: z.string() }),
  services: z.array(service),
});

const route = z.object({
  recordSetId: z.string(),
  from: numbers,
  to: numbers,
  observed: numbers.nullable(),
  steps: z.int(),
  status: z.enum(['planned', 'moved', 'movedBack', 'failed']),
});

const platform = z.object({
  platform: z.string(),
  dashboards: z.array(z.object({ id: z.string(), title: z.string(), url: z.string().nullable() })),
  alertRules: z.array(z.object({ id: z.string(), name: z.string() })),
  metricsPublished: z.array(z.string()),
  metricsAbsent: z.array(z.string()).describe('Metrics without a source in this run.'),
  status: z.enum(['published', 'degraded', 'removed']),
});

const forecastScores = z.object({
  hours: z.int().describe('Hours that were forecast and observed.'),
  unobservedHours: z.int().describe('Hours that were forecast and not observed; they are left out.'),
  days: z.int(),
  expectedMean: z.number(),
  observedMean: z.number(),
  bias: z.number().nullable().describe('Observed over expected mean.'),
  quantiles: z.array(z.number()),
  pinball: z.number().describe("Mean pinball loss, in the workload's unit per second."),
  coverage: z
    .object({ quantile: z.number(), share: z.number() })
    .nullable()
    .describe('Share of hours the quantile was enough for.'),
  lesson: z
    .object({ level: z.number().nullable(), spread: z.number().nullable() })
    .describe('What the next forecast of a season of the same id learns from it.'),
});

const capacityScores = z.object({
  hours: z.int().describe('Hours of the plan that were observed.'),
  unobservedHours: z.int().describe('Hours of the plan that were not observed; they are left out.'),
  unservedShare: z.number().describe('Share of all load above what the planned floors carry as promised.'),
  idleShare: z.number().describe('Share of all capacity that no load needed.'),
  plannedUsd: z.number().describe('What the plan added, over the hours observed.'),
  idleUsd: z.number().describe('The part of it that no load needed.'),
  unservedUsd: z.number().describe('Stated cost of what was unserved.'),
  perfectUsd: z.number().describe('The same for the plan that knew every load.'),
  regretUsd: z.number().describe('plannedUsd + unservedUsd - perfectUsd.'),
});

const hindsightSubject = {
  workload: z.string(),
  unit: z.string(),
  markets: z.array(z.string()).describe('Markets whose capacity or loads cannot be told apart.'),
  source: z.enum(['targets', 'markets']).describe('Whose readings were added up.'),
};

const hindsight = z.object({
  step: z.int().nullable().describe('Null for the whole plan.'),
  from: z.iso.datetime(),
  until: z.iso.datetime(),
  at: z.iso.datetime(),
  rows: z.array(
    z.discriminatedUnion('status', [
      z.object({
        ...hindsightSubject,
        status: z.literal('scored'),
        forecast: forecastScores.nullable(),
        capacity: capacityScores.nullable(),
      }),
      z.object({ ...hindsightSubject, status: z.literal('notScored'), reason: z.string() }),
    ]),
  ),
  reason: z.string().optional().describe('Why there is nothing to score.'),
});

const alternative = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('planned'),
    provider: z.string().optional(),
    hourlyUsdAfter: z.number(),
    seasonUsd: z.number().describe('What that plan would add over all steps.'),
    withoutRoom: z
      .object({ reason: z.string(), seasonUsd: z.number() })
      .optional()
      .describe(
        'Why it takes more room than the fleet has, and what a plan with that room would add without it.',
      ),
  }),
  z.object({ status: z.literal('infeasible'), reason: z.string() }),
]);

/** `GET /api/runs/{id}`; the same shape as the domain's report. */
export const runReportSchema: z.ZodType<RunReport> = z.object({
  runId: z.string(),
  workflowId: z.string(),
  kind: z.string(),
  dryRun: z.boolean(),
  environment: z.enum(['sandbox', 'real']),
  status: z.enum(RUN_STATUSES),
  error: z.object({ type: z.string(), message: z.string(), details: z.unknown().optional() }).optional(),
  hold: z.object({ status: holdStatus, until: z.string(), nextStepAt: instant }).nullable(),
  executionTimeMs: z.number(),
  ownMs: z.number(),
  vendorMs: z.number().describe('Time in which everything that could run waited for a vendor.'),
  phases: z.array(phase),
  weddingDistribution: z.unknown(),
  regionalRequirements: z.unknown(),
  plan: z
    .object({
      id: z.string(),
      hash: z.string(),
      hourlyUsdBefore: z.number(),
      hourlyUsdAfter: z.number(),
      seasonUsd: z.number(),
      explanation: z.string(),
      expectedUnserved: z
        .array(z.object({ workload: z.string(), share: z.number() }))
        .optional()
        .describe('Part of its expected demand that each workload may lack at most, 0 to 1.'),
      alternatives: z
        .object({ singleCloud: alternative, survivesProvider: alternative })
        .optional()
        .describe('What the same demand would cost otherwise.'),
      outlook: z.array(z.string()).optional().describe('The two above in words.'),
    })
    .nullable(),
  cells: z.array(cell),
  routing: z.array(route),
  monitoring: z.array(platform),
  health: z.array(z.object({ check: z.string(), status: z.enum(['passed', 'failed']), detail: z.string() })),
  fallbacks: z
    .array(
      z.object({
        targetId: z.string(),
        step: z.int(),
        from: z.number(),
        to: z.number(),
        error: z.object({ kind: z.string(), message: z.string() }),
        standIns: z.array(z.object({ targetId: z.string(), to: z.number() })),
        planId: z.string(),
        generation: z.int(),
        hourlyUsdAfter: z.number(),
        approvedBy: z.string().nullable(),
      }),
    )
    .describe('Who stood in for what a vendor had no room for, oldest first.'),
  rollback: z
    .object({
      undone: z.array(z.string()),
      kept: z.array(z.string()),
      residual: z.array(z.object({ resource: z.string(), reason: z.string() })),
    })
    .optional(),
  hindsight: z
    .array(hindsight)
    .optional()
    .describe('Steps that are over, then the whole plan once capacity was given back.'),
  attention: z
    .array(z.object({ resource: z.string(), message: z.string(), at: z.string() }))
    .describe('What a person is asked to look at and has not decided about yet.'),
  links: z.object({ api: z.string(), webUi: z.string().nullable() }),
}) as z.ZodType<RunReport>;

/** One line of `GET /api/runs`. */
export const runSummarySchema = z.object({
  runId: z.string(),
  kind: z.enum(['season', 'weddingDay']),
  status: z.enum(RUN_STATUSES),
  holdStatus: holdStatus.nullable(),
  dryRun: z.boolean(),
  planId: z.string().nullable(),
  startsAt: z.iso.datetime(),
  endsAt: z.iso.datetime(),
  createdAt: z.iso.datetime(),
  finishedAt: instant,
});

/** Answer to everything that starts a run. */
export const acceptedSchema = z.object({
  runId: z.string(),
  workflowId: z.string(),
  status: z.literal('accepted'),
  links: z.object({ run: z.string(), events: z.string(), webUi: z.string().nullable() }),
});

/** Answer to an action on a run: what happens now, for a person. */
export const actionSchema = z.object({ runId: z.string(), message: z.string() });
