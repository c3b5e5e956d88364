import { createHash, randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Schema } from './schema.ts';

/** A key just verified is not looked up again for this long, in milliseconds; so long a revoked one lives. */
const VERIFIED_FOR_MS = 5_000;
/** Any number; one process at a time decides whether a first key is needed. */
const FIRST_KEY_LOCK = 20_261_125;

const verified = new WeakMap<Kysely<Schema>, Map<string, { principal: string; untilMs: number }>>();

/**
 * Makes the first key of an installation. @returns the key, which is stored only as a hash and cannot be
 * shown again; null when there is one already.
 */
export async function createFirstApiKey(db: Kysely<Schema>): Promise<string | null> {
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${FIRST_KEY_LOCK})`.execute(tx);
    const known = await tx.selectFrom('api_keys').select('id').limit(1).executeTakeFirst();
    return known ? null : createApiKey(tx, 'first');
  });
}

/** Makes a further key. @returns the key, which is stored only as a hash and cannot be shown again. */
export async function createApiKey(db: Kysely<Schema>, name: string): Promise<string> {
  const key = `wsk_${randomBytes(32).toString('base64url')}`;
  const id = `key_${randomBytes(6).toString('hex')}`;
  await db
    .insertInto('api_keys')
    .values({ id, name, key_hash: hashOf(key), revoked_at: null })
    .execute();
  return key;
}

/** Who a key belongs to; null for one that is unknown or revoked. */
export async function verifyApiKey(
  db: Kysely<Schema>,
  key: string,
): Promise<{ readonly principal: string } | null> {
  const hash = hashOf(key);
  const cache = verified.get(db) ?? new Map();
  verified.set(db, cache);
  const hit = cache.get(hash);
  if (hit && hit.untilMs > Date.now()) return { principal: hit.principal };
  cache.delete(hash);
  const row = await db
    .selectFrom('api_keys')
    .select('id')
    .where('key_hash', '=', hash)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  if (!row) return null;
  cache.set(hash, { principal: row.id, untilMs: Date.now() + VERIFIED_FOR_MS });
  return { principal: row.id };
}

/** The key has 256 random bits, so a plain hash cannot be searched; and a look-up by hash leaks no timing. */
function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
