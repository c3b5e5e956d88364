import { type Fleet, unitPrice } from './fleet.ts';
import type { PlanContent, PlannedFloor, Requirements } from './plan.ts';
import { priceOrigins } from './price-origins.ts';
import { roundUsd } from './usd.ts';

const HOUR_MS = 3_600_000;

/** A plan is good for so long, in milliseconds of service time: live capacity and prices move on. */
export const PLAN_VALID_FOR_MS = 24 * HOUR_MS;

/** Cost of the selected targets before and with the plan. Prices are the fleet file's own, or looked up (pricing.ts). */
export function planCost(
  input: { readonly fleet: Fleet; readonly requirements: Requirements; readonly nowMs: number },
  selected: ReadonlySet<string>,
  floors: readonly PlannedFloor[],
): PlanContent['cost'] {
  const { fleet, requirements, nowMs } = input;
  const targets = fleet.targets.filter((t) => selected.has(t.id)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const liveUnits = (id: string) => requirements.live[id]?.floorUnits ?? 0;
  const before = targets.reduce((sum, t) => sum + liveUnits(t.id) * unitPrice(t), 0);
  const addedByStep = requirements.steps.map(({ step, fromMs, untilMs }) => {
    const units = new Map(floors.filter((f) => f.step === step).map((f) => [f.targetId, f.floorUnits]));
    const hourlyUsd = targets.reduce(
      (sum, t) => sum + Math.max(0, (units.get(t.id) ?? 0) - liveUnits(t.id)) * unitPrice(t),
      0,
    );
    const hours = Math.max(0, untilMs - Math.max(fromMs, nowMs)) / HOUR_MS;
    return { hourlyUsd, usd: hourlyUsd * hours };
  });
  const most = addedByStep.reduce((a, b) => Math.max(a, b.hourlyUsd), 0);
  return {
    hourlyUsdBefore: roundUsd(before),
    hourlyUsdAfter: roundUsd(before + most),
    seasonUsd: roundUsd(addedByStep.reduce((sum, step) => sum + step.usd, 0)),
    ...priceOrigins(fleet, targets),
  };
}
