import type { ColumnType, Generated } from 'kysely';

/** Timestamps are `timestamptz`; read as Date, written as Date or ISO text. */
type Timestamp = ColumnType<Date, Date | string, Date | string>;
type NullableTimestamp = ColumnType<Date | null, Date | string | null, Date | string | null>;
/** jsonb; written as JSON text. */
type Json<T> = ColumnType<T, string, string>;
type NullableJson<T> = ColumnType<T | null, string | null, string | null>;

/** A row per target (scaling target, record set or monitor object) that runs may change. */
export interface TargetRow {
  id: string;
  /** `scaling`, `record` or `monitor`. */
  kind: 'scaling' | 'record' | 'monitor';
  service: string;
  /** Declaration as imported with the fleet. */
  spec: Json<unknown>;
  /** False once a newer fleet no longer names it; kept while claims live. */
  declared: Generated<boolean>;
  /** Grows with every intent; the fence of our own writes. */
  generation: Generated<number>;
  /** Owned fields before our first unreleased claim; null when we owe nothing. */
  pre_state: NullableJson<unknown>;
  /** Owned fields last accepted by the vendor from us; tells a person's edit from ours. */
  last_applied: NullableJson<unknown>;
  lease_owner: string | null;
  lease_expires_at: NullableTimestamp;
}

/** One season or wedding day as accepted. */
export interface RunRow {
  id: string;
  kind: 'season' | 'weddingDay';
  workflow_id: string;
  hold_workflow_id: string;
  dry_run: boolean;
  principal: string;
  request: Json<unknown>;
  /** Plan named by the request (`planId`), or the one it made. */
  plan_id: string | null;
  status: string;
  hold_status: string | null;
  error: NullableJson<unknown>;
  /** Last journal seq of this stream. */
  seq: Generated<number>;
  /** Set when releasing began: no new claim after it. */
  closed_at: NullableTimestamp;
  /** Window in service time. */
  starts_at: Timestamp;
  ends_at: Timestamp;
  distribution: NullableJson<unknown>;
  requirements: NullableJson<unknown>;
  created_at: Generated<Date>;
  finished_at: NullableTimestamp;
}

/** Run R, step S needs target T at floor F from A until B; the undo log. Rows are never deleted. */
export interface ClaimRow {
  id: Generated<string>;
  /** A run id, or `system` for a person's value. */
  run_id: string;
  step: number;
  target_id: string;
  /** `floor` for scaling targets, `manual` for a person's value, `presence` for records and monitor objects. */
  kind: 'floor' | 'manual' | 'presence';
  floor_units: number;
  /** Owned fields a person set (manual claims only). */
  fields: NullableJson<unknown>;
  starts_at: Timestamp;
  ends_at: Timestamp;
  state: 'planned' | 'live' | 'released';
  /** The vendor refuses this floor for good (quota, maximum); it does not count. */
  unreachable: Generated<boolean>;
  /** The vendor has accepted a value at or above this floor. */
  accepted_at: NullableTimestamp;
  /** Serving units reached this floor. */
  settled_at: NullableTimestamp;
  observed_units: number | null;
  created_at: Generated<Date>;
  released_at: NullableTimestamp;
}

/** One vendor write, recorded before it is sent. */
export interface IntentRow {
  target_id: string;
  generation: number;
  run_id: string;
  /** UUID sent as requestId or client token. */
  key: string;
  direction: 'forward' | 'undo';
  seen: Json<unknown>;
  want: Json<unknown>;
  created_at: Generated<Date>;
  /** Null while unknown. */
  outcome: 'accepted' | 'refused' | 'superseded' | 'proven' | 'lapsed' | null;
  outcome_at: NullableTimestamp;
  detail: NullableJson<unknown>;
}

/** The one append-only record: phase changes, intents, outcomes, refusals. */
export interface JournalRow {
  /** A run id, or `system`. */
  stream: string;
  /** 1, 2, 3, ... without gaps per stream. */
  seq: number;
  at: Generated<Date>;
  kind: string;
  /** What it is about: a target id, a phase, a claim id; empty where it is the run itself. */
  key: string;
  body: Json<unknown>;
}

/** Last seq of the `system` stream and any other that has no run row. */
export interface StreamRow {
  id: string;
  seq: Generated<number>;
}

/** An immutable plan. */
export interface PlanRow {
  id: string;
  content: Json<unknown>;
  created_by_run: string;
  created_at: Generated<Date>;
  valid_until: Timestamp;
}

/** A wedding as booked. */
export interface BookingRow {
  id: string;
  market: string;
  starts_at: Timestamp;
  /** SHA-256 of the canonical JSON of the booking, for duplicates with other content. */
  content_hash: string;
  body: Json<unknown>;
  imported_at: Generated<Date>;
}

/** A load or business figure reported from outside. */
export interface ObservationRow {
  id: Generated<string>;
  /** Target id for loads, metric name for business metrics. */
  subject: string;
  value: number;
  /** When it was true, in service time. */
  observed_at: Timestamp;
  recorded_at: Generated<Date>;
}

/** Demand of a workload from a market as observed: the history that forecasts learn from. */
export interface DemandObservationRow {
  workload: string;
  market: string;
  /** When it was true, in service time; of one time the latest report counts. */
  observed_at: Timestamp;
  /** In the workload's unit per second. */
  demand: number;
}

/** What a step of a run's plan came to for one workload and the markets it serves together; replaced when known better. */
export interface HindsightTableRow {
  run_id: string;
  /** Null for the whole plan so far. */
  step: number | null;
  workload: string;
  /** Ids of the markets, sorted, joined by commas. */
  markets: string;
  /** Scores, or why there are none (domain/hindsight/hindsight.ts). */
  body: Json<unknown>;
  scored_at: Generated<Date>;
}

