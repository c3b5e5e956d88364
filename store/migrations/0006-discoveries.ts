import { sql, type Transaction } from 'kysely';
import type { Schema } from '../schema.ts';

/** Discoveries; what each column means is said in store/schema.ts. */
const STATEMENTS = [
  `create table discoveries (
    id text primary key,
    provider text not null,
    regions jsonb not null,
    tag jsonb not null,
    outcome jsonb,
    created_by text not null,
    created_at timestamptz not null default now(),
    finished_at timestamptz)`,
] as const;

/** Creates the discoveries' table. */
export async function up(tx: Transaction<Schema>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(tx);
}
