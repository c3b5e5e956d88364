import { sum } from './scores.ts';

/** One target in one step, as the plan had it and as it might have been. Demand is in the workload's unit per second. */
export interface HeldCapacity {
  readonly targetId: string;
  /** Demand a unit carries as promised: `capacityPerUnit × utilizationPercent / 100`. */
  readonly demandPerUnit: number;
  readonly hourlyUsdPerUnit: number;
  /** Units that were there without the plan. */
  readonly liveUnits: number;
  /** Units in force with the plan; at least `liveUnits`. */
  readonly heldUnits: number;
  /** Most units a plan might have asked for; at least `heldUnits`. */
  readonly mostUnits: number;
}

/** What a plan cost over the hours observed, USD. What was there without it costs nothing here. */
export interface PlanMoney {
  /** What the plan added. */
  readonly plannedUsd: number;
  /** The part of it that no load needed. */
  readonly idleUsd: number;
  /** Stated cost of what was above all that was held. */
  readonly unservedUsd: number;
  /** Cost of the perfect plan, with the stated cost of what it leaves unserved. */
  readonly perfectUsd: number;
  /** `plannedUsd + unservedUsd - perfectUsd`; never below 0 but for the last digits. */
  readonly regretUsd: number;
}

/**
 * What a step cost beside what it would have with perfect foresight.
 *
 * The perfect plan knows every observed load. Like the plan it holds the same units through the whole step, begins
 * with what was there, may add units of the same targets up to the same maxima, and loads each as far as the plan
 * may. Of all such plans it is the one whose cost and stated cost of unserved load together are least. It may buy
 * parts of a unit and is bound by nothing else (residency within a group, a provider's share, budgets, the loss of a
 * provider), so it is a lower bound: what those constraints and whole units cost is part of the regret.
 *
 * @param loads of the hours observed, each an hour long.
 * @param unservedUsdPerDemandHour stated cost of one unit of demand per second left unserved for an hour.
 */
export function planMoney(
  carriers: readonly HeldCapacity[],
  loads: readonly number[],
  unservedUsdPerDemandHour: number,
): PlanMoney {
  const held = heldDemand(carriers);
  const added = sum(carriers.map((one) => (one.heldUnits - one.liveUnits) * one.demandPerUnit));
  const addedHourlyUsd = sum(carriers.map((one) => (one.heldUnits - one.liveUnits) * one.hourlyUsdPerUnit));
  const idle = sum(loads.map((load) => Math.min(added, Math.max(0, held - load))));
  const plannedUsd = loads.length * addedHourlyUsd;
  const unservedUsd = unservedUsdPerDemandHour * above(loads, held);
  const perfectUsd = perfectPlanUsd(carriers, loads, unservedUsdPerDemandHour);
  return {
    plannedUsd,
    idleUsd: added === 0 ? 0 : idle * (addedHourlyUsd / added),
    unservedUsd,
    perfectUsd,
    regretUsd: plannedUsd + unservedUsd - perfectUsd,
  };
}

/** Demand that the units in force carry as promised, together. */
export function heldDemand(carriers: readonly HeldCapacity[]): number {
  return sum(carriers.map((one) => one.heldUnits * one.demandPerUnit));
}

/**
 * Cost of one unit of demand per second left unserved for an hour, as the choice of a quantile implies it: who makes an
 * hour's demand ready with probability `quantile` values the lack of a unit at `quantile / (1 - quantile)` times what a
 * unit costs for each hour that it is needed (the newsvendor's critical ratio, Arrow, Harris and Marschak, Econometrica
 * 19, 1951). The price is that of the cheapest target that can be added.
 * @param heldPerNeededHour hours that a floor is held for each hour with demand; 1 where all have.
 */
export function impliedUnservedUsd(
  carriers: readonly HeldCapacity[],
  quantile: number,
  heldPerNeededHour: number,
): number {
  const addable = carriers.filter((one) => one.mostUnits > one.liveUnits);
  const prices = (addable.length > 0 ? addable : carriers).map(usdPerDemandHour);
  if (prices.length === 0) return 0;
  return (quantile / (1 - quantile)) * prices.reduce((a, b) => Math.min(a, b)) * heldPerNeededHour;
}

/** The sum is convex in the capacity, and its least lies where a load or the supply of a target ends. */
function perfectPlanUsd(
  carriers: readonly HeldCapacity[],
  loads: readonly number[],
  unservedUsd: number,
): number {
  const live = sum(carriers.map((one) => one.liveUnits * one.demandPerUnit));
  const cheapestFirst = carriers.toSorted((a, b) => usdPerDemandHour(a) - usdPerDemandHour(b));
  let end = live;
  const ends = cheapestFirst.map((one) => (end += addableDemand(one)));
  const capacities = [live, ...ends, ...loads.filter((load) => load > live && load < end)];
  return leastOfConvex(
    capacities.toSorted((a, b) => a - b),
    (capacity) =>
      loads.length * hourlyUsdToAdd(cheapestFirst, capacity - live) + unservedUsd * above(loads, capacity),
  );
}

function hourlyUsdToAdd(cheapestFirst: readonly HeldCapacity[], demand: number): number {
  let rest = demand;
  return sum(
    cheapestFirst.map((one) => {
      const taken = Math.min(rest, addableDemand(one));
      rest -= taken;
      return taken * usdPerDemandHour(one);
    }),
  );
}

/** @param points ascending. */
function leastOfConvex(points: readonly number[], valueAt: (point: number) => number): number {
  const at = (index: number) => valueAt(points[index] ?? 0);
  let [low, high] = [0, points.length - 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (at(middle) <= at(middle + 1)) high = middle;
    else low = middle + 1;
  }
  return at(low);
}

function addableDemand({ mostUnits, liveUnits, demandPerUnit }: HeldCapacity): number {
  return (mostUnits - liveUnits) * demandPerUnit;
}

function usdPerDemandHour({ hourlyUsdPerUnit, demandPerUnit }: HeldCapacity): number {
  return hourlyUsdPerUnit / demandPerUnit;
}

function above(loads: readonly number[], capacity: number): number {
  return sum(loads.map((load) => Math.max(0, load - capacity)));
}
