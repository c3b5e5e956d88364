import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { ScalingTarget } from '../domain/fleet.ts';
import type { OwnedFields } from '../domain/owned-fields.ts';
import { appendJournal } from './journal.ts';
import type { ClaimRow, Schema } from './schema.ts';
import { lapseIntents, lockRun, lockTarget, unresolvedIntents, type WrittenValue } from './targets.ts';

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

/**
 * Result of {@link claimTargets}. `released`: this step let go of these before, so they are not claimed again.
 * `moved`: somebody wrote since the snapshot, snapshot these again.
 */
export type ClaimResult =
  | { readonly status: 'claimed'; readonly released: readonly string[] }
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
  patience: { readonly longestVendorDelayMs: number },
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
    const released: string[] = [];
    for (const request of requests.toSorted(byTargetId)) {
      const row = await lockTarget(tx, request.targetId);
      const state = await stateOf(tx, runId, step, request.targetId);
      if (state === 'released') released.push(row.id);
      if (state === 'live' || state === 'released') continue;
      if (row.generation !== request.generation) moved.push(row.id);
      else await makeLive(tx, runId, step, request, row.pre_state === null, patience);
    }
    if (moved.length > 0) throw new Moved(moved);
    return { status: 'claimed', released };
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

async function stateOf(
  tx: Transaction<Schema>,
  runId: string,
  step: number,
  targetId: string,
): Promise<ClaimRow['state'] | undefined> {
  const row = await tx
    .selectFrom('claims')
    .select('state')
    .where('run_id', '=', runId)
    .where('step', '=', step)
    .where('target_id', '=', targetId)
    .executeTakeFirst();
  return row?.state;
}

async function makeLive(
  tx: Transaction<Schema>,
  runId: string,
  step: number,
  request: ClaimRequest,
  first: boolean,
  { longestVendorDelayMs }: { readonly longestVendorDelayMs: number },
): Promise<void> {
  if (first) {
    await lapseIntents(tx, request.targetId, longestVendorDelayMs);
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
        .doUpdateSet({ state: 'live', created_at: sql<Date>`now()` })
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

/** One run's claim on a target in a step, planned or not; null where there is none. */
export async function claimOfStep(
  db: Kysely<Schema>,
  { runId, step, targetId }: { readonly runId: string; readonly step: number; readonly targetId: string },
): Promise<Claim | null> {
  const row = await db
    .selectFrom('claims')
    .selectAll()
    .where('run_id', '=', runId)
    .where('step', '=', step)
    .where('target_id', '=', targetId)
    .executeTakeFirst();
  return row ? claimOf(row) : null;
}

/** A live floor claim of a run beside the target it is on. */
export interface ClaimedTarget {
  readonly spec: ScalingTarget;
  readonly floorUnits: number;
  /** Owned fields before anybody's first claim. */
  readonly preState: OwnedFields;
  /** Owned fields the vendor last took from us; null before the first. */
  readonly lastApplied: OwnedFields | null;
  readonly settledAt: Date | null;
  /** When the vendor took this floor, or the claim was made where it has not yet. */
  readonly since: Date;
  /** When the capacity is needed, in milliseconds of service time. */
  readonly startsAtMs: number;
  /** The vendor refuses this floor for good; it does not count. */
  readonly unreachable: boolean;
}

/** Live floor claims of a run, unreachable ones too; one step's or some targets' where given. */
export async function claimedTargets(
  db: Kysely<Schema>,
  runId: string,
  scope: { readonly step?: number; readonly targetIds?: readonly string[] } = {},
): Promise<readonly ClaimedTarget[]> {
  const { step, targetIds } = scope;
  const rows = await db
    .selectFrom('claims')
    .innerJoin('targets', 'targets.id', 'claims.target_id')
    .select(['targets.spec', 'targets.last_applied', 'targets.pre_state'])
    .select(['claims.floor_units', 'claims.accepted_at', 'claims.created_at', 'claims.settled_at'])
    .select(['claims.starts_at', 'claims.unreachable'])
    .where('claims.run_id', '=', runId)
    .where('claims.kind', '=', 'floor')
    .where('claims.state', '=', 'live')
    .$if(step !== undefined, (q) => q.where('claims.step', '=', step ?? 0))
    .$if(targetIds !== undefined, (q) => q.where('targets.id', 'in', [...(targetIds ?? []), '']))
    .orderBy('targets.id')
    .execute();
  return rows.map((row) => ({
    spec: row.spec as ScalingTarget,
    floorUnits: row.floor_units,
    preState: row.pre_state as OwnedFields,
    lastApplied: row.last_applied as OwnedFields | null,
    settledAt: row.settled_at,
    since: row.accepted_at ?? row.created_at,
    startsAtMs: row.starts_at.getTime(),
    unreachable: row.unreachable,
  }));
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

/** Targets of a run's step that cannot take more: let go of, or refused for good. */
export async function unavailableTargets(
  db: Kysely<Schema>,
  runId: string,
  step: number,
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('claims')
    .select('target_id')
    .where('run_id', '=', runId)
    .where('step', '=', step)
    .where(({ or, eb }) => or([eb('state', '=', 'released'), eb('unreachable', '=', true)]))
    .execute();
  return rows.map((row) => row.target_id);
}

/** Steps of a run that still have a claim nobody has made live. */
export async function plannedSteps(db: Kysely<Schema>, runId: string): Promise<ReadonlySet<number>> {
  const rows = await db
    .selectFrom('claims')
    .select('step')
    .distinct()
    .where('run_id', '=', runId)
    .where('state', '=', 'planned')
    .execute();
  return new Set(rows.map((row) => row.step));
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

/** Why the vendor refuses a run's floor on a target for good, as it was entered when the claim was marked. */
export async function unreachableReason(
  db: Kysely<Schema>,
  runId: string,
  targetId: string,
): Promise<{ readonly kind: string; readonly message: string }> {
  const row = await db
    .selectFrom('journal')
    .select('body')
    .where('stream', '=', runId)
    .where('kind', '=', 'unreachable')
    .where('key', '=', targetId)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  return row.body as { readonly kind: string; readonly message: string };
}

/** Whether a run still has a live claim on a target, of whatever step. */
export async function isClaimedBy(db: Kysely<Schema>, runId: string, targetId: string): Promise<boolean> {
  const row = await db
    .selectFrom('claims')
    .select('id')
    .where('run_id', '=', runId)
    .where('target_id', '=', targetId)
    .where('state', '=', 'live')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
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
