import { cellId, cellOf, type ScalingTarget } from '../domain/fleet.ts';
import { carriesWeight, releaseClaims } from '../store/releases.ts';
import { targetRows } from '../store/targets.ts';
import { type ActivityDependencies, wallWaitMs } from './dependencies.ts';

/** What an undo has to touch; see workflows/undo.ts. */
export interface UndoScope {
  readonly recordSetIds: readonly string[];
  readonly monitorIds: readonly string[];
  readonly cells: readonly { readonly cell: string; readonly targetIds: readonly string[] }[];
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
  const scaling = rows.filter((row) => row.kind === 'scaling');
  const workloads = [...new Set(scaling.map((row) => (row.spec as ScalingTarget).workload))];
  const cells = Map.groupBy(scaling, (row) => cellId(cellOf(row.spec as ScalingTarget)));
  return {
    recordSetIds: rows.filter((row) => row.kind === 'record').map((row) => row.id),
    monitorIds: rows.filter((row) => row.kind === 'monitor').map((row) => row.id),
    cells: [...cells].map(([cell, group]) => ({ cell, targetIds: group.map((row) => row.id) })),
    gate: (await carriesWeight(deps.db, runId, workloads)) ? 'closed' : 'open',
    noticeAfterMs: wallWaitMs(deps, deps.patience.undoNoticeMs),
  };
}
