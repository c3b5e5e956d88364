/**
 * What a worker asks of a bucket that all workers share. All durations are milliseconds of wall time, already
 * divided by the time scale: a bucket refills in service time.
 */
export interface TurnAsk {
  /** Of `bucketKey` (api-limits.ts). */
  readonly key: string;
  /** Calls at once after a rest. */
  readonly burst: number;
  /** From one call to the next once the burst is spent. */
  readonly intervalMs: number;
  /** Turns wanted, one after the other. */
  readonly count: number;
  /** A turn further away than this is not reserved. */
  readonly longestWaitMs: number;
  /** The share of a bucket that was throttled grows by so much a millisecond, up to 1. */
  readonly recoveryPerMs: number;
  /**
   * The bucket had nothing left so long ago, whatever it remembers (its store was away, or another one counted);
   * negative: it has nothing before so long from now. Null where it is to be believed.
   */
  readonly emptySinceMs: number | null;
}

/** The turns that were reserved, possibly fewer than asked for. */
export interface TurnsGiven {
  /** How many of those asked for; 0 where even the first is further away than the longest wait. */
  readonly given: number;
  /** Until the first turn; negative where it has been due for a while. */
  readonly firstWaitMs: number;
  /** From each turn to the next. */
  readonly intervalMs: number;
  /** Opaque; reservations of an earlier epoch are void, because the vendor has throttled since. */
  readonly epoch: string;
}

/** The vendor refused a call for its rate. */
export interface ThrottleReport extends Pick<TurnAsk, 'key' | 'burst' | 'intervalMs' | 'recoveryPerMs'> {
  /** Nobody may call before so long from now. */
  readonly pauseMs: number;
  /** Epoch the refused call was reserved in: only its first throttle halves the rate. */
  readonly epoch: string;
}

/**
 * Token buckets every worker shares, as a theoretical arrival time each (GCRA): a turn is reserved in one atomic
 * step, so no two workers are given the same one.
 */
export interface CallBuckets {
  /** Where they are kept, for figures and logs. */
  readonly store: 'postgres' | 'redis';
  /** Reserves turns in order. @throws Error when the store cannot be asked; nothing is known of a reservation then. */
  reserve(ask: TurnAsk): Promise<TurnsGiven>;
  /** Whether turns of that epoch still stand. @throws Error as above. */
  stands(key: string, epoch: string): Promise<boolean>;
  /** Pauses the bucket for everybody and halves its share. @throws Error as above. */
  throttled(report: ThrottleReport): Promise<void>;
}

/** A bucket's share never falls below this, however often it is throttled. */
export const SMALLEST_SHARE = 1 / 16;

/** How long to wait for the n-th turn of those given, in milliseconds. */
export function turnWaitMs({ firstWaitMs, intervalMs }: TurnsGiven, index: number): number {
  return Math.max(0, firstWaitMs + index * intervalMs);
}
