import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { Residual } from '../domain/report.ts';
import { waiting, writingFor } from './activity-proxies.ts';
import { reasonText } from './failure.ts';

/** Targets of one cell whose claims have been released. */
export interface CellReleaseInput {
  readonly runId: string;
  readonly cell: string;
  readonly targetIds: readonly string[];
  /** `open` where this capacity never took weight, else `closed` until the load is gone. */
  readonly gate: 'open' | 'closed';
  /** A change that a vendor has not taken for so long is reported; milliseconds of wall time. */
  readonly noticeAfterMs: number;
}

/** What came of a release. */
export interface CellReleaseResult {
  readonly undone: readonly string[];
  readonly residual: readonly Residual[];
}

/**
 * Gives a cell's targets back, side by side: minima at once, counts and maxima once the gate is open. One that
 * fails does not stop the others. What a vendor does not take within the notice, or what is still in use when
 * the gate asks for a person, is returned, and the hold goes on with it.
 */
export async function cellRelease(input: CellReleaseInput): Promise<CellReleaseResult> {
  const undone: string[] = [];
  const residual: Residual[] = [];
  await Promise.all(
    input.targetIds.map(async (targetId) => {
      const reason = await releaseOne(input, targetId).catch(reasonText);
      if (reason === null) undone.push(targetId);
      else residual.push({ resource: targetId, reason });
    }),
  );
  return { undone: undone.toSorted(), residual: residual.toSorted(byResource) };
}

/** @returns null once given back, else why not. */
async function releaseOne(input: CellReleaseInput, targetId: string): Promise<string | null> {
  const { runId } = input;
  let { gate } = input;
  for (;;) {
    const outcome = await withinNotice(input, () =>
      writingFor(targetId).releaseTarget({ runId, targetId, gate }),
    );
    if (outcome === 'late') return 'its vendor did not take the change in time; still trying';
    if (outcome.status === 'done') return null;
    if (outcome.status === 'residual') return outcome.reason;
    if (outcome.status === 'unproven') await sleep(outcome.waitMs);
    else {
      const passed = await waiting.waitForGate({ runId, targetId });
      if (passed.ask) return `the gate stays closed: ${passed.reason}`;
      if (passed.open) gate = 'open';
    }
  }
}

async function withinNotice<T>(
  { noticeAfterMs }: CellReleaseInput,
  run: () => Promise<T>,
): Promise<T | 'late'> {
  try {
    return await CancellationScope.withTimeout(noticeAfterMs, run);
  } catch (error) {
    if (isCancellation(error)) return 'late';
    throw error;
  }
}

function byResource(a: Residual, b: Residual): number {
  return a.resource < b.resource ? -1 : 1;
}
