import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import { SYSTEM_STREAM } from '../domain/names.ts';
import { floorOf, type OwnedFields } from '../domain/scaler.ts';
import { appendJournal } from './journal.ts';
import type { ClaimRow, Schema } from './schema.ts';
import { lockRun, lockTarget, unresolvedIntents, type WrittenValue } from './targets.ts';

/** End of a claim that only a person ends; PostgreSQL's `infinity` has no Date. */
const NO_END = '9999-12-31T00:00:00Z';

/** A claim about to be made. */
export interface ClaimRequest {
  readonly targetId: string;
  readonly kind: 'floor' | 'presence';
  /** 0 for `presence`. */
  readonly floorUnits: number;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  /** What this run's snapshot read, and the target's generation then. */
  readonly seen: WrittenValue;
  readonly generation: number;
}

/** A claim as it stands. */
export interface Claim {
  readonly id: string;
  readonly runId: string;
  readonly step: number;
  readonly targetId: string;
  readonly kind: 'floor' | 'manual' | 'presence';
  readonly floorUnits: number;
  readonly fields: OwnedFields | null;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly acceptedAt: Date | null;
  readonly settledAt: Date | null;
  readonly createdAt: Date;
}

/** Result of {@link claimTargets}. `moved`: somebody wrote since the snapshot, snapshot these again. */
export type ClaimResult =
  | { readonly status: 'claimed' }
  | { readonly status: 'moved'; readonly targetIds: readonly string[] }
  | { readonly status: 'closed' };

/**
 * Makes a run's claims of one step live, all or none, in one transaction. The claim that finds no pre-state on
 * a target writes it from the snapshot: it is what an undo gives back. Repeating the call changes nothing.
 */
export async function claimTargets(
  db: Kysely<Schema>,
  runId: string,
  step: number,
  requests: readonly ClaimRequest[],
): Promise<ClaimResult> {
  const claim = db.transaction().execute(async (tx): Promise<ClaimResult> => {
    const run = await tx
      .selectFrom('runs')
      .select('closed_at')
      .where('id', '=', runId)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (run.closed_at) return { status: 'closed' };
    const moved: string[] = [];
    for (const request of requests.toSorted(byTargetId)) {
      const row = await lockTarget(tx, request.targetId);
      if (await isLive(tx, runId, step, request.targetId)) continue;
      if (row.generation !== request.generation) moved.push(row.id);
      else await makeLive(tx, runId, step, request, row.pre_state === null);
    }
    if (moved.length > 0) throw new Moved(moved);
    return { status: 'claimed' };
  });
  return claim.catch((error: unknown): ClaimResult => {
    if (error instanceof Moved) return { status: 'moved', targetIds: error.targetIds };
    throw error;
  });
}

/** Rolls the whole claim transaction back, so that a partly claimed step never exists. */
class Moved extends Error {
  readonly targetIds: readonly string[];
  constructor(targetIds: readonly string[]) {
    super('targets moved since the snapshot');
    this.targetIds = targetIds;
  }
}

async function isLive(
  tx: Transaction<Schema>,
  runId: string,
  step: number,
  targetId: string,
): Promise<boolean> {
  const row = await tx
    .selectFrom('claims')
    .select('state')
    .where('run_id', '=', runId)
    .where('step', '=', step)
    .where('target_id', '=', targetId)
    .executeTakeFirst();
  return row?.state === 'live' || row?.state === 'released';
}

async function makeLive(
  tx: Transaction<Schema>,
  runId: string,
  step: number,
  request: ClaimRequest,
  first: boolean,
): Promise<void> {
  if (first) {
    // An unknown write of ours could still land, so what was seen is not yet anybody's "before".
    if ((await unresolvedIntents(tx, request.targetId)).length > 0) throw new Moved([request.targetId]);
    await tx
      .updateTable('targets')
      .set({ pre_state: JSON.stringify(request.seen), last_applied: null })
      .where('id', '=', request.targetId)
      .execute();
  }
  const values = {
    run_id: runId,
    step,
    target_id: request.targetId,
    kind: request.kind,
    floor_units: request.floorUnits,
    fields: null,
    starts_at: new Date(request.startsAtMs),
    ends_at: new Date(request.endsAtMs),
    state: 'live' as const,
  };
  await tx
    .insertInto('claims')
    .values(values)
    .onConflict((conflict) =>
      conflict
        .columns(['run_id', 'step', 'target_id'])
        .doUpdateSet({ state: 'live' })
        .where('claims.state', '=', 'planned'),
    )
    .execute();
  await appendJournal(tx, runId, [
    {
      kind: 'claim',
      key: request.targetId,
      body: {
        step,
        claimKind: request.kind,
        floorUnits: request.floorUnits,
        from: values.starts_at.toISOString(),
        until: values.ends_at.toISOString(),
        seen: request.seen,
      },
    },
  ]);
}

