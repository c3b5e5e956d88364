import type { BindingConstraint } from '../plan.ts';
import { EPSILON } from '../shares.ts';
import { roundUsd } from '../usd.ts';
import type { MixedIntegerModel, SolverAnswer } from './mixed-integer.ts';
import type { PartColumns } from './part-model.ts';
import type { Part } from './parts.ts';

/** Who carries what of a part. */
export interface PartSolution {
  readonly part: Part;
  /** Share by target id and market, 0 to 1. */
  readonly byTarget: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Share of each market that nobody carries; only what is above 0. */
  readonly rest: ReadonlyMap<string, number>;
  /** Units wanted of targets to which some are added, by target id, those that are there among them. */
  readonly units: ReadonlyMap<string, number>;
  /** Proven to have no answer that keeps everything; `rest` is then the least left over. Default false. */
  readonly infeasible?: boolean;
  /** Time was up before anything was found: whole units and losses were not thought of. Default false. */
  readonly undecided?: boolean;
}

/** Shares are told apart to so many digits: what is beyond is rounding of the solver. */
const DIGITS = 1e12;

/** Reads a part's decisions from the values of the model's columns. */
export function readPart({ part, carriers, rest }: PartColumns, values: readonly number[]): PartSolution {
  const share = (column: number) => {
    const value = Math.round((values[column] ?? 0) * DIGITS) / DIGITS;
    return value > EPSILON ? value : 0;
  };
  const some = (columns: ReadonlyMap<string, number>) =>
    new Map(
      [...columns]
        .map(([market, column]) => [market, share(column)] as const)
        .filter(([, value]) => value > 0),
    );
  const carried = carriers.map(({ carrier, shares }) => [carrier.target.id, some(shares)] as const);
  const units = carriers.flatMap(({ carrier, baseUnits, added }) => {
    const more = added.reduce(
      (sum, { column, units: each }) => sum + Math.round(values[column] ?? 0) * each,
      0,
    );
    return more > 0 ? [[carrier.target.id, baseUnits + more] as const] : [];
  });
  return {
    part,
    byTarget: new Map(carried.filter(([, shares]) => shares.size > 0)),
    rest: some(rest),
    units: new Map(units),
  };
}

/** Constraints with a name that cost something, as the duals of the relaxation say. */
export function bindingOf(
  { columns, rows }: MixedIntegerModel,
  { rowPrices, columnPrices }: SolverAnswer & { readonly status: 'solved' },
): readonly BindingConstraint[] {
  const named = [
    ...rows.map(({ name }, index) => ({ name, price: rowPrices[index] ?? 0 })),
    // Below 0 a column is left out because it is too dear, which is no constraint.
    ...columns.map(({ name }, index) => ({ name, price: Math.max(0, columnPrices[index] ?? 0) })),
  ];
  return named.flatMap(({ name, price }) => {
    if (!name) return [];
    const { scale = 1, ...rest } = name;
    const savesUsd = roundUsd(Math.abs(price) * scale);
    return savesUsd > 0 ? [{ ...rest, savesUsd }] : [];
  });
}
