import { type Kysely, sql, type Transaction } from 'kysely';
import type { Plan, PlannedFloor, Shortage } from '../domain/plan.ts';
import { appendJournal, type JournalEntry } from './journal.ts';
import { insertPlan } from './plans.ts';
import type { Schema } from './schema.ts';
import { lockRun, lockTarget } from './targets.ts';

/** A later generation of a run's plan, to be put in force in the middle of a step. */
export interface Generation {
  readonly runId: string;
  readonly plan: Plan;
  /** The plan it was made from; another one in force meanwhile refuses it. */
  readonly replaces: string;
  /** What made it, of the step in question. */
  readonly shortage: Shortage;
  /** Floors of the step that grow or are new. */
  readonly grown: readonly PlannedFloor[];
  /** Window of the step, in service time. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** What is entered with it, among it its `fallback`, whose body names the plan. */
  readonly entries: readonly JournalEntry[];
}

/** `moved`: another plan is in force, or one of its targets was let go of; decide again. */
export type AdoptedGeneration = 'adopted' | 'moved' | 'closed';

/**
 * Puts a generation in force, whole or not at all: the run's plan, the short target's claim at what it keeps, and the
 * claims of those that stand in at what they carry from now on. They are to be accepted and to settle anew.
 * Repeating the call changes nothing.
 */
export async function adoptGeneration(
  db: Kysely<Schema>,
  generation: Generation,
): Promise<AdoptedGeneration> {
  const { runId, plan, replaces, shortage, grown, entries } = generation;
  const adoption = db.transaction().execute(async (tx): Promise<AdoptedGeneration> => {
    await lockRun(tx, runId);
    const run = await tx
      .selectFrom('runs')
      .select(['closed_at', 'plan_id'])
      .where('id', '=', runId)
      .executeTakeFirstOrThrow();
    // Others may have made a later one since, and the answer of this one been lost.
    if (run.plan_id === plan.id || (await wasAdopted(tx, runId, plan.id))) return 'adopted';
    if (run.closed_at) return 'closed';
    if (run.plan_id !== replaces) return 'moved';
    for (const id of [shortage.targetId, ...grown.map(({ targetId }) => targetId)].toSorted()) {
      await lockTarget(tx, id);
    }
    await insertPlan(tx, plan, runId);
    await tx.updateTable('runs').set({ plan_id: plan.id }).where('id', '=', runId).execute();
    await keepLess(tx, runId, shortage);
    for (const floor of grown) await growClaim(tx, generation, floor);
    await appendJournal(tx, runId, entries);
    return 'adopted';
  });
  return adoption.catch((error: unknown): AdoptedGeneration => {
    if (error instanceof LetGo) return 'moved';
    throw error;
  });
}

/** A target of the generation was let go of meanwhile: nothing of it may stay. */
class LetGo extends Error {}

async function wasAdopted(tx: Transaction<Schema>, runId: string, planId: string): Promise<boolean> {
  const entry = await tx
    .selectFrom('journal')
    .select('seq')
    .where('stream', '=', runId)
    .where('kind', '=', 'fallback')
    .where(sql<string>`body->>'planId'`, '=', planId)
    .executeTakeFirst();
  return entry !== undefined;
}

/** What it keeps it has: its claim counts again, and is accepted and settled. */
async function keepLess(tx: Transaction<Schema>, runId: string, shortage: Shortage): Promise<void> {
  const changed = await tx
    .updateTable('claims')
    .set({
      floor_units: shortage.keptUnits,
      unreachable: false,
      accepted_at: sql<Date>`now()`,
      settled_at: sql<Date>`now()`,
      observed_units: shortage.servingUnits,
    })
    .where('run_id', '=', runId)
    .where('step', '=', shortage.step)
    .where('target_id', '=', shortage.targetId)
    .where('state', '=', 'live')
    .executeTakeFirst();
  if (changed.numUpdatedRows === 0n) throw new LetGo();
}

async function growClaim(
  tx: Transaction<Schema>,
  { runId, fromMs, untilMs }: Generation,
  { step, targetId, floorUnits }: PlannedFloor,
): Promise<void> {
  const row = await tx
    .insertInto('claims')
    .values({
      run_id: runId,
      step,
      target_id: targetId,
      kind: 'floor',
      floor_units: floorUnits,
      fields: null,
      starts_at: new Date(fromMs),
      ends_at: new Date(untilMs),
      state: 'planned',
    })
    .onConflict((conflict) =>
      conflict
        .columns(['run_id', 'step', 'target_id'])
        .doUpdateSet({ floor_units: floorUnits, accepted_at: null, settled_at: null, observed_units: null })
        .where('claims.state', '<>', 'released'),
    )
    .returning('id')
    .executeTakeFirst();
  if (!row) throw new LetGo();
}
