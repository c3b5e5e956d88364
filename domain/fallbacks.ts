import { type Fleet, type ScalingTarget, unitPrice } from './fleet.ts';
import type { DeclaredFallbacks, PlanContent, PlannedFloor } from './plan.ts';
import type { RunSettings } from './season.ts';
import { roundUsd } from './usd.ts';

/** What fallbacks are looked up and priced from. */
export interface FallbackGrounds {
  readonly fleet: Pick<Fleet, 'targets'>;
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

/** What the costliest step's floors cost if each were carried whole by its dearest fallback, in USD per hour. */
function dearestHourlyUsd(
  { fleet, settings }: FallbackGrounds,
  declared: DeclaredFallbacks['targets'],
  floors: readonly PlannedFloor[],
): number {
  const byId = new Map(fleet.targets.map((target) => [target.id, target]));
  const used = settings.performanceTargets.utilizationPercent / 100;
  const usdPerDemand = (target: ScalingTarget | undefined) =>
    target === undefined ? 0 : unitPrice(target) / (target.capacityPerUnit * used);
  const dearest = new Map(
    declared.map(({ targetId, fallbacks }) => [
      targetId,
      Math.max(...fallbacks.map((id) => usdPerDemand(byId.get(id)))),
    ]),
  );
  const bySteps = [...Map.groupBy(floors, ({ step }) => step).values()];
  const sums = bySteps.map((group) =>
    group.reduce((sum, floor) => sum + floor.explanation.demand * (dearest.get(floor.targetId) ?? 0), 0),
  );
  return sums.reduce((a, b) => Math.max(a, b), 0);
}
