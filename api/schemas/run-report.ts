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
