import { type Kysely, sql } from 'kysely';
import { type HoldStatus, type RunStatus, UNFINISHED_STATUSES } from '../domain/report.ts';
import type { Run } from './runs.ts';
import type { Schema } from './schema.ts';

/** How a run ended, as its hold hears it; `pending` while it has not. */
export type SeasonOfHold = 'pending' | 'committed' | 'kept' | 'discarded';

/** What the run told its hold, or would have told it: every word of it is in the run's row by then. */
export function seasonOf(run: Pick<Run, 'status' | 'closed_at'>): SeasonOfHold {
  const status = run.status as RunStatus;
  if (UNFINISHED_STATUSES.includes(status)) return 'pending';
  if (run.closed_at !== null) return 'discarded';
  if (status === 'completed' || status === 'partial') return 'committed';
  return status === 'failed' ? 'kept' : 'discarded';
}

/** Moves a run's hold on, where given only from one status. @returns false when nothing was to be done. */
export async function setHoldStatus(
  db: Kysely<Schema>,
  runId: string,
  status: HoldStatus,
  from?: HoldStatus,
): Promise<boolean> {
  const changed = await db
    .updateTable('runs')
    .set({ hold_status: status })
    .where('id', '=', runId)
    .where(({ eb, or }) => or([eb('hold_status', 'is', null), eb('hold_status', '<>', status)]))
    .$if(from !== undefined, (q) => q.where('hold_status', '=', from ?? null))
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

/** The run that claimed a target last, live or not; none where only people have. */
export async function lastRunOn(db: Kysely<Schema>, targetId: string): Promise<Run | undefined> {
  return db
    .selectFrom('runs')
    .innerJoin('claims', 'claims.run_id', 'runs.id')
    .selectAll('runs')
    .where('claims.target_id', '=', targetId)
    .where('claims.state', '<>', 'planned')
    .orderBy('claims.created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
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

/** Whether a person has let go of anything that could not be given back. */
export async function somethingLetGo(db: Kysely<Schema>, runId: string): Promise<boolean> {
  const row = await db
    .selectFrom('journal')
    .select('seq')
    .where('stream', '=', runId)
    .where('kind', '=', 'resolved')
    .where(sql<string>`body->>'letGo'`, '=', 'true')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
