import { type ApiClient, apiClient } from './client.ts';
import { readConfig } from './config.ts';
import type { Out } from './render/style.ts';

/** Where a command writes: results to `stdout`, all else to `stderr`. */
export interface Streams {
  readonly stdout: Out;
  readonly stderr: Out;
}

/** Options every command has. */
export interface CommonOptions {
  readonly url?: string;
  readonly keyFile?: string;
  /** One JSON document on stdout, nothing else. */
  readonly json?: boolean;
}

/** What a command works with. */
export interface Session extends Streams {
  readonly api: ApiClient;
  readonly json: boolean;
}

/** Exit statuses of the command line. */
export const EXIT = { ok: 0, endedOtherwise: 1, usage: 2, unreachable: 3 } as const;

/** @throws UsageError */
export function openSession(streams: Streams, options: CommonOptions): Session {
  return { ...streams, api: apiClient(readConfig(options)), json: options.json === true };
}

/** Prints a result: as JSON where that was asked for, else by `render`. */
export function printResult(session: Session, result: unknown, render: (out: Out) => void): void {
  if (session.json) session.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else render(session.stdout);
}
