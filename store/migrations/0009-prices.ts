import { sql, type Transaction } from 'kysely';
import type { Schema } from '../schema.ts';

/** Prices read from vendors, and refreshes of them; what each column means is said in store/schema.ts. */
const STATEMENTS = [
  `create table unit_prices (
    provider text not null,
    region text not null,
    type text not null,
    engine text not null default '',
    usd_per_hour double precision not null,
    spot_usd_per_hour double precision,
    as_of text not null,
    source text not null,
    primary key (provider, region, type, engine))`,
  `create table price_refreshes (
    id text primary key,
    things jsonb,
    outcome jsonb,
    created_by text not null,
    created_at timestamptz not null default now(),
    finished_at timestamptz)`,
] as const;

/** Creates the tables of prices. */
export async function up(tx: Transaction<Schema>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(tx);
}
