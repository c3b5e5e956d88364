import type { Logger } from 'pino';
import { type ApiLimit, bucketKey, limitOf, type VendorCall } from '../../domain/api-limits.ts';
import { type CallBuckets, type TurnsGiven, turnWaitMs } from '../../domain/call-buckets.ts';
import { ProviderError } from '../../domain/errors.ts';
import type { CallFigures } from './call-figures.ts';
import { notCounted } from './call-time.ts';

/** Part of a vendor's burst that is left to others who use the account. */
const LEFT_TO_OTHERS = 0.1;

/**
 * A call reaches the vendor up to so long after its turn (a first connection, a busy machine), in milliseconds of
 * wall time. The vendor's bucket, full until then, does not gain what ours does meanwhile.
 */
const SENDING_MS = 250;

/** What a throttled bucket regains of its documented figures in a minute of service time. */
const RECOVERY_PER_MINUTE = 0.1;

/** Pause after a throttle whose answer names none (AWS sends no Retry-After), in milliseconds of service time. */
const PAUSE_MS = 1_000;

/** A turn this near is not looked at again before it is used, in milliseconds. */
const NEAR_MS = 50;

/** Turns one worker asks for at once at most, so that others are not kept from theirs. */
const LARGEST_ASK = 50;

/** After so long a bucket that could not be asked for is asked again, in milliseconds. */
const UNREACHABLE_MS = 1_000;

/** A call's turn has come. */
export interface Turn {
  readonly key: string;
  readonly limit: ApiLimit;
  readonly region: string;
  readonly epoch: string;
}

/** Makes calls wait until the vendor's own limits allow them, over all workers. */
export interface CallLimiter {
  /**
   * Resolves when the call's turn has come; null for a call no bucket is known for.
   * @throws ProviderError `Throttled` when its turn is too far away, or the run was cancelled meanwhile; nothing is
   * to be sent then, and `retryAfterMs` says when to ask again.
   */
  turn(call: VendorCall): Promise<Turn | null>;
  /** The vendor refused the call all the same. @param retryAfterMs as on the wire, in service milliseconds. */
  throttled(turn: Turn, retryAfterMs: number | undefined): Promise<void>;
}

/** How a limiter is made. */
export interface CallLimiterOptions {
  readonly buckets: CallBuckets;
  readonly figures: CallFigures;
  /** A turn further away than this is not waited for inside of the worker, in milliseconds of wall time. */
  readonly longestWaitMs: number;
  /** Service milliseconds per wall millisecond: buckets refill in service time. */
  readonly timeScale: number;
  readonly log: Logger;
}

interface Asking {
  readonly longestWaitMs: number;
  resolve(turn: { readonly waitMs: number; readonly given: boolean; readonly epoch: string }): void;
  reject(error: unknown): void;
}

/** One limiter per worker process; the buckets are shared. */
export function createCallLimiter(options: CallLimiterOptions): CallLimiter {
  return new SharedLimiter(options);
}

class SharedLimiter implements CallLimiter {
  private readonly options: CallLimiterOptions;
  /** Calls of this process that have not asked yet, by bucket; one question is under way per bucket. */
  private readonly queues = new Map<string, Asking[]>();

  constructor(options: CallLimiterOptions) {
    this.options = options;
  }

  async turn(call: VendorCall): Promise<Turn | null> {
    const limit = limitOf(call);
    if (!limit) return null;
    const key = bucketKey(limit, call);
    const epoch = await notCounted((stop) => this.wait(limit, call.region, key, stop));
    return { key, limit, region: call.region, epoch };
  }

  async throttled({ key, limit, region, epoch }: Turn, retryAfterMs = PAUSE_MS): Promise<void> {
    const { buckets, figures, timeScale, log } = this.options;
    figures.add({ bucket: limit.bucket, region, store: buckets.store }, { throttled: 1 });
    const report = { key, ...this.shape(limit), pauseMs: retryAfterMs / timeScale, epoch };
    // The vendor will say it again to the next caller.
    await buckets
      .throttled(report)
      .catch((error: unknown) => log.warn({ bucket: key, err: error }, 'a throttle could not be shared'));
  }

