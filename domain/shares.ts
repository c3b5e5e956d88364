import { dependableCapacity, providerOf, type ScalingTarget, unitPrice } from './fleet.ts';
import type { MayCarry } from './selection.ts';

/** Below this a share or a rest is nothing but rounding. */
export const EPSILON = 1e-9;

/** A target that can carry demand of one workload in one step. */
export interface Carrier {
  readonly target: ScalingTarget;
  /** False for capacity that is there anyway and not to be changed. */
  readonly selected: boolean;
  /** Units guaranteed today; of a selected target they are there whether the plan asks for them or not. */
  readonly liveUnits: number;
  /** Most demand it may be planned to carry, in the workload's unit per second. */
  readonly capacity: number;
}

/** One market's demand by hour, in the workload's unit per second. */
export interface MarketDemand {
  readonly market: string;
  readonly demandByHour: readonly number[];
  /** In `demandByHour` already. Default 1. */
  readonly pastSeasonFactor?: number;
}

/** Who carries which share of which market; shares are the same in every hour of the step. */
export interface Shares {
  /** Share by target id and market, 0 to 1. */
  readonly byTarget: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Share of each market that nobody carries. */
  readonly rest: ReadonlyMap<string, number>;
}

/**
 * Gives demand to carriers, one after the other: what is there anyway first, then the cheapest per unit of
 * demand, ties by id. Each takes as much of each market as fits in its worst hour, and as the provider's share
 * of that market allows.
 */
export function shareOut(
  demands: readonly MarketDemand[],
  carriers: readonly Carrier[],
  mayCarry: MayCarry,
  maximumProviderShare: number,
): Shares {
  const rest = new Map(demands.map(({ market }) => [market, 1]));
  const ofProvider = new Map<string, number>();
  const byTarget = new Map<string, Map<string, number>>();
  // A market that few can carry goes first, or others would take the little there is for it.
  const choice = ({ market }: MarketDemand) =>
    carriers.filter((carrier) => mayCarry(carrier.target, market)).length;
  const scarceFirst = demands.toSorted((a, b) => choice(a) - choice(b) || (a.market < b.market ? -1 : 1));
  for (const carrier of carriers.toSorted(byPrice)) {
    const { target, capacity } = carrier;
    const load = new Float64Array(demands[0]?.demandByHour.length ?? 0);
    const mine = new Map<string, number>();
    for (const { market, demandByHour } of scarceFirst) {
      if (!mayCarry(target, market)) continue;
      const key = `${providerOf(target.service)} ${market}`;
      const providerLeft = maximumProviderShare - (ofProvider.get(key) ?? 0);
      const share = Math.min(rest.get(market) ?? 0, providerLeft, fits(load, demandByHour, capacity));
      if (share <= EPSILON) continue;
      for (const [hour, demand] of demandByHour.entries()) load[hour] = (load[hour] ?? 0) + share * demand;
      mine.set(market, share);
      ofProvider.set(key, (ofProvider.get(key) ?? 0) + share);
      const left = (rest.get(market) ?? 0) - share;
      rest.set(market, left > EPSILON ? left : 0);
    }
    if (mine.size > 0) byTarget.set(target.id, mine);
  }
  return { byTarget, rest };
}

/** Largest share of a market that fits beside the load carried already, in every hour; both per second. */
export function fits(load: Float64Array, demandByHour: readonly number[], capacity: number): number {
  let share = Number.POSITIVE_INFINITY;
  for (const [hour, demand] of demandByHour.entries()) {
    if (demand > 0) share = Math.min(share, (capacity - (load[hour] ?? 0)) / demand);
  }
  return Math.max(0, share);
}

/** USD per hour and unit of demand per second, by which cheaper is told from dearer. */
export function usdPerDemand(target: ScalingTarget): number {
  return unitPrice(target) / dependableCapacity(target);
}

function byPrice(a: Carrier, b: Carrier): number {
  if (a.selected !== b.selected) return a.selected ? 1 : -1;
  const price = ({ target }: Carrier) => usdPerDemand(target);
  if (a.selected && price(a) !== price(b)) return price(a) - price(b);
  return a.target.id < b.target.id ? -1 : 1;
}
