import { sql, type Transaction } from 'kysely';
import type { Schema } from '../schema.ts';

/** Some vendors count capacity in halves (Aurora Serverless v2), so what a person sets may be none of our whole floors. */
const STATEMENTS = [
  `alter table claims alter column floor_units type double precision`,
  `alter table claims alter column observed_units type double precision`,
] as const;

/** Widens the units of claims. */
export async function up(tx: Transaction<Schema>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(tx);
}
