import { type Kysely, sql } from 'kysely';
import { contentHash } from '../domain/canonical.ts';
import type { Schema } from './schema.ts';

/** How long an answer is kept for repeats, in days. */
export const KEPT_DAYS = 30;

/** Hash of what a request asked for: the same request hashes alike whatever the order of its fields. */
export function requestHash(request: {
  readonly method: string;
  /** Concrete path, e.g. `/api/scaling/seasons`. */
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}): string {
  return contentHash({ ...request, body: request.body ?? null });
}

/** Forgets answers older than {@link KEPT_DAYS}. @returns how many. */
export async function purgeIdempotency(db: Kysely<Schema>): Promise<number> {
  const gone = await db
    .deleteFrom('idempotency')
    .where('created_at', '<', sql<Date>`now() - ${KEPT_DAYS} * interval '1 day'`)
    .executeTakeFirst();
  return Number(gone.numDeletedRows);
}
