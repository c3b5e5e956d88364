import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import * as initial from './migrations/0001-initial.ts';
import * as fractionalUnits from './migrations/0002-fractional-units.ts';
import * as vendorCalls from './migrations/0003-vendor-calls.ts';
import * as vault from './migrations/0004-vault.ts';
import * as integrations from './migrations/0005-integrations.ts';
import * as discoveries from './migrations/0006-discoveries.ts';
import * as demandObservations from './migrations/0007-demand-observations.ts';
import * as hindsight from './migrations/0008-hindsight.ts';
import * as prices from './migrations/0009-prices.ts';
import type { Schema } from './schema.ts';

/** Any number; the same for every process, so that only one migrates at a time. */
const MIGRATION_LOCK = 20_261_124;

/** Forward-only, in order; a released one is never changed. */
const MIGRATIONS = [
  { name: '0001-initial', up: initial.up },
  { name: '0002-fractional-units', up: fractionalUnits.up },
  { name: '0003-vendor-calls', up: vendorCalls.up },
  { name: '0004-vault', up: vault.up },
  { name: '0005-integrations', up: integrations.up },
  { name: '0006-discoveries', up: discoveries.up },
  { name: '0007-demand-observations', up: demandObservations.up },
  { name: '0008-hindsight', up: hindsight.up },
  { name: '0009-prices', up: prices.up },
] as const;

/** A pool of connections and the way to close it. */
export interface Database {
  readonly db: Kysely<Schema>;
  close(): Promise<void>;
}

/**
 * Opens a pool. `int8` and `numeric` come back as numbers: every one of ours is far below 2^53.
 * @param options.maximumConnections default 20.
 */
export function openDatabase(
  databaseUrl: string,
  options: { readonly maximumConnections?: number } = {},
): Database {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, Number);
  types.setTypeParser(pg.types.builtins.NUMERIC, Number);
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: options.maximumConnections ?? 20,
    types,
  });
  // A broken idle connection is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  // The same for one in use: whoever waits for its query is told by that query.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  return { db, close: () => db.destroy() };
}

/** Why a database cannot be used at all, by the code of the driver or of PostgreSQL. */
const TROUBLES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it closed the connection',
  EHOSTUNREACH: 'no way leads to that host',
  ENETUNREACH: 'no way leads to that network',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  ETIMEDOUT: 'it does not answer',
  '28P01': 'it refuses the password',
  '28000': 'it refuses the user',
  '3D000': 'there is no such database',
};

/** Asks a database whether it can be used. @throws Error in words, with the variable it came from. */
export async function checkDatabase(databaseUrl: string): Promise<void> {
  const { db, close } = openDatabase(databaseUrl, { maximumConnections: 1 });
  try {
    await sql`select 1`.execute(db);
  } catch (error) {
    const { code = '', message } = error as { code?: string; message: string };
    const { host, pathname } = new URL(databaseUrl);
    throw new Error(
      `PostgreSQL at ${host}${pathname} (DATABASE_URL) cannot be used: ${TROUBLES[code] ?? message}. Start it or ` +
        'put DATABASE_URL right; without it "npm start" runs one of its own.',
      { cause: error },
    );
  } finally {
    await close();
  }
}

/** Applies what has not been applied, one process at a time. @returns the names applied by this call. */
export async function migrate(db: Kysely<Schema>): Promise<readonly string[]> {
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(tx);
    await sql`create table if not exists migrations (
      name text primary key, applied_at timestamptz not null default now())`.execute(tx);
    const known = await sql<{ name: string }>`select name from migrations`.execute(tx);
    const applied = new Set(known.rows.map((row) => row.name));
    const fresh = MIGRATIONS.filter((migration) => !applied.has(migration.name));
    for (const migration of fresh) {
      await migration.up(tx);
      await sql`insert into migrations (name) values (${migration.name})`.execute(tx);
    }
    return fresh.map((migration) => migration.name);
  });
}
