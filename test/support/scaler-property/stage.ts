import { pino } from 'pino';
import { createAdapters } from '../../../activities/adapters.ts';
import { UNCACHED } from '../../../activities/calls/read-cache.ts';
import type { ActivityDependencies } from '../../../activities/dependencies.ts';
import { acceptRun } from '../../../store/runs.ts';
import type { TestDatabase } from '../postgres.ts';
import { type SandboxProcess, startSandbox } from '../sandbox.ts';
import type { Strike, VendorTrouble } from './events.ts';
import { VARIANTS } from './fleet.ts';

/** Service milliseconds per wall millisecond: the slowest provisioning, of 20 minutes, takes 60 ms. */
const TIME_SCALE = 20_000;

/** What a vendor does, as the sandbox's control endpoint takes it; each strikes once. */
const RULES: Readonly<Record<VendorTrouble, object>> = {
  throttle: { kind: 'throttle', retryAfterSeconds: 1 },
  serverError: { kind: 'serverError' },
  lostRequest: { kind: 'down' },
  silence: { kind: 'timeout', delayMs: 20 },
  lostAnswer: { kind: 'lostAnswer' },
  staleRead: { kind: 'staleRead' },
  stuck: { kind: 'stuckProvisioning', fraction: 0.6 },
};

/** The product's own machinery over a sandbox, with a hand on what goes wrong and on how much time has passed. */
export interface Stage {
  readonly sandbox: SandboxProcess;
  readonly database: TestDatabase;
  /** No unknown write is given up, and every read may be an old answer: no such time has passed. */
  readonly soon: ActivityDependencies;
  /** The vendor's longest delay has passed, and no answer is old any more. */
  readonly later: ActivityDependencies;
  /** Does something with which trouble begins as the strike says. @returns how many requests it made. */
  under<T>(strike: Strike | undefined, run: () => Promise<T>): Promise<T>;
  newRun(): Promise<string>;
  /** Counts the histories that were played on it. */
  nextPlay(): number;
  close(): Promise<void>;
}

/** Starts a sandbox of its own; every scaler is loaded before, so that no call has to wait for an SDK. */
export async function openStage(database: TestDatabase): Promise<Stage> {
  const sandbox = await startSandbox({ timeScale: TIME_SCALE });
  let plays = 0;
  let requests = 0;
  let due: Strike | undefined;
  const at = (endpoint: string) => ({ mode: 'sandbox', endpoint }) as const;
  const { aws, azure, gcp, kubernetes } = sandbox.addresses;
  const adapters = createAdapters({
    connections: { aws: at(aws), azure: at(azure), gcp: at(gcp), kubernetes: at(kubernetes) },
    timeScale: TIME_SCALE,
    credentials: {},
    log: pino({ level: 'silent' }),
    cache: UNCACHED,
    guard: {
      run: async (_call, send) => {
        requests += 1;
        if (due?.atRequest === requests) await sandbox.faults({ ...RULES[due.trouble], times: 1 });
        return send();
      },
    },
  });
  await Promise.all([...new Set(VARIANTS.map(({ service }) => service))].map(adapters.scaler));
  const patience = {
    leaseMs: 60_000,
    vendorCallTimeoutMs: 20_000,
    longestVendorDelayMs: 600_000,
    oldAnswerMs: 600_000,
    pollMs: 10,
    recheckMs: 1_000,
    undoNoticeMs: 60_000,
  };
  const soon: ActivityDependencies = {
    db: database.db,
    adapters,
    clock: { anchorMs: 0, scale: TIME_SCALE },
    patience,
    workflowState: async () => 'running',
    identity: 'test-worker',
    log: pino({ level: 'silent' }),
  };
  return {
    sandbox,
    database,
    soon,
    later: { ...soon, patience: { ...patience, longestVendorDelayMs: -1, oldAnswerMs: -1 } },
    async under(strike, run) {
      requests = 0;
      due = strike;
      try {
        return await run();
      } finally {
        due = undefined;
        if (strike) await sandbox.clearFaults();
      }
    },
    newRun: () => newRun(database),
    nextPlay: () => ++plays,
    async close() {
      await sandbox.stop();
      await database.close();
    },
  };
}

async function newRun({ db }: TestDatabase): Promise<string> {
  const accepted = await acceptRun(db, {
    kind: 'season',
    request: {},
    dryRun: false,
    principal: 'test',
    startsAtMs: 0,
    endsAtMs: 1,
    response: () => ({ status: 202, body: {} }),
  });
  if (accepted.outcome !== 'created') throw new Error('the run was not taken');
  return accepted.run.id;
}
