import { sql, type Transaction } from 'kysely';
import type { Schema } from '../schema.ts';

/** Integrations and what a key is for; what each column means is said in store/schema.ts. */
const STATEMENTS = [
  `create table integrations (
    id text primary key,
    provider text not null,
    name text not null,
    regions jsonb not null,
    resource_arns jsonb not null,
    credential_kind text not null check (credential_kind in ('role', 'keys', 'chain')),
    state text not null check (state in ('connecting', 'connected', 'refused', 'replaced', 'disconnected')),
    test jsonb,
    tested_at timestamptz,
    created_by text not null,
    created_at timestamptz not null default now(),
    ended_at timestamptz)`,
  // Whatever two workers decide at once: the credentials in use are those of one integration.
  `create unique index integrations_in_use on integrations (provider) where state = 'connected'`,
  // Keys made before there were scopes could do everything.
  `alter table api_keys add column scopes text[] not null default '{*}'`,
] as const;

/** Creates the integrations' table and the keys' scopes. */
export async function up(tx: Transaction<Schema>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(tx);
}
