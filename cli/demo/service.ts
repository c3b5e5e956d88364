import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Time runs this much faster in the demo, so that a season's minutes pass in seconds. */
export const DEMO_TIME_SCALE = 60;

/** What the service says once everything runs. */
export interface ServiceReady {
  readonly api: { readonly url: string; readonly key: string };
  readonly temporal: { readonly address: string; readonly webUiUrl: string };
  readonly sandbox: { readonly control: string; readonly aws: string };
  /** Process ids of the worker processes. */
  readonly pids: { readonly workers: readonly (number | null)[] };
}

/** The whole service in a process of its own, with a state that is thrown away. */
export interface DemoService {
  readonly ready: ServiceReady;
  /** Resolves when it ended by itself. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** How it starts. */
export interface DemoServiceOptions {
  readonly fleet: string;
  readonly workers: number;
  /** Vendors answer and provision at once, for measuring our own time. Default false. */
  readonly instant?: boolean;
  /** Service seconds per wall second. Default {@link DEMO_TIME_SCALE}. */
  readonly timeScale?: number;
  /** What one vendor call may take, in milliseconds of wall time. Default the worker's own for a sandbox. */
  readonly vendorCallTimeoutMs?: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Told what the start waits for. */
  readonly onProgress: (text: string) => void;
}

/** Variables that would point the service at something of the user's: the demo is always sandbox. */
const NOT_PASSED_ON =
  /^(DATABASE_URL|TEMPORAL_|WEDSCALE_(?!CACHE_DIR|LOG_LEVEL)|PROMETHEUS_ENDPOINT|REDIS_URL)/;

/** Starts everything embedded with a fresh state. @throws Error in words when it does not come up. */
export async function startDemoService(options: DemoServiceOptions): Promise<DemoService> {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'wedscale-demo-'));
  // As root, PostgreSQL runs as another user, who has to pass through.
  await chmod(stateDirectory, 0o711);
  const all = fileURLToPath(new URL('../../worker/all.ts', import.meta.url));
  const flags = ['--events', '--throwaway', '--state-dir', stateDirectory, '--fleet', options.fleet];
  if (options.instant) flags.push('--instant');
  const child = spawn(
    process.execPath,
    ['--no-warnings', all, ...flags, '--workers', String(options.workers)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: demoEnvironment(options),
      // A Ctrl-C reaches only the demo, which stops the rest in its order.
      detached: true,
    },
  );
  const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const stop = async () => {
    child.stdin.end();
    await exited;
    await rm(stateDirectory, { recursive: true, force: true });
  };
  try {
    const ready = await new Promise<ServiceReady>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const event = JSON.parse(line) as { event: string; text?: string } & ServiceReady;
        if (event.event === 'progress') options.onProgress(event.text ?? '');
        if (event.event === 'ready') resolve(event);
      });
      child.on('exit', (code) => reject(new Error(`the service ended with ${code} before it was ready`)));
    });
    return { ready, ended: exited, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function demoEnvironment(options: DemoServiceOptions): NodeJS.ProcessEnv {
  const { environment, timeScale, vendorCallTimeoutMs } = options;
  const kept = Object.entries(environment).filter(([name]) => !NOT_PASSED_ON.test(name));
  return {
    ...Object.fromEntries(kept),
    WEDSCALE_API_PORT: '0',
    WEDSCALE_LOG_LEVEL: environment.WEDSCALE_LOG_LEVEL ?? 'error',
    WEDSCALE_TIME_SCALE: String(timeScale ?? DEMO_TIME_SCALE),
    ...(vendorCallTimeoutMs !== undefined && {
      WEDSCALE_VENDOR_CALL_TIMEOUT_MS: String(vendorCallTimeoutMs),
    }),
  };
}
