import { randomBytes } from 'node:crypto';
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import { holdWorkflowId } from '../domain/names.ts';
import { FINAL_STATUSES, type RunStatus } from '../domain/report.ts';
import type { RunKind } from '../domain/season.ts';
import { appendJournal } from './journal.ts';
import type { RunRow, Schema } from './schema.ts';

/** A run as read. */
export type Run = Selectable<RunRow>;

/** A request that has been checked and may become a run. */
export interface RunAcceptance {
  readonly kind: RunKind;
  readonly request: unknown;
  readonly dryRun: boolean;
  /** A stored plan to be applied, where the request named one. */
  readonly planId?: string;
  readonly principal: string;
  /** Window in service time, milliseconds since the epoch. */
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  /** Present where the caller sent an Idempotency-Key. */
  readonly idempotency?: { readonly key: string; readonly requestHash: string };
  /** What is answered, now and to every repeat under the same key. */
  readonly response: (run: Run) => { readonly status: number; readonly body: unknown };
}

/** `conflict`: the key was used for something else. */
export type AcceptResult =
  | { readonly outcome: 'created'; readonly run: Run; readonly status: number; readonly body: unknown }
  | { readonly outcome: 'replayed'; readonly status: number; readonly body: unknown }
  | { readonly outcome: 'conflict' };

/** Enters a run and its idempotency row in one transaction: one run per key, however many ask at once. */
export async function acceptRun(db: Kysely<Schema>, acceptance: RunAcceptance): Promise<AcceptResult> {
  return db.transaction().execute(async (tx) => {
    const { idempotency, principal } = acceptance;
    if (idempotency) {
      const mine = await reserveKey(tx, principal, idempotency);
      const known = mine ? null : await replay(tx, principal, idempotency);
      if (known) return known;
    }
    const run = await insertRun(tx, acceptance);
    await appendJournal(tx, run.id, [{ kind: 'run.status', key: '', body: { status: 'accepted' } }]);
    const answer = acceptance.response(run);
    if (idempotency) {
      await tx
        .updateTable('idempotency')
        .set({ status: answer.status, response: JSON.stringify(answer.body) })
        .where('principal', '=', principal)
        .where('key', '=', idempotency.key)
        .execute();
    }
    return { outcome: 'created', run, ...answer };
  });
}

/** A second caller waits here for the first one's transaction, then sees its row. */
async function reserveKey(
  tx: Transaction<Schema>,
  principal: string,
  { key, requestHash }: { readonly key: string; readonly requestHash: string },
): Promise<boolean> {
  const row = await tx
    .insertInto('idempotency')
    .values({ principal, key, request_hash: requestHash, status: 0, response: 'null' })
    .onConflict((conflict) => conflict.columns(['principal', 'key']).doNothing())
    .returning('key')
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * What was answered under this key before; null for a fresh key. Asked before a request is checked: a repeat
 * gets its answer even where the same request would be refused by now.
 */
export async function replay(
  db: Kysely<Schema>,
  principal: string,
  { key, requestHash }: { readonly key: string; readonly requestHash: string },
): Promise<Exclude<AcceptResult, { readonly outcome: 'created' }> | null> {
  const row = await db
    .selectFrom('idempotency')
    .selectAll()
    .where('principal', '=', principal)
    .where('key', '=', key)
    .executeTakeFirst();
  if (!row) return null;
  if (row.request_hash !== requestHash) return { outcome: 'conflict' };
  return { outcome: 'replayed', status: row.status, body: row.response };
}

async function insertRun(tx: Transaction<Schema>, acceptance: RunAcceptance): Promise<Run> {
  const workflowId = `wf_${opaqueId()}`;
  return tx
    .insertInto('runs')
    .values({
      id: `run_${opaqueId()}`,
      kind: acceptance.kind,
      workflow_id: workflowId,
      hold_workflow_id: holdWorkflowId(workflowId),
      dry_run: acceptance.dryRun,
      principal: acceptance.principal,
      request: JSON.stringify(acceptance.request),
      plan_id: acceptance.planId ?? null,
      status: 'accepted',
      starts_at: new Date(acceptance.startsAtMs),
      ends_at: new Date(acceptance.endsAtMs),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** 20 characters of Crockford's base32: 100 random bits, nothing about the run in them. */
function opaqueId(): string {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  return Array.from(randomBytes(20), (byte) => alphabet[byte % 32]).join('');
}

/** A run by id, or null. */
export async function getRun(db: Kysely<Schema>, runId: string): Promise<Run | null> {
  return (await db.selectFrom('runs').selectAll().where('id', '=', runId).executeTakeFirst()) ?? null;
}

/** Which runs, newest first. */
export interface RunFilter {
  readonly limit: number;
  /** Only runs created before this one. */
  readonly before?: string;
  readonly status?: RunStatus;
  readonly kind?: RunKind;
}

/** Runs, newest first. */
export async function listRuns(db: Kysely<Schema>, filter: RunFilter): Promise<readonly Run[]> {
  let query = db.selectFrom('runs').selectAll().orderBy('created_at', 'desc').limit(filter.limit);
  if (filter.status) query = query.where('status', '=', filter.status);
  if (filter.kind) query = query.where('kind', '=', filter.kind);
  const { before } = filter;
  if (before) {
    query = query.where('created_at', '<', (eb) =>
      eb.selectFrom('runs').select('created_at').where('id', '=', before),
    );
  }
  return query.execute();
}

/**
 * Moves a run on, by compare-and-set where `from` is given, and enters it in the journal.
 * @returns false when the run was not in one of `from`, or already there.
 */
export async function setRunStatus(
  db: Kysely<Schema>,
  runId: string,
  to: RunStatus,
  options: { readonly from?: readonly RunStatus[]; readonly error?: unknown } = {},
): Promise<boolean> {
  const final = FINAL_STATUSES.includes(to);
  return db.transaction().execute(async (tx) => {
    const row = await tx
      .updateTable('runs')
      .set({
        status: to,
        ...(options.error === undefined ? {} : { error: JSON.stringify(options.error) }),
        ...(final ? { finished_at: sql<Date>`now()` } : {}),
      })
      .where('id', '=', runId)
      .where('status', '<>', to)
      .$if(options.from !== undefined, (q) => q.where('status', 'in', [...(options.from ?? [])]))
      .returning('id')
      .executeTakeFirst();
    if (!row) return false;
    const body = { status: to, error: options.error ?? null };
    await appendJournal(tx, runId, [{ kind: 'run.status', key: '', body }]);
    return true;
  });
}

/** Runs accepted longer ago than `olderThanMs` whose workflow may never have been started. */
export async function listLostStarts(db: Kysely<Schema>, olderThanMs: number): Promise<readonly Run[]> {
  return db
    .selectFrom('runs')
    .selectAll()
    .where('status', '=', 'accepted')
    .where('created_at', '<', new Date(Date.now() - olderThanMs))
    .orderBy('created_at')
    .execute();
}
