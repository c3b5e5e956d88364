import { z } from 'zod';
import type { WhyFloor } from '../../domain/explanation/why-floor.ts';
import type { Passage } from '../../domain/explanation/why-in-words.ts';
import { PROVIDERS } from '../../domain/providers.ts';

const ms = z.number().describe('Milliseconds since the epoch.');
const step = z.int().min(0).describe('0-based, as in the plan.');
const known = 'null where it is not known; `unknown` says why.';

const demandBand = z.object({ quantile: z.number(), p50: z.number(), p95: z.number(), p99: z.number() });

const demandGrounds = z.object({
  eventDemand: z.number(),
  baseDemand: z.number(),
  coupledDemand: z.number(),
  intensityFactor: z.number(),
  observedWeight: z.number(),
  quantileBy: z.enum(['request', 'newsvendor']),
  unservedUsd: z.number(),
  idleUsd: z.number(),
});

const marketTerm = z
  .object({
    market: z.string(),
    bookings: z.number(),
    users: z.number(),
    bookedUsers: z.number().nullable(),
    demandPerUser: z.number().nullable(),
    pastSeasonFactor: z.number(),
    otherDemand: z.number().nullable(),
    meanDemand: z.number().nullable(),
    designFactor: z.number().nullable(),
    atPeak: z
      .object({ peakAtMs: ms, band: demandBand.optional(), terms: demandGrounds.optional() })
      .nullable(),
    demand: z.number(),
    share: z.number(),
    carried: z.number(),
  })
  .describe(
    '`users × demandPerUser × pastSeasonFactor + otherDemand = meanDemand`; `meanDemand × designFactor = demand`; ' +
      '`demand × share = carried`.',
  );

const floorTerms = z.object({
  peakAtMs: ms,
  markets: z.array(marketTerm),
  demand: z.number().describe('Sum of `carried`, in the unit of the workload per second.'),
  capacityPerUnit: z.number(),
  nominalCapacityPerUnit: z.number().nullable(),
  utilizationPercent: z.number(),
  usablePerUnit: z.number(),
  needUnits: z.number(),
  floorUnits: z.number(),
  units: z
    .array(
      z.object({
        reason: z.enum(['load', 'queueing', 'zones', 'rounding', 'rung', 'survival']),
        units: z.number(),
      }),
    )
    .describe('Adds up to `floorUnits`.'),
});

const constraint = z.object({
  constraint: z.string(),
  resource: z.string(),
  step: step.optional().describe('Absent where it is about all steps.'),
  savesUsd: z
    .number()
    .describe('What one `unit` more of it (of `demand`: less) would save, USD over the step.'),
  unit: z.string(),
});

/** `GET /api/plans/{id}/why`: figures to be recomputed, and the same in words. */
export const whySchema = z.object({
  kind: z.literal('floor'),
  planId: z.string(),
  targetId: z.string(),
  step,
  fromMs: ms,
  untilMs: ms,
  workload: z.object({ id: z.string(), unit: z.string() }).nullable().describe(known),
  cell: z
    .object({ provider: z.enum(PROVIDERS), region: z.string() })
    .nullable()
    .describe(known),
  floorUnits: z.number().describe('0 where the plan asks for nothing here.'),
  liveUnits: z.number().nullable().describe(`What was there when the plan was made; ${known}`),
  maximumUnits: z.number().nullable().describe(known),
  terms: floorTerms.nullable().describe('null where there is no floor.'),
  carriedElsewhere: z.array(z.object({ market: z.string(), targetId: z.string(), share: z.number() })),
  cost: z
    .object({
      unitUsdPerHour: z.number(),
      hourlyUsd: z.number(),
      addedHourlyUsd: z.number().nullable(),
      priceDate: z.string(),
      priceSource: z.string(),
    })
    .nullable()
    .describe(known),
  bindingConstraints: z.array(constraint).nullable().describe(known),
  nextBest: z
    .union([
      z.object({
        status: z.literal('found'),
        extraUsd: z.number().describe('USD over the step.'),
        instead: z.array(z.object({ targetId: z.string(), fromUnits: z.number(), toUnits: z.number() })),
      }),
      z.object({ status: z.literal('none'), reason: z.string() }),
    ])
    .nullable()
    .describe(`Found as a stand-in is, which proves nothing; ${known}`),
  floorsByStep: z.array(z.object({ step, floorUnits: z.number() })),
  unknown: z.array(z.string()).describe('What cannot be said, and why.'),
  passages: z.array(z.object({ title: z.string(), sentences: z.array(z.string()) })).describe('In words.'),
}) as unknown as z.ZodType<WhyFloor & { readonly passages: readonly Passage[] }>;
