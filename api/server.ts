import { type Logger, pino } from 'pino';
import { Registry } from 'prom-client';
import { createFirstApiKey } from '../store/api-keys.ts';
import { checkDatabase, migrate, openDatabase } from '../store/database.ts';
import { getOrCreateClock } from '../store/settings.ts';
import { createVault } from '../store/vault.ts';
import { buildApp } from './app.ts';
import { type ApiConfig, bypassProxies, readApiConfig } from './config.ts';
import { startSweeper } from './sweeper.ts';
import { connectTemporal } from './temporal-client.ts';

/** A running API. */
export interface ApiServer {
  /** Where it listens, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Only at the very first start of an installation; it cannot be shown again. */
  readonly firstApiKey: string | null;
  /** Stops listening, ends event streams, closes its connections. */
  close(): Promise<void>;
}

/** What a caller in the same process may share with the API. */
export interface ApiServerOptions {
  readonly log?: Logger;
  /** Other parts add their metrics here; `/metrics` shows them. */
  readonly metrics?: Registry;
}

/**
 * Connects, migrates, listens and sweeps. Temporal need not be up: `/readyz` says so until it is.
 * @throws Error in words when the database cannot be reached or the port is taken.
 */
export async function startApi(config: ApiConfig, options: ApiServerOptions = {}): Promise<ApiServer> {
  const log = options.log ?? pino({ level: config.logLevel }, pino.destination(2));
  const { db, close: closeDatabase } = openDatabase(config.databaseUrl);
  const closers: (() => Promise<unknown>)[] = [closeDatabase];
  const close = async () => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  try {
    await checkDatabase(config.databaseUrl);
    await migrate(db);
    const firstApiKey = await createFirstApiKey(db);
    const temporal = connectTemporal(config.temporal);
    closers.push(temporal.close);
    const deps = {
      db,
      temporal: temporal.gateway,
      clock: await getOrCreateClock(db, config.timeScale),
      log,
      environment: config.environment,
      vault: config.vaultKey && createVault(config.vaultKey),
      webUiUrl: config.webUiUrl,
      metrics: options.metrics ?? new Registry(),
      metricsOpen: config.metricsOpen,
    };
    const app = await buildApp(deps);
    closers.push(() => app.close());
    const url = await app.listen({ host: config.host, port: config.port });
    closers.push(startSweeper(deps));
    return { url, firstApiKey, close };
  } catch (error) {
    await close();
    throw inWords(error, config);
  }
}

function inWords(error: unknown, { host, port }: ApiConfig): Error {
  const { code } = error as { code?: string };
  const cause = { cause: error };
  if (code === 'EADDRINUSE') {
    const advice = 'stop what listens there, or set WEDSCALE_API_PORT to another port (0 takes a free one)';
    return new Error(`Port ${port} on ${host} is taken: ${advice}.`, cause);
  }
  if (code === 'EACCES') return new Error(`Port ${port} on ${host} may not be used by this user.`, cause);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new Error(`WEDSCALE_API_HOST ${host} is not an address of this machine.`, cause);
  }
  return error instanceof Error ? error : new Error(String(error));
}

async function run(): Promise<void> {
  bypassProxies();
  const server = await startApi(readApiConfig());
  // One line for a program that started us, then words for a person.
  console.log(JSON.stringify({ event: 'api-ready', url: server.url }));
  console.error(`WedSync Scale API at ${server.url} (reference: ${server.url}/docs)`);
  if (server.firstApiKey) console.error(`First API key, shown only this once: ${server.firstApiKey}`);
  const stop = () => {
    void server.close().finally(() => process.exit());
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // A supervisor that started us is the other end of stdin; when it is gone, so are we.
  if (process.argv.includes('--stop-with-parent')) process.stdin.on('end', stop).resume();
}

if (import.meta.main) {
  await run().catch((error: Error) => {
    console.error(error.message);
    process.exit(1);
  });
}
