import { solveWithHighs } from '../../activities/planner/highs-solver.ts';
import { loadHighs } from '../../activities/planner/load-highs.ts';
import type { Solver } from '../../domain/allocation/mixed-integer.ts';

/** Solves in the thread of the test, one model after the other. */
export const solveHere: Solver = async (models, limits) => {
  const highs = await loadHighs();
  return models.map((model) => solveWithHighs(highs, model, limits));
};
