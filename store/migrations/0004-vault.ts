import { sql, type Transaction } from 'kysely';
import type { Schema } from '../schema.ts';

/** Sealed credentials; what each column means is said in store/schema.ts. */
const STATEMENTS = [
  `create table vault (
    integration_id text primary key,
    key_id text not null,
    nonce bytea not null,
    ciphertext bytea not null,
    tag bytea not null,
    sealed_at timestamptz not null default now())`,
] as const;

/** Creates the vault's table. */
export async function up(tx: Transaction<Schema>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(tx);
}
