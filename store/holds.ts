import type { Kysely } from 'kysely';
import type { HoldStatus } from '../domain/report.ts';
import type { Run } from './runs.ts';
import type { Schema } from './schema.ts';

/** Moves a run's hold on. @returns false when it was there already. */
export async function setHoldStatus(db: Kysely<Schema>, runId: string, status: HoldStatus): Promise<boolean> {
  const changed = await db
    .updateTable('runs')
    .set({ hold_status: status })
    .where('id', '=', runId)
    .where(({ eb, or }) => or([eb('hold_status', 'is', null), eb('hold_status', '<>', status)]))
    .returning('id')
    .executeTakeFirst();
  return changed !== undefined;
}

/** Runs whose hold has begun and has not ended; each needs a workflow that keeps it. */
export async function runsOnHold(db: Kysely<Schema>): Promise<readonly Run[]> {
  return db
    .selectFrom('runs')
    .selectAll()
    .where('hold_status', 'is not', null)
    .where('hold_status', '<>', 'released')
    .orderBy('created_at')
    .execute();
}

/** Whether the last attempt to put a run's monitoring up left it degraded. */
export async function monitoringIsDegraded(db: Kysely<Schema>, runId: string): Promise<boolean> {
  const last = await db
    .selectFrom('journal')
    .select('kind')
    .where('stream', '=', runId)
    .where('kind', 'in', ['monitoring', 'monitoring.degraded'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last?.kind === 'monitoring.degraded';
}

/** Whether a run may ask a person about a resource: one it has claimed, or one it has asked about. */
export async function mayAskAbout(db: Kysely<Schema>, runId: string, resource: string): Promise<boolean> {
  const claimed = await db
    .selectFrom('claims')
    .select('id')
    .where('run_id', '=', runId)
    .where('target_id', '=', resource)
    .limit(1)
    .executeTakeFirst();
  if (claimed) return true;
  const asked = await db
    .selectFrom('journal')
    .select('seq')
    .where('stream', '=', runId)
    .where('kind', '=', 'attention')
    .where('key', '=', resource)
    .limit(1)
    .executeTakeFirst();
  return asked !== undefined;
}

/** Whether a person has decided to let go of anything that could not be given back. */
export async function personDecided(db: Kysely<Schema>, runId: string): Promise<boolean> {
  const row = await db
    .selectFrom('journal')
    .select('seq')
    .where('stream', '=', runId)
    .where('kind', '=', 'resolved')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
