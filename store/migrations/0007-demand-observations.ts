import { sql, type Transaction } from 'kysely';
import type { Schema } from '../schema.ts';

/** The history of demand; what each column means is said in store/schema.ts. */
const STATEMENTS = [
  `create table demand_observations (
    workload text not null,
    market text not null,
    observed_at timestamptz not null,
    demand double precision not null,
    primary key (workload, market, observed_at))`,
] as const;

/** Creates the table of demand by workload and market. */
export async function up(tx: Transaction<Schema>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(tx);
}
