import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Logger, pino } from 'pino';
import { createApiKey, createFirstApiKey } from '../store/api-keys.ts';
import { openDatabase } from '../store/database.ts';
import { getOrCreateClock } from '../store/settings.ts';
import { type Part, startPart } from './child-process.ts';
import { type AllConfig, bypassProxies, readTemporalSettings } from './config.ts';
import { diesWithParent } from './dies-with-parent.ts';
import { freePort } from './embedded/free-port.ts';
import { type Infrastructure, startInfrastructure } from './embedded/infrastructure.ts';
import { vaultKeyFile } from './embedded/vault-key.ts';
import { sandboxWorld } from './sandbox-world.ts';
import { registerSearchAttributes } from './search-attributes.ts';
import { readStartOptions, START_HELP, type StartOptions } from './start-options.ts';
import { createReporter, type Reporter } from './start-reporter.ts';

/** Sandbox addresses as its ready line gives them. */
type SandboxReady = Readonly<Record<string, string>> & { readonly control: string };

/** The same, and whether it goes on with the world of an earlier start. */
type SandboxStart = { readonly restored: boolean; readonly addresses: SandboxReady };

const root = (file: string) => fileURLToPath(new URL(`../${file}`, import.meta.url));

/** Everything for one machine; started in order, stopped in reverse. */
class Service {
  private readonly stops: { readonly name: string; stop(): Promise<void> }[] = [];
  private readonly config: AllConfig;
  private readonly options: StartOptions;
  private readonly reporter: Reporter;
  private readonly log: Logger;
  private stopping = false;

  constructor(options: StartOptions, reporter: Reporter, log: Logger) {
    this.config = options.config;
    this.options = options;
    this.reporter = reporter;
    this.log = log;
  }

