import type { Kysely } from 'kysely';
import { appendJournal, enter, underStreamLock } from './journal.ts';
import type { Schema } from './schema.ts';

/** Kinds that belong to a question: asked, answered by a person, or no longer in need of an answer. */
const QUESTION_KINDS = ['attention', 'resolved', 'answered'] as const;

/** A question to a person about a resource of a run. */
export interface Question {
  readonly resource: string;
  /** What it is about, e.g. `contested`; a resource may give cause for more than one. */
  readonly topic: string;
  readonly message: string;
}

/** Enters a question unless the same one is open. @returns false where it is. */
export async function askOnce(db: Kysely<Schema>, runId: string, question: Question): Promise<boolean> {
  const { resource, ...body } = question;
  return underStreamLock(db, runId, async (tx) => {
    const open = await lastOf(tx, runId, resource);
    if (open?.kind === 'attention' && open.topic === question.topic) return false;
    await appendJournal(tx, runId, [{ kind: 'attention', key: resource, body }]);
    return true;
  });
}

/** Enters that what could not be given back has been, and takes the question about it back. */
export async function noteGivenBack(
  db: Kysely<Schema>,
  runId: string,
  resources: readonly string[],
): Promise<void> {
  for (const resource of resources) {
    await enter(db, runId, { kind: 'givenBack', key: resource, body: {} });
    await withdrawQuestion(db, runId, resource);
  }
}

/** Takes a question back that has answered itself. Nothing happens where none is open. */
export async function withdrawQuestion(db: Kysely<Schema>, runId: string, resource: string): Promise<void> {
  if ((await lastOf(db, runId, resource))?.kind !== 'attention') return;
  await underStreamLock(db, runId, async (tx) => {
    if ((await lastOf(tx, runId, resource))?.kind !== 'attention') return;
    await appendJournal(tx, runId, [{ kind: 'answered', key: resource, body: {} }]);
  });
}

/** Questions of a run that nobody has answered, oldest first. */
export async function openQuestions(db: Kysely<Schema>, runId: string): Promise<readonly Question[]> {
  const rows = await db
    .selectFrom('journal')
    .select(['kind', 'key', 'body'])
    .where('stream', '=', runId)
    .where('kind', 'in', [...QUESTION_KINDS])
    .orderBy('seq')
    .execute();
  const open = new Map<string, Question>();
  for (const { kind, key, body } of rows) {
    open.delete(key);
    if (kind === 'attention') open.set(key, { resource: key, ...(body as Omit<Question, 'resource'>) });
  }
  return [...open.values()];
}

async function lastOf(
  db: Kysely<Schema>,
  runId: string,
  resource: string,
): Promise<{ readonly kind: string; readonly topic: unknown } | undefined> {
  const row = await db
    .selectFrom('journal')
    .select(['kind', 'body'])
    .where('stream', '=', runId)
    .where('kind', 'in', [...QUESTION_KINDS])
    .where('key', '=', resource)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && { kind: row.kind, topic: (row.body as { topic?: unknown }).topic };
}
