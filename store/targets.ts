import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { OwnedFields } from '../domain/owned-fields.ts';
import type { Weights } from '../domain/scaler.ts';
import { appendJournal } from './journal.ts';
import type { IntentRow, Schema, TargetRow } from './schema.ts';

/** What a write sets: owned fields of a scaling target, or the weights of a record set. */
export type WrittenValue = OwnedFields | { readonly kind: 'weights'; readonly weights: Weights };

/** A vendor write as recorded before it was sent; `outcome` null means nobody knows yet. */
export interface Intent {
  readonly generation: number;
  readonly runId: string;
  readonly key: string;
  readonly direction: 'forward' | 'undo';
  readonly seen: WrittenValue;
  readonly want: WrittenValue;
  readonly createdAt: Date;
}

/** A target held under a lease, with all that tells our own values from a person's. */
export interface LeasedTarget {
  readonly id: string;
  /** Who holds it. */
  readonly owner: string;
  readonly service: string;
  readonly spec: unknown;
  readonly generation: number;
  readonly preState: WrittenValue | null;
  readonly lastApplied: WrittenValue | null;
  /** Oldest first. */
  readonly unresolved: readonly Intent[];
  /** Our newest one. */
  readonly lastWrite: TakenWrite | null;
}

/** A write that the vendor is known to have taken. */
export interface TakenWrite {
  readonly seen: WrittenValue;
  readonly want: WrittenValue;
  /** When that was known. */
  readonly at: Date;
  /** The vendor's receipt where its answer arrived; anything else where a read proved the write. */
  readonly detail: unknown;
}

/** Who wants to write, to what, and for how long nobody else may. */
export interface LeaseRequest {
  readonly targetId: string;
  /** Workflow run id and activity id, so that a retry of the same activity re-enters. */
  readonly owner: string;
  /** By the database clock; the vendor call is aborted before it ends. */
  readonly leaseMs: number;
}

/** Result of {@link acquireLease}; `busy` says until when the other owner may hold it. */
export type LeaseResult =
  | { readonly status: 'acquired'; readonly target: LeasedTarget }
  | { readonly status: 'busy'; readonly owner: string; readonly expiresAt: Date };

/**
 * Takes or re-enters the lease of a target. An expired lease is taken over; the caller reads the vendor
 * afterwards, never before. @throws Error when the target is not known.
 */
export async function acquireLease(db: Kysely<Schema>, request: LeaseRequest): Promise<LeaseResult> {
  const row = await db
    .updateTable('targets')
    .set({
      lease_owner: request.owner,
      lease_expires_at: leaseEnd(request.leaseMs),
    })
    .where('id', '=', request.targetId)
    .where(({ eb, or }) =>
      or([
        eb('lease_owner', 'is', null),
        eb('lease_owner', '=', request.owner),
        eb('lease_expires_at', '<=', sql<Date>`now()`),
      ]),
    )
    .returningAll()
    .executeTakeFirst();
  if (row) {
    const [unresolved, lastWrite] = [await unresolvedIntents(db, row.id), await lastTaken(db, row.id)];
    return { status: 'acquired', target: leased(row, unresolved, lastWrite) };
  }
  const holder = await db
    .selectFrom('targets')
    .select(['lease_owner', 'lease_expires_at'])
    .where('id', '=', request.targetId)
    .executeTakeFirst();
  if (!holder) throw new Error(`target ${request.targetId} is not in the fleet; import the fleet again`);
  return {
    status: 'busy',
    owner: holder.lease_owner ?? '',
    expiresAt: holder.lease_expires_at ?? new Date(),
  };
}

function leaseEnd(leaseMs: number) {
  return sql<Date>`now() + ${leaseMs} * interval '1 millisecond'`;
}

/** Gives the lease back; harmless when it is no longer ours. */
export async function releaseLease(db: Kysely<Schema>, targetId: string, owner: string): Promise<void> {
  await db
    .updateTable('targets')
    .set({ lease_owner: null, lease_expires_at: null })
    .where('id', '=', targetId)
    .where('lease_owner', '=', owner)
    .execute();
}

/** Intents nobody knows the outcome of, oldest first. */
export async function unresolvedIntents(db: Kysely<Schema>, targetId: string): Promise<readonly Intent[]> {
  const rows = await db
    .selectFrom('intents')
    .selectAll()
    .where('target_id', '=', targetId)
    .where('outcome', 'is', null)
    .orderBy('generation')
    .execute();
  return rows.map(intentOf);
}

