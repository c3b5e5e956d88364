import { sql, type Transaction } from 'kysely';
import type { Schema } from '../schema.ts';

/** Every table of the first release; what each column means is said in store/schema.ts. */
const STATEMENTS = [
  `create table fleet (
    id int primary key check (id = 1),
    body jsonb not null,
    hash text not null,
    imported_at timestamptz not null default now())`,
  `create table targets (
    id text primary key,
    kind text not null check (kind in ('scaling', 'record', 'monitor')),
    service text not null,
    spec jsonb not null,
    declared boolean not null default true,
    generation int not null default 0,
    pre_state jsonb,
    last_applied jsonb,
    lease_owner text,
    lease_expires_at timestamptz)`,
  `create table runs (
    id text primary key,
    kind text not null check (kind in ('season', 'weddingDay')),
    workflow_id text not null unique,
    hold_workflow_id text not null unique,
    dry_run boolean not null,
    principal text not null,
    request jsonb not null,
    plan_id text,
    status text not null,
    hold_status text,
    error jsonb,
    seq bigint not null default 0,
    closed_at timestamptz,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    distribution jsonb,
    requirements jsonb,
    created_at timestamptz not null default now(),
    finished_at timestamptz)`,
  `create index runs_created on runs (created_at desc)`,
  `create table claims (
    id uuid primary key default gen_random_uuid(),
    run_id text not null,
    step int not null,
    target_id text not null references targets (id),
    kind text not null check (kind in ('floor', 'manual', 'presence')),
    floor_units int not null check (floor_units >= 0),
    fields jsonb,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    state text not null check (state in ('planned', 'live', 'released')),
    unreachable boolean not null default false,
    accepted_at timestamptz,
    settled_at timestamptz,
    observed_units int,
    created_at timestamptz not null default now(),
    released_at timestamptz,
    unique (run_id, step, target_id))`,
  `create index claims_live on claims (target_id, floor_units desc) where state = 'live'`,
  `create table intents (
    target_id text not null references targets (id),
    generation int not null,
    run_id text not null,
    key uuid not null unique,
    direction text not null check (direction in ('forward', 'undo')),
    seen jsonb not null,
    want jsonb not null,
    created_at timestamptz not null default clock_timestamp(),
    outcome text check (outcome in ('accepted', 'refused', 'superseded', 'proven', 'lapsed')),
    outcome_at timestamptz,
    detail jsonb,
    primary key (target_id, generation))`,
  `create index intents_unknown on intents (target_id, generation) where outcome is null`,
  `create table streams (id text primary key, seq bigint not null default 0)`,
  `create table journal (
    stream text not null,
    seq bigint not null,
    at timestamptz not null default clock_timestamp(),
    kind text not null,
    key text not null,
    body jsonb not null,
    primary key (stream, seq))`,
  `create index journal_kind on journal (stream, kind, key)`,
  `create table plans (
    id text primary key,
    content jsonb not null,
    created_by_run text not null,
    created_at timestamptz not null default now(),
    valid_until timestamptz not null)`,
  `create table bookings (
    id text primary key,
    market text not null,
    starts_at timestamptz not null,
    content_hash text not null,
    body jsonb not null,
    imported_at timestamptz not null default now())`,
  `create index bookings_time on bookings (starts_at)`,
  `create table observations (
    id bigint generated always as identity primary key,
    subject text not null,
    value double precision not null,
    observed_at timestamptz not null,
    recorded_at timestamptz not null default now())`,
  `create index observations_subject on observations (subject, observed_at desc)`,
  `create table idempotency (
    principal text not null,
    key text not null,
    request_hash text not null,
    status int not null,
    response jsonb not null,
    created_at timestamptz not null default now(),
    primary key (principal, key))`,
  `create table api_keys (
    id text primary key,
    name text not null,
    key_hash text not null unique,
    created_at timestamptz not null default now(),
    revoked_at timestamptz)`,
  `create table settings (name text primary key, value jsonb not null)`,
  // The undo log and the audit cannot be thinned out by a slip of ours.
  `create function refuse_change() returns trigger language plpgsql as $$
    begin raise exception '% on % is not allowed: the table is append-only', tg_op, tg_table_name; end $$`,
  `create trigger claims_kept before delete on claims
    for each statement execute function refuse_change()`,
  `create trigger journal_kept before update or delete on journal
    for each statement execute function refuse_change()`,
] as const;

/** Creates the schema. */
export async function up(tx: Transaction<Schema>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(tx);
}
