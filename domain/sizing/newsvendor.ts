import type { DemandModel, ScalingTarget, Workload } from '../fleet.ts';
import { usdPerDemand } from '../shares.ts';

const HOUR_MS = 3_600_000;
const WEEK_MS = 168 * HOUR_MS;

/**
 * What an hour without service costs for one concurrent user where the fleet does not say, in USD. Assumed: a wedding
 * that pays about 125 USD and has its guests online for some 500 user hours earns so much in each.
 */
const UNSERVED_USD_PER_USER_HOUR = 0.25;

/**
 * Hours of a week in which one more unit would serve: the afternoon and evening of its busiest day. In all others a
 * floor stands idle, because it is the same through its step. Assumed.
 */
const BUSY_HOURS_PER_WEEK = 4;

/** Below the middle half of all demand would go unserved; beyond this no distribution learnt from a year says anything. */
const LEAST_QUANTILE = 0.5;
const LARGEST_QUANTILE = 0.999;

/** The quantile of demand that is made ready, and what it was weighed from. */
export interface ServedQuantile {
  /** 0.5 to 0.999. */
  readonly quantile: number;
  /** Whether the request said it, or costs did. */
  readonly by: 'request' | 'newsvendor';
  /** Cost of a unit of demand per second unserved for an hour, USD. */
  readonly unservedUsd: number;
  /** Cost of capacity for a unit of demand per second for each hour that it is needed, idle hours included, USD. */
  readonly idleUsd: number;
}

/** What {@link servedQuantile} weighs. */
export interface QuantileGrounds {
  readonly workload: Workload;
  readonly demandModel: Pick<DemandModel, 'unservedUsdPerUserHour'> | undefined;
  /** Targets that carry the workload for the market. */
  readonly targets: readonly ScalingTarget[];
  /** Share of a unit's capacity planned to be used at the peak, above 0 to 100. */
  readonly utilizationPercent: number;
  /** Length of a step, in milliseconds. */
  readonly stepMs: number;
  /** Share of demand to be served that the request asks for, in per cent; the costs decide without. */
  readonly servedPercent?: number | undefined;
}

/**
 * The newsvendor's critical ratio `cu / (cu + co)`: one more unit of capacity is worth it while the chance that demand
 * exceeds it, times the cost of unserved demand, is above its cost of standing idle
 * (K. J. Arrow, T. Harris and J. Marschak, Optimal inventory policy, Econometrica 19, 1951).
 * The dearest tier counts, because all tiers are served by the same units and one wedding more must never lower the rest.
 */
export function servedQuantile(grounds: QuantileGrounds): ServedQuantile {
  const { workload, demandModel, targets, utilizationPercent, stepMs, servedPercent } = grounds;
  const perUserHour = Object.values(demandModel?.unservedUsdPerUserHour ?? {});
  const unservedUsd =
    (perUserHour.length === 0 ? UNSERVED_USD_PER_USER_HOUR : Math.max(...perUserHour)) /
    workload.demandPerUser;
  const idleUsd = meanPrice(targets, utilizationPercent) * heldPerNeededHour(stepMs);
  if (servedPercent !== undefined) {
    return { quantile: clamped(servedPercent / 100), by: 'request', unservedUsd, idleUsd };
  }
  const total = unservedUsd + idleUsd;
  return { quantile: clamped(total > 0 ? unservedUsd / total : 0), by: 'newsvendor', unservedUsd, idleUsd };
}

/** Mean over targets of USD per hour and usable unit of demand; 0 without any. */
function meanPrice(targets: readonly ScalingTarget[], utilizationPercent: number): number {
  // In the order of size: sums of floats depend on their order, and a plan must not.
  const prices = targets.map(usdPerDemand).toSorted((a, b) => a - b);
  const sum = prices.reduce((total, price) => total + price, 0);
  return prices.length === 0 ? 0 : sum / prices.length / (utilizationPercent / 100);
}

/** Hours a floor is held for each hour that it is needed. */
function heldPerNeededHour(stepMs: number): number {
  return stepMs / HOUR_MS / (BUSY_HOURS_PER_WEEK * Math.max(1, stepMs / WEEK_MS));
}

function clamped(quantile: number): number {
  return Math.min(LARGEST_QUANTILE, Math.max(LEAST_QUANTILE, quantile));
}
