import { isDeepStrictEqual } from 'node:util';
import { isTerminal, ProviderError, type ProviderErrorKind } from '../domain/errors.ts';
import type { ScalingTarget } from '../domain/fleet.ts';
import { floorOf, type OwnedFields, type Scaler, sameOwned, type TargetState } from '../domain/scaler.ts';
import {
  type Claim,
  clearPreState,
  countingClaims,
  endManualClaims,
  markAccepted,
  markUnreachable,
  recordManualClaim,
} from '../store/claims.ts';
import { countLowered, recordLowered, rememberSeen } from '../store/people.ts';
import {
  acquireLease,
  type Intent,
  type LeasedTarget,
  recordIntent,
  recordOutcome,
  releaseLease,
  unresolvedIntents,
} from '../store/targets.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { LeaseBusy } from './lease-busy.ts';
import type { VendorWatch } from './vendor-watch.ts';

/** A value lowered by somebody inside a protected window is raised again this often, then a person is asked. */
const RAISE_AGAIN_LIMIT = 2;

/** What to bring into line, for whom. */
export interface ReconcileRequest {
  readonly targetId: string;
  readonly runId: string;
  /** Lease owner: workflow run id and activity id. */
  readonly owner: string;
  readonly direction: 'forward' | 'undo';
  /** While `closed`, no count and no maximum is lowered; a minimum an autoscaler owns is. */
  readonly gate: 'open' | 'closed';
}

/** Where the vendor stands after {@link reconcileTarget}. */
export type ReconcileResult =
  /** The vendor holds what claims and pre-state ask for. `restored`: that is the pre-state, proven. */
  | { readonly status: 'inForce'; readonly owned: OwnedFields; readonly restored: boolean }
  /** What may go without the gate is gone; the rest waits for it. */
  | { readonly status: 'gated'; readonly owned: OwnedFields; readonly want: OwnedFields }
  /** In force as far as can be seen, but an unknown write of ours could still land. */
  | { readonly status: 'unproven'; readonly owned: OwnedFields; readonly provenInMs: number }
  /** This run's claim cannot be met, or the pre-state cannot be given back. */
  | { readonly status: 'refused'; readonly kind: string; readonly message: string };

/**
 * Makes the vendor hold max(pre-state, live claims) on one target: lease, read, intent, write, outcome
 * (docs/adr and claims.md). The same verb for apply, re-apply and undo. Idempotent.
 * @throws ProviderError (not terminal) to be retried; LeaseBusy while another run writes.
 */
export async function reconcileTarget(
  deps: ActivityDependencies,
  request: ReconcileRequest,
  watch: VendorWatch,
): Promise<ReconcileResult> {
  const lease = await acquireLease(deps.db, { ...request, leaseMs: deps.patience.leaseMs });
  if (lease.status === 'busy') throw new LeaseBusy(request.targetId, lease.owner, lease.expiresAt);
  try {
    return await reconcileLeased(deps, request, lease.target, watch);
  } finally {
    await releaseLease(deps.db, request.targetId, request.owner);
  }
}

async function reconcileLeased(
  deps: ActivityDependencies,
  request: ReconcileRequest,
  leased: LeasedTarget,
  watch: VendorWatch,
): Promise<ReconcileResult> {
  const target = leased.spec as ScalingTarget;
  const scaler = await deps.adapters.scaler(target.service);
  const live = await readOne(scaler, target, watch);
  const unresolved = await settleIntents(deps, request, leased, live.owned);
  const people = await noticePeople(deps, leased, unresolved, live.owned);
  if (people) return people;
  const preState = leased.preState as OwnedFields | null;
  if (preState === null) return { status: 'inForce', owned: live.owned, restored: true };
  if (preState.kind !== live.owned.kind) return kindChanged(target, preState, live.owned);
  const claims = await countingClaims(deps.db, target.id);
  const planned = planOrRefuse(scaler, target, preState, claims);
  if (planned instanceof ProviderError) return giveWay(deps, request, claims, planned, watch);
  const want = request.gate === 'open' ? planned : withoutDecrease(live.owned, planned);
  if (!sameOwned(live.owned, want)) {
    const refused = await write(deps, request, leased, scaler, target, live, want, watch);
    if (refused) return giveWay(deps, request, claims, refused, watch);
  }
  await markAccepted(deps.db, target.id, floorOf(want));
  return conclude(deps, target.id, want, planned);
}

