import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Patience } from '../activities/dependencies.ts';
import {
  type Environment,
  flag,
  logVariables,
  parseEnvironment,
  proxyExceptions,
  scaleFaults,
  type TemporalSettings,
  temporalSettings,
  temporalVariables,
  vaultKey,
  vaultVariables,
  vendorVariables,
} from '../domain/environment.ts';
import { ORCHESTRATION_QUEUE, PROVIDERS_QUEUE } from '../domain/names.ts';
import type { VendorSettings } from './connections.ts';

const address = z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).optional();
const postgres = z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// address' });
const milliseconds = z.coerce.number().int().min(1).optional();

const shared = {
  ...temporalVariables.shape,
  ...vaultVariables.shape,
  ...vendorVariables.shape,
  ...logVariables.shape,
} as const;

/** A worker's own; `npm start` checks them too, before it starts anything that would take long to refuse them. */
const workerOwn = {
  DATADOG_API_KEY: z.string().min(1).optional(),
  DATADOG_APP_KEY: z.string().min(1).optional(),
  PROMETHEUS_ENDPOINT: address,
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// or rediss:// address' }).optional(),
  WEDSCALE_AWS_ENDPOINT: address,
  WEDSCALE_AZURE_ENDPOINT: address,
  WEDSCALE_DATADOG_ENDPOINT: address,
  WEDSCALE_GCP_ENDPOINT: address,
  WEDSCALE_KUBERNETES_ENDPOINT: address,
  WEDSCALE_LEASE_MS: milliseconds,
  WEDSCALE_LONGEST_VENDOR_DELAY_MS: milliseconds,
  WEDSCALE_QUEUES: z
    .string()
    .default(`${ORCHESTRATION_QUEUE},${PROVIDERS_QUEUE}`)
    .transform((text) => text.split(',').map((name) => name.trim())),
  WEDSCALE_SANDBOX_URL: address,
  WEDSCALE_TURN_WAIT_MS: milliseconds,
  WEDSCALE_VENDOR_CALL_TIMEOUT_MS: milliseconds,
} as const;

/** Variables of a worker; each with its meaning, unit and default in docs/configuration.md. */
const workerVariables = z.object({ ...shared, ...workerOwn, DATABASE_URL: postgres });

/** How a worker runs. */
export interface WorkerConfig {
  readonly databaseUrl: string;
  /** Shared buckets and cache of all workers; absent: PostgreSQL has the buckets, each worker its own cache. */
  readonly redisUrl: string | undefined;
  /** A call whose turn is further away is not waited for inside of the worker, in milliseconds of wall time. */
  readonly longestTurnWaitMs: number;
  readonly temporal: TemporalSettings;
  readonly vendors: VendorSettings;
  /** Control address of the sandbox; absent where vendors are real. */
  readonly sandboxUrl: string | undefined;
  /** Service seconds per wall second; other than 1 only against the sandbox. */
  readonly timeScale: number;
  readonly queues: readonly string[];
  readonly patience: Patience;
  readonly prometheusEndpoint: string | undefined;
  readonly datadogApiKey: string | undefined;
  readonly datadogAppKey: string | undefined;
  /** What credentials given to the service are sealed with; null where no key is configured. */
  readonly vaultKey: Uint8Array | null;
  readonly logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug';
}

/** @throws Error that names every bad variable at once. */
export function readWorkerConfig(environment: Environment = process.env): WorkerConfig {
  const values = parseEnvironment(workerVariables, environment, (found) => [
    ...scaleFaults(found),
    ...sandboxFaults(found),
  ]);
  const endpoints = {
    aws: values.WEDSCALE_AWS_ENDPOINT,
    azure: values.WEDSCALE_AZURE_ENDPOINT,
    datadog: values.WEDSCALE_DATADOG_ENDPOINT,
    gcp: values.WEDSCALE_GCP_ENDPOINT,
    kubernetes: values.WEDSCALE_KUBERNETES_ENDPOINT,
  };
  return {
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    longestTurnWaitMs: turnWaitMs(values),
    temporal: temporalSettings(values, (path) => readFileSync(path)),
    vendors: {
      realVendors: values.WEDSCALE_REAL_VENDORS,
      endpoints: Object.fromEntries(Object.entries(endpoints).filter(([, url]) => url !== undefined)),
    },
    sandboxUrl: values.WEDSCALE_SANDBOX_URL,
    timeScale: values.WEDSCALE_TIME_SCALE,
    queues: values.WEDSCALE_QUEUES,
    patience: patienceOf(values),
    prometheusEndpoint: values.PROMETHEUS_ENDPOINT,
    datadogApiKey: values.DATADOG_API_KEY,
    datadogAppKey: values.DATADOG_APP_KEY,
    vaultKey: vaultKey(values, (path) => readFileSync(path)),
    logLevel: values.WEDSCALE_LOG_LEVEL,
  };
}

function sandboxFaults(values: z.output<typeof workerVariables>): readonly string[] {
  if (values.WEDSCALE_REAL_VENDORS.length > 0 || values.WEDSCALE_SANDBOX_URL) return [];
  return [
    'WEDSCALE_SANDBOX_URL: must be set while WEDSCALE_REAL_VENDORS is empty: a service is all real or all sandbox',
  ];
}

/**
 * A call that waits for its turn keeps one of a worker's slots from others, so most of a long queue waits in
 * Temporal instead, which costs nothing.
 */
