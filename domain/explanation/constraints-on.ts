import type { BindingConstraint, PlanContent } from '../plan.ts';

/** What a constraint may bear on: a target in a step, with what it serves. */
export interface Bearing {
  readonly targetId: string;
  readonly step: number;
  /** Null where it is not known. */
  readonly workload: string | null;
  readonly markets: readonly string[];
}

/** Constraints that bear on a target in a step: on itself, or on the markets it serves; null where none are known. */
export function constraintsOn(content: PlanContent, bearing: Bearing): readonly BindingConstraint[] | null {
  const pairs = bearing.markets.map((market) => `${market}/${bearing.workload}`);
  const names = (resource: string) =>
    resource === bearing.targetId ||
    pairs.some(
      (pair) => resource === pair || resource.startsWith(`${pair} `) || resource.endsWith(` ${pair}`),
    );
  const all = content.optimality?.binding ?? null;
  return (
    all?.filter(({ resource, step }) => names(resource) && (step === undefined || step === bearing.step)) ??
    null
  );
}
