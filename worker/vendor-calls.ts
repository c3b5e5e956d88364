import { hostname } from 'node:os';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { createCallFigures } from '../activities/calls/call-figures.ts';
import { type CallGuard, createCallGuard } from '../activities/calls/call-guard.ts';
import { createCallLimiter } from '../activities/calls/call-limiter.ts';
import { createCircuitBreakers } from '../activities/calls/circuit-breakers.ts';
import { createCircuitRecord } from '../activities/calls/circuit-record.ts';
import { openReadCache, type ReadCache } from '../activities/calls/read-cache.ts';
import { type SwitchingBuckets, switchingBuckets } from '../activities/calls/switching-buckets.ts';
import { postgresBuckets } from '../store/call-buckets.ts';
import { addCallFigures } from '../store/call-figures.ts';
import type { Schema } from '../store/schema.ts';

/** What all workers share about calls to vendors. */
export interface VendorCalls {
  readonly guard: CallGuard;
  readonly cache: ReadCache;
  /** Saves the last figures and lets connections go; before the database is closed. */
  close(): Promise<void>;
}

/** How it is opened. */
export interface VendorCallsOptions {
  readonly db: Kysely<Schema>;
  /** Absent: buckets in PostgreSQL, a cache per worker. */
  readonly redisUrl: string | undefined;
  readonly longestTurnWaitMs: number;
  readonly timeScale: number;
  readonly log: Logger;
}

/** Opens limiter, circuit breakers and cache of this process. A Redis that is away is no reason to fail. */
export async function openVendorCalls(options: VendorCallsOptions): Promise<VendorCalls> {
  const { db, redisUrl, timeScale, log } = options;
  const [buckets, cache] = await Promise.all([openBuckets(options), openReadCache(redisUrl, log)]);
  const figures = createCallFigures((rows) => addCallFigures(db, rows), log);
  const record = createCircuitRecord(db, `${hostname()}/${process.pid}`, log);
  const longestWaitMs = options.longestTurnWaitMs;
  const limiter = createCallLimiter({ buckets, figures, longestWaitMs, timeScale, log });
  const circuits = createCircuitBreakers({ timeScale, onChange: record.note });
  return {
    guard: createCallGuard(limiter, circuits),
    cache,
    async close() {
      await Promise.all([figures.close(), record.close(), cache.close(), buckets.close()]);
    },
  };
}

/** Redis' client is loaded only where there is one. */
async function openBuckets({ db, redisUrl, log }: VendorCallsOptions): Promise<SwitchingBuckets> {
  const postgres = postgresBuckets(db);
  if (redisUrl === undefined) return { ...postgres, close: async () => undefined };
  const { redisBuckets } = await import('../activities/calls/redis-buckets.ts');
  return switchingBuckets(await redisBuckets(redisUrl, log), postgres, log);
}