/** What {@link recordIntent} needs besides the lease. */
export interface IntentRequest {
  readonly targetId: string;
  readonly owner: string;
  readonly runId: string;
  readonly direction: 'forward' | 'undo';
  readonly seen: WrittenValue;
  readonly want: WrittenValue;
  /** Generation the caller's reasoning rests on. */
  readonly generation: number;
  /** Which worker process sends it, for the audit. */
  readonly worker: string;
  /** The lease begins anew: reading may have used up much of it. As in {@link LeaseRequest}. */
  readonly leaseMs: number;
}

/**
 * `lost`: the lease is over or the generation moved; read and reason again. `isRetry`: it may have been sent before,
 * and may have landed whatever this sending comes to.
 */
export type IntentResult =
  | {
      readonly status: 'recorded';
      readonly generation: number;
      readonly key: string;
      readonly isRetry: boolean;
    }
  | { readonly status: 'lost' };

/**
 * Records what is about to be sent, before it is sent. A retry of the same intent (same want, same seen, its
 * outcome unknown) keeps generation and key; everything else gets a new generation and a key of its own.
 */
export async function recordIntent(db: Kysely<Schema>, request: IntentRequest): Promise<IntentResult> {
  return db.transaction().execute(async (tx) => {
    await lockRun(tx, request.runId);
    if (!(await lockLeased(tx, { ...request, id: request.targetId }))) return { status: 'lost' };
    await tx
      .updateTable('targets')
      .set({ lease_expires_at: leaseEnd(request.leaseMs) })
      .where('id', '=', request.targetId)
      .execute();
    const last = (await unresolvedIntents(tx, request.targetId)).at(-1);
    if (last && isRetryOf(last, request)) {
      return { status: 'recorded', generation: last.generation, key: last.key, isRetry: true };
    }
    const generation = request.generation + 1;
    const key = randomUUID();
    await tx.updateTable('targets').set({ generation }).where('id', '=', request.targetId).execute();
    const { runId, direction, seen, want, worker } = request;
    await tx
      .insertInto('intents')
      .values({
        target_id: request.targetId,
        generation,
        run_id: runId,
        key,
        direction,
        seen: JSON.stringify(seen),
        want: JSON.stringify(want),
      })
      .execute();
    await appendJournal(tx, runId, [
      { kind: 'intent', key: request.targetId, body: { generation, direction, seen, want, key, worker } },
    ]);
    return { status: 'recorded', generation, key, isRetry: false };
  });
}

/** What became of an intent. `accepted` also says what now stands at the vendor. */
export interface OutcomeRecord {
  readonly targetId: string;
  readonly generation: number;
  readonly runId: string;
  readonly outcome: 'accepted' | 'refused' | 'superseded' | 'proven' | 'lapsed';
  readonly detail?: unknown;
}

/**
 * Records an outcome once. @returns `superseded` when a newer intent exists meanwhile: what this one wrote may
 * no longer stand, so read again.
 */
export async function recordOutcome(
  db: Kysely<Schema>,
  record: OutcomeRecord,
): Promise<'recorded' | 'superseded'> {
  return db.transaction().execute(async (tx) => {
    await lockRun(tx, record.runId);
    const target = await lockTarget(tx, record.targetId);
    const intent = await tx
      .updateTable('intents')
      .set({
        outcome: record.outcome,
        outcome_at: sql<Date>`now()`,
        detail: record.detail === undefined ? null : JSON.stringify(record.detail),
      })
      .where('target_id', '=', record.targetId)
      .where('generation', '=', record.generation)
      .where('outcome', 'is', null)
      .returningAll()
      .executeTakeFirst();
    const current = target.generation === record.generation;
    if (intent) {
      const { generation, outcome, detail } = record;
      await appendJournal(tx, record.runId, [
        { kind: 'outcome', key: record.targetId, body: { generation, outcome, detail: detail ?? null } },
      ]);
    }
    if (intent && current && (record.outcome === 'accepted' || record.outcome === 'proven')) {
      await tx
        .updateTable('targets')
        .set({ last_applied: JSON.stringify(intent.want) })
        .where('id', '=', record.targetId)
        .execute();
    }
    return current ? 'recorded' : 'superseded';
  });
}

