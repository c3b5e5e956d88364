import { setTimeout as sleep } from 'node:timers/promises';
import { Keyv, type KeyvStoreAdapter } from 'keyv';
import type { Logger } from 'pino';

/** A cache that takes longer is a miss, in milliseconds. */
const ANSWER_MS = 300;

const LONGEST_RECONNECT_MS = 1_000;

/**
 * How long what was read may be used again, in milliseconds of wall time. Never here: what a target is before a
 * run touches it, what a scaler reads or watches, an account's limits and their use, and anything that guards a
 * write.
 */
export const LIFETIMES_MS = {
  /** Shapes a vendor offers in a region: they change with a product launch. */
  instanceTypes: 24 * 3_600_000,
} as const;

/** Reads that are asked for often and change seldom. */
export interface ReadCache {
  /**
   * What `read` gave at most `ttlMs` ago, else what it gives now. A cache that fails is a miss; a read that
   * fails is passed on and not kept.
   * @param key names vendor, account, region and what is read. @param read gives JSON.
   */
  cached<T>(key: string, ttlMs: number, read: () => Promise<T>): Promise<T>;
}

/** Reads every time: unit tests, and checks against somebody else's stand-ins. */
export const UNCACHED: ReadCache = { cached: (_key, _ttlMs, read) => read() };

/** A cache and its connection. */
export interface OpenReadCache extends ReadCache {
  close(): Promise<void>;
}

/** A value in an envelope, because what was read may itself be nothing. */
interface Kept {
  readonly value: unknown;
}

/** @param redisUrl shared by all workers; without it each worker remembers for itself, and no client is loaded. */
export async function openReadCache(redisUrl: string | undefined, log: Logger): Promise<OpenReadCache> {
  const store = redisUrl === undefined ? undefined : await redisStore(redisUrl);
  const keyv = new Keyv<Kept>({ namespace: 'wedscale:reads', ...(store && { store }) });
  keyv.on('error', (error: unknown) => log.debug({ err: error }, 'the cache failed; it is read anew'));
  return {
    async cached<T>(key: string, ttlMs: number, read: () => Promise<T>): Promise<T> {
      const kept = await answered(keyv.get(key));
      if (kept !== undefined) return kept.value as T;
      const value = await read();
      await answered(keyv.set(key, { value }, ttlMs));
      return value;
    },
    close: async () => {
      await answered(keyv.disconnect());
    },
  };
}

async function redisStore(url: string): Promise<KeyvStoreAdapter> {
  const { default: KeyvRedis } = await import('@keyv/redis');
  return new KeyvRedis<Kept>(
    {
      url,
      // Without a connection a command fails at once, which is a miss.
      disableOfflineQueue: true,
      socket: { reconnectStrategy: (attempt: number) => Math.min(50 * 2 ** attempt, LONGEST_RECONNECT_MS) },
    },
    { throwOnConnectError: false },
  );
}

/** What it gives in time; undefined where it fails or takes too long. */
async function answered<T>(command: Promise<T>): Promise<T | undefined> {
  const given = new AbortController();
  const late = sleep(ANSWER_MS, undefined, { signal: given.signal }).catch(() => undefined);
  try {
    return await Promise.race([command.catch(() => undefined), late]);
  } finally {
    given.abort();
  }
}
