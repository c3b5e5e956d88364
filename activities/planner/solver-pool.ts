import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Solver, SolverAnswer } from '../../domain/allocation/mixed-integer.ts';
import type { SolveLimits } from './highs-solver.ts';

/** Threads that solve at a time: the event loop keeps a core where there are several. */
const THREADS = 2;
/** A thread without work is kept so long, in milliseconds: loading the solver takes a tenth of a second. */
const IDLE_MS = 30_000;

let pool: Piscina | undefined;

/**
 * Solves models in worker threads, one each. What time there is is shared out evenly among the models not yet begun, so
 * that time one of them does not take is the others'.
 */
export const solveInThreads: Solver = async (models, { relativeGap, timeLimitMs }) => {
  pool ??= new Piscina({
    filename: fileURLToPath(new URL('./solver-thread.ts', import.meta.url)),
    minThreads: 0,
    maxThreads: THREADS,
    idleTimeout: IDLE_MS,
  });
  const threads = pool;
  const endsAt = performance.now() + timeLimitMs;
  const answers = new Map<number, SolverAnswer>();
  // The largest first: none is then left to run alone in the end.
  const waiting = models
    .map((model, index) => ({ model, index }))
    .toSorted((a, b) => b.model.columns.length - a.model.columns.length || a.index - b.index);
  let left = waiting.length;
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const rounds = Math.ceil(left / THREADS);
      const limits: SolveLimits = {
        relativeGap,
        timeLimitMs: Math.max(1, (endsAt - performance.now()) / rounds),
      };
      answers.set(next.index, (await threads.run({ model: next.model, limits })) as SolverAnswer);
      left -= 1;
    }
  };
  await Promise.all(Array.from({ length: THREADS }, work));
  return models.map((_, index) => answers.get(index) ?? { status: 'undecided' });
};
