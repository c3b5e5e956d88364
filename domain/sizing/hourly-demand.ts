import type { Coupling, Workload } from '../fleet.ts';
import { causalOrder } from './couplings.ts';
import { eventDemand, type UncertainMarket } from './event-demand.ts';
import type { Intensity } from './intensity.ts';
import { type BaseDemand, baseAt } from './learnt-demand.ts';

/** Moments of one workload's demand from one market by hour, in the workload's unit per second. */
export interface HourlyDemand {
  readonly eventMean: Float64Array;
  readonly baseMean: Float64Array;
  readonly coupledMean: Float64Array;
  /** Of the sum of the three. */
  readonly standardDeviation: Float64Array;
}

/** What is known of a workload's demand from a market besides its users. */
export interface DemandGrounds {
  readonly intensity: Intensity;
  /** Null where nothing was observed: then there is none. */
  readonly base: BaseDemand | null;
  /** What demand of weddings is multiplied by because past seasons saw more than was planned. */
  readonly pastSeasonFactor: number;
}

/**
 * Demand of every workload from one market by hour of `hoursMs`.
 * Weddings: users × demand per user × intensity × past seasons' factor; what they spread by themselves, what all hours
 * share and the uncertainty of the intensity are independent of each other and of the base, so variances add up. What
 * one workload causes on another goes up and down with it: there standard deviations add up.
 * @param position index in the market's hours of an hour, undefined where it has none.
 */
export function hourlyDemands(
  workloads: readonly Workload[],
  couplings: readonly Coupling[],
  market: UncertainMarket,
  hoursMs: readonly number[],
  position: ReadonlyMap<number, number>,
  groundsOf: (workload: Workload) => DemandGrounds,
): ReadonlyMap<string, HourlyDemand> {
  const known = new Map(workloads.map((workload) => [workload.id, workload]));
  const found = causalOrder(workloads, couplings);
  if ('cycle' in found) throw new Error(`couplings lead in a circle: ${found.cycle.join(' -> ')}`);
  const demands = new Map<string, HourlyDemand>();
  for (const id of found.order) {
    const workload = known.get(id);
    if (!workload) continue;
    const demand = ownDemand(workload, market, hoursMs, position, groundsOf(workload));
    // By their ids: sums of floats depend on their order, and a plan must not.
    for (const { from, to, demandPerDemand } of couplings.toSorted((a, b) => (a.from < b.from ? -1 : 1))) {
      const cause = demands.get(from);
      if (to === id && cause) addCaused(demand, cause, demandPerDemand);
    }
    demands.set(id, demand);
  }
  return demands;
}

/** Expected demand in one of its hours. */
export function expectedAt(demand: HourlyDemand, hour: number): number {
  return (demand.eventMean[hour] ?? 0) + (demand.baseMean[hour] ?? 0) + (demand.coupledMean[hour] ?? 0);
}

function ownDemand(
  workload: Workload,
  market: UncertainMarket,
  hoursMs: readonly number[],
  position: ReadonlyMap<number, number>,
  { intensity, base, pastSeasonFactor }: DemandGrounds,
): HourlyDemand {
  const events = eventDemand(workload, market);
  const factor = intensity.factor * pastSeasonFactor;
  const intensitySpread = intensity.factor > 0 ? intensity.standardDeviation / intensity.factor : 0;
  const common = (1 + events.sharedSpread ** 2) * (1 + intensitySpread ** 2) - 1;
  const demand: HourlyDemand = {
    eventMean: new Float64Array(hoursMs.length),
    baseMean: new Float64Array(hoursMs.length),
    coupledMean: new Float64Array(hoursMs.length),
    standardDeviation: new Float64Array(hoursMs.length),
  };
  for (const [hour, hourMs] of hoursMs.entries()) {
    const index = position.get(hourMs) ?? -1;
    const mean = (events.mean[index] ?? 0) * factor;
    const own = base ? baseAt(base, hourMs) : NOTHING;
    const independent = (events.independentVariance[index] ?? 0) * factor ** 2;
    demand.eventMean[hour] = mean;
    demand.baseMean[hour] = own.mean;
    demand.standardDeviation[hour] = Math.sqrt(independent + mean ** 2 * common + own.standardDeviation ** 2);
  }
  return demand;
}

const NOTHING = { mean: 0, standardDeviation: 0 } as const;

function addCaused(demand: HourlyDemand, cause: HourlyDemand, demandPerDemand: number): void {
  for (const hour of demand.coupledMean.keys()) {
    const deviation = demandPerDemand * (cause.standardDeviation[hour] ?? 0);
    demand.coupledMean[hour] = (demand.coupledMean[hour] ?? 0) + demandPerDemand * expectedAt(cause, hour);
    demand.standardDeviation[hour] = (demand.standardDeviation[hour] ?? 0) + deviation;
  }
}
