import { type Kysely, sql, type Transaction } from 'kysely';
import { SYSTEM_STREAM } from '../domain/names.ts';
import { floorOf, type OwnedFields } from '../domain/owned-fields.ts';
import { appendJournal } from './journal.ts';
import type { Schema } from './schema.ts';
import { type LeasedTarget, lockLeased } from './targets.ts';

/** End of a claim that only a person ends; PostgreSQL's `infinity` has no Date. */
const NO_END = '9999-12-31T00:00:00Z';

/** What a person's edit came to; see claims.md, "People". */
export type PersonsEdit =
  /** They raised it, and want it left with these fields; the newest replace earlier ones. */
  | { readonly kind: 'raised'; readonly fields: OwnedFields }
  /** They took back what they had asked for. */
  | { readonly kind: 'takenBack' }
  /** They lowered it below what claims ask for; `expected` stood there before. `left`: what stays of a raise of theirs. */
  | { readonly kind: 'lowered'; readonly expected: OwnedFields; readonly left: OwnedFields | null };

/**
 * Enters a person's edit and takes its value as what stands now, all or nothing: a value that was remembered
 * without its claim would look like one of ours, and be lowered. @returns false, with nothing entered, when the lease
 * it was seen under is over.
 */
export async function recordEdit(
  db: Kysely<Schema>,
  leased: Pick<LeasedTarget, 'id' | 'owner' | 'generation'>,
  seen: OwnedFields,
  edit: PersonsEdit,
): Promise<boolean> {
  const targetId = leased.id;
  return db.transaction().execute(async (tx) => {
    if (!(await lockLeased(tx, leased))) return false;
    await tx
      .updateTable('targets')
      .set({ last_applied: JSON.stringify(seen) })
      .where('id', '=', targetId)
      .execute();
    const wanted = wantedBy(edit);
    await endManualClaims(tx, targetId, wanted ? 'replaced by a newer value' : 'taken back by who set it');
    if (wanted) await insertManualClaim(tx, targetId, wanted);
    if (edit.kind === 'lowered') {
      const body = { seen, expected: edit.expected };
      await appendJournal(tx, SYSTEM_STREAM, [{ kind: 'lowered', key: targetId, body }]);
    }
    return true;
  });
}

/**
 * Takes a value for ours that a write of several calls has left on its way, so that it still is once that write is
 * given up. @returns false, with nothing entered, when the lease it was seen under is over.
 */
export async function recordOwnPart(
  db: Kysely<Schema>,
  leased: Pick<LeasedTarget, 'id' | 'owner' | 'generation'>,
  seen: OwnedFields,
): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    if (!(await lockLeased(tx, leased))) return false;
    const last_applied = JSON.stringify(seen);
    await tx.updateTable('targets').set({ last_applied }).where('id', '=', leased.id).execute();
    return true;
  });
}

/** What they want to be left with after their edit, null for nothing of their own. */
function wantedBy(edit: PersonsEdit): OwnedFields | null {
  if (edit.kind === 'raised') return edit.fields;
  return edit.kind === 'lowered' ? edit.left : null;
}

async function insertManualClaim(
  tx: Transaction<Schema>,
  targetId: string,
  fields: OwnedFields,
): Promise<void> {
  const latest = await tx
    .selectFrom('claims')
    .select(({ fn }) => fn.max('step').as('step'))
    .where('run_id', '=', SYSTEM_STREAM)
    .where('target_id', '=', targetId)
    .executeTakeFirst();
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
}

/** Ends the manual claims of a target, because a person took the value back or asked for it. */
export async function endManualClaims(
  tx: Transaction<Schema>,
  targetId: string,
  reason: string,
): Promise<void> {
  const ended = await tx
    .updateTable('claims')
    .set({ state: 'released', released_at: sql<Date>`now()` })
    .where('target_id', '=', targetId)
    .where('kind', '=', 'manual')
    .where('state', '=', 'live')
    .returning('id')
    .execute();
  if (ended.length === 0) return;
  const entries = ended.map((claim) => ({ kind: 'released', key: claim.id, body: { targetId, reason } }));
  await appendJournal(tx, SYSTEM_STREAM, entries);
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
