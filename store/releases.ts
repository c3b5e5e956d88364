import { type Kysely, sql, type Transaction } from 'kysely';
import { appendJournal } from './journal.ts';
import type { Schema } from './schema.ts';
import { type LeasedTarget, lockLeased, lockRun, lockTarget, unresolvedIntents } from './targets.ts';

/** Which claims of a run to release: all, one step's, those of steps before one, or those of some targets. */
export interface ReleaseScope {
  readonly step?: number;
  readonly beforeStep?: number;
  readonly targetIds?: readonly string[];
}

/**
 * Releases claims of a run. Without a scope it also closes the run, so that no claim can follow.
 * Idempotent. @returns the ids of the targets whose claims of this run were ever live within the scope.
 */
export async function releaseClaims(
  db: Kysely<Schema>,
  runId: string,
  scope: ReleaseScope = {},
): Promise<readonly string[]> {
  const whole = Object.keys(scope).length === 0;
  return db.transaction().execute(async (tx) => {
    await lockRun(tx, runId);
    if (whole) {
      await tx
        .updateTable('runs')
        .set({ closed_at: sql<Date>`coalesce(closed_at, now())` })
        .where('id', '=', runId)
        .execute();
    }
    const mine = await tx
      .selectFrom('claims')
      .select(['id', 'target_id', 'state'])
      .where('run_id', '=', runId)
      .$if(scope.step !== undefined, (q) => q.where('step', '=', scope.step ?? 0))
      .$if(scope.beforeStep !== undefined, (q) => q.where('step', '<', scope.beforeStep ?? 0))
      .$if(scope.targetIds !== undefined, (q) => q.where('target_id', 'in', [...(scope.targetIds ?? [])]))
      .orderBy('target_id')
      .execute();
    const open = mine.filter((claim) => claim.state !== 'released');
    for (const id of new Set(open.map((claim) => claim.target_id))) await lockTarget(tx, id);
    if (open.length > 0) {
      await tx
        .updateTable('claims')
        .set({ state: 'released', released_at: sql<Date>`now()` })
        .where(
          'id',
          'in',
          open.map((claim) => claim.id),
        )
        .execute();
      await appendJournal(
        tx,
        runId,
        open.map((claim) => ({ kind: 'released', key: claim.target_id, body: { claimId: claim.id } })),
      );
    }
    return [...new Set(mine.filter((claim) => claim.state !== 'planned').map((claim) => claim.target_id))];
  });
}

/**
 * Forgets a target's pre-state once it is proven that the vendor holds it again: no live claim, nothing of
 * ours unknown. @returns false when a claim, an unknown write or the end of the lease came in between.
 * @param lease what it was proven under; absent where nothing else holds one.
 */
export async function clearPreState(
  db: Kysely<Schema>,
  targetId: string,
  lease?: Pick<LeasedTarget, 'id' | 'owner' | 'generation'>,
): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    await lockTarget(tx, targetId);
    if (lease && !(await lockLeased(tx, lease))) return false;
    if ((await isClaimed(tx, targetId)) || (await unresolvedIntents(tx, targetId)).length > 0) return false;
    await forgetPreState(tx, targetId);
    return true;
  });
}

/**
 * A person lets go of what could not be given back: what stands there now is nobody's any more. Nothing
 * happens while somebody claims the target, or where there is none.
 */
export async function acceptDrift(db: Kysely<Schema>, targetId: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.selectFrom('targets').select('id').where('id', '=', targetId).forUpdate().execute();
    if (!(await isClaimed(tx, targetId))) await forgetPreState(tx, targetId);
  });
}

/** Targets that a run has let go of, nobody claims, and whose pre-state has not been given back. */
export async function unrestoredTargets(db: Kysely<Schema>, runId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('targets')
    .select('id')
    .where('pre_state', 'is not', null)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('claims')
          .select('claims.id')
          .whereRef('claims.target_id', '=', 'targets.id')
          .where('claims.run_id', '=', runId)
          .where('claims.state', '=', 'released'),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('claims')
            .select('claims.id')
            .whereRef('claims.target_id', '=', 'targets.id')
            .where('claims.state', '=', 'live'),
        ),
      ),
    )
    .execute();
  return rows.map((row) => row.id);
}

async function isClaimed(tx: Transaction<Schema>, targetId: string): Promise<boolean> {
  const live = await tx
    .selectFrom('claims')
    .select('id')
    .where('target_id', '=', targetId)
    .where('state', '=', 'live')
    .limit(1)
    .executeTakeFirst();
  return live !== undefined;
}

async function forgetPreState(tx: Transaction<Schema>, targetId: string): Promise<void> {
  await tx
    .updateTable('targets')
    .set({ pre_state: null, last_applied: null })
    .where('id', '=', targetId)
    .execute();
}

/**
 * Whether capacity of a run may carry traffic: the run has begun to route, or another run holds the record set
 * of one of these workloads and so counts on whatever capacity is there.
 */
export async function carriesWeight(
  db: Kysely<Schema>,
  runId: string,
  workloads: readonly string[],
): Promise<boolean> {
  const routed = await db
    .selectFrom('journal')
    .select('seq')
    .where('stream', '=', runId)
    .where('kind', '=', 'traffic.begun')
    .limit(1)
    .executeTakeFirst();
  if (routed || workloads.length === 0) return routed !== undefined;
  const foreign = await db
    .selectFrom('claims')
    .innerJoin('targets', 'targets.id', 'claims.target_id')
    .select('claims.id')
    .where('targets.kind', '=', 'record')
    .where(sql<string>`targets.spec->>'workload'`, 'in', [...workloads])
    .where('claims.state', '=', 'live')
    .where('claims.run_id', '<>', runId)
    .limit(1)
    .executeTakeFirst();
  return foreign !== undefined;
}
