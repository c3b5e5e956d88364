import { type Kysely, sql, type Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/** One thing that happened, as it is entered. */
export interface JournalEntry {
  readonly kind: string;
  /** What it is about: a target id, a phase, a claim id; empty where it is the run itself. */
  readonly key: string;
  readonly body: unknown;
}

/** One entry as read back. */
export interface StoredEntry extends JournalEntry {
  readonly stream: string;
  readonly seq: number;
  readonly at: Date;
}

/**
 * Enters what happened in the caller's transaction. The sequence number comes from the stream's own row under
 * its lock, so a reader that has seen n never misses a later commit of n - 1.
 * @returns the last sequence number entered.
 */
export async function appendJournal(
  tx: Transaction<Schema>,
  stream: string,
  entries: readonly JournalEntry[],
): Promise<number> {
  const last = await advance(tx, stream, entries.length);
  if (entries.length === 0) return last;
  await tx
    .insertInto('journal')
    .values(
      entries.map((entry, index) => ({
        stream,
        seq: last - entries.length + 1 + index,
        kind: entry.kind,
        key: entry.key,
        body: JSON.stringify(entry.body ?? null),
      })),
    )
    .execute();
  return last;
}

/** {@link appendJournal} in a transaction of its own. */
export async function enter(
  db: Kysely<Schema>,
  stream: string,
  ...entries: readonly JournalEntry[]
): Promise<void> {
  await db.transaction().execute((tx) => appendJournal(tx, stream, entries));
}

/** Runs under the lock of a stream, so that one of two that enter at once sees the other's entry. */
export async function underStreamLock<T>(
  db: Kysely<Schema>,
  stream: string,
  body: (tx: Transaction<Schema>) => Promise<T>,
): Promise<T> {
  return db.transaction().execute(async (tx) => {
    await advance(tx, stream, 0);
    return body(tx);
  });
}

/** Takes `count` sequence numbers of a stream; a run's stream is its own row, any other has a row of its own. */
async function advance(tx: Transaction<Schema>, stream: string, count: number): Promise<number> {
  const run = await tx
    .updateTable('runs')
    .set({ seq: sql<number>`seq + ${count}` })
    .where('id', '=', stream)
    .returning('seq')
    .executeTakeFirst();
  if (run) return run.seq;
  const row = await tx
    .insertInto('streams')
    .values({ id: stream, seq: count })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ seq: sql<number>`streams.seq + ${count}` }))
    .returning('seq')
    .executeTakeFirstOrThrow();
  return row.seq;
}

/** Entries of a stream after `afterSeq`, oldest first, at most `limit`. */
export async function readJournal(
  db: Kysely<Schema>,
  stream: string,
  afterSeq: number,
  limit: number,
): Promise<readonly StoredEntry[]> {
  return db
    .selectFrom('journal')
    .selectAll()
    .where('stream', '=', stream)
    .where('seq', '>', afterSeq)
    .orderBy('seq')
    .limit(limit)
    .execute();
}
