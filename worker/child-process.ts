import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Logger } from 'pino';

/** A part of the service in a process of its own. */
export interface PartOptions {
  readonly name: string;
  /** TypeScript file Node runs. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Started again when it ends by itself. Default true. */
  readonly restart?: boolean;
  /** Called with each JSON line it prints on stdout. */
  readonly onEvent?: (event: Readonly<Record<string, unknown>>) => void;
  /** True once everything stops: whatever ends from then on has ended in order. Default never. */
  readonly isStopping?: () => boolean;
  /** Called when it ended by itself. */
  readonly onExit?: (code: number | null, signal: NodeJS.Signals | null) => void;
  readonly log: Logger;
}

/** A running part. */
export interface Part {
  readonly name: string;
  pid(): number | undefined;
  /** Resolves with the first event of that name. @throws Error when the part ends first. */
  first(event: string): Promise<Readonly<Record<string, unknown>>>;
  /** Asks it to stop (TERM) and waits; kills it after 30 s. */
  stop(): Promise<void>;
}

/** Tells a part that the pipe on its stdin is its parent: when it closes, the part stops. */
export const STOP_WITH_PARENT = '--stop-with-parent';

const RESTART_PAUSE_MS = 300;
const STOP_LIMIT_MS = 30_000;

/** Starts a part of the service, and again whenever it ends by itself. */
export function startPart(options: PartOptions): Part {
  let asked = false;
  const stopping = () => asked || (options.isStopping?.() ?? false);
  let child = launch();
  const waiting = new Map<
    string,
    { resolve: (event: Readonly<Record<string, unknown>>) => void; reject: (error: Error) => void }[]
  >();

  function launch(): ChildProcess {
    const started = spawn(process.execPath, ['--no-warnings', options.file, STOP_WITH_PARENT], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: options.env as NodeJS.ProcessEnv,
      // A Ctrl-C in the terminal must reach us only: we stop things in their order.
      detached: true,
    });
    createInterface({ input: started.stdout as NodeJS.ReadableStream }).on('line', hear);
    started.on('exit', (code, signal) => {
      if (stopping()) return;
      options.log.warn({ part: options.name, code, signal }, 'ended by itself');
      fail(new Error(`${options.name} ended with ${code ?? signal}; what it said is in the log above`));
      options.onExit?.(code, signal);
      if (options.restart === false) return;
      setTimeout(() => {
        if (!stopping()) child = launch();
      }, RESTART_PAUSE_MS);
    });
    return started;
  }

  function hear(line: string): void {
    if (!line.startsWith('{')) return;
    const event = JSON.parse(line) as Readonly<Record<string, unknown>>;
    options.onEvent?.(event);
    for (const { resolve } of waiting.get(String(event.event)) ?? []) resolve(event);
    waiting.delete(String(event.event));
  }

  function fail(error: Error): void {
    for (const group of waiting.values()) for (const { reject } of group) reject(error);
    waiting.clear();
  }

  return {
    name: options.name,
    pid: () => child.pid,
    first: (event) =>
      new Promise((resolve, reject) => {
        waiting.set(event, [...(waiting.get(event) ?? []), { resolve, reject }]);
      }),
    async stop() {
      asked = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.on('exit', resolve));
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      await gone;
      clearTimeout(late);
    },
  };
}
