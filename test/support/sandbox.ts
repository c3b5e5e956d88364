import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Vendors the sandbox stands in for. */
type SandboxVendor = 'aws' | 'gcp' | 'azure' | 'kubernetes' | 'datadog';

/** One entry of the sandbox's record of effects; the sandbox's own shape, read as JSON. */
export interface LedgerEntry {
  readonly seq: number;
  readonly at: string;
  readonly serviceAt: string;
  readonly vendor: string;
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly resource: string;
  readonly caller: string;
  readonly key: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: shapes differ per resource and are asserted on
  readonly before: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly after: any;
  readonly effective: boolean;
}

/** A sandbox in a process of its own. */
export interface SandboxProcess {
  /** Address of the control endpoint. */
  readonly control: string;
  /** Address per vendor, to be given to a connection. */
  readonly addresses: Readonly<Record<SandboxVendor, string>>;
  /** `PUT /world`; clears ledger, faults and limits. */
  loadWorld(world: object): Promise<void>;
  /** `PATCH /world`. */
  addToWorld(world: object): Promise<void>;
  /** Entries after `seq`, all by default. */
  ledger(seq?: number): Promise<readonly LedgerEntry[]>;
  /** `GET /world`. */
  // biome-ignore lint/suspicious/noExplicitAny: the sandbox's state is asserted on, not typed here
  world(): Promise<any>;
  /** Puts rules in force. @returns their ids. */
  faults(...rules: object[]): Promise<readonly string[]>;
  clearFaults(): Promise<void>;
  /** Any other call of the control endpoint. @throws Error unless it is answered below 300. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  send(method: string, path: string, body?: unknown): Promise<any>;
  /** Ends the process by its own id and waits for its end; by `SIGTERM` unless said otherwise. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../../sandbox/main.ts', import.meta.url));

/**
 * Starts a sandbox on free ports. `timeScale`: service milliseconds per wall millisecond, default 1. `stateFile`:
 * where it keeps its world, default nowhere.
 */
export async function startSandbox({ timeScale = 1, stateFile = '' } = {}): Promise<SandboxProcess> {
  const env = {
    ...process.env,
    WEDSCALE_SANDBOX_PORT: '0',
    WEDSCALE_SANDBOX_STATE_FILE: stateFile,
    WEDSCALE_TIME_SCALE: String(timeScale),
  };
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const ready = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([line]) => JSON.parse(line as string)),
    ended.then(() => Promise.reject(new Error(`the sandbox ended before it was ready: ${complaints}`))),
  ]);
  const send: SandboxProcess['send'] = async (method, path, body) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${ready.control}${path}`, { method, ...sent });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  const { event: _event, restored: _restored, control, ...addresses } = ready;
  return {
    control,
    addresses,
    send,
    loadWorld: (world) => send('PUT', '/world', world),
    addToWorld: (world) => send('PATCH', '/world', world),
    ledger: async (seq = 0) => (await send('GET', `/ledger?after=${seq}`)).entries,
    world: () => send('GET', '/world'),
    faults: async (...rules) => (await send('POST', '/faults', rules)).ids,
    clearFaults: () => send('DELETE', '/faults'),
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      await ended;
    },
  };
}

/** Lets service time run at another pace from now on, without a jump. @param scale anything but 1. */
export async function setPace(sandbox: SandboxProcess, scale: number): Promise<void> {
  const { serviceNowMs } = await sandbox.send('GET', '/clock');
  const anchorMs = (serviceNowMs - Date.now() * scale) / (1 - scale);
  await sandbox.send('POST', '/clock', { anchorMs, scale });
}
