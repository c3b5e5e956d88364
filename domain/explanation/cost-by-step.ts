import { cellId, cellOf, type ScalingTarget, unitPrice } from '../fleet.ts';
import { marketsOf } from '../season.ts';
import { selectedTargetIds } from '../selection.ts';
import { liveUnitsOf, type PlanGrounds } from './plan-grounds.ts';

/** What the targets of a plan cost per hour in one step: the higher of what was there and the floor. */
export interface StepCost {
  readonly step: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly hourlyUsd: number;
  /** What the plan adds to what was there. */
  readonly addedHourlyUsd: number;
  readonly hourlyUsdByProvider: Readonly<Record<string, number>>;
  /** By `provider/region`. */
  readonly hourlyUsdByCell: Readonly<Record<string, number>>;
}

/**
 * Cost of every step, of the targets the request selects, at the prices of the plan's fleet: the sums behind
 * `cost` of the plan. Null where fleet, request or what was there is not known any more.
 */
export function costByStep(grounds: PlanGrounds): readonly StepCost[] | null {
  const { content, fleet, request, requirements } = grounds;
  if (!fleet || !request || !requirements) return null;
  const selected = selectedTargetIds(fleet, request.request, marketsOf(request));
  const targets = fleet.targets.filter((target) => selected.has(target.id));
  return content.steps.map(({ step, fromMs, untilMs }) => {
    const ofStep = content.floors.filter((floor) => floor.step === step);
    const floors = new Map(ofStep.map((floor) => [floor.targetId, floor.floorUnits]));
    const costs = targets.map((target) => {
      const live = liveUnitsOf(grounds, target.id) ?? 0;
      const units = Math.max(live, floors.get(target.id) ?? 0);
      return { target, hourlyUsd: units * unitPrice(target), beforeUsd: live * unitPrice(target) };
    });
    const hourlyUsd = costs.reduce((sum, cost) => sum + cost.hourlyUsd, 0);
    return {
      step,
      fromMs,
      untilMs,
      hourlyUsd,
      addedHourlyUsd: hourlyUsd - costs.reduce((sum, cost) => sum + cost.beforeUsd, 0),
      hourlyUsdByProvider: sumBy(costs, (target) => cellOf(target).provider),
      hourlyUsdByCell: sumBy(costs, (target) => cellId(cellOf(target))),
    };
  });
}

function sumBy(
  costs: readonly { readonly target: ScalingTarget; readonly hourlyUsd: number }[],
  nameOf: (target: ScalingTarget) => string,
): Readonly<Record<string, number>> {
  const groups = Map.groupBy(costs, ({ target }) => nameOf(target));
  const sums = [...groups].map(([name, group]) => [
    name,
    group.reduce((sum, { hourlyUsd }) => sum + hourlyUsd, 0),
  ]);
  return Object.fromEntries(sums.toSorted(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)));
}
