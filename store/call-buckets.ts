import { type Kysely, sql } from 'kysely';
import {
  type CallBuckets,
  SMALLEST_SHARE,
  type ThrottleReport,
  type TurnAsk,
  type TurnsGiven,
} from '../domain/call-buckets.ts';
import type { Schema } from './schema.ts';

/** The database's clock, read once per statement and after the row's lock was had. */
const NOW_MS = sql<number>`extract(epoch from clock_timestamp())::float8 * 1000`;

/** Buckets in PostgreSQL: one statement a reservation, its row lock the only order there is. */
export function postgresBuckets(db: Kysely<Schema>): CallBuckets {
  return {
    store: 'postgres',
    reserve: async (ask) => {
      const turns = (await reserved(db, ask)) ?? (await create(db, ask.key)) ?? (await reserved(db, ask));
      if (turns) return turns;
      throw new Error(`bucket ${ask.key} was made and is not there`);
    },
    stands: async (key, epoch) => {
      const row = await db
        .selectFrom('call_buckets')
        .select('epoch')
        .where('key', '=', key)
        .executeTakeFirst();
      return row !== undefined && epochText(row.epoch) === epoch;
    },
    throttled: async (report) => {
      await create(db, report.key);
      await halve(db, report);
    },
  };
}

/** Tells this store's epochs from another's. */
function epochText(epoch: number): string {
  return `postgres:${epoch}`;
}

async function create(db: Kysely<Schema>, key: string): Promise<null> {
  await db
    .insertInto('call_buckets')
    .values({ key })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
  return null;
}

/** Null where the bucket has no row yet. The same arithmetic as in activities/calls/redis-buckets.ts. */
async function reserved(db: Kysely<Schema>, ask: TurnAsk): Promise<TurnsGiven | null> {
  const { key, burst, intervalMs, count, longestWaitMs, recoveryPerMs, emptySinceMs } = ask;
  const { rows } = await sql<{ given: number; first: number; gap: number; epoch: number }>`
    update call_buckets as bucket
    set (arrival_ms, share, share_at_ms, given, first_wait_ms, interval_ms) = (
      select base + turns * gap, share, now, turns, base - tolerance - now, gap
      from (select ${NOW_MS} as now) as clock,
        lateral (select least(1, bucket.share
          + ${recoveryPerMs}::float8 * (now - bucket.share_at_ms)) as share) as recovered,
        lateral (select ${intervalMs}::float8 / recovered.share as gap) as spaced,
        lateral (select greatest(0, ${burst}::float8 * recovered.share - 1) * gap as tolerance) as bursting,
        lateral (select greatest(bucket.arrival_ms, now,
          now - ${emptySinceMs}::float8 + tolerance + gap) as base) as arriving,
        lateral (select greatest(0, least(${count}::int,
          floor((${longestWaitMs}::float8 - (base - tolerance - now)) / gap) + 1))::int as turns) as counted)
    where key = ${key}
    returning given, first_wait_ms as first, interval_ms as gap, epoch`.execute(db);
  const [row] = rows;
  if (!row) return null;
  const { given, first, gap, epoch } = row;
  return { given, firstWaitMs: first, intervalMs: gap, epoch: epochText(epoch) };
}

async function halve(db: Kysely<Schema>, report: ThrottleReport): Promise<void> {
  const { key, burst, intervalMs, recoveryPerMs, pauseMs, epoch } = report;
  await sql`
    update call_buckets as bucket
    set (arrival_ms, share, share_at_ms, epoch) = (
      select case when first then resumed else greatest(bucket.arrival_ms, resumed) end,
        halved, now, bucket.epoch + first::int
      from (select ${NOW_MS} as now, 'postgres:' || bucket.epoch = ${epoch} as first) as clock,
        lateral (select least(1, bucket.share
          + ${recoveryPerMs}::float8 * (now - bucket.share_at_ms)) as share) as recovered,
        lateral (select case when first then greatest(${SMALLEST_SHARE}::float8, recovered.share / 2)
          else recovered.share end as halved) as less,
        lateral (select now + ${pauseMs}::float8
          + greatest(0, ${burst}::float8 * halved - 1) * ${intervalMs}::float8 / halved as resumed) as paused)
    where key = ${key}`.execute(db);
}
