import { createHash, randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { GrantedScope } from '../domain/scopes.ts';
import type { Schema } from './schema.ts';

/** A key just verified is not looked up again for this long, in milliseconds; so long a revoked one lives. */
const VERIFIED_FOR_MS = 5_000;
/** Any number; one process at a time decides whether a first key is needed. */
const FIRST_KEY_LOCK = 20_261_125;

/** Who a key belongs to, and what it is for. */
export interface KeyOwner {
  readonly principal: string;
  /** See domain/scopes.ts. */
  readonly scopes: readonly string[];
}

const verified = new WeakMap<Kysely<Schema>, Map<string, KeyOwner & { readonly untilMs: number }>>();

/**
 * Makes the first key of an installation. @returns the key, which is stored only as a hash and cannot be
 * shown again; null when there is one already.
 */
export async function createFirstApiKey(db: Kysely<Schema>): Promise<string | null> {
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${FIRST_KEY_LOCK})`.execute(tx);
    const known = await tx.selectFrom('api_keys').select('id').limit(1).executeTakeFirst();
    if (known) return null;
    return (await createApiKey(tx, 'first', ['*'])).key;
  });
}

/** A key as it is listed; the key itself is nowhere any more. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
}

/** Makes a key. @returns its id, and the key, which is stored only as a hash and cannot be shown again. */
export async function createApiKey(
  db: Kysely<Schema>,
  name: string,
  scopes: readonly GrantedScope[],
): Promise<{ readonly id: string; readonly key: string }> {
  const key = `wsk_${randomBytes(32).toString('base64url')}`;
  const id = `key_${randomBytes(6).toString('hex')}`;
  await db
    .insertInto('api_keys')
    .values({ id, name, key_hash: hashOf(key), scopes: [...scopes], revoked_at: null })
    .execute();
  return { id, key };
}

/** Keys in force, oldest first. */
export async function listApiKeys(db: Kysely<Schema>): Promise<readonly ApiKey[]> {
  return db
    .selectFrom('api_keys')
    .select(['id', 'name', 'scopes', 'created_at as createdAt'])
    .where('revoked_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

/** Ends a key; it may still be taken for a few seconds. @returns false when none of this id is in force. */
export async function revokeApiKey(db: Kysely<Schema>, id: string): Promise<boolean> {
  const row = await db
    .updateTable('api_keys')
    .set({ revoked_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Who a key belongs to; null for one that is unknown or revoked. */
export async function verifyApiKey(db: Kysely<Schema>, key: string): Promise<KeyOwner | null> {
  const hash = hashOf(key);
  const cache = verified.get(db) ?? new Map();
  verified.set(db, cache);
  const hit = cache.get(hash);
  if (hit && hit.untilMs > Date.now()) return hit;
  cache.delete(hash);
  const row = await db
    .selectFrom('api_keys')
    .select(['id', 'scopes'])
    .where('key_hash', '=', hash)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  if (!row) return null;
  const owner = { principal: row.id, scopes: row.scopes, untilMs: Date.now() + VERIFIED_FOR_MS };
  cache.set(hash, owner);
  return owner;
}

/** The key has 256 random bits, so a plain hash cannot be searched; and a look-up by hash leaks no timing. */
function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
