import type { MixedIntegerModel, SolverAnswer } from '../../domain/allocation/mixed-integer.ts';
import { type SolveLimits, solveWithHighs } from './highs-solver.ts';
import { loadHighs } from './load-highs.ts';

/** What a thread of the solver's pool does: one model, to its end or until time is up. */
export default async function solveInThread({
  model,
  limits,
}: {
  readonly model: MixedIntegerModel;
  readonly limits: SolveLimits;
}): Promise<SolverAnswer> {
  return solveWithHighs(await loadHighs(), model, limits);
}
