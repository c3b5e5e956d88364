import type { Coupling, Workload } from '../fleet.ts';

/** A circle of couplings: the ids along it, the first once more at the end. */
export type CouplingCycle = readonly string[];

/** Workloads so that each comes after all whose demand causes some of its own, ties by id; or the circle in the way. */
export function causalOrder(
  workloads: readonly Pick<Workload, 'id'>[],
  couplings: readonly Coupling[],
): { readonly order: readonly string[] } | { readonly cycle: CouplingCycle } {
  const ids = workloads.map(({ id }) => id).toSorted();
  const order: string[] = [];
  const trail: string[] = [];
  const visit = (id: string): CouplingCycle | null => {
    if (order.includes(id)) return null;
    const met = trail.indexOf(id);
    if (met >= 0) return [...trail.slice(met), id].toReversed();
    trail.push(id);
    const causes = couplings.filter(({ to }) => to === id).map(({ from }) => from);
    for (const cause of [...new Set(causes)].toSorted()) {
      const cycle = visit(cause);
      if (cycle) return cycle;
    }
    trail.pop();
    order.push(id);
    return null;
  };
  for (const id of ids) {
    const cycle = visit(id);
    if (cycle) return { cycle };
  }
  return { order };
}
