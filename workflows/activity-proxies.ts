import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/activities.ts';
import { ORCHESTRATION_QUEUE, PROVIDERS_QUEUE } from '../domain/names.ts';

/** No attempt limit: only terminal kinds, which the activities return or mark, end a service. */
const PATIENT = { initialInterval: '2s', backoffCoefficient: 2, maximumInterval: '1m' } as const;

/** Our own store: quick, retried until PostgreSQL is back; a worker that died is noticed by its heartbeat. */
export const store = proxyActivities<Activities>({
  taskQueue: ORCHESTRATION_QUEUE,
  startToCloseTimeout: '30s',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '5s' },
});

/** Planning: pure arithmetic over stored input; ten attempts. What is in conflict may take minutes to find. */
export const planning = proxyActivities<Activities>({
  taskQueue: ORCHESTRATION_QUEUE,
  startToCloseTimeout: '5m',
  heartbeatTimeout: '15s',
  retry: { maximumAttempts: 10, initialInterval: '500ms', maximumInterval: '10s' },
});

/** Reads of vendors. */
export const reading = proxyActivities<Activities>({
  taskQueue: PROVIDERS_QUEUE,
  startToCloseTimeout: '2m',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
});

/**
 * Writes to vendors, and undo. Cancellation waits for the call in flight: an unset cancellation type acts as
 * TRY_CANCEL and would let an undo race the write it undoes.
 */
export const writing = proxyActivities<Activities>({
  taskQueue: PROVIDERS_QUEUE,
  startToCloseTimeout: '2m',
  heartbeatTimeout: '10s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: PATIENT,
});

/** A hold's look at its targets, which may write; one round of many, so an attempt that fails waits for the next. */
export const watching = proxyActivities<Activities>({
  taskQueue: PROVIDERS_QUEUE,
  startToCloseTimeout: '10m',
  heartbeatTimeout: '10s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: PATIENT,
});

/** Waiting for vendors to settle or for load to go; each execution returns by itself within minutes. */
export const waiting = proxyActivities<Activities>({
  taskQueue: PROVIDERS_QUEUE,
  startToCloseTimeout: '10m',
  heartbeatTimeout: '10s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: PATIENT,
});

/** Monitoring platforms: three attempts, then the run goes on degraded and the hold delivers later. */
export const publishing = proxyActivities<Activities>({
  taskQueue: PROVIDERS_QUEUE,
  startToCloseTimeout: '30s',
  heartbeatTimeout: '10s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { maximumAttempts: 3, initialInterval: '500ms', maximumInterval: '5s' },
});

/** A look back on a plan: nothing waits longer for it, and a later one makes up for one that failed. */
export const lookingBack = proxyActivities<Activities>({
  taskQueue: ORCHESTRATION_QUEUE,
  startToCloseTimeout: '20s',
  scheduleToCloseTimeout: '30s',
  heartbeatTimeout: '10s',
  retry: { maximumAttempts: 3, initialInterval: '500ms', maximumInterval: '5s' },
});

/** Tests of connections: read only, and repeated every few minutes anyway. */
export const checking = proxyActivities<Activities>({
  taskQueue: PROVIDERS_QUEUE,
  startToCloseTimeout: '2m',
  scheduleToCloseTimeout: '4m',
  heartbeatTimeout: '10s',
  retry: { maximumAttempts: 3, initialInterval: '500ms', maximumInterval: '5s' },
});

/** Looking through a provider: read only, from the beginning at each attempt. */
export const discovering = proxyActivities<Activities>({
  taskQueue: PROVIDERS_QUEUE,
  startToCloseTimeout: '10m',
  heartbeatTimeout: '10s',
  retry: { maximumAttempts: 4, initialInterval: '2s', backoffCoefficient: 2, maximumInterval: '30s' },
});

/** {@link writing} for some targets together: one after the other of their calls may wait for its turn. */
export function applying(targetIds: readonly string[]): typeof writing {
  const [first = ''] = targetIds;
  const others = targetIds.length > 1 ? ` and ${targetIds.length - 1} more` : '';
  return proxyActivities<Activities>({
    taskQueue: PROVIDERS_QUEUE,
    startToCloseTimeout: '10m',
    heartbeatTimeout: '10s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: PATIENT,
    summary: `${first.slice(0, 180)}${others}`,
  });
}

/** The same activities with a summary an operator reads in the Web UI. */
export function writingFor(targetId: string): typeof writing {
  return proxyActivities<Activities>({
    taskQueue: PROVIDERS_QUEUE,
    startToCloseTimeout: '2m',
    heartbeatTimeout: '10s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: PATIENT,
    summary: targetId.slice(0, 200),
  });
}
