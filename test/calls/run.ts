import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { type RedisBuckets, redisBuckets } from '../../activities/calls/redis-buckets.ts';
import { migrate, openDatabase } from '../../store/database.ts';
import { bypassProxies } from '../../worker/config.ts';
import { startPostgres } from '../../worker/embedded/postgres.ts';
import { BUCKET_RULES, checkRule } from '../support/calls/buckets-contract.ts';
import { CACHE_SCENARIOS } from '../support/calls/cache-scenarios.ts';
import { type CallsPlace, startCallsPlace } from '../support/calls/calls-place.ts';
import { everybody, SCENARIOS, sum } from '../support/calls/scenarios.ts';
import { type RedisServer, startRedis } from './redis-server.ts';

/**
 * Limiter, circuit breakers and cache of three processes, in PostgreSQL alone and on a real redis-server, which is
 * also killed under them. Apart from `npm test`, whose tests run side by side: here nothing else keeps a process
 * from sending when its turn has come. redis-server is taken from the PATH or
 * from Debian's packages. Ends with `N passed, N failed`.
 */

let passed = 0;
let failed = 0;

async function check(name: string, body: () => Promise<void>): Promise<void> {
  try {
    await body();
    passed += 1;
    console.log(`ok     ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
}

/** Calls of one process in the scenarios in which Redis dies. */
const CALLS = 100;

const asked = (region: string, count = CALLS) => ({ region, operation: 'UpdateService', count }) as const;

async function killedInTheMiddle(place: CallsPlace, redis: RedisServer): Promise<void> {
  const region = await place.freshRegion();
  const before = await place.answered('UpdateService');
  const made = everybody(place, asked(region));
  while (((await place.answered('UpdateService'))[200] ?? 0) < (before[200] ?? 0) + CALLS / 2)
    await sleep(20);
  await redis.kill();
  assert.deepEqual(await made, { accepted: 3 * CALLS, failures: [] });
  const after = await place.answered('UpdateService');
  assert.equal(after[400], before[400], 'the sandbox throttled');
  const figures = await place.figures(
    region,
    (rows) => rows.length === 2 && sum(rows, 'reserved') >= 3 * CALLS,
  );
  assert.deepEqual(figures.map(({ store }) => store).toSorted(), ['postgres', 'redis']);
}

async function stillAway(place: CallsPlace): Promise<void> {
  const region = await place.freshRegion();
  assert.deepEqual(await everybody(place, asked(region, 5)), { accepted: 15, failures: [] });
  const [figure, ...more] = await place.figures(region, (rows) => sum(rows, 'reserved') >= 15);
  assert.equal(figure?.store, 'postgres');
  assert.deepEqual(more, []);
}

async function cacheAway({ callers: [first] }: CallsPlace): Promise<void> {
  const read = { key: `away/${process.pid}`, ttlMs: 600_000 };
  assert.deepEqual(await first.cached({ ...read, value: 'a' }), { value: 'a', read: true });
  assert.deepEqual(await first.cached({ ...read, value: 'b' }), { value: 'b', read: true });
}

async function backAgain(place: CallsPlace, redis: RedisServer): Promise<void> {
  await redis.startAgain();
  for (let look = 1; ; look += 1) {
    const region = await place.freshRegion();
    const made = await everybody(place, asked(region, 1));
    assert.deepEqual(made, { accepted: 3, failures: [] });
    const figures = await place.figures(region, (rows) => sum(rows, 'reserved') >= 3);
    if (figures.every(({ store }) => store === 'redis')) break;
    assert.ok(look < 20, 'nobody comes back to Redis');
  }
  const region = await place.freshRegion();
  const before = await place.answered('UpdateService');
  assert.deepEqual(await everybody(place, asked(region)), { accepted: 3 * CALLS, failures: [] });
  assert.equal((await place.answered('UpdateService'))[400], before[400], 'the sandbox throttled');
}

/** A Redis that was started anew between two calls knows nothing of what was let go. */
async function startedAnew(buckets: RedisBuckets, redis: RedisServer): Promise<void> {
  const hourMs = 3_600_000;
  const ask = { key: 'anew', burst: 3, intervalMs: hourMs, count: 3, longestWaitMs: 9 * hourMs };
  const reserve = () => buckets.reserve({ ...ask, recoveryPerMs: 0, emptySinceMs: null });
  await reserve();
  await redis.kill();
  await redis.startAgain();
  const again = async () => {
    for (;;) {
      const turns = await reserve().catch(() => null);
      if (turns) return turns;
      await sleep(50);
    }
  };
  const { firstWaitMs } = await again();
  assert.ok(firstWaitMs > hourMs / 2, `a turn was given after ${firstWaitMs} ms though all had been used`);
}

async function main(): Promise<void> {
  bypassProxies();
  const { WEDSCALE_CACHE_DIR, XDG_CACHE_HOME } = process.env;
  const cache = WEDSCALE_CACHE_DIR ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'wedscale');
  const log = pino({ level: 'silent' });
  const redis = await startRedis(join(cache, 'conformance'));
  const folder = await mkdtemp(join(tmpdir(), 'wedscale-calls-'));
  // As root, PostgreSQL runs as another user, who has to get in.
  await chmod(folder, 0o755);
  const postgres = await startPostgres({ directory: join(folder, 'postgres'), throwaway: true, log });
  const database = openDatabase(postgres.databaseUrl);
  await migrate(database.db);
  const buckets = await redisBuckets(redis.url, log);
  for (const rule of BUCKET_RULES) await check(`buckets: ${rule.name}`, () => checkRule(rule, buckets));
  await check('buckets: Redis started anew counts as empty', () => startedAnew(buckets, redis));
  await buckets.close();
  const { databaseUrl } = postgres;
  const alone = await startCallsPlace({ databaseUrl, db: database.db });
  for (const { name, run } of SCENARIOS) await check(`PostgreSQL: ${name}`, () => run(alone));
  for (const { name, run } of CACHE_SCENARIOS) await check(`PostgreSQL: cache: ${name}`, () => run(alone));
  await alone.stop();
  const place = await startCallsPlace({ databaseUrl, db: database.db, redisUrl: redis.url });
  for (const { name, run } of SCENARIOS) await check(name, () => run(place));
  for (const { name, run } of CACHE_SCENARIOS) await check(`cache: ${name}`, () => run(place));
  await check('Redis killed in the middle: slower, nothing fails, nothing is throttled', () =>
    killedInTheMiddle(place, redis),
  );
  await check('Redis stays away: turns come from PostgreSQL', () => stillAway(place));
  await check('cache: Redis stays away: every read is right and made', () => cacheAway(place));
  await check('Redis is back: all return to it, and nothing is throttled', () => backAgain(place, redis));
  await place.stop();
  await database.close();
  await postgres.stop();
  await redis.kill();
  await rm(folder, { recursive: true, force: true });
}

await main().catch((error: unknown) => {
  failed += 1;
  console.log(`FAILED the suite could not be run: ${error instanceof Error ? error.message : String(error)}`);
});
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
