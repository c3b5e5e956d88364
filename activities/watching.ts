import { isDeepStrictEqual } from 'node:util';
import { isTerminal, ProviderError } from '../domain/errors.ts';
import type { RecordSet } from '../domain/fleet.ts';
import { floorOf, type OwnedFields, sameOwned, withoutDecrease } from '../domain/owned-fields.ts';
import type { TargetState } from '../domain/scaler.ts';
import { type ClaimedTarget, claimedTargets, countingClaims } from '../store/claims.ts';
import { type SeasonOfHold, seasonOf } from '../store/holds.ts';
import { enter } from '../store/journal.ts';
import { runRow } from '../store/run-context.ts';
import { askPerson } from './attention.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { type Execution, execute, executeQuietly } from './execution.ts';
import { readTargets } from './reading.ts';
import { reconcileTarget, wantedFields } from './reconcile.ts';

/** Activities with which a hold keeps watch. All are idempotent. */
export function createWatchingActivities(deps: ActivityDependencies) {
  const { db } = deps;
  return {
    /**
     * How a run that has not told its hold stands: by its row where it has ended, `vanished` where its workflow
     * closed without ending it. A describe that failed, or found nothing, is not "closed".
     */
    async seasonState({ runId }: { readonly runId: string }): Promise<SeasonOfHold | 'vanished'> {
      // The workflow first: it ends the row before it closes, so a row read afterwards is not behind.
      const { workflow_id } = await runRow(db, runId);
      const closed = (await deps.workflowState(workflow_id)) === 'closed';
      const season = seasonOf(await runRow(db, runId));
      return season === 'pending' && closed ? 'vanished' : season;
    },

    /**
     * Reads all targets of a run that are held up and brings those that strayed back into line. What cannot be
     * read or set now is left to the next round; a person is asked where somebody keeps lowering a value.
     */
    async recheckTargets({
      runId,
    }: {
      readonly runId: string;
    }): Promise<{ readonly strayed: readonly string[] }> {
      return executeQuietly(deps, async (execution) => {
        const held = (await claimedTargets(db, runId)).filter((claimed) => !claimed.unreachable);
        const { states, errors } = await readTargets(
          deps,
          held.map((claimed) => claimed.spec),
          execution.watch,
        );
        for (const [id, err] of errors) deps.log.warn({ runId, target: id, err }, 'could not be rechecked');
        const strayed: string[] = [];
        for (const claimed of held) {
          const live = states.get(claimed.spec.id)?.owned;
          if (live && (await putRight(deps, runId, claimed, live, execution))) strayed.push(claimed.spec.id);
        }
        return { strayed };
      });
    },

    /** Phase 7: reads every floor and weight the run claims once more. @returns what is not as it should be. */
    async checkHealth(request: {
      readonly runId: string;
      readonly step: number;
    }): Promise<readonly string[]> {
      return execute(deps, request.runId, 'health', async ({ watch }) => {
        const { runId } = request;
        const checks: { check: string; passed: boolean; detail: string }[] = [];
        const held = await claimedTargets(db, runId);
        const { states } = await readTargets(
          deps,
          held.map((claimed) => claimed.spec),
          watch,
        );
        for (const { spec, floorUnits } of held)
          checks.push(floorCheck(spec.id, states.get(spec.id), floorUnits));
        checks.push(...(await recordChecks(deps, runId, (run) => watch.call(run))));
        await enter(
          db,
          runId,
          ...checks.map(({ check, passed, detail }) => ({
            kind: 'health',
            key: check,
            body: { status: passed ? 'passed' : 'failed', detail },
          })),
        );
        return checks.filter((c) => !c.passed).map((c) => `${c.check}: ${c.detail}`);
      });
    },
  };
}

/** Whether a target differs from what we last set, or from what claims and pre-state ask for now. */
async function hasStrayed(
  deps: ActivityDependencies,
  { spec, preState, lastApplied }: ClaimedTarget,
  live: OwnedFields,
): Promise<boolean> {
  if (!sameOwned(live, lastApplied ?? preState)) return true;
  const scaler = await deps.adapters.scaler(spec.service);
  const want = wantedFields(scaler, spec, preState, await countingClaims(deps.db, spec.id));
  return !sameOwned(live, withoutDecrease(live, want));
}

/** @returns whether the target had strayed. Whatever is wrong with it is no reason to leave out the others. */
async function putRight(
  deps: ActivityDependencies,
  runId: string,
  claimed: ClaimedTarget,
  live: OwnedFields,
  { owner, watch }: Execution,
): Promise<boolean> {
  const targetId = claimed.spec.id;
  const ask = (topic: string, message: string) =>
    askPerson(deps, runId, { resource: targetId, topic, message });
  try {
    if (!(await hasStrayed(deps, claimed, live))) return false;
    const request = { runId, targetId, owner, direction: 'forward', gate: 'closed' } as const;
    const result = await reconcileTarget(deps, request, watch);
    if (result.status === 'contested' || result.status === 'refused')
      await ask(result.status, result.message);
  } catch (err) {
    if (err instanceof ProviderError && isTerminal(err.kind)) await ask('refused', err.message);
    else deps.log.warn({ runId, target: targetId, err }, 'could not be brought back into line; tried again');
  }
  return true;
}

function floorCheck(check: string, state: TargetState | undefined, floorUnits: number) {
  if (!state) return { check, passed: false, detail: 'it could not be read' };
  const floor = floorOf(state.owned);
  const passed = (state.servingUnits ?? -1) >= floorUnits && floor >= floorUnits;
  const detail = `floor ${floor}, serving ${state.servingUnits ?? 'not said'}, asked ${floorUnits}`;
  return { check, passed, detail };
}

async function recordChecks(
  deps: ActivityDependencies,
  runId: string,
  call: <T>(run: (signal: AbortSignal) => Promise<T>) => Promise<T>,
): Promise<{ check: string; passed: boolean; detail: string }[]> {
  const rows = await deps.db
    .selectFrom('claims')
    .innerJoin('targets', 'targets.id', 'claims.target_id')
    .select(['targets.id', 'targets.spec', 'targets.last_applied'])
    .where('claims.run_id', '=', runId)
    .where('claims.state', '=', 'live')
    .where('targets.kind', '=', 'record')
    .execute();
  const checks: { check: string; passed: boolean; detail: string }[] = [];
  for (const row of rows) {
    const set = row.spec as RecordSet;
    const router = await deps.adapters.router(set.service);
    const states = await call((signal) => router.read([set], signal));
    const live = states.get(row.id)?.owned;
    const passed = row.last_applied === null || isDeepStrictEqual(live, row.last_applied);
    checks.push({ check: row.id, passed, detail: `weights ${JSON.stringify(live?.weights ?? null)}` });
  }
  return checks;
}
