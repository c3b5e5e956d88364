import { cellId, cellOf, type Fleet } from './fleet.ts';
import type { PlannedFloor, PlannedRoute, PlanStepWindow, Requirements } from './plan.ts';
import { weightsFromCapacity } from './weights.ts';

/** Largest weight planned for; Route 53 takes 0 to 255. */
const MAXIMUM_WEIGHT = 255;

/** Weights of a step in proportion to what each entry's cell is planned to carry. */
export function plannedRoutes(
  fleet: Pick<Fleet, 'targets' | 'recordSets'>,
  live: Requirements['live'],
  { step }: PlanStepWindow,
  floors: readonly PlannedFloor[],
): readonly PlannedRoute[] {
  const floorUnits = new Map(floors.filter((f) => f.step === step).map((f) => [f.targetId, f.floorUnits]));
  return fleet.recordSets
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .flatMap((set): readonly PlannedRoute[] => {
      const targets = fleet.targets.filter((target) => target.workload === set.workload);
      if (!targets.some((target) => floorUnits.has(target.id))) return [];
      const capacityOf = (cell: string) =>
        targets
          .filter((target) => cellId(cellOf(target)) === cell)
          .map(({ id, capacityPerUnit }) => {
            const units = Math.max(live[id]?.floorUnits ?? 0, floorUnits.get(id) ?? 0);
            return units * capacityPerUnit;
          })
          .reduce((a, b) => a + b, 0);
      const capacity = set.entries.map((entry) => [entry.setIdentifier, capacityOf(cellId(entry))] as const);
      const weights = weightsFromCapacity(Object.fromEntries(capacity), MAXIMUM_WEIGHT);
      return weights ? [{ recordSetId: set.id, step, weights }] : [];
    });
}
