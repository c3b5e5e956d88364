import { isTerminal, ProviderError, type ProviderErrorKind } from '../domain/errors.ts';
import type { ScalingTarget } from '../domain/fleet.ts';
import {
  floorOf,
  isPartWay,
  type OwnedFields,
  sameOwned,
  withoutDecrease,
  withoutIncrease,
} from '../domain/owned-fields.ts';
import type { Scaler, TargetState } from '../domain/scaler.ts';
import { leverOfTarget } from '../domain/services.ts';
import { type Claim, countingClaims, markAccepted, markUnreachable } from '../store/claims.ts';
import { clearPreState } from '../store/releases.ts';
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
import { noticePeople } from './people.ts';
import type { VendorWatch } from './vendor-watch.ts';

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
  /** In force as far as can be seen: a write was only accepted yet, or an unknown one could still land. */
  | { readonly status: 'unproven'; readonly owned: OwnedFields; readonly provenInMs: number }
  /** Somebody keeps lowering it; nothing was written and a person is to be asked. No failure by itself. */
  | { readonly status: 'contested'; readonly message: string }
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
  return reconcileSeen(deps, request, leased, await readOne(scaler, target, watch), watch);
}

/** The rest of {@link reconcileTarget} once the target is leased and, after that, was read. */
export async function reconcileSeen(
  deps: ActivityDependencies,
  request: ReconcileRequest,
  leased: LeasedTarget,
  live: TargetState,
  watch: VendorWatch,
): Promise<ReconcileResult> {
  const target = leased.spec as ScalingTarget;
  const scaler = await deps.adapters.scaler(target.service);
  refuseOldAnswer(deps, leased, live.owned);
  const unresolved = await settleIntents(deps, request, leased, live.owned);
  const contested = await noticePeople(deps, leased, unresolved, live.owned, request.direction);
  if (contested !== null) return { status: 'contested', message: contested };
  const preState = leased.preState as OwnedFields | null;
  if (preState === null) return { status: 'inForce', owned: live.owned, restored: true };
  if (preState.kind !== live.owned.kind) return kindChanged(target, preState, live.owned);
  const claims = await countingClaims(deps.db, target.id);
  const effective =
    request.direction === 'undo'
      ? planWithinLimits(scaler, target, preState, claims, live.owned)
      : planOrRefuse(scaler, target, preState, claims);
  if (effective instanceof ProviderError) return giveWay(deps, request, claims, effective, watch);
  const planned = request.direction === 'undo' ? withoutIncrease(live.owned, effective) : effective;
  const want = request.gate === 'open' ? planned : withoutDecrease(live.owned, planned);
  const changes = !sameOwned(live.owned, want);
  if (changes) {
    const refused = await write(deps, request, leased, scaler, target, live, want, watch);
    if (refused) return giveWay(deps, request, claims, refused, watch);
  }
  await markAccepted(deps.db, target.id, floorOf(want));
  return conclude(deps, leased, { owned: want, planned, written: changes });
}

/** Says where the target stands after the vendor was seen to hold `owned`, or has only accepted it (`written`). */
async function conclude(
  deps: ActivityDependencies,
  leased: LeasedTarget,
  end: { readonly owned: OwnedFields; readonly planned: OwnedFields; readonly written: boolean },
): Promise<ReconcileResult> {
  const { owned, planned, written } = end;
  const targetId = leased.id;
  if (!sameOwned(owned, planned)) return { status: 'gated', owned, want: planned };
  const unknown = await unresolvedIntents(deps.db, targetId);
  const latest = unknown.at(-1);
  if (latest) {
    const provenInMs = latest.createdAt.getTime() + deps.patience.longestVendorDelayMs - Date.now();
    return { status: 'unproven', owned, provenInMs: Math.max(0, provenInMs) };
  }
  const claims = await countingClaims(deps.db, targetId);
  if (claims.length > 0) return { status: 'inForce', owned, restored: false };
  // The pre-state is the only way back: it is forgotten on a read, never on the vendor's word that it accepted.
  if (written) return { status: 'unproven', owned, provenInMs: 0 };
  return { status: 'inForce', owned, restored: await clearPreState(deps.db, targetId, leased) };
}

/**
 * A value that stood before our last write, or during one of several calls, may be an old answer for a while
 * (eventual consistency); judged as it is, it would look like a person's edit. @throws ProviderError `Stale`, to be read again.
 */
function refuseOldAnswer(deps: ActivityDependencies, leased: LeasedTarget, live: OwnedFields): void {
  const last = leased.lastWrite;
  if (last === null || Date.now() - last.at.getTime() > deps.patience.oldAnswerMs) return;
  const [seen, want] = [last.seen as OwnedFields, last.want as OwnedFields];
  const stepwise = leverOfTarget(leased.spec as ScalingTarget)?.stepwise ?? false;
  const isOld = sameOwned(live, seen) || (stepwise && isPartWay(seen, want, live));
  if (!isOld || sameOwned(live, want)) return;
  throw new ProviderError(
    'Stale',
    `${leased.id} reads as it was before our last change was accepted; reading it again`,
    { resource: leased.id },
  );
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
    leaseMs: deps.patience.leaseMs,
  });
  if (intent.status === 'lost')
    throw new ProviderError('Stale', `${target.id} was taken over; reading again`);
  const record = { targetId: target.id, generation: intent.generation, runId: request.runId };
  try {
    const receipt = await watch.call((signal) => scaler.apply(target, live, want, intent.key, signal));
    if (receipt.vendorRequestId === '') throw nothingSent(target);
    const recorded = await recordOutcome(deps.db, { ...record, outcome: 'accepted', detail: receipt });
    if (recorded === 'superseded')
      throw new ProviderError('Stale', `${target.id} changed hands; reading again`);
    return null;
  } catch (error) {
    // After a Transient error nobody knows whether the write landed: the intent stays open until a read tells.
    if (!(error instanceof ProviderError) || error.kind === 'Transient') throw error;
    const detail = { kind: error.kind, message: error.message };
    // A repeat that is refused, by a fence above all, says nothing about what was sent before it.
    if (!intent.isRetry) await recordOutcome(deps.db, { ...record, outcome: 'refused', detail });
    if (!isTerminal(error.kind)) throw error;
    return error;
  }
}