/** Enters claims of later steps as `planned`: they bind nothing yet, but everybody can see them coming. */
export async function planClaims(
  db: Kysely<Schema>,
  runId: string,
  claims: readonly (Omit<ClaimRequest, 'seen' | 'generation'> & { readonly step: number })[],
): Promise<void> {
  if (claims.length === 0) return;
  await db
    .insertInto('claims')
    .values(
      claims.map((claim) => ({
        run_id: runId,
        step: claim.step,
        target_id: claim.targetId,
        kind: claim.kind,
        floor_units: claim.floorUnits,
        fields: null,
        starts_at: new Date(claim.startsAtMs),
        ends_at: new Date(claim.endsAtMs),
        state: 'planned' as const,
      })),
    )
    .onConflict((conflict) => conflict.columns(['run_id', 'step', 'target_id']).doNothing())
    .execute();
}

/** Live claims on a target that count (not unreachable), highest floor first. */
export async function countingClaims(db: Kysely<Schema>, targetId: string): Promise<readonly Claim[]> {
  const rows = await db
    .selectFrom('claims')
    .selectAll()
    .where('target_id', '=', targetId)
    .where('state', '=', 'live')
    .where('unreachable', '=', false)
    .orderBy('floor_units', 'desc')
    .execute();
  return rows.map(claimOf);
}

/** Claims of a run, all steps and states but `planned`, ordered by step and target. */
export async function claimsOfRun(
  db: Kysely<Schema>,
  runId: string,
): Promise<readonly (Claim & { readonly state: 'live' | 'released'; readonly unreachable: boolean })[]> {
  const rows = await db
    .selectFrom('claims')
    .selectAll()
    .where('run_id', '=', runId)
    .where('state', '<>', 'planned')
    .orderBy('step')
    .orderBy('target_id')
    .execute();
  return rows.map((row) => ({
    ...claimOf(row),
    state: row.state as 'live' | 'released',
    unreachable: row.unreachable,
  }));
}

/** Notes that the vendor stands at or above these claims' floors. */
export async function markAccepted(db: Kysely<Schema>, targetId: string, floorUnits: number): Promise<void> {
  await db
    .updateTable('claims')
    .set({ accepted_at: sql<Date>`now()` })
    .where('target_id', '=', targetId)
    .where('state', '=', 'live')
    .where('accepted_at', 'is', null)
    .where('floor_units', '<=', floorUnits)
    .execute();
}

/** Notes that serving units reached the floor of one run's claim; a repeat keeps the first time. */
export async function markSettled(
  db: Kysely<Schema>,
  claim: { readonly runId: string; readonly step: number; readonly targetId: string },
  servingUnits: number,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await lockRun(tx, claim.runId);
    const row = await tx
      .updateTable('claims')
      .set({
        settled_at: sql<Date>`coalesce(settled_at, now())`,
        observed_units: servingUnits,
      })
      .where('run_id', '=', claim.runId)
      .where('step', '=', claim.step)
      .where('target_id', '=', claim.targetId)
      .returning('floor_units')
      .executeTakeFirstOrThrow();
    await appendJournal(tx, claim.runId, [
      {
        kind: 'settled',
        key: claim.targetId,
        body: { step: claim.step, servingUnits, floorUnits: row.floor_units },
      },
    ]);
  });
}

/**
 * Marks the live claims above `highestUnits` unreachable: the vendor refuses them for good, so they no longer
 * count, and each owner is told in its own stream.
 */
export async function markUnreachable(
  db: Kysely<Schema>,
  targetId: string,
  highestUnits: number,
  reason: { readonly kind: string; readonly message: string },
): Promise<readonly Claim[]> {
  const above = (await countingClaims(db, targetId)).filter(
    (claim) => claim.floorUnits > highestUnits && claim.kind === 'floor',
  );
  for (const claim of above) {
    await db.transaction().execute(async (tx) => {
      await lockRun(tx, claim.runId);
      await tx.updateTable('claims').set({ unreachable: true }).where('id', '=', claim.id).execute();
      await appendJournal(tx, claim.runId, [
        { kind: 'unreachable', key: targetId, body: { step: claim.step, highestUnits, ...reason } },
      ]);
    });
  }
  return above;
}

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
 * ours unknown. @returns false when a claim or an unknown write came in between.
 */
export async function clearPreState(db: Kysely<Schema>, targetId: string): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    await lockTarget(tx, targetId);
    const live = await tx
      .selectFrom('claims')
      .select('id')
      .where('target_id', '=', targetId)
      .where('state', '=', 'live')
      .limit(1)
      .execute();
    if (live.length > 0 || (await unresolvedIntents(tx, targetId)).length > 0) return false;
    await tx
      .updateTable('targets')
      .set({ pre_state: null, last_applied: null })
      .where('id', '=', targetId)
      .execute();
    return true;
  });
}

function claimOf(row: Selectable<ClaimRow>): Claim {
  return {
    id: row.id,
    runId: row.run_id,
    step: row.step,
    targetId: row.target_id,
    kind: row.kind,
    floorUnits: row.floor_units,
    fields: row.fields as OwnedFields | null,
    startsAtMs: row.starts_at.getTime(),
    endsAtMs: row.ends_at.getTime(),
    acceptedAt: row.accepted_at,
    settledAt: row.settled_at,
    createdAt: row.created_at,
  };
}

function byTargetId(a: ClaimRequest, b: ClaimRequest): number {
  return a.targetId < b.targetId ? -1 : 1;
}
