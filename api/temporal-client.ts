import {
  Client,
  Connection,
  type ConnectionOptions,
  ServiceError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/common';
import type { TemporalSettings } from '../domain/environment.ts';
import {
  HOLD_SIGNALS,
  HOLD_WORKFLOW,
  ORCHESTRATION_QUEUE,
  UPDATE_NAMES,
  WORKFLOW_BY_KIND,
} from '../domain/names.ts';
import { runSearchAttributes } from './search-attributes.ts';
import {
  type HoldRequest,
  type HoldStart,
  type RunStart,
  type TemporalGateway,
  TemporalUnavailable,
} from './temporal.ts';
import { checkMethods } from './temporal-checks.ts';
import { scheduleMethods } from './temporal-schedules.ts';

/** One request to Temporal takes at most this long, in milliseconds; a person waits for the answer. */
const REQUEST_TIMEOUT_MS = 5000;
/** An approval needs a worker to answer; in milliseconds. */
const UPDATE_TIMEOUT_MS = 15_000;

/** A gateway over a real connection, opened at the first request, so that the API starts before Temporal. */
export function connectTemporal({ namespace, connection: options }: TemporalSettings): {
  readonly gateway: TemporalGateway;
  close(): Promise<void>;
} {
  const connection = Connection.lazy(options as ConnectionOptions);
  const client = new Client({ connection, namespace });
  const within: Within = (timeoutMs, call) => asUnavailable(connection, timeoutMs, call);
  const gateway: TemporalGateway = {
    startRun: (run) => within(REQUEST_TIMEOUT_MS, () => startRun(client, run)),
    ensureHold: (hold) => within(REQUEST_TIMEOUT_MS, () => ensureHold(client, hold)),
    cancelRun: (workflowId) =>
      within(REQUEST_TIMEOUT_MS, async () => {
        const asked = await found(client.workflow.getHandle(workflowId).cancel());
        return asked ? 'asked' : 'notFound';
      }),
    approve: (workflowId, approval) => within(UPDATE_TIMEOUT_MS, () => approve(client, workflowId, approval)),
    signalHold: (workflowId, request) =>
      within(REQUEST_TIMEOUT_MS, async () => {
        const handle = client.workflow.getHandle(workflowId);
        const sent = await found(handle.signal(HOLD_SIGNALS[request.name], ...signalArguments(request)));
        return sent ? 'sent' : 'notFound';
      }),
    check: () =>
      within(REQUEST_TIMEOUT_MS, async () => {
        await connection.workflowService.describeNamespace({ namespace });
      }),
    ...checkMethods(connection, client, (call) => within(REQUEST_TIMEOUT_MS, call)),
    ...scheduleMethods(client.schedule, (call) => within(REQUEST_TIMEOUT_MS, call)),
  };
  return { gateway, close: () => connection.close() };
}

/** Runs a call under a deadline. */
type Within = <T>(timeoutMs: number, call: () => Promise<T>) => Promise<T>;

async function startRun(client: Client, run: RunStart): Promise<'running' | 'closed'> {
  try {
    await client.workflow.start(WORKFLOW_BY_KIND[run.kind], {
      workflowId: run.workflowId,
      taskQueue: ORCHESTRATION_QUEUE,
      args: [{ runId: run.runId }],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: `${run.kind} ${run.name}`.slice(0, 200),
      staticDetails: `Run \`${run.runId}\`, asked for by ${run.principal}.`,
      typedSearchAttributes: runSearchAttributes(run),
    });
    return 'running';
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return 'closed';
    throw error;
  }
}

async function ensureHold(client: Client, { runId, holdWorkflowId, season }: HoldStart): Promise<void> {
  // Children of an earlier execution keep their ids; rounds counted from now never meet them.
  const round = Math.floor(Date.now() / 1000);
  await client.workflow.start(HOLD_WORKFLOW, {
    workflowId: holdWorkflowId,
    taskQueue: ORCHESTRATION_QUEUE,
    args: [{ version: 1, runId, season, round, residual: [], queue: [] }],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    staticSummary: `hold of ${runId}`,
  });
}

async function approve(
  client: Client,
  workflowId: string,
  approval: { readonly planId: string; readonly principal: string },
): ReturnType<TemporalGateway['approve']> {
  try {
    await client.workflow.getHandle(workflowId).executeUpdate(UPDATE_NAMES.approve, { args: [approval] });
    return { status: 'approved' };
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) {
      return { status: 'refused', message: error.cause?.message ?? error.message };
    }
    if (error instanceof WorkflowNotFoundError) {
      return { status: 'refused', message: 'the workflow of this run has ended' };
    }
    throw error;
  }
}

function signalArguments(request: HoldRequest): [] | [object] {
  if (request.name === 'undoTargets') return [request.targetIds];
  if (request.name === 'release') return [{ mode: request.mode }];
  if (request.name === 'resolve') return [{ resource: request.resource, action: request.action }];
  return [];
}

/** False when the workflow does not exist or has ended. */
async function found(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

async function asUnavailable<T>(
  connection: Connection,
  timeoutMs: number,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await connection.withDeadline(Date.now() + timeoutMs, call);
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    const reason = error.cause instanceof Error ? error.cause.message : error.message;
    throw new TemporalUnavailable(`Temporal did not answer: ${reason}`, { cause: error });
  }
}

function isUnavailable(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if (error instanceof ServiceError || error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  return 'code' in error && 'details' in error;
}
