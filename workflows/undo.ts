import {
  CancellationScope,
  ChildWorkflowCancellationType,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { UndoScope } from '../activities/release-scope.ts';
import type { Residual } from '../domain/report.ts';
import { publishing, store, writing } from './activity-proxies.ts';
import { type CellReleaseResult, cellRelease } from './cell-release.ts';
import { reasonText } from './failure.ts';

/** What an undo gave back and what it could not. */
export interface UndoResult {
  readonly undone: readonly string[];
  /** Stays as it is, because there is no way back. */
  readonly kept: readonly string[];
  readonly residual: readonly Residual[];
}

/**
 * Undoes a whole run: no new claims, claims released, traffic back, monitoring back, then every cell. Called
 * only after all cells have stopped; never cancelled. A step that fails does not stop the others.
 */
export async function undoRun(runId: string, round: string): Promise<UndoResult> {
  return CancellationScope.nonCancellable(async () => {
    const scope = await store.closeRun({ runId });
    const result = await undoScope(runId, scope, round);
    await store.recordRollback({ runId, ...result });
    return result;
  });
}

/** Traffic first, then monitoring, then floors. `round` keeps child workflow ids apart. */
export async function undoScope(runId: string, scope: UndoScope, round: string): Promise<UndoResult> {
  const traffic = await restoreAllTraffic(runId, scope);
  const monitoring = await removeMonitoring(runId, scope);
  // Traffic that could not be moved away may still need this capacity: then the gate decides.
  const gate = traffic.length > 0 ? 'closed' : scope.gate;
  const cells = await Promise.allSettled(
    scope.cells.map((cell, index) => releaseCell(runId, { ...scope, gate }, cell, `${round}-c${index}`)),
  );
  const undone: string[] = [];
  const residual: Residual[] = [...traffic, ...monitoring];
  cells.forEach((outcome, index) => {
    if (outcome.status === 'fulfilled') {
      undone.push(...outcome.value.undone);
      residual.push(...outcome.value.residual);
      return;
    }
    const reason = reasonText(outcome.reason);
    for (const resource of scope.cells[index]?.targetIds ?? []) residual.push({ resource, reason });
  });
  return { undone, kept: scope.kept, residual };
}

async function releaseCell(
  runId: string,
  scope: UndoScope,
  cell: UndoScope['cells'][number],
  round: string,
): Promise<CellReleaseResult> {
  return executeChild(cellRelease, {
    workflowId: `${workflowInfo().workflowId}-${round}`,
    args: [{ runId, ...cell, gate: scope.gate, noticeAfterMs: scope.noticeAfterMs }],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    cancellationType: ChildWorkflowCancellationType.ABANDON,
    staticSummary: `give back ${cell.cell}: ${cell.targetIds.length} services`,
  });
}

async function restoreAllTraffic(runId: string, scope: UndoScope): Promise<Residual[]> {
  return collect(scope.recordSetIds, scope.noticeAfterMs, async (recordSetId) => {
    for (;;) {
      const waitMs = await writing.restoreTraffic({ runId, recordSetId });
      if (waitMs === 0) return;
      await sleep(waitMs);
    }
  });
}

async function removeMonitoring(runId: string, scope: UndoScope): Promise<Residual[]> {
  return collect(scope.monitorIds, scope.noticeAfterMs, (monitorId) =>
    publishing.removeMonitoring({ runId, monitorId }),
  );
}

async function collect(
  resources: readonly string[],
  noticeAfterMs: number,
  undo: (resource: string) => Promise<void>,
): Promise<Residual[]> {
  const results = await Promise.allSettled(
    resources.map((resource) => CancellationScope.withTimeout(noticeAfterMs, () => undo(resource))),
  );
  return results.flatMap((result, index) =>
    result.status === 'rejected'
      ? [{ resource: resources[index] ?? '', reason: undoReason(result.reason) }]
      : [],
  );
}

/** The undo is never cancelled by anybody, so a cancellation here is the notice running out. */
function undoReason(error: unknown): string {
  return isCancellation(error) ? 'it could not be undone in time; still trying' : reasonText(error);
}
