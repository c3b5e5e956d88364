import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ApiClient, apiClient } from '../../cli/client.ts';

const ALL = fileURLToPath(new URL('../../worker/all.ts', import.meta.url));

/** What `npm start -- --events` says once it is up. */
export interface AllReady {
  readonly api: { readonly url: string; readonly key: string | null };
  readonly temporal: { readonly address: string };
  readonly databaseUrl: string;
  readonly pids: {
    readonly postgres: number;
    readonly temporal: number;
    readonly api: number;
    readonly workers: readonly number[];
  };
}

/** How it ended before it was ready. */
export interface Refused {
  readonly code: number | null;
  readonly stderr: string;
}

/** Everything for one machine with a state directory that outlives it. */
export interface AllProcess extends AllReady {
  readonly pid: number;
  /** A client with the given key, or the one just shown. */
  client(key?: string): ApiClient;
  /** Asks it to stop, as a supervisor does, and waits. */
  stop(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
}

/** Starts it on a state directory. @throws Error with its words when it ends before it is ready. */
export async function startAll(stateDirectory: string, flags: readonly string[] = []): Promise<AllProcess> {
  const launched = launch(stateDirectory, flags);
  const outcome = await launched.outcome;
  if ('code' in outcome) throw new Error(`it ended with ${outcome.code}: ${outcome.stderr}`);
  const { child } = launched;
  const gone = new Promise((resolve) => child.on('exit', resolve));
  const over = () => child.exitCode !== null || child.signalCode !== null;
  return {
    ...outcome,
    pid: child.pid ?? 0,
    client: (key = outcome.api.key ?? '') => apiClient({ url: outcome.api.url, key }),
    async stop() {
      if (over()) return;
      child.stdin?.end();
      await gone;
    },
    async kill() {
      child.kill('SIGKILL');
      if (!over()) await gone;
    },
  };
}

/** Starts it where it has to refuse. @throws Error when it does not. */
export async function refusedStart(stateDirectory: string): Promise<Refused> {
  const { child, outcome } = launch(stateDirectory, []);
  const ended = await outcome;
  if ('code' in ended) return ended;
  child.stdin?.end();
  throw new Error('it started though it should have refused');
}

/** Ids of all processes below one, its children's children included. */
export function descendants(pid: number): readonly number[] {
  const lines = execFileSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const below = (parent: number): number[] =>
    pairs.filter(([, its]) => its === parent).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

/** Those of the processes that still live after at most `limitMs`. */
export async function survivors(pids: readonly number[], limitMs: number): Promise<readonly number[]> {
  const endMs = Date.now() + limitMs;
  for (;;) {
    const living = pids.filter(isAlive);
    if (living.length === 0 || Date.now() > endMs) return living;
    await sleep(50);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function launch(
  stateDirectory: string,
  flags: readonly string[],
): { readonly child: ChildProcess; readonly outcome: Promise<AllReady | Refused> } {
  const child = spawn(
    process.execPath,
    ['--no-warnings', ALL, '--events', '--state-dir', stateDirectory, ...flags],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        ...process.env,
        WEDSCALE_API_PORT: '0',
        WEDSCALE_LOG_LEVEL: 'silent',
        WEDSCALE_TIME_SCALE: '600',
      },
    },
  );
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const outcome = new Promise<AllReady | Refused>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as { event: string } & AllReady;
      if (event.event === 'ready') resolve(event);
    });
    child.on('close', (code) => resolve({ code, stderr }));
  });
  return { child, outcome };
}
