import { type Kysely, sql, type Transaction } from 'kysely';
import { SYSTEM_STREAM } from '../domain/names.ts';
import { floorOf, type OwnedFields } from '../domain/scaler.ts';
import { appendJournal } from './journal.ts';
import type { Schema } from './schema.ts';
import { lockTarget } from './targets.ts';

/** End of a claim that only a person ends; PostgreSQL's `infinity` has no Date. */
const NO_END = '9999-12-31T00:00:00Z';

/** A value raised by somebody else becomes a claim of its own in the `system` stream; the newest replaces. */
export async function recordManualClaim(
  db: Kysely<Schema>,
  targetId: string,
  fields: OwnedFields,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await lockTarget(tx, targetId);
    const latest = await tx
      .selectFrom('claims')
      .select(({ fn }) => fn.max('step').as('step'))
      .where('run_id', '=', SYSTEM_STREAM)
      .where('target_id', '=', targetId)
      .executeTakeFirst();
    await endManualClaims(tx, targetId, 'replaced by a newer value');
    await tx
      .insertInto('claims')
      .values({
        run_id: SYSTEM_STREAM,
        step: (latest?.step ?? -1) + 1,
        target_id: targetId,
        kind: 'manual',
        floor_units: floorOf(fields),
        fields: JSON.stringify(fields),
        starts_at: sql<Date>`now()`,
        ends_at: NO_END,
        state: 'live',
        accepted_at: sql<Date>`now()`,
      })
      .execute();
    await appendJournal(tx, SYSTEM_STREAM, [{ kind: 'manual', key: targetId, body: { seen: fields } }]);
  });
}

/** Ends the manual claims of a target, because a person took the value back or asked for it. */
export async function endManualClaims(tx: Kysely<Schema>, targetId: string, reason: string): Promise<number> {
  const ended = await tx
    .updateTable('claims')
    .set({ state: 'released', released_at: sql<Date>`now()` })
    .where('target_id', '=', targetId)
    .where('kind', '=', 'manual')
    .where('state', '=', 'live')
    .returning('id')
    .execute();
  if (ended.length > 0 && tx.isTransaction) {
    await appendJournal(
      tx as Transaction<Schema>,
      SYSTEM_STREAM,
      ended.map((claim) => ({ kind: 'released', key: claim.id, body: { targetId, reason } })),
    );
  }
  return ended.length;
}

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
