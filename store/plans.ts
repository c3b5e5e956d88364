import type { Kysely } from 'kysely';
import type { Plan } from '../domain/plan.ts';
import type { Schema } from './schema.ts';

/** A plan with where it came from. */
export interface StoredPlan extends Plan {
  readonly createdByRun: string;
  readonly createdAt: Date;
}

/** Stores a plan and names it as the run's; the same content stored twice is one row. */
export async function savePlan(db: Kysely<Schema>, plan: Plan, runId: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await insertPlan(tx, plan, runId);
    await tx.updateTable('runs').set({ plan_id: plan.id }).where('id', '=', runId).execute();
  });
}

/** Stores a plan that is not in force yet, or in the caller's transaction; the same content twice is one row. */
export async function insertPlan(db: Kysely<Schema>, plan: Plan, runId: string): Promise<void> {
  await db
    .insertInto('plans')
    .values({
      id: plan.id,
      content: JSON.stringify(plan.content),
      created_by_run: runId,
      valid_until: new Date(plan.content.validUntilMs),
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

/** A plan by its id, or null. */
export async function getPlan(db: Kysely<Schema>, id: string): Promise<StoredPlan | null> {
  const row = await db.selectFrom('plans').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) return null;
  const content = row.content as Plan['content'];
  return { id: row.id, content, createdByRun: row.created_by_run, createdAt: row.created_at };
}