/** Says where the target stands after the vendor holds `owned`. */
async function conclude(
  deps: ActivityDependencies,
  targetId: string,
  owned: OwnedFields,
  planned: OwnedFields,
): Promise<ReconcileResult> {
  if (!sameOwned(owned, planned)) return { status: 'gated', owned, want: planned };
  const unknown = await unresolvedIntents(deps.db, targetId);
  const latest = unknown.at(-1);
  if (latest) {
    const provenInMs = latest.createdAt.getTime() + deps.patience.longestVendorDelayMs - Date.now();
    return { status: 'unproven', owned, provenInMs: Math.max(0, provenInMs) };
  }
  const claims = await countingClaims(deps.db, targetId);
  const restored = claims.length === 0 && (await clearPreState(deps.db, targetId));
  return { status: 'inForce', owned, restored };
}

async function readOne(scaler: Scaler, target: ScalingTarget, watch: VendorWatch): Promise<TargetState> {
  const states = await watch.call((signal) => scaler.read([target], signal));
  const state = states.get(target.id);
  if (!state) throw new ProviderError('Transient', `the read of ${target.id} came back without it`);
  return state;
}

/** Sends one write. @returns the vendor's terminal refusal, or null when it was accepted. */
async function write(
  deps: ActivityDependencies,
  request: ReconcileRequest,
  leased: LeasedTarget,
  scaler: Scaler,
  target: ScalingTarget,
  live: TargetState,
  want: OwnedFields,
  watch: VendorWatch,
): Promise<ProviderError | null> {
  const intent = await recordIntent(deps.db, {
    ...request,
    seen: live.owned,
    want,
    generation: leased.generation,
    worker: deps.identity,
  });
  if (intent.status === 'lost')
    throw new ProviderError('Stale', `${target.id} was taken over; reading again`);
  const record = { targetId: target.id, generation: intent.generation, runId: request.runId };
  try {
    const receipt = await watch.call((signal) => scaler.apply(target, live, want, intent.key, signal));
    const recorded = await recordOutcome(deps.db, { ...record, outcome: 'accepted', detail: receipt });
    if (recorded === 'superseded')
      throw new ProviderError('Stale', `${target.id} changed hands; reading again`);
    return null;
  } catch (error) {
    // After a Transient error nobody knows whether the write landed: the intent stays open until a read tells.
    if (!(error instanceof ProviderError) || error.kind === 'Transient') throw error;
    const detail = { kind: error.kind, message: error.message };
    await recordOutcome(deps.db, { ...record, outcome: 'refused', detail });
    if (!isTerminal(error.kind)) throw error;
    return error;
  }
}

/** Proves or lets lapse what earlier writes left unknown. @returns what is still unknown. */
async function settleIntents(
  deps: ActivityDependencies,
  request: ReconcileRequest,
  leased: LeasedTarget,
  live: OwnedFields,
): Promise<readonly Intent[]> {
  const open: Intent[] = [];
  for (const intent of leased.unresolved) {
    const record = { targetId: leased.id, generation: intent.generation, runId: intent.runId };
    const newest = intent === leased.unresolved.at(-1);
    const expired = Date.now() - intent.createdAt.getTime() > deps.patience.longestVendorDelayMs;
    if (newest && isDeepStrictEqual(intent.want, live)) {
      await recordOutcome(deps.db, { ...record, outcome: 'proven', detail: { readBy: request.runId } });
    } else if (expired) {
      await recordOutcome(deps.db, { ...record, outcome: 'lapsed', detail: { live } });
    } else open.push(intent);
  }
  return open;
}

/** Tells a person's edit from our own values, keeps a raise, raises a lowered value again at most twice. */
async function noticePeople(
  deps: ActivityDependencies,
  leased: LeasedTarget,
  unresolved: readonly Intent[],
  live: OwnedFields,
): Promise<ReconcileResult | null> {
  const expected = (leased.lastApplied ?? leased.preState) as OwnedFields | null;
  if (expected === null) return null;
  const ours = [expected, ...leased.unresolved.map((i) => i.want), ...unresolved.map((i) => i.seen)];
  if (ours.some((value) => isDeepStrictEqual(value, live))) return null;
  await rememberSeen(deps.db, leased.id, live);
  if (isRaise(expected, live)) {
    await recordManualClaim(deps.db, leased.id, live);
    return null;
  }
  const claims = await countingClaims(deps.db, leased.id);
  await endManualClaims(deps.db, leased.id, 'taken back by the person who set it');
  const floor = Math.max(0, ...claims.filter((c) => c.kind === 'floor').map((c) => c.floorUnits));
  if (floorOf(live) >= floor) return null;
  const since = new Date(Math.min(...claims.map((c) => c.createdAt.getTime())));
  if ((await countLowered(deps.db, leased.id, since)) >= RAISE_AGAIN_LIMIT) return contested(leased.id, live);
  await recordLowered(deps.db, leased.id, { seen: live, expected });
  return null;
}

