import { cellId, cellOf, type ScalingTarget } from '../domain/fleet.ts';
import { acceptDrift, carriesWeight, releaseClaims } from '../store/releases.ts';
import { targetRows } from '../store/targets.ts';
import { type ActivityDependencies, wallWaitMs } from './dependencies.ts';
import { isCommitted } from './runs.ts';

/** What an undo has to touch; see workflows/undo.ts. */
export interface UndoScope {
  readonly recordSetIds: readonly string[];
  readonly monitorIds: readonly string[];
  readonly cells: readonly { readonly cell: string; readonly targetIds: readonly string[] }[];
  /** Targets that stay as they are, because their lever has no way back. */
  readonly kept: readonly string[];
  readonly gate: 'open' | 'closed';
  readonly noticeAfterMs: number;
}

/** Activities that let go of claims and say what has to be undone then. All are idempotent. */
export function createReleaseScopeActivities(deps: ActivityDependencies) {
  const { db } = deps;
  return {
    /** Closes the run, releases its claims, and says what there is to undo. */
    async closeRun({ runId }: { readonly runId: string }): Promise<UndoScope> {
      const targetIds = await releaseClaims(db, runId);
      return scopeOf(deps, runId, targetIds);
    },

    /** Releases one step, or all before one, of a run that goes on. */
    async releaseStep(input: {
      readonly runId: string;
      readonly step?: number;
      readonly beforeStep?: number;
    }): Promise<UndoScope> {
      const scope =
        input.beforeStep === undefined ? { step: input.step ?? 0 } : { beforeStep: input.beforeStep };
      return scopeOf(deps, input.runId, await releaseClaims(db, input.runId, scope));
    },

    /** What there is to undo for some targets whose claims are released already. */
    async targetScope(input: {
      readonly runId: string;
      readonly targetIds: readonly string[];
    }): Promise<UndoScope> {
      return scopeOf(deps, input.runId, input.targetIds);
    },
  };
}

async function scopeOf(
  deps: ActivityDependencies,
  runId: string,
  targetIds: readonly string[],
): Promise<UndoScope> {
  const rows = await targetRows(deps.db, targetIds);
  const all = rows.filter((row) => row.kind === 'scaling');
  const kept = all.filter((row) => isCommitted(row.spec as ScalingTarget)).map((row) => row.id);
  // What stays is from now on simply what is there.
  for (const id of kept) await acceptDrift(deps.db, id);
  const scaling = all.filter((row) => !kept.includes(row.id));
  const workloads = [...new Set(scaling.map((row) => (row.spec as ScalingTarget).workload))];
  const cells = Map.groupBy(scaling, (row) => cellId(cellOf(row.spec as ScalingTarget)));
  return {
    recordSetIds: rows.filter((row) => row.kind === 'record').map((row) => row.id),
    monitorIds: rows.filter((row) => row.kind === 'monitor').map((row) => row.id),
    cells: [...cells].map(([cell, group]) => ({ cell, targetIds: group.map((row) => row.id) })),
    kept,
    gate: (await carriesWeight(deps.db, runId, workloads)) ? 'closed' : 'open',
    noticeAfterMs: wallWaitMs(deps, deps.patience.undoNoticeMs),
  };
}
