import { type Kysely, sql } from 'kysely';
import { SYSTEM_STREAM } from '../domain/names.ts';
import { appendJournal } from './journal.ts';
import type { Schema } from './schema.ts';

/** How often somebody lowered a target below its claims since `since`. */
export async function countLowered(db: Kysely<Schema>, targetId: string, since: Date): Promise<number> {
  const row = await db
    .selectFrom('journal')
    .select(sql<number>`count(*)::int`.as('times'))
    .where('stream', '=', SYSTEM_STREAM)
    .where('kind', '=', 'lowered')
    .where('key', '=', targetId)
    .where('at', '>=', since)
    .executeTakeFirstOrThrow();
  return row.times;
}

/** Notes that somebody lowered a target below its claims; what was seen and what we expected. */
export async function recordLowered(db: Kysely<Schema>, targetId: string, body: unknown): Promise<void> {
  await db
    .transaction()
    .execute((tx) => appendJournal(tx, SYSTEM_STREAM, [{ kind: 'lowered', key: targetId, body }]));
}

/** Takes a person's value as what stands now, so that the next difference is told from this one. */
export async function rememberSeen(db: Kysely<Schema>, targetId: string, fields: unknown): Promise<void> {
  await db
    .updateTable('targets')
    .set({ last_applied: JSON.stringify(fields) })
    .where('id', '=', targetId)
    .execute();
}
