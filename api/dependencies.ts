import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { ServiceClock } from '../domain/clock.ts';
import type { Schema } from '../store/schema.ts';
import type { Vault } from '../store/vault.ts';
import type { TemporalGateway } from './temporal.ts';

/** Everything the API is built from; server.ts makes the real ones, tests their own. */
export interface ApiDeps {
  readonly db: Kysely<Schema>;
  readonly temporal: TemporalGateway;
  readonly clock: ServiceClock;
  readonly log: Logger;
  /** `sandbox` when no real provider can be reached from here; said in every report. */
  readonly environment: 'sandbox' | 'real';
  /** Seals credentials; null where no key is configured, and then none are taken. */
  readonly vault: Vault | null;
  /** Temporal's Web UI for a person's browser; null where there is none. */
  readonly webUiUrl: string | null;
  /** Other parts add their gauges to the same registry; `/metrics` shows all of it. */
  readonly metrics: Registry;
  /** Whether `/metrics` answers without a key. */
  readonly metricsOpen: boolean;
}

/** Service time now, in milliseconds since the epoch. */
export function serviceNowMs({ clock }: Pick<ApiDeps, 'clock'>): number {
  return clock.anchorMs + (Date.now() - clock.anchorMs) * clock.scale;
}
