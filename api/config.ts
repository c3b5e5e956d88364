import { readFileSync } from 'node:fs';
import { z } from 'zod';
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

/** Keys of the environment the API reads; each with its meaning, unit and default in docs/configuration.md. */
const variables = z.object({
  ...temporalVariables.shape,
  ...vaultVariables.shape,
  ...vendorVariables.shape,
  ...logVariables.shape,
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// address' }),
  WEDSCALE_API_HOST: z.string().min(1).default('127.0.0.1'),
  WEDSCALE_API_PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  WEDSCALE_METRICS_OPEN: flag.optional(),
  WEDSCALE_WEB_UI_URL: z.url({ protocol: /^https?$/ }).optional(),
});

/** How the API runs. */
export interface ApiConfig {
  readonly databaseUrl: string;
  /** Default 127.0.0.1. */
  readonly host: string;
  /** Default 8080; 0 takes a free one. */
  readonly port: number;
  /** Whether `/metrics` answers without a key; default only when listening on loopback. */
  readonly metricsOpen: boolean;
  /** Address under which Temporal's Web UI shows a workflow by its id; null where there is none. */
  readonly webUiUrl: string | null;
  readonly environment: 'sandbox' | 'real';
  /** Service seconds per wall second; other than 1 only against the sandbox. */
  readonly timeScale: number;
  readonly logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug';
  readonly temporal: TemporalSettings;
  /** What credentials given to the service are sealed with; null where no key is configured. */
  readonly vaultKey: Uint8Array | null;
}

/** @throws Error that names every bad variable at once. */
export function readApiConfig(environment: Environment = process.env): ApiConfig {
  const values = parseEnvironment(variables, environment, scaleFaults);
  const webUi = values.WEDSCALE_WEB_UI_URL?.replace(/\/+$/, '');
  return {
    databaseUrl: values.DATABASE_URL,
    host: values.WEDSCALE_API_HOST,
    port: values.WEDSCALE_API_PORT,
    metricsOpen: values.WEDSCALE_METRICS_OPEN ?? isLoopback(values.WEDSCALE_API_HOST),
    webUiUrl: webUi ? `${webUi}/namespaces/${values.TEMPORAL_NAMESPACE}/workflows` : null,
    environment: values.WEDSCALE_REAL_VENDORS.length > 0 ? 'real' : 'sandbox',
    timeScale: values.WEDSCALE_TIME_SCALE,
    logLevel: values.WEDSCALE_LOG_LEVEL,
    temporal: temporalSettings(values, (path) => readFileSync(path)),
    vaultKey: vaultKey(values, (path) => readFileSync(path)),
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Lets this process, and those it starts, reach our own servers without a proxy; before anything connects. */
export function bypassProxies(environment: NodeJS.ProcessEnv = process.env): void {
  Object.assign(environment, proxyExceptions(environment));
}
