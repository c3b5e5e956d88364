import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { pino } from 'pino';
import { readWorkerConfig } from '../../worker/config.ts';
import { startWorker, type WorkerProcess } from '../../worker/main.ts';
import type { TestService } from './service.ts';

/** What happens at a step: nothing, a failure for good, or whatever the test does before it goes on. */
export type AtStep = (step: number, activity: string) => Promise<'go on' | 'fail'>;

/** A worker in the test's own process that counts the first attempts of activities. */
export interface SteppedWorker {
  /** Activities begun since {@link reset}, by name. */
  readonly steps: readonly string[];
  /** Counts from nothing again. @param atStep asked before every counted step. */
  reset(atStep: AtStep): void;
  stop(): Promise<void>;
}

/** Starts the worker of a service that was started with `workers: 0`. */
export async function startSteppedWorker(service: TestService): Promise<SteppedWorker> {
  let atStep: AtStep = async () => 'go on';
  let steps: string[] = [];
  const counting: ActivityInterceptorsFactory = ({ info }) => ({
    inbound: {
      async execute(input, next) {
        if (info.attempt > 1) return next(input);
        steps.push(info.activityType);
        if ((await atStep(steps.length, info.activityType)) === 'fail') {
          throw ApplicationFailure.nonRetryable(`step ${steps.length} was made to fail`, 'Broken');
        }
        return next(input);
      },
    },
  });
  const config = readWorkerConfig({
    DATABASE_URL: service.databaseUrl,
    TEMPORAL_ADDRESS: service.temporal.address,
    WEDSCALE_LONGEST_VENDOR_DELAY_MS: '1500',
    WEDSCALE_SANDBOX_URL: service.sandbox.control,
    WEDSCALE_TIME_SCALE: '600',
  });
  const worker: WorkerProcess = await startWorker(config, pino({ level: 'silent' }), {
    activityInterceptors: [counting],
  });
  return {
    get steps() {
      return steps;
    },
    reset(next) {
      steps = [];
      atStep = next;
    },
    async stop() {
      worker.stop();
      await worker.done;
    },
  };
}
