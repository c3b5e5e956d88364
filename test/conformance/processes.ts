import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { NotRun } from './matrix.ts';

/** Text a command prints may be this long, in characters. */
const OUTPUT_LIMIT = 64 * 1024 * 1024;

/** How a command is run. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Default ten minutes. */
  readonly timeoutMs?: number;
}

/** What a command came to. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end, whatever its exit status. @throws Error when it cannot be started or takes too long. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const { timeoutMs = 600_000, ...rest } = options;
  return new Promise((resolve, reject) => {
    execFile(
      command,
      [...args],
      { ...rest, timeout: timeoutMs, maxBuffer: OUTPUT_LIMIT },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === 'number') resolve({ code, stdout, stderr });
        else reject(new Error(`${command} ${args.join(' ')}: ${error?.message}`));
      },
    );
  });
}

/** Runs a step of an installation. @throws NotRun with the end of what it printed, when it does not succeed. */
export async function install(
  what: string,
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const finished = await run(command, args, options).catch((error: Error) => {
    throw new NotRun(`${what}: ${error.message}`);
  });
  if (finished.code === 0) return finished.stdout;
  const words = `${finished.stderr}\n${finished.stdout}`.trim().split('\n').slice(-3).join(' | ');
  throw new NotRun(`${what}: ${command} ended with ${finished.code}: ${words}`);
}

const running = new Set<ChildProcess>();

// Whatever ends this process, nothing it started is left behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

/** A server that was started here. */
export interface Server {
  /** Ends it by its own id and waits for its end. */
  stop(): Promise<void>;
}

/**
 * Starts a server and waits until `ready` resolves without a throw.
 * @param signal what ends it, default SIGTERM. @throws Error with the end of its log when it ends or is not ready in time.
 */
export async function startServer(
  name: string,
  command: string,
  args: readonly string[],
  ready: () => Promise<unknown>,
  options: RunOptions & { readonly signal?: NodeJS.Signals } = {},
): Promise<Server> {
  const { timeoutMs = 60_000, signal = 'SIGTERM', ...rest } = options;
  const child = spawn(command, [...args], { ...rest, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let log = '';
  const keep = (text: string) => {
    log = (log + text).slice(-4_000);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  child.on('error', (error) => keep(error.message));
  const server = { stop: () => stopped(child, signal) };
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const fault = await ready().then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    if (fault === null) return server;
    const over = child.exitCode !== null || child.pid === undefined;
    if (over || Date.now() > deadlineMs) {
      await server.stop();
      throw new Error(`${name} ${over ? 'ended' : 'was not ready in time'} (${fault}): ${log}`);
    }
    await sleep(100);
  }
}

async function stopped(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const inTime = await Promise.race([ended, sleep(10_000, null, { ref: false })]);
  if (inTime !== null) return;
  child.kill('SIGKILL');
  await ended;
}

/** Calls until the answer is below 500. @throws Error otherwise. */
export async function answers(url: string, init: RequestInit = {}): Promise<void> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(5_000) });
  await response.body?.cancel();
  if (response.status >= 500) throw new Error(`${url} answers ${response.status}`);
}

/** Asks again until `holds` is true. @throws Error saying what did not come to be. */
export async function eventually(
  what: string,
  holds: () => Promise<boolean>,
  timeoutMs = 30_000,
): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadlineMs) throw new Error(`${what} did not come to be in ${timeoutMs} ms`);
    await sleep(200);
  }
}
