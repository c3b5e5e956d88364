import type { Discover } from './discovery.ts';
import type { RecordSet, ScalingTarget } from './fleet.ts';
import type { FloorAsk, OwnedFields } from './owned-fields.ts';

/** What one read of a target found; JSON, so it can be stored with an intent. */
export interface TargetState {
  readonly owned: OwnedFields;
  /**
   * Units that serve now, by the vendor's own word on readiness, not what was asked for. Null while the vendor
   * does not say (AKS while it changes a pool): what is not known is never a number.
   */
  readonly servingUnits: number | null;
  /** Value the vendor refuses a write by when the resource has moved (ETag, resourceVersion, fingerprint). */
  readonly fence: string | null;
  /** Whatever else a write must send back (a full-body PUT). JSON; absent where nothing is needed. */
  readonly body?: unknown;
}

/** Where a target stands on its way to `want`. `servingUnits` is a fresh vendor read, never an echo; null as there. */
export type Progress =
  | { readonly status: 'settled'; readonly servingUnits: number }
  | Waiting<'moving'>
  | Waiting<'failed'>;

/** What a vendor may lack to go on. */
export type Lack = 'InsufficientCapacity' | 'QuotaExceeded';

interface Waiting<Status extends string> {
  readonly status: Status;
  readonly servingUnits: number | null;
  readonly reason: string;
  /** What the vendor says it lacks, where it says so. */
  readonly lacks?: Lack;
}

/** What the vendor said on accepting a write. */
export interface ApplyReceipt {
  /**
   * The vendor's request or operation id, for the journal; empty where nothing was sent because a read right before
   * found it as wanted, which is proven by another read and not taken for accepted.
   */
  readonly vendorRequestId: string;
}

/**
 * The one interface of everything that can be scaled. Restoring is the same verb as applying.
 * Implementations never retry, never import Temporal, throw only ProviderError (errors.ts), stop when
 * `signal` aborts, and never return a number for a read that failed.
 */
export interface Scaler {
  /** How many targets one {@link read} or {@link progress} vendor call takes; callers may pass any number. */
  readonly batchSize: number;
  /**
   * Reads every target named, in as few vendor calls as can be.
   * @returns one state per target id. @throws ProviderError when any of them could not be read.
   */
  read(targets: readonly ScalingTarget[], signal: AbortSignal): Promise<ReadonlyMap<string, TargetState>>;
  /**
   * Pure: the owned fields that guarantee `ask.floorUnits` and otherwise leave `now` as it is.
   * With a floor at or below what `now` guarantees it returns `now` unchanged, so restoring is planning with
   * the pre-state's own floor. @throws ProviderError `InvalidTarget` | `QuotaExceeded` past a vendor limit or
   * `ask.maximumUnits`.
   */
  plan(now: OwnedFields, ask: FloorAsk): OwnedFields;
  /**
   * Sets the owned fields to `want`: absolute, idempotent under `key`, fenced by `seen` where the vendor can.
   * Returns when the vendor has accepted, not when capacity serves. @throws ProviderError; after `Transient`
   * the outcome is unknown.
   */
  apply(
    target: ScalingTarget,
    seen: TargetState,
    want: OwnedFields,
    key: string,
    signal: AbortSignal,
  ): Promise<ApplyReceipt>;
  /** Where each target stands on its way to the wanted fields, in as few vendor calls as can be. */
  progress(
    targets: readonly ScalingTarget[],
    wants: ReadonlyMap<string, OwnedFields>,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Progress>>;
  /**
   * What a region has that this service could scale, one by one as it is found; the same rules hold. What cannot
   * be scaled at all (deleted, without a count of its own) is left out. Absent where a service has none yet: it is
   * then said to be not discoverable. @throws ProviderError when any part could not be read.
   */
  readonly discover?: Discover;
}

/** Weight per set identifier, in the vendor's own scale (Route 53: 0 to 255). */
export type Weights = Readonly<Record<string, number>>;

/** What one read of a record set found. */
export interface RecordState {
  readonly owned: { readonly kind: 'weights'; readonly weights: Weights };
  readonly fence: string | null;
  /** The records as the vendor holds them, sent back whole by a write. */
  readonly body?: unknown;
}

/** Health of one entry; `unknown` where the entry has no health check. */
export type EntryHealth = 'healthy' | 'unhealthy' | 'unknown';

/** A traffic router: the shape of {@link Scaler}, on weights. The same rules hold. */
export interface TrafficRouter {
  /** Highest weight the vendor takes. */
  readonly maximumWeight: number;
  read(sets: readonly RecordSet[], signal: AbortSignal): Promise<ReadonlyMap<string, RecordState>>;
  /** Replaces the weights in one atomic vendor change. @throws ProviderError `InvalidTarget` on all zero. */
  apply(
    set: RecordSet,
    seen: RecordState,
    want: Weights,
    key: string,
    signal: AbortSignal,
  ): Promise<ApplyReceipt>;
  /** Whether the change the receipt named is in force everywhere and the live weights equal `want`. */
  progress(
    set: RecordSet,
    want: Weights,
    receipt: ApplyReceipt,
    signal: AbortSignal,
  ): Promise<'settled' | 'moving'>;
  /** Health per set identifier, freshly read. */
  health(set: RecordSet, signal: AbortSignal): Promise<Readonly<Record<string, EntryHealth>>>;
}
