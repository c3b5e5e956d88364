import { sql, type Transaction } from 'kysely';
import type { Schema } from '../schema.ts';

/** What plans came to; what each column means is said in store/schema.ts. */
const STATEMENTS = [
  `create table hindsight (
    run_id text not null,
    step int,
    workload text not null,
    markets text not null,
    body jsonb not null,
    scored_at timestamptz not null default now())`,
  `create unique index hindsight_subject on hindsight (run_id, coalesce(step, -1), workload, markets)`,
] as const;

/** Creates the table of hindsight. */
export async function up(tx: Transaction<Schema>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(tx);
}