function contested(targetId: string, live: OwnedFields): ReconcileResult {
  const message =
    `somebody lowered ${targetId} to ${floorOf(live)} a third time inside a protected window; ` +
    'it is left there. Agree with whoever does it, then release or resolve this target.';
  return { status: 'refused', kind: 'Contested', message };
}

function isRaise(expected: OwnedFields, live: OwnedFields): boolean {
  if (floorOf(live) !== floorOf(expected)) return floorOf(live) > floorOf(expected);
  return live.kind === 'range' && expected.kind === 'range' && live.maximumUnits > expected.maximumUnits;
}

function planOrRefuse(
  scaler: Scaler,
  target: ScalingTarget,
  preState: OwnedFields,
  claims: readonly Claim[],
): OwnedFields | ProviderError {
  try {
    return wantedFields(scaler, target, preState, claims);
  } catch (error) {
    if (error instanceof ProviderError && isTerminal(error.kind)) return error;
    throw error;
  }
}

/**
 * max(pre-state, live claims) as owned fields. A maximum a person set is kept as well, and neither their value
 * nor the pre-state is held against the fleet's own maximum.
 */
export function wantedFields(
  scaler: Pick<Scaler, 'plan'>,
  target: Pick<ScalingTarget, 'maximumUnits'>,
  preState: OwnedFields,
  claims: readonly Pick<Claim, 'kind' | 'floorUnits' | 'fields'>[],
): OwnedFields {
  const manual = claims.filter((claim) => claim.kind === 'manual');
  const floorUnits = Math.max(floorOf(preState), ...claims.map((claim) => claim.floorUnits));
  const maximumUnits = Math.max(
    target.maximumUnits,
    floorOf(preState),
    ...manual.map((claim) => claim.floorUnits),
  );
  const want = scaler.plan(preState, { floorUnits, maximumUnits });
  if (want.kind === 'count') return want;
  const kept = manual.map((claim) => (claim.fields?.kind === 'range' ? claim.fields.maximumUnits : 0));
  return { ...want, maximumUnits: Math.max(want.maximumUnits, ...kept) };
}

/** What of `want` may be set while the gate is closed: everything but a lower count or a lower maximum. */
export function withoutDecrease(live: OwnedFields, want: OwnedFields): OwnedFields {
  if (want.kind === 'count') {
    return live.kind === 'count' ? { kind: 'count', units: Math.max(live.units, want.units) } : want;
  }
  const maximumUnits = live.kind === 'range' ? Math.max(live.maximumUnits, want.maximumUnits) : 0;
  return { ...want, maximumUnits: Math.max(maximumUnits, want.maximumUnits) };
}

function kindChanged(target: ScalingTarget, preState: OwnedFields, live: OwnedFields): ReconcileResult {
  const message =
    `${target.id} was ${describeKind(preState)} when it was claimed and is ${describeKind(live)} now; ` +
    'nothing was written. Put the autoscaler back as it was, or accept what is there as drift.';
  return { status: 'refused', kind: 'InvalidTarget', message };
}

function describeKind(owned: OwnedFields): string {
  return owned.kind === 'range' ? 'under an autoscaler' : 'without an autoscaler';
}

/** Refusals that say how much is possible. */
const LIMITS: readonly ProviderErrorKind[] = ['QuotaExceeded', 'InsufficientCapacity'];

/**
 * The vendor refuses the effective floor for good: the claims above what it takes no longer count, and the
 * next highest is applied. Only when this run's own claim is among them does this run hear a refusal.
 */
async function giveWay(
  deps: ActivityDependencies,
  request: ReconcileRequest,
  claims: readonly Claim[],
  refusal: ProviderError,
  watch: VendorWatch,
): Promise<ReconcileResult> {
  const refused = { status: 'refused', kind: refusal.kind, message: refusal.message } as const;
  const floors = claims.filter((claim) => claim.kind === 'floor');
  const highest = Math.max(0, ...floors.map((claim) => claim.floorUnits));
  // Anything but a limit says nothing about what others claim, and an undo that is refused takes nothing from them.
  if (request.direction === 'undo' || !LIMITS.includes(refusal.kind)) return refused;
  const acceptable = Math.min(refusal.highestAcceptableUnits ?? highest - 1, highest - 1);
  const gone = await markUnreachable(deps.db, request.targetId, acceptable, refused);
  const again = await acquireLease(deps.db, { ...request, leaseMs: deps.patience.leaseMs });
  if (gone.length === 0 || again.status === 'busy') return refused;
  const rest = await reconcileLeased(deps, request, again.target, watch);
  return gone.some((claim) => claim.runId === request.runId) ? refused : rest;
}
