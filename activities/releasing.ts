import { sql } from 'kysely';
import { toServiceMs } from '../domain/clock.ts';
import { isTerminal, ProviderError } from '../domain/errors.ts';
import { cellId, cellOf } from '../domain/fleet.ts';
import { isClaimedBy } from '../store/claims.ts';
import { enter } from '../store/journal.ts';
import { requestOfRun } from '../store/run-context.ts';
import { type ActivityDependencies, serviceNowMs } from './dependencies.ts';
import { execute } from './execution.ts';
import { readGate } from './gate.ts';
import { reconcileTarget } from './reconcile.ts';
import { targetOf } from './scaling.ts';
import { branchOf } from './settling.ts';

/** One target a run has let go of. */
export interface ReleaseStep {
  readonly runId: string;
  readonly targetId: string;
  /** `open` once the gate has been passed, or where this capacity never took weight. */
  readonly gate: 'open' | 'closed';
}

/** Where a released target stands. `done`: the pre-state is proven, or others still claim the target. */
export type ReleaseOutcome =
  | { readonly status: 'done' }
  | { readonly status: 'gated' }
  | { readonly status: 'unproven'; readonly waitMs: number }
  | { readonly status: 'residual'; readonly reason: string };

/** How often the load is read within one dwell. */
const GATE_LOOKS_PER_DWELL = 12;
/** One execution waits no longer than this, in milliseconds of wall time; the workflow calls again. */
const LONGEST_EXECUTION_MS = 5 * 60_000;

/** Whether load is gone. */
export interface GateOutcome {
  readonly open: boolean;
  /** True when the gate has been closed for longer than the request allows: ask a person. */
  readonly ask: boolean;
  readonly reason: string;
}

/** Activities that take capacity back. All are idempotent; the claims were released before. */
export function createReleasingActivities(deps: ActivityDependencies) {
  return {
    /** Brings one target down to max(pre-state, remaining claims), as far as the gate allows. */
    async releaseTarget(request: ReleaseStep): Promise<ReleaseOutcome> {
      const branch = await branchOf(deps, request.targetId);
      return execute(deps, request.runId, branch, async ({ owner, watch }) => {
        try {
          const result = await reconcileTarget(deps, { ...request, owner, direction: 'undo' }, watch);
          if (result.status === 'inForce') await noteUndone(deps, request, result.restored);
          return outcomeOf(result);
        } catch (error) {
          if (error instanceof ProviderError && isTerminal(error.kind)) {
            return { status: 'residual', reason: `${error.kind}: ${error.message}` };
          }
          throw error;
        }
      });
    },

    /**
     * Waits until the load of a target is gone, by its declared source; an unreadable load keeps the gate
     * closed. Returns open, or after the time the request allows `ask`, or neither after some minutes.
     */
    async waitForGate(request: { readonly runId: string; readonly targetId: string }): Promise<GateOutcome> {
      const target = await targetOf(deps, request.targetId);
      const { release } = await requestOfRun(deps.db, request.runId);
      const sinceMs = await gateWaitsSince(deps, request);
      const pollMs = (release.dwellMinutes * 60_000) / GATE_LOOKS_PER_DWELL / deps.clock.scale;
      const branch = cellId(cellOf(target));
      return execute(deps, request.runId, branch, async ({ watch, stop }) => {
        const endMs = Date.now() + LONGEST_EXECUTION_MS;
        for (;;) {
          const nowMs = serviceNowMs(deps);
          const reading = await readGate(deps, target, release, nowMs);
          const ask = !reading.open && nowMs - sinceMs > release.askAfterMinutes * 60_000;
          if (reading.open || ask || stop.aborted || Date.now() > endMs) return { ...reading, ask };
          await watch.pause(Math.max(100, pollMs), stop);
        }
      });
    },
  };
}

function outcomeOf(result: Awaited<ReturnType<typeof reconcileTarget>>): ReleaseOutcome {
  switch (result.status) {
    case 'inForce':
      return { status: 'done' };
    case 'gated':
      return { status: 'gated' };
    case 'unproven':
      return { status: 'unproven', waitMs: result.provenInMs + 50 };
    case 'contested':
      return { status: 'residual', reason: result.message };
    case 'refused':
      return { status: 'residual', reason: `${result.kind}: ${result.message}` };
  }
}

/**
 * Service time the wait at the gate began, entered once per release of the target, so that asking a person is
 * not put off by retries.
 */
async function gateWaitsSince(
  deps: ActivityDependencies,
  request: { readonly runId: string; readonly targetId: string },
): Promise<number> {
  const begun = await deps.db
    .selectFrom('journal')
    .select('at')
    .where('stream', '=', request.runId)
    .where('kind', '=', 'gate')
    .where('key', '=', request.targetId)
    .where('seq', '>', ({ selectFrom }) =>
      selectFrom('journal')
        .select(sql<number>`coalesce(max(seq), 0)`.as('seq'))
        .where('stream', '=', request.runId)
        .where('kind', '=', 'released')
        .where('key', '=', request.targetId),
    )
    .orderBy('seq')
    .executeTakeFirst();
  if (begun) return toServiceMs(deps.clock, begun.at.getTime());
  await enter(deps.db, request.runId, {
    kind: 'gate',
    key: request.targetId,
    body: { status: 'waiting' },
  });
  return serviceNowMs(deps);
}

/** A step that hands its targets over to the next one of the same run has not undone them. */
async function noteUndone(
  deps: ActivityDependencies,
  { runId, targetId }: ReleaseStep,
  restored: boolean,
): Promise<void> {
  if (await isClaimedBy(deps.db, runId, targetId)) return;
  await enter(deps.db, runId, { kind: 'service.undone', key: targetId, body: { restored } });
}
