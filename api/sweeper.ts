import { runsOnHold, seasonOf } from '../store/holds.ts';
import { purgeIdempotency } from '../store/idempotency.ts';
import { livingIntegrations } from '../store/integrations.ts';
import { listLostStarts, type Run, setRunStatus } from '../store/runs.ts';
import { type ApiDeps, serviceNowMs } from './dependencies.ts';
import { startOf } from './start-run.ts';
import { TemporalUnavailable } from './temporal.ts';

/** How often lost starts are looked for, in milliseconds. */
const SWEEP_EVERY_MS = 15_000;
/** A run accepted longer ago than this should have begun, in milliseconds. */
const LOST_AFTER_MS = 10_000;
/** Temporal keeps closed workflows at least this long; beyond it a start could be a second one. */
const GIVE_UP_AFTER_MS = 24 * 60 * 60 * 1000;

type SweeperDeps = Pick<ApiDeps, 'db' | 'temporal' | 'clock' | 'log'>;

/**
 * Starts runs and holds whose start was lost, forgets old answers and sees once to it that connected providers are
 * tested, every 15 s. @returns how to stop it; resolves when the last round is over.
 */
export function startSweeper(deps: SweeperDeps): () => Promise<void> {
  let round: Promise<unknown> = Promise.resolve();
  let busy = false;
  let scheduled = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    round = sweep(deps)
      .then(() => sweepHolds(deps))
      .then(async () => {
        if (!scheduled) scheduled = await scheduleChecks(deps);
      })
      .then(() => purgeIdempotency(deps.db))
      .catch((error: unknown) => deps.log.warn({ err: error }, 'sweep failed; the next one tries again'))
      .finally(() => {
        busy = false;
      });
  }, SWEEP_EVERY_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await round;
  };
}

/**
 * One round: starts every run still accepted after 10 s, while its window lasts and for at most 24 h; what can
 * no longer be started is failed with `StartLost`. Ends early when Temporal cannot be reached.
 */
export async function sweep(deps: SweeperDeps): Promise<{ started: number; failed: number }> {
  const result = { started: 0, failed: 0 };
  for (const run of await listLostStarts(deps.db, LOST_AFTER_MS)) {
    const reason = lostBecause(deps, run);
    if (reason) {
      if (await fail(deps, run, reason)) result.failed += 1;
      continue;
    }
    try {
      const state = await deps.temporal.startRun(startOf(run));
      if (state === 'running') result.started += 1;
      else if (await fail(deps, run, 'its workflow ended before it began')) result.failed += 1;
    } catch (error) {
      if (!(error instanceof TemporalUnavailable)) throw error;
      deps.log.warn({ err: error }, 'Temporal cannot be reached; lost starts wait');
      break;
    }
  }
  return result;
}

/** Starts a hold for every run whose hold has not ended; one that is open already goes on undisturbed. */
export async function sweepHolds(deps: SweeperDeps): Promise<number> {
  const runs = await runsOnHold(deps.db);
  for (const run of runs) {
    const { id: runId, hold_workflow_id: holdWorkflowId } = run;
    await deps.temporal.ensureHold({ runId, holdWorkflowId, season: seasonOf(run) });
  }
  return runs.length;
}

/** Has connected providers tested; Temporal may have been given an empty store meanwhile. @returns false without any. */
async function scheduleChecks({ db, temporal }: SweeperDeps): Promise<boolean> {
  if ((await livingIntegrations(db)).length === 0) return false;
  await temporal.ensureIntegrationChecks();
  return true;
}

function lostBecause(deps: SweeperDeps, run: Run): string | null {
  if (Date.now() - run.created_at.getTime() > GIVE_UP_AFTER_MS) return 'it could not be started for 24 hours';
  if (!run.dry_run && serviceNowMs(deps) >= run.ends_at.getTime()) {
    return 'its window ended before it could be started';
  }
  return null;
}

/** Only a run still accepted is failed; one that has begun meanwhile goes on. */
async function fail(deps: SweeperDeps, run: Run, reason: string): Promise<boolean> {
  const message = `Run ${run.id} was never begun: ${reason}. Nothing was changed; send the request again.`;
  const error = { type: 'StartLost', message };
  return setRunStatus(deps.db, run.id, 'failed', { from: ['accepted'], error });
}
