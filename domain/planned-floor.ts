import { mostUnits, sizingOf } from './allocation/capacity.ts';
import type { ScalingTarget, Workload } from './fleet.ts';
import { explain, figure } from './floor-explanation.ts';
import type { Distribution, PlannedFloor, PlanStepWindow } from './plan.ts';
import type { MarketDemand } from './shares.ts';
import { unitsNeeded } from './sizing/units-needed.ts';

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
  /** What the loss of one of `of` needs of it beside; default nothing. */
  readonly reserve?: {
    readonly wantedUnits: number;
    readonly of: 'none' | 'provider' | 'region';
    readonly promisedShare: number;
  };
}

/** The least units that carry the target's shares in its worst hour and its reserve; none where that takes no unit. */
export function plannedFloor(carried: Carried): readonly PlannedFloor[] {
  const { step, demands, target, workload, mine, utilizationPercent, reserve } = carried;
  const loads = loadByHour(step, demands, mine);
  const demand = loads.reduce((a, b) => Math.max(a, b), 0);
  const { needUnits, floorUnits: leastUnits } = unitsFor(target, workload, demand, utilizationPercent);
  const floorUnits = Math.max(leastUnits, reserve?.wantedUnits ?? 0);
  if (floorUnits <= 0) return [];
  const explanation = explain({ ...carried, hour: Math.max(0, loads.indexOf(demand)), needUnits });
  const floor = { targetId: target.id, step: step.step, floorUnits, needUnits, explanation };
  const reserveUnits = floorUnits - leastUnits;
  if (!reserve || reserveUnits === 0) return [floor];
  const text = `${explanation.text} ${figure(reserveUnits)} more so that ${figure(reserve.promisedShare * 100)} % of every market is still carried when any one ${reserve.of} is lost.`;
  return [{ ...floor, explanation: { ...explanation, text }, reserveUnits }];
}

/** Units that a demand takes of a target, in the workload's unit per second: exactly, and as can be asked for. */
export function unitsFor(
  target: ScalingTarget,
  workload: Pick<Workload, 'queueing'>,
  demand: number,
  utilizationPercent: number,
): { readonly needUnits: number; readonly floorUnits: number } {
  const needUnits = unitsNeeded(demand, sizingOf(target, workload, utilizationPercent));
  const most = mostUnits(target);
  const leastUnits = Math.min(most, Math.ceil(needUnits * (1 - ROUNDING)));
  if (leastUnits === 0) return { needUnits, floorUnits: 0 };
  // Between two rungs of a ladder there is nothing to ask for.
  return {
    needUnits,
    floorUnits: target.classes?.find(({ units }) => units >= leastUnits)?.units ?? leastUnits,
  };
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
