import {
  type Client,
  type Connection,
  ScheduleAlreadyRunning,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
  WorkflowFailedError,
} from '@temporalio/client';
import { CHECK_EVERY_MINUTES } from '../domain/integration.ts';
import {
  FLEET_DISCOVERY,
  INTEGRATION_CHECKS,
  INTEGRATION_CHECKS_SCHEDULE,
  ORCHESTRATION_QUEUE,
  PRICE_REFRESH,
  PROVIDER_CHECK,
} from '../domain/names.ts';
import type { TemporalGateway } from './temporal.ts';

type CheckMethods = Pick<
  TemporalGateway,
  'checkProvider' | 'discoverFleet' | 'ensureIntegrationChecks' | 'refreshPrices'
>;

/** The part of the gateway that asks for work and waits for it; `within` puts a deadline on each start. */
export function checkMethods(
  connection: Connection,
  client: Client,
  within: <T>(call: () => Promise<T>) => Promise<T>,
): CheckMethods {
  return {
    checkProvider: async (integrationId, waitMs) => {
      const handle = await within(() =>
        client.workflow.start(PROVIDER_CHECK, {
          workflowId: `provider-check-${integrationId}`,
          taskQueue: ORCHESTRATION_QUEUE,
          args: [{ integrationId }],
          workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: `test of ${integrationId}`,
        }),
      );
      return endWithin(connection, waitMs, () => handle.result());
    },
    discoverFleet: async (discoveryId, waitMs) => {
      const handle = await within(() =>
        client.workflow.start(FLEET_DISCOVERY, {
          workflowId: `fleet-discovery-${discoveryId}`,
          taskQueue: ORCHESTRATION_QUEUE,
          args: [{ discoveryId }],
          workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: `discovery ${discoveryId}`,
        }),
      );
      return endWithin(connection, waitMs, () => handle.result());
    },
    refreshPrices: async (refreshId, waitMs) => {
      const handle = await within(() =>
        client.workflow.start(PRICE_REFRESH, {
          workflowId: `price-refresh-${refreshId}`,
          taskQueue: ORCHESTRATION_QUEUE,
          args: [{ refreshId }],
          workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: `price refresh ${refreshId}`,
        }),
      );
      return endWithin(connection, waitMs, () => handle.result());
    },
    ensureIntegrationChecks: () => within(() => ensureSchedule(client)),
  };
}

/** Waits for a workflow's end without holding anything but this one call. */
async function endWithin(
  connection: Connection,
  waitMs: number,
  end: () => Promise<unknown>,
): Promise<'done' | 'running' | 'failed'> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), waitMs);
  try {
    await connection.withAbortSignal(patience.signal, end);
    return 'done';
  } catch (error) {
    if (error instanceof WorkflowFailedError) return 'failed';
    if (patience.signal.aborted) return 'running';
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function ensureSchedule(client: Client): Promise<void> {
  const options: ScheduleOptions = {
    scheduleId: INTEGRATION_CHECKS_SCHEDULE,
    spec: { intervals: [{ every: `${CHECK_EVERY_MINUTES}m` }] },
    action: {
      type: 'startWorkflow',
      workflowType: INTEGRATION_CHECKS,
      workflowId: 'integration-checks',
      taskQueue: ORCHESTRATION_QUEUE,
      args: [],
    },
    // A test that was missed is of no use later.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1m' },
  };
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}
