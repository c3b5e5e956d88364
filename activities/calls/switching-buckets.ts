import type { Logger } from 'pino';
import type { CallBuckets, TurnAsk } from '../../domain/call-buckets.ts';
import type { RedisBuckets } from './redis-buckets.ts';

/** How often a store that failed is asked whether it is back, in milliseconds. */
const PROBE_EVERY_MS = 1_000;

/** Workers do not change stores in the same moment; for so long two of them may count. Milliseconds. */
const OVERLAP_MS = 2_000;

/** Buckets that are never away as long as one of their two stores is not. */
export interface SwitchingBuckets extends CallBuckets {
  close(): Promise<void>;
}

/**
 * Buckets in Redis, in PostgreSQL while Redis is away, and in Redis again when it is back. A store that is begun
 * with counts as empty, and for a moment as overdrawn: the calls the other one let go are not known to it.
 */
export function switchingBuckets(redis: RedisBuckets, postgres: CallBuckets, log: Logger): SwitchingBuckets {
  let current: CallBuckets = redis;
  let emptyAtMs: number | null = null;
  let probe: NodeJS.Timeout | undefined;

  function change(to: CallBuckets, error?: unknown): void {
    if (current === to) return;
    current = to;
    emptyAtMs = Date.now() + OVERLAP_MS;
    if (to === postgres) {
      log.warn({ err: error }, 'Redis is away: calls take their turns from PostgreSQL, slower');
      probe = setInterval(() => void back(), PROBE_EVERY_MS).unref();
    } else {
      clearInterval(probe);
      log.info('Redis is back: calls take their turns from it again');
    }
  }
  async function back(): Promise<void> {
    await redis.ping().then(
      () => change(redis),
      () => undefined,
    );
  }
  async function ask<T>(run: (buckets: CallBuckets) => Promise<T>): Promise<T> {
    if (current === postgres) return run(postgres);
    try {
      return await run(redis);
    } catch (error) {
      change(postgres, error);
      return run(postgres);
    }
  }
  const emptied = (request: TurnAsk): TurnAsk => {
    if (emptyAtMs === null) return request;
    return { ...request, emptySinceMs: Date.now() - emptyAtMs };
  };
  return {
    get store() {
      return current.store;
    },
    reserve: (request) => ask((buckets) => buckets.reserve(emptied(request))),
    // A turn of one store does not stand in the other, whose epochs are named differently.
    stands: (key, epoch) => ask((buckets) => buckets.stands(key, epoch)),
    throttled: (report) => ask((buckets) => buckets.throttled(report)),
    close: async () => {
      clearInterval(probe);
      await redis.close();
    },
  };
}
