import type { Highs, Model } from 'highs';
import type { MixedIntegerModel, SolverAnswer } from '../../domain/allocation/mixed-integer.ts';
import { type Loaded, loadModel, type WholeAnswer } from './loaded-model.ts';

/** How one model may be solved. */
export interface SolveLimits {
  readonly relativeGap: number;
  readonly timeLimitMs: number;
}

/** Without the relaxation there is nothing at all: it gets so much time even where there is less, in milliseconds. */
const LEAST_MS = 2_000;

/** How far a value may be from a whole number and count as one. */
const WHOLE = 1e-6;

/**
 * Solves a model with HiGHS: the relaxation first, with lazy rows as they are violated; then a whole answer near it;
 * then, where that is not proven good enough, branch and bound over what could still be better. Blocks its thread.
 */
export function solveWithHighs(highs: Highs, model: MixedIntegerModel, limits: SolveLimits): SolverAnswer {
  if (model.columns.length === 0) return withoutColumns(model);
  return highs.withModel((instance: Model) => solveLoaded(loadModel(highs, instance, model), limits));
}

function withoutColumns({ rows }: MixedIntegerModel): SolverAnswer {
  if (rows.some(({ lower, upper }) => lower > 0 || upper < 0)) return { status: 'infeasible' };
  return { status: 'solved', values: [], cost: 0, bound: 0, rowPrices: rows.map(() => 0), columnPrices: [] };
}

function solveLoaded(loaded: Loaded, limits: SolveLimits): SolverAnswer {
  const until = performance.now() + limits.timeLimitMs;
  const relaxed = loaded.solveLinear(Math.max(until, performance.now() + LEAST_MS));
  if (relaxed.status !== 'solved') return relaxed;
  const { columns } = loaded.model;
  const whole = columns.flatMap(({ integer }, index) => (integer ? [index] : []));
  const fractional = (values: readonly number[]) =>
    whole.filter((column) => Math.abs((values[column] ?? 0) - Math.round(values[column] ?? 0)) > WHOLE);
  const prices = { rowPrices: relaxed.rowPrices, columnPrices: relaxed.columnPrices };
  if (fractional(relaxed.values).length === 0) {
    const final = loaded.withWhole(relaxed.values, until);
    if (final) return { status: 'solved', ...final, bound: relaxed.objective - final.tie, ...prices };
  }
  const enough = ({ objective }: { readonly objective: number }) =>
    objective - relaxed.objective <= limits.relativeGap * Math.max(Math.abs(objective), 1e-9);
  const near = nearby(loaded, relaxed.values, enough, until);
  if (near && enough(near)) {
    return { status: 'solved', ...near, bound: Math.min(near.cost, relaxed.objective - near.tie), ...prices };
  }
  if (near) loaded.fixByReducedCost(relaxed, near.objective);
  const searched = loaded.branchAndBound(near?.values ?? null, limits.relativeGap, until);
  if (searched.status === 'infeasible') {
    // Whatever could be better was cut away by reduced costs: what was near is best.
    if (near) return { status: 'solved', ...near, bound: near.cost, ...prices };
    return { status: 'infeasible' };
  }
  const bound = Math.max(relaxed.objective, searched.bound);
  const found = searched.values && loaded.withWhole(searched.values, until);
  const best = found && (!near || found.objective <= near.objective) ? found : near;
  if (!best) return { status: 'undecided' };
  return { status: 'solved', ...best, bound: Math.min(best.cost, bound - best.tie), ...prices };
}

/**
 * A whole answer near the relaxation: everything rounded up, then what is not needed taken back, dearest first. Null
 * where more units break a row (a budget, a quota).
 */
function nearby(
  loaded: Loaded,
  values: readonly number[],
  enough: (answer: WholeAnswer) => boolean,
  until: number,
): WholeAnswer | null {
  const { columns } = loaded.model;
  const rounded = values.map((value, column) =>
    columns[column]?.integer ? Math.ceil(value - WHOLE) : value,
  );
  let best = loaded.withWhole(rounded, until);
  if (!best) return null;
  const raised = rounded
    .flatMap((value, column) => (value > (values[column] ?? 0) + WHOLE ? [column] : []))
    .toSorted((a, b) => (columns[b]?.cost ?? 0) - (columns[a]?.cost ?? 0) || a - b);
  for (const column of raised) {
    if (performance.now() > until || enough(best)) break;
    const fewer = best.values.map((value, index) => (index === column ? value - 1 : value));
    const tried = loaded.withWhole(fewer, until);
    if (tried && tried.objective < best.objective) best = tried;
  }
  return best;
}
