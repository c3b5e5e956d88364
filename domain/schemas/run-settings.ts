import { z } from 'zod';
import { METRICS } from '../metrics.ts';
import { PROVIDERS } from '../providers.ts';

const id = z.string().min(1).max(200);
const percent = z.number().min(1).max(100);
const usd = z.number().positive().max(1e9);
const minutes = z
  .number()
  .positive()
  .max(60 * 24 * 60);

const metricNames = METRICS.map((metric) => metric.name) as [string, ...string[]];

const alertRule = z.strictObject({
  name: z.string().min(1).max(120),
  metric: z.enum(metricNames, { error: `must be one of ${metricNames.join(', ')}` }),
  comparison: z.enum(['above', 'below']),
  threshold: z.number(),
  forMinutes: z
    .int()
    .min(1)
    .max(24 * 60),
  severity: z.enum(['info', 'warning', 'critical']),
  escalation: z.array(z.string().min(1)).min(1).describe('Who is called, first to last.'),
});

/** What both kinds of run share; defaults as domain/season.ts says. */
export const runSettingsShape = {
  targets: z
    .array(id)
    .min(1)
    .optional()
    .describe('Only these targets are changed. Default all that serve the markets.'),
  providers: z
    .array(z.enum(PROVIDERS))
    .min(1)
    .optional()
    .describe('Only targets of these providers are changed.'),
  performanceTargets: z
    .strictObject({
      utilizationPercent: z
        .number()
        .min(10)
        .max(100)
        .default(70)
        .describe('Planned use of a unit at the peak.'),
      servedPercent: z
        .number()
        .min(50)
        .max(99.9)
        .optional()
        .describe('Quantile of demand made ready. Default what the costs of unserved and idle capacity say.'),
    })
    .prefault({}),
  performanceRequirements: z
    .strictObject({
      maximumProviderSharePercent: percent
        .default(100)
        .describe("Most of a market's load per workload on one provider."),
      survivesLossOf: z
        .enum(['none', 'provider', 'region'])
        .optional()
        .describe('Capacity is planned so that the loss of any one leaves the promised share. Default none.'),
      promisedSharePercent: percent
        .optional()
        .describe('Part of the demand still carried after such a loss. Default 100.'),
      settleDeadlineMinutes: minutes.optional().describe('Default max(30, 3 × lead time), service time.'),
    })
    .prefault({}),
  costConstraints: z
    .strictObject({
      maximumHourlyUsd: usd.optional(),
      maximumFallbackHourlyUsd: z
        .number()
        .min(0)
        .max(1e9)
        .optional()
        .describe('Most that declared fallbacks may add per hour without asking again.'),
      maximumSeasonUsd: usd.optional().describe('Most that what the plan adds may cost over the window.'),
      approvalAboveHourlyUsd: z.number().min(0).max(1e9).optional(),
      approvalExpiresAfterMinutes: minutes.default(240),
    })
    .prefault({}),
  complianceRequirements: z
    .strictObject({
      excludedRegions: z.array(z.string().min(1)).default([]),
    })
    .prefault({}),
  traffic: z
    .strictObject({
      stepPercent: percent.default(25).describe('Largest move of the way from old to new weights.'),
      dwellSeconds: z.number().min(0).max(3600).default(60),
    })
    .prefault({}),
  monitoringStrategy: z
    .strictObject({
      platforms: z.array(z.enum(['datadog'])).default(['datadog']),
      dashboard: z.boolean().default(true),
    })
    .prefault({}),
  alertingRules: z.array(alertRule).max(100).default([]),
  release: z
    .strictObject({
      maximumLoadPercent: percent.default(60).describe('Load allowed on what remains before capacity goes.'),
      dwellMinutes: minutes.default(10),
      askAfterMinutes: minutes.default(120),
    })
    .prefault({}),
  onFailure: z.enum(['restore', 'keep-capacity']).default('restore'),
  additionalLeadMinutes: z
    .number()
    .min(0)
    .max(60 * 24 * 14)
    .default(0),
} as const;
