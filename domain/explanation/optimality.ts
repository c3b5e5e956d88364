import type { PlanContent, PlannedFloor } from '../plan.ts';

/** A constraint that stands in the way of a cheaper plan. */
export interface BindingConstraint {
  /** E.g. `maximumUnits`, `providerShare`, `survival`, `quota`. */
  readonly constraint: string;
  /** A target, a market/workload pair (with its provider, or what is lost), a quota, or a request field. */
  readonly resource: string;
  /** Absent where it is about all steps. */
  readonly step?: number;
  /** USD over the step that one `unit` more saves: its dual in the linear programme. */
  readonly savesUsd: number;
  /** E.g. `unit`, `percentage point`, `requests/s`. */
  readonly unit: string;
}

/** What the search for the cheapest plan came to. */
export interface Optimality {
  readonly costUsd: number;
  /** No plan under the same constraints adds less, in USD. */
  readonly boundUsd: number;
  /** What may be left to be saved, 0 to 1; 0 for proven least. */
  readonly gap: number;
  /** Constraints that cost something, dearest first. */
  readonly binding: readonly BindingConstraint[];
}

/** What a plan says about its own optimality; null for one made before that was known. */
export function optimalityOf(content: PlanContent & { readonly optimality?: Optimality }): Optimality | null {
  return content.optimality ?? null;
}

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
  const all = optimalityOf(content)?.binding ?? null;
  return (
    all?.filter(({ resource, step }) => names(resource) && (step === undefined || step === bearing.step)) ??
    null
  );
}

/** Units of a floor that only the loss of a provider or region needs; 0 without any. */
export function reserveUnitsOf(floor: PlannedFloor & { readonly reserveUnits?: number }): number {
  return floor.reserveUnits ?? 0;
}
