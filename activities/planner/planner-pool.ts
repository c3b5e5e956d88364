import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { DemandHistory, LearntDemand } from '../../domain/sizing/learnt-demand.ts';
import type { RequirementsResult, RequirementsTask } from './planner-worker.ts';

/** What the planner's threads do, by the names of planner-worker.ts. */
interface PlannerTasks {
  learn(task: DemandHistory): LearntDemand;
  requirements(task: RequirementsTask): RequirementsResult;
}

/** A season takes seconds on two cores; more threads would only take them from the rest of the process. */
const MOST_THREADS = 2;
/** Threads without work end after this, in milliseconds. */
const IDLE_MS = 30_000;

let pool: Piscina | undefined;

/**
 * Does one task of the planner in a thread of its own, so that the event loop goes on answering. Arguments and result
 * are copied. @param stop ends the thread and rejects. @throws what the task throws.
 */
export async function inPlannerThread<N extends keyof PlannerTasks>(
  name: N,
  task: Parameters<PlannerTasks[N]>[0],
  stop: AbortSignal,
): Promise<ReturnType<PlannerTasks[N]>> {
  pool ??= new Piscina({
    filename: new URL('./planner-worker.ts', import.meta.url).href,
    minThreads: 0,
    maxThreads: Math.min(MOST_THREADS, availableParallelism()),
    idleTimeout: IDLE_MS,
  });
  return (await pool.run(task, { name, signal: stop })) as ReturnType<PlannerTasks[N]>;
}