  async start(): Promise<void> {
    const { config, options, reporter } = this;
    reporter.progress(
      config.sandbox ? 'environment: sandbox, nothing real can be reached' : 'environment: REAL',
    );
    // What it keeps lies in the state directory, which is ours only once the servers have locked it.
    const beside = config.sandbox && options.throwaway ? this.startSandbox() : null;
    // Awaited below; a failure must not be reported as unhandled while the servers start.
    beside?.catch(() => undefined);
    const infrastructure = await this.startServers();
    const started = config.sandbox ? await (beside ?? this.startSandbox()) : null;
    const firstKey = await this.prepareDatabase(infrastructure, started);
    const sandbox = started?.addresses ?? null;
    const env = this.partEnvironment(infrastructure, sandbox);
    const workers = await Promise.all(
      Array.from({ length: options.workers }, (_, i) => this.startWorker(i, env)),
    );
    const api = await this.startApi(env);
    reporter.ready({
      environment: config.sandbox ? 'sandbox' : 'real',
      api: { url: api.url, key: firstKey },
      temporal: { address: infrastructure.temporalAddress, webUiUrl: infrastructure.webUiUrl },
      databaseUrl: infrastructure.databaseUrl,
      sandbox,
      pids: {
        ...infrastructure.pids(),
        api: api.part.pid() ?? null,
        workers: workers.map((worker) => worker.pid() ?? null),
      },
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    const latestFirst = this.stops.splice(0).reverse();
    // Workers finish what they are at: one after another they would take as many times as long.
    const together = Map.groupBy(latestFirst, ({ name }) => (name.startsWith('worker ') ? 'workers' : name));
    for (const parts of together.values()) await Promise.all(parts.map((part) => this.stopPart(part)));
  }

  private async stopPart({ name, stop }: { readonly name: string; stop(): Promise<void> }): Promise<void> {
    const fromMs = Date.now();
    await stop();
    this.log.info({ part: name, ms: Date.now() - fromMs }, 'stopped');
  }

  private async startServers(): Promise<Infrastructure> {
    const { config, options, reporter, log } = this;
    const infrastructure = await startInfrastructure({
      stateDirectory: options.stateDirectory,
      throwaway: options.throwaway,
      databaseUrl: config.databaseUrl,
      temporalAddress: config.temporalAddress,
      webUiUrl: config.webUiUrl,
      webUiPort: options.webUiPort,
      environment: config.environment,
      cacheDirectory: config.cacheDirectory,
      progress: reporter.progress,
      log,
    });
    this.stops.push({ name: 'PostgreSQL and Temporal', stop: infrastructure.stop });
    return infrastructure;
  }

  private async startSandbox(): Promise<SandboxStart> {
    const part = this.part(
      'sandbox',
      'sandbox/main.ts',
      {
        WEDSCALE_TIME_SCALE: String(this.config.timeScale),
        WEDSCALE_SANDBOX_PORT: this.config.environment.WEDSCALE_SANDBOX_PORT,
        ...(!this.options.throwaway && {
          WEDSCALE_SANDBOX_STATE_FILE: join(this.options.stateDirectory, 'sandbox.bin'),
        }),
      },
      false,
    );
    const { restored, ...rest } = await part.first('sandbox-ready');
    const addresses = rest as unknown as SandboxReady;
    this.reporter.progress(
      `sandbox is up${restored ? ' with the world it had' : ''}, control at ${addresses.control}`,
    );
    return { restored: restored === true, addresses };
  }

  /** Anchors the clock, gives it to the sandbox, loads its world, makes the first key. */
  private async prepareDatabase(
    { databaseUrl }: Infrastructure,
    started: SandboxStart | null,
  ): Promise<string | null> {
    const database = openDatabase(databaseUrl, { maximumConnections: 2 });
    try {
      const clock = await getOrCreateClock(database.db, this.config.timeScale);
      if (started) {
        const { control } = started.addresses;
        await send(control, 'POST', '/clock', clock);
        const { fleet, instant } = this.options;
        if (fleet) {
          // What the sandbox kept from an earlier start stays, as it would at a cloud.
          const [method, path] = started.restored
            ? (['PATCH', '/world?keep=existing'] as const)
            : (['PUT', '/world'] as const);
          await send(control, method, path, sandboxWorld(fleet, instant));
        }
      }
      if (this.config.temporalAddress)
        await registerSearchAttributes(readTemporalSettings(this.config.environment));
      const key = this.options.newKey
        ? (await createApiKey(database.db, 'npm start', ['*'])).key
        : await createFirstApiKey(database.db);
      if (key !== null) this.reporter.firstKey(key);
      return key;
    } finally {
      await database.close();
    }
  }

  private partEnvironment(infrastructure: Infrastructure, sandbox: SandboxReady | null) {
    return {
      ...this.config.environment,
      DATABASE_URL: infrastructure.databaseUrl,
      TEMPORAL_ADDRESS: infrastructure.temporalAddress,
      WEDSCALE_TIME_SCALE: String(this.config.timeScale),
      ...(infrastructure.webUiUrl && { WEDSCALE_WEB_UI_URL: infrastructure.webUiUrl }),
      ...(sandbox && { WEDSCALE_SANDBOX_URL: sandbox.control }),
      ...(!this.config.hasVaultKey && {
        WEDSCALE_VAULT_KEY_FILE: vaultKeyFile(this.options.stateDirectory),
      }),
    };
  }

  private async startWorker(index: number, env: Readonly<Record<string, string | undefined>>): Promise<Part> {
    const part = this.part(`worker ${index + 1}`, 'worker/main.ts', env);
    await part.first('worker-ready');
    this.reporter.progress(`worker ${index + 1} polls`);
    return part;
  }

  private async startApi(
    env: Readonly<Record<string, string | undefined>>,
  ): Promise<{ part: Part; url: string }> {
    const { apiHost, apiPort } = this.config;
    // A restarted API has to come back under the same address.
    const fixed = apiPort === 0 ? await freePort() : apiPort;
    const part = this.part('api', 'api/server.ts', {
      ...env,
      WEDSCALE_API_HOST: apiHost,
      WEDSCALE_API_PORT: String(fixed),
    });
    const { url } = (await part.first('api-ready')) as { url: string };
    return { part, url };
  }

  private part(
    name: string,
    file: string,
    env: Readonly<Record<string, string | undefined>>,
    restart = true,
  ): Part {
    const part = startPart({
      name,
      file: root(file),
      env: { PATH: this.config.environment.PATH, ...env },
      restart,
      isStopping: () => this.stopping,
      onExit: (code, signal) => this.reporter.ended(name, code, signal),
      log: this.log,
    });
    this.stops.push(part);
    return part;
  }
}

async function send(base: string, method: string, path: string, body: unknown): Promise<void> {
  const response = await fetch(new URL(path, base), {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`the sandbox refused ${method} ${path}: ${await response.text()}`);
}

async function main(): Promise<void> {
  bypassProxies();
  const options = await readStartOptions(process.argv.slice(2));
  if (!options) {
    process.stdout.write(START_HELP);
    return;
  }
  const log = pino({ level: options.config.logLevel, base: { part: 'service' } }, pino.destination(2));
  const service = new Service(options, createReporter(options.events), log);
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    void service.stop().finally(() => process.exit());
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (options.events) diesWithParent(stop);
  try {
    await service.start();
  } catch (error) {
    // Told to stop while it started: what then failed to come up is no news.
    if (stopping) return;
    await service.stop();
    throw error;
  }
}

if (import.meta.main) {
  await main().catch((error: Error) => {
    console.error(error.message);
    process.exit(1);
  });
}
