import { type Kysely, sql, type Transaction } from 'kysely';
import { contentHash } from '../domain/canonical.ts';
import { type Hindsight, type HindsightRow, scopeOf } from '../domain/hindsight/hindsight.ts';
import { appendJournal, underStreamLock } from './journal.ts';
import type { Schema } from './schema.ts';

const HOUR_MS = 3_600_000;

/** Rows of one insert; the protocol takes 65,535 parameters. */
const BATCH = 1_000;

/**
 * Keeps what a run's plan came to in the place of what was kept before, and enters into its journal, as `hindsight`,
 * what is to be told and was not told in the same words already.
 * @param told which of it the journal gets; the rest is only kept.
 */
export async function keepHindsight(
  db: Kysely<Schema>,
  runId: string,
  lookBacks: readonly Hindsight[],
  told: (lookBack: Hindsight) => boolean,
): Promise<void> {
  await underStreamLock(db, runId, async (tx) => {
    await tx.deleteFrom('hindsight').where('run_id', '=', runId).execute();
    const rows = lookBacks.flatMap(({ step, rows: all }) =>
      all.map((row) => ({
        run_id: runId,
        step,
        workload: row.workload,
        markets: row.markets.join(','),
        body: JSON.stringify(row),
      })),
    );
    for (let start = 0; start < rows.length; start += BATCH) {
      await tx
        .insertInto('hindsight')
        .values(rows.slice(start, start + BATCH))
        .execute();
    }
    const before = await lastTold(tx, runId);
    const fresh = lookBacks.filter((one) => told(one) && before.get(scopeOf(one)) !== contentHash(one));
    const entries = fresh.map((one) => ({ kind: 'hindsight', key: scopeOf(one), body: one }));
    await appendJournal(tx, runId, entries);
  });
}

/** Hash of what the journal says last, by scope. */
async function lastTold(tx: Transaction<Schema>, runId: string): Promise<ReadonlyMap<string, string>> {
  const rows = await tx
    .selectFrom('journal')
    .select(['key', 'body'])
    .where('stream', '=', runId)
    .where('kind', '=', 'hindsight')
    .orderBy('seq')
    .execute();
  return new Map(rows.map(({ key, body }) => [key, contentHash(body)]));
}

/** What the whole plan of a run came to as kept last; empty where nothing was. */
export async function wholeHindsight(db: Kysely<Schema>, runId: string): Promise<readonly HindsightRow[]> {
  const rows = await db
    .selectFrom('hindsight')
    .select('body')
    .where('run_id', '=', runId)
    .where('step', 'is', null)
    .orderBy('workload')
    .orderBy('markets')
    .execute();
  return rows.map(({ body }) => body as HindsightRow);
}

/**
 * Means of what was reported of each subject by hour of the clock, milliseconds since the epoch, between two times of
 * service time; hours without a reading, and subjects without any, are absent.
 */
export async function hourlyMeans(
  db: Kysely<Schema>,
  subjects: readonly string[],
  fromMs: number,
  untilMs: number,
): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
  const means = new Map<string, Map<number, number>>();
  if (subjects.length === 0) return means;
  const rows = await db
    .selectFrom('observations')
    .select(['subject', sql<number>`floor(extract(epoch from observed_at) / 3600)::int`.as('hour')])
    .select(({ fn }) => fn.avg<number>('value').as('mean'))
    .where('subject', 'in', [...subjects])
    .where('observed_at', '>=', new Date(fromMs))
    .where('observed_at', '<', new Date(untilMs))
    .groupBy(['subject', 'hour'])
    .execute();
  for (const { subject, hour, mean } of rows) {
    const byHour = means.get(subject) ?? new Map<number, number>();
    means.set(subject, byHour.set(hour * HOUR_MS, mean));
  }
  return means;
}