  /** @returns the epoch of the reservation, once its turn has come and it still stands. */
  private async wait(limit: ApiLimit, region: string, key: string, stop?: AbortSignal): Promise<string> {
    const { buckets, figures, longestWaitMs } = this.options;
    let waitedMs = 0;
    for (;;) {
      const turn = await this.reserve(limit, key, longestWaitMs - waitedMs);
      const place = { bucket: limit.bucket, region, store: buckets.store };
      if (!turn.given) {
        figures.add(place, { refused: 1 });
        // Half of the queue is still to be waited for then, so that the bucket never runs idle.
        const inMs = Math.max(1, Math.ceil(turn.waitMs - longestWaitMs / 2));
        const why = `its turn is further away than the ${longestWaitMs} ms a worker waits; it asks again in ${inMs} ms`;
        throw this.notSent(limit, region, why, inMs);
      }
      figures.add(place, { reserved: 1, waited: turn.waitMs > 0 ? 1 : 0, waited_ms: turn.waitMs });
      if (turn.waitMs === 0) return turn.epoch;
      if ((await pause(turn.waitMs, stop)) === 'stopped') {
        throw this.notSent(limit, region, 'the run was stopped before its turn came', 1);
      }
      waitedMs += turn.waitMs;
      if (turn.waitMs < NEAR_MS || (await this.stands(key, turn.epoch))) return turn.epoch;
    }
  }

  private async stands(key: string, epoch: string): Promise<boolean> {
    try {
      return await this.options.buckets.stands(key, epoch);
    } catch {
      return false;
    }
  }

  private reserve(limit: ApiLimit, key: string, longestWaitMs: number) {
    return new Promise<Parameters<Asking['resolve']>[0]>((resolve, reject) => {
      const asking = { longestWaitMs, resolve, reject };
      const queue = this.queues.get(key);
      if (queue) queue.push(asking);
      else {
        this.queues.set(key, [asking]);
        void this.ask(limit, key);
      }
    });
  }

  /** Asks for all calls that came while the question before was under way; a hundred calls are two questions. */
  private async ask(limit: ApiLimit, key: string): Promise<void> {
    for (;;) {
      const group = this.queues.get(key)?.splice(0, LARGEST_ASK) ?? [];
      if (group.length === 0) {
        this.queues.delete(key);
        return;
      }
      const longestWaitMs = Math.min(...group.map((asking) => asking.longestWaitMs));
      try {
        const ask = { key, ...this.shape(limit), count: group.length, longestWaitMs, emptySinceMs: null };
        hand(group, await this.options.buckets.reserve(ask));
      } catch (error) {
        this.options.log.warn({ bucket: key, err: error }, 'no turn could be reserved');
        const refusal = new ProviderError(
          'Throttled',
          `The buckets of the limiter cannot be reached, so nothing was sent: ${String(error)}`,
          { retryAfterMs: UNREACHABLE_MS * this.options.timeScale, cause: error },
        );
        for (const asking of group) asking.reject(refusal);
      }
    }
  }

  /** A bucket's figures in wall time. */
  private shape({ burst, ratePerSecond }: ApiLimit) {
    const { timeScale } = this.options;
    const intervalMs = 1_000 / ratePerSecond / timeScale;
    const spared = Math.max(burst * LEFT_TO_OTHERS, SENDING_MS / intervalMs);
    return {
      burst: Math.max(1, Math.floor(burst - spared)),
      intervalMs,
      recoveryPerMs: (RECOVERY_PER_MINUTE / 60_000) * timeScale,
    };
  }

  private notSent({ bucket }: ApiLimit, region: string, why: string, inMs: number): ProviderError {
    const retryAfterMs = inMs * this.options.timeScale;
    return new ProviderError('Throttled', `Nothing was sent (${bucket}, ${region}): ${why}.`, {
      retryAfterMs,
    });
  }
}

function pause(ms: number, stop: AbortSignal | undefined): Promise<'over' | 'stopped'> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stop?.removeEventListener('abort', end);
      resolve(stop?.aborted ? 'stopped' : 'over');
    };
    const timer = setTimeout(end, Math.ceil(ms));
    if (stop?.aborted) end();
    else stop?.addEventListener('abort', end);
  });
}

function hand(group: readonly Asking[], turns: TurnsGiven): void {
  for (const [index, asking] of group.entries()) {
    const given = index < turns.given;
    asking.resolve({ waitMs: turnWaitMs(turns, index), given, epoch: turns.epoch });
  }
}
