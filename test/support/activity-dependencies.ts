import type { Kysely } from 'kysely';
import { pino } from 'pino';
import type { ActivityDependencies } from '../../activities/dependencies.ts';
import type { Scaler } from '../../domain/scaler.ts';
import type { Schema } from '../../store/schema.ts';

/** What an activity needs around one scaler: service time is wall time, and nothing takes long. */
export function activityDependencies(db: Kysely<Schema>, scaler: Scaler): ActivityDependencies {
  return {
    db,
    adapters: {
      scaler: async () => scaler,
      router: () => Promise.reject(new Error('not used here')),
      monitor: () => Promise.reject(new Error('not used here')),
    },
    clock: { anchorMs: 0, scale: 1 },
    patience: {
      leaseMs: 5_000,
      vendorCallTimeoutMs: 1_000,
      longestVendorDelayMs: 300,
      oldAnswerMs: 0,
      pollMs: 10,
      recheckMs: 1_000,
      undoNoticeMs: 60_000,
    },
    workflowState: async () => 'running',
    identity: 'test-worker',
    log: pino({ level: 'silent' }),
  };
}
