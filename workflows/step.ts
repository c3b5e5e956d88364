import { isCancellation, sleep } from '@temporalio/workflow';
import type { TrafficPlan } from '../activities/traffic.ts';
import { publishing, reading, store, waiting, writing } from './activity-proxies.ts';
import { awaitAll } from './all.ts';
import type { StepInput } from './step-scaling.ts';

/** What came of moving traffic: the first record set whose health fell, if any. */
export interface TrafficResult {
  readonly unhealthy: { readonly recordSetId: string; readonly entries: readonly string[] } | null;
  readonly recordSets: number;
}

/** Moves every record set of a step by steps, health read after each; stops all at the first unhealthy one. */
export async function moveTraffic(input: StepInput): Promise<TrafficResult> {
  const { runId, step } = input;
  const plan = await writing.claimTraffic({ runId, step });
  for (let move = 1; move <= plan.moves; move += 1) {
    const unhealthy = await moveAll(runId, plan, move);
    if (unhealthy) return { unhealthy, recordSets: plan.sets.length };
    if (move < plan.moves && plan.sets.length > 0) await sleep(plan.dwellMs);
  }
  return { unhealthy: null, recordSets: plan.sets.length };
}

async function moveAll(runId: string, plan: TrafficPlan, move: number): Promise<TrafficResult['unhealthy']> {
  const outcomes = await awaitAll(
    plan.sets.map(async ({ recordSetId, from }) => {
      const position = { fraction: move / plan.moves, move, moves: plan.moves };
      return { recordSetId, ...(await waiting.moveTraffic({ runId, recordSetId, from, ...position })) };
    }),
  );
  const bad = outcomes.find((outcome) => outcome.unhealthy.length > 0);
  return bad ? { recordSetId: bad.recordSetId, entries: bad.unhealthy } : null;
}

/** Puts monitoring up; a platform that does not take it in three attempts leaves the run degraded. */
export async function setUpMonitoring(input: StepInput): Promise<'published' | 'degraded'> {
  try {
    return await publishing.setUpMonitoring({ runId: input.runId, step: input.step });
  } catch (error) {
    if (isCancellation(error)) throw error;
    await store.noteMonitoringDegraded({ runId: input.runId, message: String(error) });
    return 'degraded';
  }
}

/** Reads everything once more, apart from the phases that changed it. */
export async function checkHealth(input: StepInput): Promise<readonly string[]> {
  return reading.checkHealth({ runId: input.runId, step: input.step });
}
