import type { Kysely } from 'kysely';
import { type CallFigure, callFigures } from '../../../store/call-figures.ts';
import type { Schema } from '../../../store/schema.ts';
import { type SandboxProcess, startSandbox } from '../sandbox.ts';
import { type Caller, startCaller } from './callers.ts';

/** Service seconds per wall second: the vendors' buckets refill that much faster. */
export const TIME_SCALE = 20;

/** Further away than anything but a long pause. */
const LONGEST_TURN_WAIT_MS = 60_000;

/** One sandbox, one database, one Redis or none, and three processes that call. */
export interface CallsPlace {
  readonly sandbox: SandboxProcess;
  readonly db: Kysely<Schema>;
  /** Where the callers' buckets are. */
  readonly store: 'postgres' | 'redis';
  readonly callers: readonly [Caller, Caller, Caller];
  /** A region nobody has called yet, with ten ECS services: its buckets are full. */
  freshRegion(): Promise<string>;
  /** Calls the sandbox answered, by status; all of one operation since it was started. */
  answered(operation: string): Promise<Readonly<Record<number, number>>>;
  /** What the limiters have counted in a region, once they have said so. */
  figures(region: string, until: (figures: readonly CallFigure[]) => boolean): Promise<readonly CallFigure[]>;
  stop(): Promise<void>;
}

/** Where the parts are that a place is built on. */
export interface CallsPlaceOptions {
  readonly databaseUrl: string;
  readonly db: Kysely<Schema>;
  readonly redisUrl?: string;
}

/** Starts sandbox and callers. */
export async function startCallsPlace(options: CallsPlaceOptions): Promise<CallsPlace> {
  const { databaseUrl, db, redisUrl } = options;
  const sandbox = await startSandbox({ timeScale: TIME_SCALE });
  const endpoint = sandbox.addresses.aws;
  const longestTurnWaitMs = LONGEST_TURN_WAIT_MS;
  const settings = { databaseUrl, redisUrl, endpoint, timeScale: TIME_SCALE, longestTurnWaitMs };
  const start = () => startCaller(settings);
  const callers = await Promise.all([start(), start(), start()]);
  let regions = 0;
  const freshRegion = async () => {
    regions += 1;
    // Two places may share a database, and the figures in it.
    const region = `${redisUrl === undefined ? 'eu' : 'us'}-test-${regions}`;
    const resources = Array.from({ length: 10 }, (_, n) => ({
      service: 'aws.ecs',
      region,
      reference: { cluster: 'weddings', service: `api-${n}` },
      autoscaled: false,
      units: 3,
    }));
    await sandbox.addToWorld({ resources });
    return region;
  };
  // A process's first call is slow; at this scale it would be late by minutes.
  const warm = { region: await freshRegion(), operation: 'UpdateService', count: 1 } as const;
  for (const caller of callers) await caller.calls(warm);
  return {
    sandbox,
    db,
    store: redisUrl === undefined ? 'postgres' : 'redis',
    callers,
    freshRegion,
    async answered(operation) {
      const { requests } = (await sandbox.send('GET', '/requests')) as { requests: readonly Counted[] };
      const ours = requests.filter((counted) => counted.operation === operation);
      return Object.fromEntries(ours.map(({ status, count }) => [status, count]));
    },
    async figures(region, until) {
      const endMs = Date.now() + 20_000;
      for (;;) {
        const found = (await callFigures(db)).filter((figure) => figure.region === region);
        if (until(found)) return found;
        if (Date.now() > endMs) throw new Error(`the figures stay at ${JSON.stringify(found)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    async stop() {
      await Promise.all(callers.map((caller) => caller.stop()));
      await sandbox.stop();
    },
  };
}

interface Counted {
  readonly operation: string;
  readonly status: number;
  readonly count: number;
}
