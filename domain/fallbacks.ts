import { type Fleet, unitPrice } from './fleet.ts';
import type { DeclaredFallbacks, PlanContent, PlannedFloor } from './plan.ts';
import { unitsFor } from './planned-floor.ts';
import type { RunSettings } from './season.ts';
import { roundUsd } from './usd.ts';

/** What fallbacks are looked up and priced from. */
export interface FallbackGrounds {
  readonly fleet: Pick<Fleet, 'targets' | 'workloads'>;
  readonly settings: Pick<RunSettings, 'costConstraints' | 'performanceTargets'>;
  /** Targets the request may change: no other can stand in. */
  readonly selected: ReadonlySet<string>;
}

/**
 * Fallbacks of the targets a plan gives floors, with the ceiling of what they may cost, for the plan's hash.
 * @returns undefined where no planned target has one.
 */
export function declaredFallbacks(
  { fleet, settings, selected }: FallbackGrounds,
  floors: readonly PlannedFloor[],
  cost: PlanContent['cost'],
): DeclaredFallbacks | undefined {
  const planned = new Set(floors.map(({ targetId }) => targetId));
  const targets = fleet.targets
    .filter(({ id }) => planned.has(id))
    .map(({ id, fallbacks = [] }) => ({
      targetId: id,
      fallbacks: fallbacks.filter((to) => selected.has(to)),
    }))
    .filter(({ fallbacks }) => fallbacks.length > 0)
    .toSorted((a, b) => (a.targetId < b.targetId ? -1 : 1));
  if (targets.length === 0) return undefined;
  const { maximumHourlyUsd = Number.POSITIVE_INFINITY, maximumFallbackHourlyUsd } = settings.costConstraints;
  const added = maximumFallbackHourlyUsd ?? dearestHourlyUsd({ fleet, settings, selected }, targets, floors);
  return { targets, ceilingHourlyUsd: roundUsd(Math.min(maximumHourlyUsd, cost.hourlyUsdAfter + added)) };
}

/**
 * What the costliest step's floors cost if each were carried whole by its dearest fallback, and one unit more of each
 * of them, because a rest that several share is rounded up by each; USD per hour.
 */
function dearestHourlyUsd(
  { fleet, settings }: FallbackGrounds,
  declared: DeclaredFallbacks['targets'],
  floors: readonly PlannedFloor[],
): number {
  const byId = new Map(fleet.targets.map((target) => [target.id, target]));
  const { utilizationPercent } = settings.performanceTargets;
  const fallbacksOf = new Map(
    declared.map(({ targetId, fallbacks }) => [targetId, fallbacks.flatMap((id) => byId.get(id) ?? [])]),
  );
  const usdFor = ({ targetId, explanation }: PlannedFloor) => {
    const fallbacks = fallbacksOf.get(targetId) ?? [];
    const whole = fallbacks.map((one) => {
      const workload = fleet.workloads.find(({ id }) => id === one.workload) ?? {};
      return unitsFor(one, workload, explanation.demand, utilizationPercent).floorUnits * unitPrice(one);
    });
    return Math.max(0, ...whole) + fallbacks.reduce((sum, one) => sum + unitPrice(one), 0);
  };
  const bySteps = [...Map.groupBy(floors, ({ step }) => step).values()];
  const sums = bySteps.map((group) => group.reduce((sum, floor) => sum + usdFor(floor), 0));
  return sums.reduce((a, b) => Math.max(a, b), 0);
}