/** A list price read from a vendor; empty `engine` for a machine. */
export interface UnitPriceRow {
  provider: string;
  region: string;
  type: string;
  engine: string;
  usd_per_hour: number;
  spot_usd_per_hour: number | null;
  /** Day it was read, `YYYY-MM-DD`. */
  as_of: string;
  source: string;
}

/** One refresh of prices. */
export interface PriceRefreshRow {
  id: string;
  /** What was asked for; null for what the fleet in force leaves to be looked up. */
  things: NullableJson<unknown>;
  /** Null while it goes on. */
  outcome: NullableJson<unknown>;
  created_by: string;
  created_at: Generated<Date>;
  finished_at: NullableTimestamp;
}

/** One answered request per principal and key, kept 30 days. */
export interface IdempotencyRow {
  principal: string;
  key: string;
  request_hash: string;
  status: number;
  response: Json<unknown>;
  created_at: Generated<Date>;
}

/** The fleet in force; one row (`id` = 1). */
export interface FleetRow {
  id: number;
  body: Json<unknown>;
  hash: string;
  imported_at: Generated<Date>;
}

/** Hashed bearer keys. */
export interface ApiKeyRow {
  id: string;
  name: string;
  key_hash: string;
  /** What it is for (domain/scopes.ts); `*` is everything. */
  scopes: Generated<string[]>;
  created_at: Generated<Date>;
  revoked_at: NullableTimestamp;
}

/** A provider as it was connected; its credentials are in the vault. */
export interface IntegrationRow {
  id: string;
  provider: 'aws' | 'azure' | 'gcp' | 'kubernetes';
  /** For people. */
  name: string;
  regions: Json<readonly string[]>;
  /** What permissions are simulated on; empty for everything. */
  resource_arns: Json<readonly string[]>;
  credential_kind: 'role' | 'keys' | 'chain';
  /** One per provider is `connected`: the one whose credentials are used. */
  state: 'connecting' | 'connected' | 'refused' | 'replaced' | 'disconnected';
  /** Last test (domain/integration.ts); null before the first. */
  test: NullableJson<unknown>;
  tested_at: NullableTimestamp;
  created_by: string;
  created_at: Generated<Date>;
  ended_at: NullableTimestamp;
}

/** A look through a provider for what could be targets. Kept for a day. */
export interface DiscoveryRow {
  id: string;
  provider: 'aws' | 'azure' | 'gcp' | 'kubernetes';
  regions: Json<readonly string[]>;
  /** Key and value of the tag that decides. */
  tag: Json<unknown>;
  /** What was found (domain/discovery.ts); null while it goes on. */
  outcome: NullableJson<unknown>;
  created_by: string;
  created_at: Generated<Date>;
  finished_at: NullableTimestamp;
}

/** Credentials of an integration, sealed (store/vault.ts). */
export interface VaultRow {
  integration_id: string;
  /** Which key they are sealed with. */
  key_id: string;
  nonce: Buffer;
  ciphertext: Buffer;
  tag: Buffer;
  sealed_at: Generated<Date>;
}

/** Single values of the installation: clock anchor, state id. */
export interface SettingRow {
  name: string;
  value: Json<unknown>;
}

/** A token bucket all workers share (domain/call-buckets.ts); times are the database's, milliseconds of wall time. */
export interface CallBucketRow {
  key: string;
  /** Theoretical arrival time: when the bucket will be full again. */
  arrival_ms: Generated<number>;
  /** Share of the vendor's documented figures in use, 1 unless it throttled, and as of when. */
  share: Generated<number>;
  share_at_ms: Generated<number>;
  /** Grows when the vendor throttles; reservations of an earlier one are void. */
  epoch: Generated<number>;
  /** What the last reservation came to. */
  given: Generated<number>;
  first_wait_ms: Generated<number>;
  interval_ms: Generated<number>;
}

/** What the limiter has done since the installation began; only ever grows. */
export interface CallFigureRow {
  bucket: string;
  region: string;
  store: 'postgres' | 'redis';
  /** Turns reserved. */
  reserved: number;
  /** Those that were waited for, and how long in milliseconds of wall time. */
  waited: number;
  waited_ms: number;
  /** Turns too far away, so that nothing was reserved or sent. */
  refused: number;
  /** Calls the vendor refused for their rate. */
  throttled: number;
}

/** A circuit breaker as one worker has it. */
export interface CircuitRow {
  provider: string;
  region: string;
  api: string;
  /** Host and process id. */
  worker: string;
  state: 'closed' | 'half-open' | 'open';
  changed_at: Generated<Date>;
  /** Renewed while it is not closed; a worker that died stops renewing. */
  seen_at: Generated<Date>;
  /** Last failure that opened it. */
  reason: string | null;
}

/** Every table, for Kysely. */
export interface Schema {
  targets: TargetRow;
  runs: RunRow;
  claims: ClaimRow;
  intents: IntentRow;
  journal: JournalRow;
  streams: StreamRow;
  plans: PlanRow;
  bookings: BookingRow;
  observations: ObservationRow;
  demand_observations: DemandObservationRow;
  hindsight: HindsightTableRow;
  idempotency: IdempotencyRow;
  discoveries: DiscoveryRow;
  unit_prices: UnitPriceRow;
  price_refreshes: PriceRefreshRow;
  fleet: FleetRow;
  api_keys: ApiKeyRow;
  integrations: IntegrationRow;
  settings: SettingRow;
  call_buckets: CallBucketRow;
  call_figures: CallFigureRow;
  circuits: CircuitRow;
  vault: VaultRow;
}
