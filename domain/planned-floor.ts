import type { ScalingTarget, Workload } from './fleet.ts';
import { explain } from './floor-explanation.ts';
import type { Distribution, PlannedFloor, PlanStepWindow } from './plan.ts';
import type { MarketDemand } from './shares.ts';

/** A need this close above a whole number, relatively, is that number: sums of floats are not exact. */
const ROUNDING = 1e-9;

/** What one target carries in one step. */
export interface Carried {
  readonly distribution: Distribution;
  readonly step: PlanStepWindow;
  readonly workload: Workload;
  readonly demands: readonly MarketDemand[];
  readonly target: ScalingTarget;
  /** Share of each market this target carries, 0 to 1. */
  readonly mine: ReadonlyMap<string, number>;
  /** Share of a unit's capacity planned to be used at the peak, 10 to 100. */
  readonly utilizationPercent: number;
}

/** The least units that carry the target's shares in its worst hour; none where that takes no unit. */
export function plannedFloor(carried: Carried): readonly PlannedFloor[] {
  const { step, demands, target, mine, utilizationPercent } = carried;
  const loads = loadByHour(step, demands, mine);
  const demand = loads.reduce((a, b) => Math.max(a, b), 0);
  const { needUnits, floorUnits } = unitsFor(target, demand, utilizationPercent);
  if (floorUnits <= 0) return [];
  const explanation = explain({ ...carried, hour: loads.indexOf(demand) });
  return [{ targetId: target.id, step: step.step, floorUnits, needUnits, explanation }];
}

/** Units that a demand takes of a target, in the workload's unit per second: exactly, and as can be asked for. */
export function unitsFor(
  { capacityPerUnit, maximumUnits, classes }: ScalingTarget,
  demand: number,
  utilizationPercent: number,
): { readonly needUnits: number; readonly floorUnits: number } {
  const needUnits = demand / (capacityPerUnit * (utilizationPercent / 100));
  const leastUnits = Math.min(maximumUnits, Math.ceil(needUnits * (1 - ROUNDING)));
  // Between two rungs of a ladder there is nothing to ask for.
  return { needUnits, floorUnits: classes?.find(({ units }) => units >= leastUnits)?.units ?? leastUnits };
}

/** Demand in every hour of the step that shares of its markets come to, in the workload's unit per second. */
export function loadByHour(
  step: PlanStepWindow,
  demands: readonly MarketDemand[],
  shares: ReadonlyMap<string, number>,
): readonly number[] {
  return step.hoursMs.map((_, hour) =>
    demands.reduce((sum, d) => sum + (shares.get(d.market) ?? 0) * (d.demandByHour[hour] ?? 0), 0),
  );
}

/** Steps ascending, then targets by id: the order of a plan's floors. */
export function byStepAndTarget(a: PlannedFloor, b: PlannedFloor): number {
  if (a.step !== b.step) return a.step - b.step;
  return a.targetId < b.targetId ? -1 : 1;
}
