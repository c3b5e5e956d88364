import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import { SEARCH_ATTRIBUTES } from '../../domain/search-attributes.ts';
import { freePort } from './free-port.ts';
import { type SupervisedProcess, supervise } from './supervised-process.ts';

/** Namespace of the embedded server. */
export const EMBEDDED_NAMESPACE = 'default';

/** Polls a second of the server's queues; the default of 20 would make every sequential step take 100 ms. */
const QUEUE_POLLS_PER_SECOND = 2000;

/** How late a timer may fire; by default a second, which every short pause and quick retry would cost. */
const TIMER_SHIFT = '50ms';

/** A Temporal development server of our own. */
export interface EmbeddedTemporal extends SupervisedProcess {
  /** `host:port`. */
  readonly address: string;
  readonly webUiUrl: string;
}

/** Where and how it runs. */
export interface TemporalOptions {
  /** The Temporal command line. */
  readonly binary: string;
  /** Holds its database file and its log; created where needed. */
  readonly directory: string;
  /** Port of the Web UI; default a free one. */
  readonly webUiPort?: number | undefined;
  readonly log: Logger;
}

/** Starts the server on loopback with its history in a file, our search attributes and the Web UI. */
export async function startTemporal(options: TemporalOptions): Promise<EmbeddedTemporal> {
  mkdirSync(options.directory, { recursive: true });
  const port = await freePort();
  const webUiPort = options.webUiPort ?? (await freePort());
  const address = `127.0.0.1:${port}`;
  const supervised = await supervise({
    name: 'Temporal',
    command: options.binary,
    args: serverArguments(join(options.directory, 'temporal.db'), port, webUiPort),
    env: { HOME: options.directory },
    logFile: join(options.directory, 'temporal.log'),
    isReady: () => serves(address, EMBEDDED_NAMESPACE),
    log: options.log,
  });
  return { ...supervised, address, webUiUrl: `http://127.0.0.1:${webUiPort}` };
}

function serverArguments(file: string, port: number, webUiPort: number): readonly string[] {
  const dynamic = [
    'matching.numTaskqueueReadPartitions=1',
    'matching.numTaskqueueWritePartitions=1',
    `history.transferProcessorMaxPollRPS=${QUEUE_POLLS_PER_SECOND}`,
    `history.timerProcessorMaxPollRPS=${QUEUE_POLLS_PER_SECOND}`,
    `history.visibilityProcessorMaxPollRPS=${QUEUE_POLLS_PER_SECOND}`,
    `history.timerProcessorMaxTimeShift="${TIMER_SHIFT}"`,
  ];
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(webUiPort)],
    ...['--db-filename', file, '--log-level', 'error', '--namespace', EMBEDDED_NAMESPACE],
    ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'],
    ...dynamic.flatMap((value) => ['--dynamic-config-value', value]),
    ...SEARCH_ATTRIBUTES.flatMap(({ name, type }) => ['--search-attribute', `${name}=${type}`]),
  ];
}

/** True once the namespace can be described; the health service says SERVING too early. */
async function serves(address: string, namespace: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: '2s' });
  try {
    await connection.withDeadline(Date.now() + 2_000, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    return true;
  } finally {
    await connection.close();
  }
}
