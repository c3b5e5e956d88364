import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { ServiceClock } from '../domain/clock.ts';
import type { Monitor } from '../domain/monitor.ts';
import type { Scaler, TrafficRouter } from '../domain/scaler.ts';
import type { Schema } from '../store/schema.ts';
import type { Vault } from '../store/vault.ts';
import type { Guarded } from './calls/call-guard.ts';
import type { Connections } from './connections/stored-credentials.ts';

/** Loads an implementation at first use, so that an SDK costs nothing where its provider is not used. */
export interface Adapters {
  /** @throws ProviderError `InvalidTarget` for a service no release knows. */
  scaler(service: string): Promise<Scaler>;
  router(service: string): Promise<TrafficRouter>;
  monitor(platform: string): Promise<Monitor>;
}

/** How patient the service is; every value has a default in worker/config.ts. */
export interface Patience {
  /**
   * How long a target stays ours for one write, by the database clock, in milliseconds of wall time. Begun anew
   * with the intent, so it has to outlive one wait for a turn and one call.
   */
  readonly leaseMs: number;
  /**
   * One vendor call is aborted after this, in milliseconds of wall time, what it waited for its turn not counted;
   * both together well below `leaseMs`.
   */
  readonly vendorCallTimeoutMs: number;
  /** After this an unknown write can no longer land, in milliseconds of wall time. */
  readonly longestVendorDelayMs: number;
  /** For so long after a write was taken, a read may still answer what stood before it; wall milliseconds. */
  readonly oldAnswerMs: number;
  /** Longest pause between two looks at a moving resource, in milliseconds of service time. */
  readonly pollMs: number;
  /** How often a hold re-reads its targets, in milliseconds of service time. */
  readonly recheckMs: number;
  /** How long an undo works before a person is told what remains, in milliseconds of service time. */
  readonly undoNoticeMs: number;
}

/** Everything an activity may use of the outside world. */
export interface ActivityDependencies {
  readonly db: Kysely<Schema>;
  readonly adapters: Adapters;
  readonly clock: ServiceClock;
  readonly patience: Patience;
  /** Whether a workflow is known to have closed; `unknown` when it could not be asked or found. */
  readonly workflowState: (workflowId: string) => Promise<'running' | 'closed' | 'unknown'>;
  /** Prometheus server for targets whose load source is a query; absent where none is configured. */
  readonly prometheusEndpoint?: string | undefined;
  /** Name of this worker process, as Temporal and the journal have it. */
  readonly identity: string;
  readonly log: Logger;
}

/** Vendors as configuration reaches them, for what tests a connection rather than uses it. */
export interface VendorAccess extends Guarded {
  readonly connections: Connections;
  /** Opens stored credentials; null where this process has no key. */
  readonly vault: Vault | null;
}

/** Service time now, in milliseconds since the epoch. */
export function serviceNowMs(deps: Pick<ActivityDependencies, 'clock'>): number {
  return deps.clock.anchorMs + (Date.now() - deps.clock.anchorMs) * deps.clock.scale;
}

/** Longest single wait a workflow is told, in milliseconds of wall time. */
const LONGEST_WAIT_MS = 60 * 60_000;

/** Wall milliseconds for a stretch of service time, at least a moment and at most an hour. */
export function wallWaitMs(deps: Pick<ActivityDependencies, 'clock'>, serviceMs: number): number {
  return Math.min(LONGEST_WAIT_MS, Math.max(50, Math.ceil(serviceMs / deps.clock.scale)));
}
