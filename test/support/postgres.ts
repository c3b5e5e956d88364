import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import pg from 'pg';
import { migrate, openDatabase } from '../../store/database.ts';
import type { Schema } from '../../store/schema.ts';

/** A database of its own on the run's one PostgreSQL, migrated and empty. */
export interface TestDatabase {
  readonly databaseUrl: string;
  readonly db: Kysely<Schema>;
  close(): Promise<void>;
}

/** Creates a fresh database. @throws Error when the global set-up has not started PostgreSQL. */
export async function testDatabase(): Promise<TestDatabase> {
  const server = process.env.WEDSCALE_TEST_POSTGRES;
  if (!server) throw new Error('WEDSCALE_TEST_POSTGRES is not set; run through npm test');
  const name = `test_${randomBytes(8).toString('hex')}`;
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const url = new URL(server);
  url.pathname = `/${name}`;
  const { db, close } = openDatabase(url.href);
  await migrate(db);
  return { databaseUrl: url.href, db, close };
}
