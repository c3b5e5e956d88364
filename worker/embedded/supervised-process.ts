import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';

/** A process we start, watch and stop. */
export interface ProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Nothing of the caller's environment is passed on unless it is named here. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs as another user; only possible as root. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** How it is asked to stop. Default `TERM`. */
  readonly stopSignal?: 'TERM' | 'INT';
  /** Where its output goes. */
  readonly logFile: string;
  /** Resolves true once it serves. */
  readonly isReady: () => Promise<boolean>;
  readonly log: Logger;
}

/** A running process that is started again when it crashes. */
export interface SupervisedProcess {
  /** Process id of the process itself, for a test that kills it. */
  pid(): number | null;
  /** Asks it to stop and waits; kills it after 20 s. */
  stop(): Promise<void>;
}

/**
 * Runs the command as a child of a small shell that stops it when our end of a pipe closes: even `kill -9`
 * on us leaves no orphan. Reports the child's own process id on stdout first.
 */
const GUARD = `
exec 3<&0
"$@" 3<&- </dev/null & child=$!
echo "$child"
(cat <&3 >/dev/null 2>&1; kill -$SIGNAL "$child" 2>/dev/null) 3<&3 &
watcher=$!
trap 'kill -$SIGNAL "$child" 2>/dev/null' TERM INT
code=0
while kill -0 "$child" 2>/dev/null; do wait "$child"; code=$?; done
kill "$watcher" 2>/dev/null
exit "$code"
`;

const READY_POLL_MS = 50;
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 20_000;
/** Pause before a crashed process is started again, in milliseconds; a crash loop must not burn the machine. */
const RESTART_PAUSE_MS = 500;

/** Starts a process and resolves when it is ready. @throws Error with the end of its output when it is not. */
export async function supervise(options: ProcessOptions): Promise<SupervisedProcess> {
  let stopping = false;
  let current = launch(options);
  watch();
  await ready(options, () => current.exited);

  function watch(): void {
    const mine = current;
    mine.child.on('exit', (code, signal) => {
      if (stopping) return;
      options.log.warn({ process: options.name, code, signal }, 'crashed; starting it again');
      setTimeout(() => {
        if (stopping) return;
        current = launch(options);
        watch();
      }, RESTART_PAUSE_MS);
    });
  }

  return {
    pid: () => current.pid,
    async stop() {
      stopping = true;
      if (current.exited) return;
      const exit = new Promise<void>((resolve) => current.child.on('exit', () => resolve()));
      // The guard turns the closed pipe into the process's own stop signal.
      current.child.stdin?.end();
      const late = setTimeout(() => current.pid !== null && kill(current.pid), STOP_LIMIT_MS);
      await exit;
      clearTimeout(late);
    },
  };
}

interface Launched {
  readonly child: ChildProcess;
  pid: number | null;
  exited: boolean;
}

function launch(options: ProcessOptions): Launched {
  const output = createWriteStream(options.logFile, { flags: 'a' });
  const child = spawn('/bin/sh', ['-c', GUARD, 'guard', options.command, ...options.args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin', ...options.env, SIGNAL: options.stopSignal ?? 'TERM' },
    // A Ctrl-C in the terminal must reach us only: we stop things in their order.
    detached: true,
    ...options.user,
  });
  const launched: Launched = { child, pid: null, exited: false };
  child.stdout?.once('data', (chunk: Buffer) => {
    launched.pid = Number.parseInt(chunk.toString(), 10) || null;
  });
  child.stdout?.pipe(output, { end: false });
  child.stderr?.pipe(output, { end: false });
  child.on('exit', () => {
    launched.exited = true;
  });
  // Children of a killed server write on for a moment: the log stays open until the last of them is gone.
  child.on('close', () => output.end());
  child.on('error', (error) => options.log.error({ process: options.name, err: error }, 'cannot be started'));
  // A pipe that breaks because the process died is told by its exit.
  child.stdin?.on('error', () => undefined);
  return launched;
}

async function ready(options: ProcessOptions, exited: () => boolean): Promise<void> {
  const endMs = Date.now() + START_LIMIT_MS;
  while (Date.now() < endMs) {
    if (await options.isReady().catch(() => false)) return;
    if (exited()) break;
    await sleep(READY_POLL_MS);
  }
  throw new Error(`${options.name} did not start; its output is in ${options.logFile}`);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone meanwhile.
  }
}