/** Gives up on writes that can no longer land: no read has shown them for the vendor's longest delay. */
export async function lapseIntents(
  tx: Transaction<Schema>,
  targetId: string,
  longestVendorDelayMs: number,
): Promise<void> {
  await tx
    .updateTable('intents')
    .set({ outcome: 'lapsed', outcome_at: sql<Date>`now()` })
    .where('target_id', '=', targetId)
    .where('outcome', 'is', null)
    .where('created_at', '<', sql<Date>`now() - ${longestVendorDelayMs} * interval '1 millisecond'`)
    .execute();
}

/** Locks a run's row; every transaction that also locks a target does this first. */
export async function lockRun(tx: Transaction<Schema>, runId: string): Promise<void> {
  await tx.selectFrom('runs').select('id').where('id', '=', runId).forUpdate().execute();
}

/** Locks a target's row. @throws Error when the target is not known. */
export async function lockTarget(tx: Transaction<Schema>, targetId: string): Promise<Selectable<TargetRow>> {
  return tx
    .selectFrom('targets')
    .selectAll()
    .where('id', '=', targetId)
    .forUpdate()
    .executeTakeFirstOrThrow(() => new Error(`target ${targetId} is not known`));
}

/**
 * Locks a target's row if its lease still holds and nothing was written since it was taken. @returns false where it
 * does not: what was read under it may be long over, and nothing may be entered on the strength of it.
 */
export async function lockLeased(
  tx: Transaction<Schema>,
  { id, owner, generation }: Pick<LeasedTarget, 'id' | 'owner' | 'generation'>,
): Promise<boolean> {
  const row = await tx
    .selectFrom('targets')
    .select('id')
    .where('id', '=', id)
    .where('lease_owner', '=', owner)
    .where('lease_expires_at', '>', sql<Date>`now()`)
    .where('generation', '=', generation)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

async function lastTaken(db: Kysely<Schema>, targetId: string): Promise<TakenWrite | null> {
  const row = await db
    .selectFrom('intents')
    .select(['seen', 'want', 'outcome_at', 'detail'])
    .where('target_id', '=', targetId)
    .where('outcome', 'in', ['accepted', 'proven'])
    .orderBy('generation', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!row?.outcome_at) return null;
  const { seen, want, outcome_at: at, detail } = row;
  return { seen: seen as WrittenValue, want: want as WrittenValue, at, detail };
}

function leased(
  row: Selectable<TargetRow>,
  unresolved: readonly Intent[],
  lastWrite: TakenWrite | null,
): LeasedTarget {
  return {
    id: row.id,
    owner: row.lease_owner ?? '',
    service: row.service,
    spec: row.spec,
    generation: row.generation,
    preState: row.pre_state as WrittenValue | null,
    lastApplied: row.last_applied as WrittenValue | null,
    unresolved,
    lastWrite,
  };
}

function intentOf(row: Selectable<IntentRow>): Intent {
  return {
    generation: row.generation,
    runId: row.run_id,
    key: row.key,
    direction: row.direction,
    seen: row.seen as WrittenValue,
    want: row.want as WrittenValue,
    createdAt: row.created_at,
  };
}

function isRetryOf(last: Intent, request: IntentRequest): boolean {
  return (
    last.runId === request.runId &&
    last.direction === request.direction &&
    last.generation === request.generation &&
    isDeepStrictEqual(last.want, request.want) &&
    isDeepStrictEqual(last.seen, request.seen)
  );
}

/** Declarations and generations of targets, in the order asked; unknown ids are left out. */
export async function targetSnapshots(
  db: Kysely<Schema>,
  ids: readonly string[],
): Promise<readonly { readonly id: string; readonly generation: number; readonly spec: unknown }[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('targets')
    .select(['id', 'generation', 'spec'])
    .where('id', 'in', [...ids])
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** Kind and declaration of targets, in no order; unknown ids are left out. */
export async function targetRows(
  db: Kysely<Schema>,
  ids: readonly string[],
): Promise<readonly Pick<Selectable<TargetRow>, 'id' | 'kind' | 'spec'>[]> {
  if (ids.length === 0) return [];
  return db
    .selectFrom('targets')
    .select(['id', 'kind', 'spec'])
    .where('id', 'in', [...ids])
    .execute();
}

/** Ids of targets that something of ours still stands on: their pre-state has not been given back. */
export async function owedTargets(db: Kysely<Schema>): Promise<readonly string[]> {
  const rows = await db.selectFrom('targets').select('id').where('pre_state', 'is not', null).execute();
  return rows.map((row) => row.id);
}
