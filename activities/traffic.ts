import { isDeepStrictEqual } from 'node:util';
import { ProviderError } from '../domain/errors.ts';
import { cellId, cellOf, type RecordSet, type ScalingTarget } from '../domain/fleet.ts';
import { floorOf, type OwnedFields } from '../domain/owned-fields.ts';
import type { ApplyReceipt, RecordState, Weights } from '../domain/scaler.ts';
import { sameWeights, weightsBetween, weightsFromCapacity } from '../domain/weights.ts';
import { claimTargets, countingClaims, isClaimedBy } from '../store/claims.ts';
import { enter } from '../store/journal.ts';
import { clearPreState } from '../store/releases.ts';
import { planOfRun, requestOfRun } from '../store/run-context.ts';
import {
  acquireLease,
  type LeasedTarget,
  recordIntent,
  recordOutcome,
  releaseLease,
  targetSnapshots,
} from '../store/targets.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { type Execution, execute, stopIfCancelled } from './execution.ts';
import { LeaseBusy } from './lease-busy.ts';

/** Pause between two questions whether a DNS change is in force, in milliseconds of service time. */
const IN_SYNC_POLL_MS = 5_000;

/** Usual time until a DNS change is in force, in milliseconds of service time. Source: Route 53, "within 60 seconds". */
const USUAL_IN_SYNC_MS = 60_000;

/** One execution waits no longer for a change to be in force, in milliseconds of wall time; the next goes on. */
const LONGEST_IN_SYNC_MS = 90_000;

/** One move of one record set. */
export interface TrafficMove {
  readonly runId: string;
  readonly recordSetId: string;
  /** Weights before this run's first move. */
  readonly from: Weights;
  /** How far from there to the weights that settled capacity asks for, 0 to 1. */
  readonly fraction: number;
  /** Which move of how many, for the report. */
  readonly move: number;
  readonly moves: number;
}

/** What a move came to. `unhealthy` names the entries with weight whose health check fails. */
export interface MoveOutcome {
  readonly observed: Weights;
  readonly unhealthy: readonly string[];
}

/** Record sets of a run's step, their weights now, and how to move. */
export interface TrafficPlan {
  readonly sets: readonly { readonly recordSetId: string; readonly from: Weights }[];
  readonly moves: number;
  /** Pause between two moves in milliseconds of wall time. */
  readonly dwellMs: number;
}

/** Activities of phase 5 and their way back. All are idempotent. */
export function createTrafficActivities(deps: ActivityDependencies) {
  return {
    /** Reads the record sets the plan routes and claims them, before any weight is moved. */
    async claimTraffic(request: { readonly runId: string; readonly step: number }): Promise<TrafficPlan> {
      return execute(deps, request.runId, 'traffic', async ({ watch, stop }) => {
        stopIfCancelled(stop);
        const { content } = await planOfRun(deps.db, request.runId);
        const { traffic } = await requestOfRun(deps.db, request.runId);
        await note(deps, request.runId, 'traffic.begun', String(request.step), {});
        const routes = content.routes.filter((route) => route.step === request.step);
        const rows = await targetSnapshots(
          deps.db,
          routes.map((route) => route.recordSetId),
        );
        const states = new Map<string, RecordState>();
        for (const [service, group] of Map.groupBy(rows.map(specOf), (set) => set.service)) {
          const router = await deps.adapters.router(service);
          for (const [id, state] of await watch.call((signal) => router.read(group, signal)))
            states.set(id, state);
        }
        const window = content.steps.find((step) => step.step === request.step);
        if (!window) throw new Error(`the plan has no step ${request.step}`);
        const requests = rows.map((row) => ({
          targetId: row.id,
          kind: 'presence' as const,
          floorUnits: 0,
          startsAtMs: window.fromMs,
          endsAtMs: window.untilMs,
          seen: stateOf(states, row.id).owned,
          generation: row.generation,
        }));
        const claimed = await claimTargets(deps.db, request.runId, request.step, requests, deps.patience);
        if (claimed.status === 'moved') throw new ProviderError('Stale', 'record sets changed while claimed');
        const sets = rows.map((row) => ({
          recordSetId: row.id,
          from: stateOf(states, row.id).owned.weights,
        }));
        return {
          sets: claimed.status === 'closed' ? [] : sets,
          moves: Math.ceil(100 / traffic.stepPercent),
          dwellMs: Math.ceil((traffic.dwellSeconds * 1000) / deps.clock.scale),
        };
      });
    },

    /** Moves one record set a part of the way, waits until that is in force, and reads health. */
    async moveTraffic(move: TrafficMove): Promise<MoveOutcome> {
      return execute(deps, move.runId, 'traffic', async (execution) => {
        stopIfCancelled(execution.stop);
        const set = await recordSetOf(deps, move.recordSetId);
        const router = await deps.adapters.router(set.service);
        const wish = await weightsFor(deps, set, router.maximumWeight, execution);
        const want = weightsBetween(move.from, wish ?? move.from, move.fraction);
        const observed = await setWeights(deps, move.runId, set, want, 'forward', execution);
        const health = await execution.watch.call((signal) => router.health(set, signal));
        const unhealthy = Object.keys(want).filter(
          (entry) => (want[entry] ?? 0) > 0 && health[entry] === 'unhealthy',
        );
        await note(deps, move.runId, 'routing', set.id, {
          from: move.from,
          to: want,
          observed,
          move: move.move,
          moves: move.moves,
          status: unhealthy.length > 0 ? 'unhealthy' : 'moved',
        });
        return { observed, unhealthy };
      });
    },

    /**
     * Gives a record set back after its claim was released: the pre-state's weights when nobody else holds it,
     * otherwise weights for the capacity that will remain. @returns milliseconds to wait where it cannot yet
     * be proven, 0 when done.
     */
    async restoreTraffic(request: { readonly runId: string; readonly recordSetId: string }): Promise<number> {
      return execute(deps, request.runId, 'traffic', async (execution) => {
        const set = await recordSetOf(deps, request.recordSetId);
        const router = await deps.adapters.router(set.service);
        const before = await preStateOf(deps, set.id);
        if (!before) return 0;
        const others = await countingClaims(deps.db, set.id);
        const wish = others.length > 0 ? await weightsFor(deps, set, router.maximumWeight, execution) : null;
        const observed = await setWeights(deps, request.runId, set, wish ?? before, 'undo', execution);
        const cleared = others.length > 0 || (await clearPreState(deps.db, set.id));
        // A step that hands its records over to the next one of the same run has moved nothing back.
        const status = (await isClaimedBy(deps.db, request.runId, set.id)) ? 'moved' : 'movedBack';
        await note(deps, request.runId, 'routing', set.id, { to: wish ?? before, observed, status });
        return cleared ? 0 : Math.max(100, deps.patience.longestVendorDelayMs / 10);
      });
    },
  };
}