function turnWaitMs(values: z.output<typeof workerVariables>): number {
  return values.WEDSCALE_TURN_WAIT_MS ?? 15_000;
}

/** An unknown write to the sandbox can land after seconds, to a cloud after minutes. */
function patienceOf(values: z.output<typeof workerVariables>): Patience {
  const real = values.WEDSCALE_REAL_VENDORS.length > 0;
  const vendorCallTimeoutMs = values.WEDSCALE_VENDOR_CALL_TIMEOUT_MS ?? (real ? 20_000 : 5_000);
  return {
    // A lease covers a read and a write; each may first wait for its turn, which its own time-out does not count.
    leaseMs: values.WEDSCALE_LEASE_MS ?? 20_000 + 2 * (turnWaitMs(values) + vendorCallTimeoutMs),
    vendorCallTimeoutMs,
    longestVendorDelayMs: values.WEDSCALE_LONGEST_VENDOR_DELAY_MS ?? (real ? 180_000 : 10_000),
    oldAnswerMs: real ? 30_000 : 1_000,
    pollMs: 15_000,
    recheckMs: 5 * 60_000,
    undoNoticeMs: 60 * 60_000,
  };
}

/** Those of every part, since it starts them all. */
const allVariables = z.object({
  ...shared,
  ...workerOwn,
  DATABASE_URL: postgres.optional(),
  HOME: z.string().optional(),
  WEDSCALE_API_HOST: z.string().min(1).default('127.0.0.1'),
  WEDSCALE_API_PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  WEDSCALE_CACHE_DIR: z.string().min(1).optional(),
  WEDSCALE_METRICS_OPEN: flag.optional(),
  WEDSCALE_SANDBOX_PORT: z.coerce.number().int().min(0).max(65_530).optional(),
  WEDSCALE_STATE_DIR: z.string().min(1).optional(),
  WEDSCALE_WEB_UI_URL: address,
  XDG_CACHE_HOME: z.string().min(1).optional(),
  XDG_STATE_HOME: z.string().min(1).optional(),
});

/** How everything on one machine runs. */
export interface AllConfig {
  /** Given servers; absent means embedded ones. */
  readonly databaseUrl: string | undefined;
  readonly temporalAddress: string | undefined;
  readonly temporalNamespace: string;
  readonly webUiUrl: string | undefined;
  readonly stateDirectory: string;
  readonly cacheDirectory: string;
  readonly apiHost: string;
  readonly apiPort: number;
  readonly timeScale: number;
  readonly sandbox: boolean;
  /** Whether the parts are given a key for stored credentials; else one is kept in the state directory. */
  readonly hasVaultKey: boolean;
  readonly logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug';
  /** Passed on to the parts, which read their own variables from it. */
  readonly environment: Environment;
}

/** @throws Error that names every bad variable at once. */
export function readAllConfig(environment: Environment = process.env): AllConfig {
  const values = parseEnvironment(allVariables, environment, scaleFaults);
  const home = values.HOME ?? homedir();
  return {
    databaseUrl: values.DATABASE_URL,
    temporalAddress: values.TEMPORAL_ADDRESS,
    temporalNamespace: values.TEMPORAL_NAMESPACE,
    webUiUrl: values.WEDSCALE_WEB_UI_URL,
    stateDirectory: values.WEDSCALE_STATE_DIR ?? defaultStateDirectory(values.XDG_STATE_HOME, home),
    cacheDirectory:
      values.WEDSCALE_CACHE_DIR ?? join(values.XDG_CACHE_HOME ?? join(home, '.cache'), 'wedscale'),
    apiHost: values.WEDSCALE_API_HOST,
    apiPort: values.WEDSCALE_API_PORT,
    timeScale: values.WEDSCALE_TIME_SCALE,
    sandbox: values.WEDSCALE_REAL_VENDORS.length === 0,
    hasVaultKey: Boolean(values.WEDSCALE_VAULT_KEY ?? values.WEDSCALE_VAULT_KEY_FILE),
    logLevel: values.WEDSCALE_LOG_LEVEL,
    environment,
  };
}

/** Root's home is closed to the user PostgreSQL runs as. */
function defaultStateDirectory(stateHome: string | undefined, home: string): string {
  if (process.getuid?.() === 0) return '/var/lib/wedscale';
  return join(stateHome ?? join(home, '.local', 'state'), 'wedscale');
}

/** Namespace and connection alone, for what needs nothing else. @throws Error that names every bad variable. */
export function readTemporalSettings(environment: Environment): TemporalSettings {
  return temporalSettings(parseEnvironment(temporalVariables, environment), (path) => readFileSync(path));
}

/** What preparing a release needs. @throws Error that names every bad variable at once. */
export function readPrepareConfig(environment: Environment = process.env): {
  readonly databaseUrl: string;
  readonly temporal: TemporalSettings;
} {
  const variables = z.object({ ...temporalVariables.shape, DATABASE_URL: postgres });
  const values = parseEnvironment(variables, environment);
  return {
    databaseUrl: values.DATABASE_URL,
    temporal: temporalSettings(values, (path) => readFileSync(path)),
  };
}

/** Lets this process, and those it starts, reach our own servers without a proxy; before anything connects. */
export function bypassProxies(environment: NodeJS.ProcessEnv = process.env): void {
  Object.assign(environment, proxyExceptions(environment, [environment.WEDSCALE_SANDBOX_URL]));
}
