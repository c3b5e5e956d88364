import type { Kysely, Selectable } from 'kysely';
import type { Plan } from '../domain/plan.ts';
import type { RunRequest, RunSettings } from '../domain/season.ts';
import type { RunRow, Schema } from './schema.ts';

/** Plans are immutable, so a few of them are kept; a long season asks for the same one at every service. */
const KEPT_PLANS = 16;
const plans = new Map<string, Plan>();

/** A run's row. @throws Error when there is none. */
export async function runRow(db: Kysely<Schema>, runId: string): Promise<Selectable<RunRow>> {
  return db
    .selectFrom('runs')
    .selectAll()
    .where('id', '=', runId)
    .executeTakeFirstOrThrow(() => new Error(`run ${runId} is not known`));
}

/** What a run was asked for: kind and body. */
export async function runRequest(db: Kysely<Schema>, runId: string): Promise<RunRequest> {
  const row = await runRow(db, runId);
  return { kind: row.kind, request: row.request } as RunRequest;
}

/** The settings both kinds of run share. */
export async function requestOfRun(db: Kysely<Schema>, runId: string): Promise<RunSettings> {
  return (await runRequest(db, runId)).request;
}

/** The plan a run carries out. @throws Error when it has none yet. */
export async function planOfRun(db: Kysely<Schema>, runId: string): Promise<Plan> {
  const row = await runRow(db, runId);
  if (row.plan_id === null) throw new Error(`run ${runId} has no plan yet`);
  const kept = plans.get(row.plan_id);
  if (kept) return kept;
  const stored = await db
    .selectFrom('plans')
    .select(['id', 'content'])
    .where('id', '=', row.plan_id)
    .executeTakeFirstOrThrow();
  const plan = { id: stored.id, content: stored.content } as Plan;
  const oldest = plans.keys().next().value;
  if (plans.size >= KEPT_PLANS && oldest !== undefined) plans.delete(oldest);
  plans.set(plan.id, plan);
  return plan;
}
