import { fileURLToPath } from 'node:url';
import {
  type ActivityInterceptorsFactory,
  bundleWorkflowCode,
  DefaultLogger,
  type NativeConnection,
  Worker,
  type WorkflowBundle,
} from '@temporalio/worker';
import type { Activities } from '../activities/activities.ts';
import { activityInterceptors } from '../activities/interceptor.ts';
import { ORCHESTRATION_QUEUE, PROVIDERS_QUEUE } from '../domain/names.ts';

/** Slots per queue; fixed, because resource-based slots start at one and starve a small machine. */
const WORKFLOW_TASK_SLOTS = 40;
const ACTIVITY_SLOTS = 100;

/** Compiles the workflows into one script; takes seconds, so do it once and give it to every worker. */
export async function bundleWorkflows(): Promise<{ readonly code: string }> {
  const workflowsPath = fileURLToPath(new URL('../workflows/workflows.ts', import.meta.url));
  // Webpack tells of every module; only its errors are of use here.
  return bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
}

/** What a worker needs. */
export interface WorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly bundle: WorkflowBundle;
  readonly activities: Activities;
  readonly timeScale: number;
  /** Which queues this process serves; default both. */
  readonly queues?: readonly string[];
  /** Run inside of our own for every activity; for tests that break a step. Default none. */
  readonly activityInterceptors?: readonly ActivityInterceptorsFactory[];
  /** Told apart from others in the Web UI. */
  readonly identity: string;
}

/** Two task queues in one process; more processes are the only way to scale out, and any may die at any line. */
export async function createWorkers(options: WorkerOptions): Promise<readonly Worker[]> {
  const queues = options.queues ?? [ORCHESTRATION_QUEUE, PROVIDERS_QUEUE];
  return Promise.all(queues.map((taskQueue) => createWorker(options, taskQueue)));
}

async function createWorker(options: WorkerOptions, taskQueue: string): Promise<Worker> {
  const { connection, namespace, bundle, activities, identity } = options;
  return Worker.create({
    connection,
    namespace,
    taskQueue,
    identity,
    ...(taskQueue === ORCHESTRATION_QUEUE ? { workflowBundle: bundle } : {}),
    activities,
    interceptors: {
      activity: [activityInterceptors(options.timeScale), ...(options.activityInterceptors ?? [])],
    },
    ...(taskQueue === ORCHESTRATION_QUEUE
      ? { maxConcurrentWorkflowTaskExecutions: WORKFLOW_TASK_SLOTS }
      : {}),
    maxConcurrentActivityTaskExecutions: ACTIVITY_SLOTS,
    // Cancellation reaches an activity with a heartbeat's answer; the default throttle would hold it back.
    maxHeartbeatThrottleInterval: '2s',
    stickyQueueScheduleToStartTimeout: '5s',
    shutdownGraceTime: '10s',
    shutdownForceTime: '25s',
  });
}
