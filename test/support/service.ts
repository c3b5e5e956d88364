import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ApiClient, apiClient } from '../../cli/client.ts';
import { type SandboxControl, sandboxControl } from '../../cli/demo/sandbox.ts';
import type { Fleet } from '../../domain/fleet.ts';
import { FINAL_STATUSES, type RunReport } from '../../domain/report.ts';

const ALL = fileURLToPath(new URL('../../worker/all.ts', import.meta.url));

/** What a service says once it is up, and again whenever a part ends. */
interface Ready {
  readonly api: { readonly url: string; readonly key: string };
  readonly temporal: { readonly address: string };
  readonly databaseUrl: string;
  readonly sandbox: Readonly<Record<string, string>> & { readonly control: string };
  readonly pids: { postgres: number; temporal: number; api: number; workers: number[] };
}

/** How a test's service runs. */
export interface ServiceOptions {
  readonly fleet: Fleet;
  /** Default 1. */
  readonly workers?: number;
  /** Service seconds per wall second. Default 600. */
  readonly timeScale?: number;
  /** Vendors provision at once. Default false. */
  readonly instant?: boolean;
  /** Whether the fleet is put in force; else only the sandbox has it. Default true. */
  readonly declared?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** The whole service as a user runs it, in processes of its own: real Temporal, real PostgreSQL, the sandbox. */
export interface TestService extends Ready {
  readonly client: ApiClient;
  readonly control: SandboxControl;
  /** Any call of the sandbox's control endpoint. */
  sandboxCall(method: string, path: string, body?: unknown): Promise<unknown>;
  /** The report of a run. */
  report(runId: string): Promise<RunReport>;
  /** Asks for a run and returns its id. */
  start(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<string>;
  /** Waits until `done` holds for a run's report. @throws Error with the last report after `limitMs`. */
  until(runId: string, done: (report: RunReport) => boolean, limitMs?: number): Promise<RunReport>;
  /** Waits until the run has ended or needs a person. */
  ended(runId: string, limitMs?: number): Promise<RunReport>;
  stop(): Promise<void>;
}

/** Starts everything with a fresh state and the fleet in force. */
export async function startService(options: ServiceOptions): Promise<TestService> {
  const folder = mkdtempSync(join(tmpdir(), 'wedscale-service-'));
  // As root, PostgreSQL runs as another user, who has to pass through.
  chmodSync(folder, 0o711);
  const fleetFile = join(folder, 'fleet.json');
  writeFileSync(fleetFile, JSON.stringify(options.fleet));
  const flags = ['--events', '--throwaway', '--state-dir', folder, '--fleet', fleetFile];
  if (options.instant) flags.push('--instant');
  const child = spawn(
    process.execPath,
    ['--no-warnings', ALL, ...flags, '--workers', String(options.workers ?? 1)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...process.env,
        WEDSCALE_API_PORT: '0',
        WEDSCALE_LOG_LEVEL: 'silent',
        WEDSCALE_LONGEST_VENDOR_DELAY_MS: '1500',
        WEDSCALE_TIME_SCALE: String(options.timeScale ?? 600),
        ...options.env,
      },
    },
  );
  const ready = await readyOf(child);
  const client = apiClient({ url: ready.api.url, key: ready.api.key });
  if (options.declared ?? true) {
    await client.request('/api/fleet', { method: 'PUT', body: options.fleet });
  }
  return { ...ready, client, ...methodsOf(ready, client), stop: () => stop(child, folder) };
}

function methodsOf(ready: Ready, client: ApiClient) {
  const report = (runId: string) => client.request<RunReport>(`/api/runs/${runId}`);
  const until = async (runId: string, done: (report: RunReport) => boolean, limitMs = 45_000) => {
    const endMs = Date.now() + limitMs;
    for (;;) {
      // The API may be away for a moment: some tests kill it.
      const found = await report(runId).catch(() => null);
      if (found && done(found)) return found;
      if (Date.now() > endMs) {
        throw new Error(
          `run ${runId} did not come so far: ${JSON.stringify(found, null, 1)?.slice(0, 6_000)}`,
        );
      }
      await sleep(50);
    }
  };
  return {
    control: sandboxControl(ready.sandbox.control),
    report,
    until,
    ended: (runId: string, limitMs?: number) =>
      until(runId, ({ status }) => FINAL_STATUSES.includes(status) || status === 'needsHuman', limitMs),
    async start(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
      const answer = await client.request<{ runId: string }>(path, { method: 'POST', body, headers });
      return answer.runId;
    },
    async sandboxCall(method: string, path: string, body?: unknown): Promise<unknown> {
      const response = await fetch(new URL(path, ready.sandbox.control), {
        method,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return text === '' ? undefined : JSON.parse(text);
    },
  };
}

function readyOf(child: ChildProcess): Promise<Ready> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const event = JSON.parse(line) as { event: string } & Ready;
      if (event.event === 'ready') resolve(event);
    });
    child.on('exit', (code) => reject(new Error(`the service ended with ${code} before it was ready`)));
  });
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((resolve) => child.on('exit', resolve));
    child.stdin?.end();
    await gone;
  }
  rmSync(folder, { recursive: true, force: true });
}
