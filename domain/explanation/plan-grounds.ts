import { type Fleet, type ScalingTarget, unitPrice, type Workload } from '../fleet.ts';
import type { Distribution, PlanContent, Requirements } from '../plan.ts';
import type { RunRequest } from '../season.ts';

/** What a stored plan is explained from. What is null is not known any more, and an explanation says so. */
export interface PlanGrounds {
  readonly planId: string;
  readonly content: PlanContent;
  /** What was asked for. */
  readonly request: RunRequest | null;
  /** Results of phases 1 and 2 of the run that made the plan. */
  readonly distribution: Distribution | null;
  readonly requirements: Requirements | null;
  /** The fleet the plan was made for; null where another is in force by now. */
  readonly fleet: Fleet | null;
}

/** Demand of one workload from one market in one step as phase 2 stored it. */
export type StoredDemand = Requirements['demands'][number];

/** A target of the plan's fleet; null where that fleet is not known or has no such target. */
export function targetOf({ fleet }: Pick<PlanGrounds, 'fleet'>, id: string): ScalingTarget | null {
  return fleet?.targets.find((target) => target.id === id) ?? null;
}

/** A workload of the plan's fleet; null where that fleet is not known. */
export function workloadOf({ fleet }: Pick<PlanGrounds, 'fleet'>, id: string | undefined): Workload | null {
  return fleet?.workloads.find((workload) => workload.id === id) ?? null;
}

/** Floor in units that was there when the plan was made; null where that was not kept. */
export function liveUnitsOf({ requirements }: Pick<PlanGrounds, 'requirements'>, id: string): number | null {
  return requirements?.live[id]?.floorUnits ?? null;
}

/** What a floor costs per hour, and what of it the plan adds to what was there. */
export interface FloorCost {
  readonly unitUsdPerHour: number;
  readonly hourlyUsd: number;
  /** Null where what was there was not kept. */
  readonly addedHourlyUsd: number | null;
}

/** Cost of `units` of a target in USD per hour, at the prices of the plan's fleet. */
export function floorCost(grounds: PlanGrounds, target: ScalingTarget, units: number): FloorCost {
  const unitUsdPerHour = unitPrice(target);
  const live = liveUnitsOf(grounds, target.id);
  const addedHourlyUsd = live === null ? null : Math.max(0, units - live) * unitUsdPerHour;
  return { unitUsdPerHour, hourlyUsd: units * unitUsdPerHour, addedHourlyUsd };
}