function specOf(row: { readonly spec: unknown }): RecordSet {
  return row.spec as RecordSet;
}

function stateOf(states: ReadonlyMap<string, RecordState>, id: string): RecordState {
  const state = states.get(id);
  if (!state) throw new ProviderError('Transient', `the read of ${id} came back without it`);
  return state;
}

async function recordSetOf(deps: ActivityDependencies, id: string): Promise<RecordSet> {
  const [row] = await targetSnapshots(deps.db, [id]);
  if (!row) throw new Error(`record set ${id} is not in the fleet; import the fleet again`);
  return specOf(row);
}

async function preStateOf(deps: ActivityDependencies, id: string): Promise<Weights | null> {
  const row = await deps.db.selectFrom('targets').select('pre_state').where('id', '=', id).executeTakeFirst();
  return (row?.pre_state as { weights: Weights } | null)?.weights ?? null;
}

/**
 * Weights for what each entry's cell can be relied on to carry: min(serving, effective floor) of the set's
 * workload, freshly read. @returns null where nothing serves at all.
 */
export async function weightsFor(
  deps: ActivityDependencies,
  set: RecordSet,
  maximumWeight: number,
  { watch }: Pick<Execution, 'watch'>,
): Promise<Weights | null> {
  const rows = await deps.db
    .selectFrom('targets')
    .select(['id', 'spec', 'pre_state'])
    .where('kind', '=', 'scaling')
    .where('declared', '=', true)
    .execute();
  const targets = rows
    .map((row) => ({ ...row, spec: row.spec as ScalingTarget }))
    .filter((row) => row.spec.workload === set.workload);
  const capacity: Record<string, number> = Object.fromEntries(
    set.entries.map((entry) => [entry.setIdentifier, 0]),
  );
  for (const [service, group] of Map.groupBy(targets, (target) => target.spec.service)) {
    const scaler = await deps.adapters.scaler(service);
    const specs = group.map((target) => target.spec);
    const states = await watch.call((signal) => scaler.read(specs, signal));
    for (const { id, spec, pre_state } of group) {
      const state = states.get(id);
      const entry = set.entries.find((candidate) => cellId(candidate) === cellId(cellOf(spec)));
      if (!state || !entry) continue;
      const claims = await countingClaims(deps.db, id);
      const before = floorOf((pre_state as OwnedFields | null) ?? state.owned);
      const floor = Math.max(before, ...claims.map((claim) => claim.floorUnits));
      capacity[entry.setIdentifier] =
        (capacity[entry.setIdentifier] ?? 0) +
        Math.min(state.servingUnits ?? before, floor) * spec.capacityPerUnit;
    }
  }
  return weightsFromCapacity(capacity, maximumWeight);
}

/** Lease, read, intent, write, in force, outcome. @returns the weights by a read afterwards. */
async function setWeights(
  deps: ActivityDependencies,
  runId: string,
  set: RecordSet,
  want: Weights,
  direction: 'forward' | 'undo',
  execution: Execution,
): Promise<Weights> {
  const { owner } = execution;
  const lease = await acquireLease(deps.db, { targetId: set.id, owner, leaseMs: deps.patience.leaseMs });
  if (lease.status === 'busy') throw new LeaseBusy(set.id, lease.owner, lease.expiresAt);
  try {
    return await writeWeights(deps, runId, set, want, direction, lease.target, execution);
  } finally {
    await releaseLease(deps.db, set.id, owner);
  }
}

