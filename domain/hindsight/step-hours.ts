import { sizingOf } from '../allocation/capacity.ts';
import { type ScalingTarget, unitPrice, type Workload } from '../fleet.ts';
import type { PlannedFloor, PlanStepWindow, Requirements } from '../plan.ts';
import { demandCarried } from '../sizing/units-needed.ts';
import { type HeldCapacity, heldDemand, impliedUnservedUsd } from './regret.ts';
import { type Observed, sum } from './scores.ts';
import type { ServingGroup } from './serving-groups.ts';

const HOUR_MS = 3_600_000;

/** Where a plan states neither a quantile nor what unserved demand costs: 19 of 20 cases are to be served. */
const ASSUMED_QUANTILE = 0.95;

/** Hourly means of what was reported, by hour of the clock in milliseconds since the epoch. */
export interface HourlyLoads {
  readonly byTarget: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** Whole demand by {@link marketKey}. */
  readonly byMarket: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

/** Key of a workload's demand from a market in {@link HourlyLoads}. */
export function marketKey(workload: string, market: string): string {
  return JSON.stringify([workload, market]);
}

/** What was forecast for an hour, in the workload's unit per second. */
export interface HourForecast {
  readonly mean: number;
  /** Demand made ready. */
  readonly design: number;
  /** Both as they would have been had nothing been learnt from earlier plans. */
  readonly untaughtMean: number;
  readonly untaughtReach: number;
}

/** One hour that is over. */
export interface PastHour {
  readonly atMs: number;
  readonly observed: Observed;
  /** Null where nothing was forecast for it. */
  readonly forecast: HourForecast | null;
}

/** Hours of a step that are over, of one workload and the markets of a group or some of them. */
export interface StepHours {
  readonly hours: readonly PastHour[];
  /** The quantile of the demand made ready; null where the plan had none. */
  readonly quantile: number | null;
}

/** What a group had in a step. */
export interface StepCapacity {
  readonly carriers: readonly HeldCapacity[];
  /** Demand its floors in force carry as promised, in the workload's unit per second. */
  readonly capacity: number;
  /** Stated cost of a unit of demand per second unserved for an hour, USD. */
  readonly unservedUsdPerDemandHour: number;
}

/** A demand as planned. */
export type PlannedDemand = Requirements['demands'][number] & {
  /** What the distance between mean and quantile was multiplied by because of what was learnt. Default 1. */
  readonly pastSeasonSpread?: number;
};

/** Hours of the clock that begin in a step, or reach into it, and are over. */
export function pastHours(step: PlanStepWindow, untilMs: number): readonly number[] {
  const firstMs = Math.floor(step.fromMs / HOUR_MS) * HOUR_MS;
  const hours: number[] = [];
  for (let hour = firstMs; hour < step.untilMs; hour += HOUR_MS) {
    if (Math.min(hour + HOUR_MS, step.untilMs) <= untilMs) hours.push(hour);
  }
  return hours;
}

/** What was forecast and observed in the hours of a step that are over. */
export function stepHours(
  step: PlanStepWindow,
  untilMs: number,
  demands: readonly PlannedDemand[],
  observedAt: (hourMs: number) => Observed,
): StepHours {
  const position = new Map(step.hoursMs.map((hour, index) => [hour, index]));
  const hours = pastHours(step, untilMs).map((atMs): PastHour => {
    const index = position.get(atMs);
    const forecast = index === undefined || demands.length === 0 ? null : forecastAt(demands, index);
    return { atMs, observed: observedAt(atMs), forecast };
  });
  const quantiles = demands.flatMap((demand) => demand.band?.quantile ?? []);
  return { hours, quantile: quantiles.length === 0 ? null : Math.min(...quantiles) };
}

/** Markets add up; of demand made ready that is more than the quantile of their sum. */
function forecastAt(demands: readonly PlannedDemand[], index: number): HourForecast {
  const parts = demands.map((demand) => {
    const design = demand.demandByHour[index] ?? 0;
    const mean = demand.meanByHour?.[index] ?? design;
    const level = demand.pastSeasonFactor ?? 1;
    const reach = (design - mean) / (level * (demand.pastSeasonSpread ?? 1));
    return { mean, design, untaughtMean: mean / level, untaughtReach: reach };
  });
  return parts.reduce((a, b) => ({
    mean: a.mean + b.mean,
    design: a.design + b.design,
    untaughtMean: a.untaughtMean + b.untaughtMean,
    untaughtReach: a.untaughtReach + b.untaughtReach,
  }));
}

/** What {@link stepCapacity} reads of a plan. */
export interface CapacityGrounds {
  readonly step: PlanStepWindow;
  readonly workload: Workload;
  readonly group: ServingGroup;
  readonly demands: readonly PlannedDemand[];
  /** Of the step. */
  readonly floors: readonly PlannedFloor[];
  readonly live: Requirements['live'];
  /** Targets the request may change. */
  readonly selected: ReadonlySet<string>;
  readonly utilizationPercent: number;
}

/** The capacity that a group had by the plan's floors and by what was there before. */
export function stepCapacity(grounds: CapacityGrounds): StepCapacity {
  const { step, group, demands } = grounds;
  const carriers = group.targets.map((target) => heldBy(grounds, target));
  const stated = demands.flatMap((demand) => demand.terms?.unservedUsd ?? []);
  const quantiles = demands.flatMap((demand) => demand.band?.quantile ?? []);
  const quantile = quantiles.length === 0 ? ASSUMED_QUANTILE : Math.max(...quantiles);
  const heldPerNeededHour = (step.untilMs - step.fromMs) / HOUR_MS / Math.max(1, step.hoursMs.length);
  return {
    carriers,
    capacity: heldDemand(carriers),
    unservedUsdPerDemandHour:
      stated.length > 0
        ? Math.max(...stated)
        : impliedUnservedUsd(carriers, quantile, Math.max(1, heldPerNeededHour)),
  };
}

function heldBy(
  { floors, live, selected, utilizationPercent, workload }: CapacityGrounds,
  target: ScalingTarget,
): HeldCapacity {
  const liveUnits = live[target.id]?.floorUnits ?? 0;
  const floorUnits = floors.find((floor) => floor.targetId === target.id)?.floorUnits ?? 0;
  const heldUnits = Math.max(liveUnits, floorUnits);
  return {
    targetId: target.id,
    // Of as many units as are held: a longer queue and more zones take a part of each.
    demandPerUnit:
      demandCarried(Math.max(1, heldUnits), sizingOf(target, workload, utilizationPercent)) /
      Math.max(1, heldUnits),
    hourlyUsdPerUnit: unitPrice(target),
    liveUnits,
    heldUnits,
    mostUnits: selected.has(target.id) ? Math.max(heldUnits, target.maximumUnits) : heldUnits,
  };
}

/** Who reports, and whether a sum without it would be too little. */
export interface Reporter {
  readonly loads: ReadonlyMap<number, number> | undefined;
  readonly needed: boolean;
}

/** Sum of what was reported for an hour; null where nothing was, or where anything needed is missing. */
export function sumOf(reporters: readonly Reporter[]): (hourMs: number) => Observed {
  return (hourMs) => {
    if (reporters.some(({ loads, needed }) => needed && !loads?.has(hourMs))) return null;
    const values = reporters.flatMap(({ loads }) => loads?.get(hourMs) ?? []);
    return values.length === 0 ? null : sum(values);
  };
}
