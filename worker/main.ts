import { Client, Connection, type ConnectionOptions, WorkflowNotFoundError } from '@temporalio/client';
import { NativeConnection, type NativeConnectionOptions, Runtime } from '@temporalio/worker';
import { type Logger, pino } from 'pino';
import { createActivities } from '../activities/activities.ts';
import { createAdapters } from '../activities/adapters.ts';
import { withStoredCredentials } from '../activities/connections/stored-credentials.ts';
import type { ActivityDependencies } from '../activities/dependencies.ts';
import { checkDatabase, openDatabase } from '../store/database.ts';
import { getOrCreateClock } from '../store/settings.ts';
import { createVault } from '../store/vault.ts';
import { STOP_WITH_PARENT } from './child-process.ts';
import { bypassProxies, readWorkerConfig, type WorkerConfig } from './config.ts';
import { environmentOf, type SandboxAddresses, vendorConnections } from './connections.ts';
import { diesWithParent } from './dies-with-parent.ts';
import { openVendorCalls } from './vendor-calls.ts';
import { bundleWorkflows, createWorkers, type WorkerOptions } from './worker.ts';
import { workflowBundleFrom } from './workflow-bundle.ts';

/** A running worker process. */
export interface WorkerProcess {
  /** Resolves when it has stopped; rejects when it failed. */
  readonly done: Promise<void>;
  /** Stops taking tasks and lets those under way finish. */
  stop(): void;
}

/** Connects to everything and starts polling. @throws Error in words when something cannot be reached. */
export async function startWorker(
  config: WorkerConfig,
  log: Logger,
  options: Pick<WorkerOptions, 'activityInterceptors'> = {},
): Promise<WorkerProcess> {
  await checkDatabase(config.databaseUrl);
  const database = openDatabase(config.databaseUrl);
  const [connection, clientConnection, sandbox, bundle, calls] = await Promise.all([
    NativeConnection.connect(config.temporal.connection as NativeConnectionOptions),
    Connection.connect(config.temporal.connection as ConnectionOptions),
    sandboxAddresses(config),
    workflowBundleFrom(bundleWorkflows),
    openVendorCalls({ ...config, db: database.db, log }),
  ]);
  const { namespace } = config.temporal;
  const identity = `wedscale-${process.pid}`;
  const client = new Client({ connection: clientConnection, namespace });
  const vault = config.vaultKey && createVault(config.vaultKey);
  const configured = vendorConnections(config.vendors, sandbox);
  const connections = withStoredCredentials(configured, database.db, vault);
  const deps: ActivityDependencies = {
    db: database.db,
    adapters: createAdapters({
      connections,
      timeScale: config.timeScale,
      credentials: { datadogApiKey: config.datadogApiKey, datadogAppKey: config.datadogAppKey },
      log,
      guard: calls.guard,
      cache: calls.cache,
    }),
    clock: await getOrCreateClock(database.db, config.timeScale),
    patience: config.patience,
    workflowState: (workflowId) => workflowState(client, workflowId),
    prometheusEndpoint: config.prometheusEndpoint,
    identity,
    log,
  };
  const workers = await createWorkers({
    connection,
    namespace,
    bundle,
    activities: createActivities(deps, { connections, vault, guard: calls.guard }),
    timeScale: config.timeScale,
    queues: config.queues,
    identity,
    ...options,
  });
  const running = workers.map((worker) => worker.run());
  const done = Promise.all(running).then(async () => {
    await connection.close();
    await clientConnection.close();
    await calls.close();
    await database.close();
  });
  const stop = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  // One queue that failed must not leave the other polling on its own.
  for (const run of running) run.catch(stop);
  return { done, stop };
}

/** Whether a workflow has closed; a question that failed, or found nothing, is not "closed". */
async function workflowState(client: Client, workflowId: string): Promise<'running' | 'closed' | 'unknown'> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING' ? 'running' : 'closed';
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    return 'unknown';
  }
}

/** Vendors' endpoints, on the sandbox's host as it is reached from here. */
async function sandboxAddresses(config: WorkerConfig): Promise<SandboxAddresses | null> {
  if (config.sandboxUrl === undefined) return null;
  const response = await fetch(new URL('/healthz', config.sandboxUrl), {
    signal: AbortSignal.timeout(10_000),
  }).catch((error: Error) => {
    const { message } = (error.cause as Error | undefined) ?? error;
    throw new Error(
      `The sandbox at ${config.sandboxUrl} (WEDSCALE_SANDBOX_URL) cannot be reached (${message}).`,
      { cause: error },
    );
  });
  if (!response.ok) throw new Error(`the sandbox at ${config.sandboxUrl} answered ${response.status}`);
  const { ports } = (await response.json()) as { ports: Readonly<Record<string, number>> };
  const { protocol, hostname } = new URL(config.sandboxUrl);
  const addresses = Object.entries(ports).map(([name, port]) => [name, `${protocol}//${hostname}:${port}`]);
  return Object.fromEntries(addresses) as SandboxAddresses;
}

async function run(): Promise<void> {
  bypassProxies();
  const config = readWorkerConfig();
  const log = pino(
    { level: config.logLevel, base: { part: 'worker', pid: process.pid } },
    pino.destination(2),
  );
  Runtime.install({ logger: forTemporal(log), shutdownSignals: [] });
  // gax clients reject a second time after an error that was handled; it must not end the process.
  process.on('unhandledRejection', (reason) => log.error({ err: reason }, 'unhandled rejection'));
  const worker = await startWorker(config, log);
  process.once('SIGTERM', worker.stop);
  process.once('SIGINT', worker.stop);
  // With the supervisor go the servers: nothing under way could be finished, and any line is a fine one to die at.
  if (process.argv.includes(STOP_WITH_PARENT)) diesWithParent(() => process.exit(1));
  log.info({ environment: environmentOf(config.vendors), queues: config.queues }, 'worker is ready');
  console.log(JSON.stringify({ event: 'worker-ready', pid: process.pid }));
  await worker.done;
  // Vendors' clients keep connections open that would hold the process for their idle time.
  process.exit();
}

/** The SDK's own words go to the same log. */
function forTemporal(log: Logger) {
  const at =
    (level: 'trace' | 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, meta?: Record<string, unknown>) =>
      log[level](meta ?? {}, message);
  return {
    log: (level: string, message: string, meta?: Record<string, unknown>) =>
      log[level.toLowerCase() as 'info'](meta ?? {}, message),
    trace: at('trace'),
    debug: at('debug'),
    // A start says dozens of lines an operator has no use for.
    info: at('debug'),
    warn: at('warn'),
    error: at('error'),
  };
}

if (import.meta.main) {
  await run().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
