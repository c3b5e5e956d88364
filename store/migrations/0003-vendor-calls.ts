import { sql, type Transaction } from 'kysely';
import type { Schema } from '../schema.ts';

/** What workers share about calls to vendors; what each column means is said in store/schema.ts. */
const STATEMENTS = [
  // Unlogged: written at every call, worth nothing after a crash, and a commit need not wait for the disk.
  `create unlogged table call_buckets (
    key text primary key,
    arrival_ms double precision not null default 0,
    share double precision not null default 1,
    share_at_ms double precision not null default 0,
    epoch int not null default 0,
    given int not null default 0,
    first_wait_ms double precision not null default 0,
    interval_ms double precision not null default 0)`,
  `create table call_figures (
    bucket text not null,
    region text not null,
    store text not null check (store in ('postgres', 'redis')),
    reserved bigint not null default 0,
    waited bigint not null default 0,
    waited_ms double precision not null default 0,
    refused bigint not null default 0,
    throttled bigint not null default 0,
    primary key (bucket, region, store))`,
  `create table circuits (
    provider text not null,
    region text not null,
    api text not null,
    worker text not null,
    state text not null check (state in ('closed', 'half-open', 'open')),
    changed_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    reason text,
    primary key (provider, region, api, worker))`,
] as const;

/** Adds the tables of limiter and circuit breakers. */
export async function up(tx: Transaction<Schema>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(tx);
}
