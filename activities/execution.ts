import { Context } from '@temporalio/activity';
import { enter } from '../store/journal.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { createVendorWatch, type VendorWatch } from './vendor-watch.ts';

/** What one execution of a vendor-calling activity knows of itself. */
export interface Execution {
  /** Lease owner: the same for every attempt of this activity. */
  readonly owner: string;
  readonly watch: VendorWatch;
  /** Aborted when the run is cancelled or the worker shuts down. */
  readonly stop: AbortSignal;
}

/**
 * Runs the body of an activity that calls vendors and enters into the journal when it ran and when it waited
 * for a vendor, so that the report can tell our own time from theirs.
 * @param branch what may run beside others, e.g. a cell; see domain/timing.ts.
 */
export async function execute<T>(
  deps: ActivityDependencies,
  runId: string,
  branch: string,
  body: (execution: Execution) => Promise<T>,
): Promise<T> {
  const { info } = Context.current();
  const execution = thisExecution(deps);
  const fromMs = Date.now();
  try {
    return await body(execution);
  } finally {
    const { watch } = execution;
    const entry = { activity: info.activityType, attempt: info.attempt };
    const body = { ...entry, fromMs, untilMs: Date.now(), waits: watch.waits };
    await enter(deps.db, runId, { kind: 'wait', key: branch, body });
  }
}

/** {@link execute} for what a hold repeats for weeks: nothing is entered, because no report tells of it. */
export async function executeQuietly<T>(
  deps: ActivityDependencies,
  body: (execution: Execution) => Promise<T>,
): Promise<T> {
  return body(thisExecution(deps));
}

function thisExecution(deps: ActivityDependencies): Execution {
  const { info, cancellationSignal } = Context.current();
  return {
    owner: `${info.workflowExecution?.runId ?? 'none'}/${info.activityId}`,
    watch: createVendorWatch(deps.patience.vendorCallTimeoutMs, cancellationSignal),
    stop: cancellationSignal,
  };
}

/** Ends this attempt as cancelled where the run has been cancelled and nothing is in flight. */
export function stopIfCancelled(stop: AbortSignal): void {
  if (stop.aborted) throw stop.reason;
}