async function writeWeights(
  deps: ActivityDependencies,
  runId: string,
  set: RecordSet,
  want: Weights,
  direction: 'forward' | 'undo',
  leased: LeasedTarget,
  execution: Execution,
): Promise<Weights> {
  const { owner, watch } = execution;
  const router = await deps.adapters.router(set.service);
  const read = async () => stateOf(await watch.call((signal) => router.read([set], signal)), set.id);
  const live = await read();
  await settleWeightIntents(deps, leased, live);
  if (sameWeights(live.owned.weights, want)) {
    await lastInForce(deps, set, want, leased, execution);
    return live.owned.weights;
  }
  const intent = await recordIntent(deps.db, {
    targetId: set.id,
    owner,
    runId,
    direction,
    seen: live.owned,
    want: { kind: 'weights', weights: want },
    generation: leased.generation,
    worker: deps.identity,
    leaseMs: deps.patience.leaseMs,
  });
  if (intent.status === 'lost') throw new ProviderError('Stale', `${set.id} was taken over; reading again`);
  const record = { targetId: set.id, generation: intent.generation, runId };
  try {
    const receipt = await watch.call((signal) => router.apply(set, live, want, intent.key, signal));
    await recordOutcome(deps.db, { ...record, outcome: 'accepted', detail: receipt });
    await untilInForce(deps, set, want, receipt, execution);
  } catch (error) {
    if (error instanceof ProviderError && error.kind !== 'Transient') {
      await recordOutcome(deps.db, { ...record, outcome: 'refused', detail: { kind: error.kind } });
    }
    throw error;
  }
  return (await read()).owned.weights;
}

/** Waits until a change is in force everywhere; nobody else may move these weights meanwhile. */
async function untilInForce(
  deps: ActivityDependencies,
  set: RecordSet,
  want: Weights,
  receipt: ApplyReceipt,
  { owner, watch, stop }: Execution,
): Promise<void> {
  const router = await deps.adapters.router(set.service);
  const endMs = Date.now() + LONGEST_IN_SYNC_MS;
  while ((await watch.call((signal) => router.progress(set, want, receipt, signal))) !== 'settled') {
    stopIfCancelled(stop);
    if (Date.now() > endMs) throw notInForce(set.id);
    await watch.pause(IN_SYNC_POLL_MS / deps.clock.scale, stop);
    const lease = await acquireLease(deps.db, { targetId: set.id, owner, leaseMs: deps.patience.leaseMs });
    if (lease.status === 'busy') throw new LeaseBusy(set.id, lease.owner, lease.expiresAt);
  }
}

/**
 * The vendor lists new weights before all its servers have them: an earlier attempt's change is waited for here.
 * One whose answer was lost has no id to ask with, so the vendor's usual time is waited out instead.
 */
async function lastInForce(
  deps: ActivityDependencies,
  set: RecordSet,
  want: Weights,
  { lastWrite }: LeasedTarget,
  execution: Execution,
): Promise<void> {
  if (lastWrite?.want.kind !== 'weights' || !sameWeights(lastWrite.want.weights, want)) return;
  const { detail, at } = lastWrite;
  if (isReceipt(detail)) return untilInForce(deps, set, want, detail, execution);
  const leftMs = at.getTime() + USUAL_IN_SYNC_MS / deps.clock.scale - Date.now();
  if (leftMs > 0) await execution.watch.pause(leftMs, execution.stop);
}

function isReceipt(detail: unknown): detail is ApplyReceipt {
  return typeof (detail as { vendorRequestId?: unknown } | null)?.vendorRequestId === 'string';
}

function notInForce(recordSetId: string): ProviderError {
  const message = `the weights of ${recordSetId} were accepted and are not in force everywhere yet; looking again`;
  return new ProviderError('Transient', message, { resource: recordSetId });
}

async function settleWeightIntents(
  deps: ActivityDependencies,
  leased: LeasedTarget,
  live: RecordState,
): Promise<void> {
  for (const intent of leased.unresolved) {
    const record = { targetId: leased.id, generation: intent.generation, runId: intent.runId };
    const expired = Date.now() - intent.createdAt.getTime() > deps.patience.longestVendorDelayMs;
    if (intent === leased.unresolved.at(-1) && isDeepStrictEqual(intent.want, live.owned)) {
      await recordOutcome(deps.db, { ...record, outcome: 'proven' });
    } else if (expired) {
      await recordOutcome(deps.db, { ...record, outcome: 'lapsed', detail: { live: live.owned } });
    }
  }
}

async function note(
  deps: ActivityDependencies,
  runId: string,
  kind: 'routing' | 'traffic.begun',
  key: string,
  body: unknown,
): Promise<void> {
  await enter(deps.db, runId, { kind, key, body });
}
