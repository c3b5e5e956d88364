import { isDeepStrictEqual } from 'node:util';
import type { RecordSet, ScalingTarget } from '../domain/fleet.ts';
import { floorOf, type OwnedFields } from '../domain/scaler.ts';
import { appendJournal } from '../store/journal.ts';
import { runRow } from '../store/run-context.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { execute } from './execution.ts';
import { reconcileTarget } from './reconcile.ts';

/** Activities with which a hold keeps watch. All are idempotent. */
export function createWatchingActivities(deps: ActivityDependencies) {
  const { db } = deps;
  return {
    /**
     * True when the run's own workflow has closed. That alone is not yet "vanished": the hold asks only while
     * no signal has come. A describe that failed, or found nothing, is not "closed".
     */
    async seasonVanished({ runId }: { readonly runId: string }): Promise<boolean> {
      const { workflow_id } = await runRow(db, runId);
      return (await deps.workflowState(workflow_id)) === 'closed';
    },

    /** Reads all targets of a run that are held up and brings those that strayed back into line. */
    async recheckTargets({
      runId,
    }: {
      readonly runId: string;
    }): Promise<{ readonly strayed: readonly string[] }> {
      return execute(deps, runId, 'watch', async ({ owner, watch }) => {
        const strayed: string[] = [];
        for (const { id, spec, expected } of await heldTargets(deps, runId)) {
          const scaler = await deps.adapters.scaler(spec.service);
          const states = await watch.call((signal) => scaler.read([spec], signal));
          if (isDeepStrictEqual(states.get(id)?.owned, expected)) continue;
          strayed.push(id);
          await reconcileTarget(
            deps,
            { runId, targetId: id, owner, direction: 'forward', gate: 'closed' },
            watch,
          );
        }
        return { strayed };
      });
    },

    /** Phase 7: reads every floor and weight of the step once more. @returns what is not as it should be. */
    async checkHealth(request: {
      readonly runId: string;
      readonly step: number;
    }): Promise<readonly string[]> {
      return execute(deps, request.runId, 'health', async ({ watch }) => {
        const { runId } = request;
        const checks: { check: string; passed: boolean; detail: string }[] = [];
        const held = await heldTargets(deps, runId);
        for (const [service, group] of Map.groupBy(held, (target) => target.spec.service)) {
          const scaler = await deps.adapters.scaler(service);
          const specs = group.map((target) => target.spec);
          const states = await watch.call((signal) => scaler.read(specs, signal));
          for (const { id, floorUnits } of group) {
            const state = states.get(id);
            const floor = state ? floorOf(state.owned) : 0;
            const passed = (state?.servingUnits ?? -1) >= floorUnits && floor >= floorUnits;
            const detail = `floor ${floor}, serving ${state?.servingUnits ?? 'unread'}, asked ${floorUnits}`;
            checks.push({ check: id, passed, detail });
          }
        }
        checks.push(...(await recordChecks(deps, runId, (run) => watch.call(run))));
        await db.transaction().execute((tx) =>
          appendJournal(
            tx,
            runId,
            checks.map(({ check, passed, detail }) => ({
              kind: 'health',
              key: check,
              body: { status: passed ? 'passed' : 'failed', detail },
            })),
          ),
        );
        return checks.filter((c) => !c.passed).map((c) => `${c.check}: ${c.detail}`);
      });
    },
  };
}

interface HeldTarget {
  readonly id: string;
  readonly spec: ScalingTarget;
  /** Owned fields we last saw accepted. */
  readonly expected: OwnedFields | null;
  readonly floorUnits: number;
}

async function heldTargets(deps: ActivityDependencies, runId: string): Promise<readonly HeldTarget[]> {
  const rows = await deps.db
    .selectFrom('claims')
    .innerJoin('targets', 'targets.id', 'claims.target_id')
    .select(['targets.id', 'targets.spec', 'targets.last_applied', 'targets.pre_state', 'claims.floor_units'])
    .where('claims.run_id', '=', runId)
    .where('claims.kind', '=', 'floor')
    .where('claims.state', '=', 'live')
    .where('claims.unreachable', '=', false)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    spec: row.spec as ScalingTarget,
    expected: (row.last_applied ?? row.pre_state) as OwnedFields | null,
    floorUnits: row.floor_units,
  }));
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