/**
 * What a scaler found to be as wanted right before it would have written, and so did not write: either of its two
 * reads was an old answer. Taken for accepted, what really stands there would next look like a person's edit.
 */
function nothingSent({ id }: ScalingTarget): ProviderError {
  const message = `${id} was found as it is wanted, and not so right before; reading it again`;
  return new ProviderError('Transient', message, { resource: id });
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
    if (newest && sameOwned(intent.want as OwnedFields, live)) {
      await recordOutcome(deps.db, { ...record, outcome: 'proven', detail: { readBy: request.runId } });
    } else if (expired) {
      await recordOutcome(deps.db, { ...record, outcome: 'lapsed', detail: { live } });
    } else open.push(intent);
  }
  return open;
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
 * As {@link planOrRefuse} without the claims that are past a limit: an undo raises nothing, so they are no reason to
 * give nothing back. Whose they are hears of it by a reconcile of its own. One that the vendor has taken may stand
 * there now, whatever became of the limit since: with it, all is left as it is.
 */
function planWithinLimits(
  scaler: Scaler,
  target: ScalingTarget,
  preState: OwnedFields,
  claims: readonly Claim[],
  live: OwnedFields,
): OwnedFields | ProviderError {
  const planned = planOrRefuse(scaler, target, preState, claims);
  if (!(planned instanceof ProviderError) || !LIMITS.includes(planned.kind)) return planned;
  const acceptable = acceptableUnits(planned, claims);
  const beyond = claims.filter(({ kind, floorUnits }) => kind === 'floor' && floorUnits > acceptable);
  if (beyond.length === 0) return planned;
  if (beyond.every(({ acceptedAt }) => acceptedAt !== null)) return live;
  const possible = claims.filter((claim) => claim.acceptedAt !== null || !beyond.includes(claim));
  return planWithinLimits(scaler, target, preState, possible, live);
}

/**
 * max(pre-state, live claims) as owned fields. What a person raised it to takes the pre-state's place. Neither is
 * held against the fleet's own maximum, nor is a claim that the vendor took before that was lowered.
 */
export function wantedFields(
  scaler: Pick<Scaler, 'plan'>,
  target: Pick<ScalingTarget, 'lever' | 'maximumUnits' | 'classes' | 'spotPercent'>,
  preState: OwnedFields,
  claims: readonly Pick<Claim, 'kind' | 'floorUnits' | 'fields' | 'acceptedAt'>[],
): OwnedFields {
  const theirs = claims.find((claim) => claim.kind === 'manual')?.fields;
  const now = theirs?.kind === preState.kind ? theirs : preState;
  const floorUnits = Math.max(floorOf(now), ...claims.map((claim) => claim.floorUnits));
  const accepted = claims.filter(({ acceptedAt }) => acceptedAt !== null);
  const held = accepted.map((claim) => claim.floorUnits);
  const maximumUnits = Math.max(target.maximumUnits, floorOf(now), ...held);
  const { lever, classes, spotPercent } = target;
  const onDemandPercent = spotPercent === undefined ? undefined : 100 - spotPercent;
  return scaler.plan(now, { floorUnits, maximumUnits, lever, classes, onDemandPercent });
}

function kindChanged(target: ScalingTarget, preState: OwnedFields, live: OwnedFields): ReconcileResult {
  const message =
    `${target.id} was ${describeKind(preState)} when it was claimed and is ${describeKind(live)} now; ` +
    'nothing was written. Put the autoscaler back as it was, or accept what is there as drift.';
  return { status: 'refused', kind: 'InvalidTarget', message };
}

function describeKind(owned: OwnedFields): string {
  return { range: 'under an autoscaler', count: 'a plain count', size: 'a group', class: 'a machine class' }[
    owned.kind
  ];
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
  // Anything but a limit says nothing about what others claim, and an undo that is refused takes nothing from them.
  if (request.direction === 'undo' || !LIMITS.includes(refusal.kind)) return refused;
  const gone = await markUnreachable(deps.db, request.targetId, acceptableUnits(refusal, claims), refused);
  const again = await acquireLease(deps.db, { ...request, leaseMs: deps.patience.leaseMs });
  if (gone.length === 0 || again.status === 'busy') return refused;
  const rest = await reconcileLeased(deps, request, again.target, watch);
  return gone.some((claim) => claim.runId === request.runId) ? refused : rest;
}

/** The highest floor that can be had, below the highest claimed at least. */
function acceptableUnits({ highestAcceptableUnits }: ProviderError, claims: readonly Claim[]): number {
  const floors = claims.filter((claim) => claim.kind === 'floor');
  const highest = Math.max(0, ...floors.map((claim) => claim.floorUnits));
  return Math.min(highestAcceptableUnits ?? highest - 1, highest - 1);
}
