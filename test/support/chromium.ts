import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const STARTS_WITHIN_MS = 30_000;

/** Chromium on the PATH, or null. */
export function findChromium(): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const files = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return files.find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A message of the Chrome DevTools Protocol (chromedevtools.github.io/devtools-protocol). */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** One tab of a headless Chromium. */
export interface Tab {
  /** Every event so far, oldest first. */
  readonly events: readonly Message[];
  send<T>(method: string, params?: object): Promise<T>;
  /** Opens an address and waits until it has loaded. */
  open(url: string): Promise<void>;
  /** Value of an expression in the page. @throws Error with what it threw. */
  evaluate<T>(expression: string): Promise<T>;
  close(): Promise<void>;
}

/** Starts Chromium with a profile of its own and one empty tab. @throws Error when it does not start in time. */
export async function openTab(chromium: string): Promise<Tab> {
  const profile = mkdtempSync(join(tmpdir(), 'wedscale-chromium-'));
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-background-networking'];
  const child = spawn(
    chromium,
    [...flags, '--no-first-run', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'],
    { stdio: 'ignore' },
  );
  const gone = new Promise((resolve) => child.on('exit', resolve));
  const socket = new WebSocket(await debuggerUrl(profile));
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error('no connection to Chromium')));
  });
  const tab = tabOver(socket);
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await tab.send(`${domain}.enable`);
  return {
    ...tab,
    async close() {
      socket.close();
      child.kill();
      await gone;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function debuggerUrl(profile: string): Promise<string> {
  const endMs = Date.now() + STARTS_WITHIN_MS;
  for (;;) {
    const [port] = (await readFile(join(profile, 'DevToolsActivePort'), 'utf8').catch(() => '')).split('\n');
    if (port) {
      const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as readonly {
        readonly type: string;
        readonly webSocketDebuggerUrl: string;
      }[];
      const page = targets.find(({ type }) => type === 'page');
      if (page) return page.webSocketDebuggerUrl;
    }
    if (Date.now() > endMs) throw new Error(`Chromium did not start within ${STARTS_WITHIN_MS} ms`);
    await sleep(50);
  }
}

function tabOver(socket: WebSocket): Omit<Tab, 'close'> {
  const events: Message[] = [];
  const waiting = new Map<number, (message: Message) => void>();
  let last = 0;
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.id === undefined) events.push(message);
    else waiting.get(message.id)?.(message);
  });
  async function send<T>(method: string, params: object = {}): Promise<T> {
    last += 1;
    const id = last;
    const answer = new Promise<Message>((resolve) => waiting.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await answer;
    waiting.delete(id);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result as T;
  }
  async function evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await send<{
      readonly result: { readonly value: T };
      readonly exceptionDetails?: unknown;
    }>('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  }
  async function open(url: string): Promise<void> {
    const before = events.length;
    await send('Page.navigate', { url });
    while (!events.slice(before).some(({ method }) => method === 'Page.loadEventFired')) await sleep(20);
  }
  return { events, send, evaluate, open };
}
