import {
  CancellationScope,
  ChildWorkflowCancellationType,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { TrafficPlan } from '../activities/traffic.ts';
import { publishing, reading, store, waiting, writing } from './activity-proxies.ts';
import { awaitAll } from './all.ts';
import { type CellInput, type CellResult, cellScaling } from './cell-scaling.ts';

/** A step of a run's plan, as both the run and its hold carry it out. */
export interface StepInput {
  readonly runId: string;
  readonly step: number;
  readonly holdWorkflowId: string;
}

/** What came of scaling all cells of a step. */
export interface StepResult {
  readonly cells: readonly CellResult[];
  /** The first critical failure, which fails the step. */
  readonly critical: { readonly targetId: string; readonly kind: string; readonly message: string } | null;
}

/**
 * Scales every cell of a step at once, a child workflow each. A critical failure stops the other cells; all
 * have stopped when this returns. @throws the cancellation when the run is cancelled, after all have stopped.
 */
export async function scaleCells(input: StepInput): Promise<StepResult> {
  const cells = await store.cellsOfStep({ runId: input.runId, step: input.step });
  const scope = new CancellationScope({ cancellable: true });
  const results = await scope.run(async () =>
    Promise.allSettled(
      cells.map(async (cell, index) => {
        const result = await runCell({ ...input, ...cell }, index);
        if (result.critical) scope.cancel();
        return result;
      }),
    ),
  );
  const outer = CancellationScope.current();
  if (outer.consideredCancelled) throw await outer.cancelRequested.catch((reason: unknown) => reason);
  return { cells: results.map(resultOf).filter((r) => r !== null), critical: firstCritical(results) };
}

async function runCell(input: CellInput, index: number): Promise<CellResult> {
  return executeChild(cellScaling, {
    workflowId: `${workflowInfo().workflowId}-s${input.step}-c${index}`,
    args: [input],
    // Cancel means stop and report; TERMINATE, the default, would die in the middle of a call.
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    staticSummary: `${input.cell}: ${input.targets.length} services`,
  });
}

function resultOf(result: PromiseSettledResult<CellResult>): CellResult | null {
  return result.status === 'fulfilled' ? result.value : null;
}

/** A cell that ended in a way nobody foresaw counts as a critical failure: its outcome is unknown. */
function firstCritical(results: readonly PromiseSettledResult<CellResult>[]): StepResult['critical'] {
  for (const result of results) {
    if (result.status === 'fulfilled' && result.value.critical) return result.value.critical;
  }
  for (const result of results) {
    if (result.status === 'rejected' && !isCancellation(result.reason)) {
      return { targetId: '', kind: 'CellFailed', message: String(result.reason) };
    }
  }
  return null;
}

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
