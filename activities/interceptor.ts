import type { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type {
  ActivityExecuteInput,
  ActivityInboundCallsInterceptor,
  ActivityInterceptorsFactory,
  Next,
} from '@temporalio/worker';
import { isTerminal, ProviderError, type ProviderErrorKind } from '../domain/errors.ts';
import { LeaseBusy } from './lease-busy.ts';

/** Well below the 10 s heartbeat time-out of every vendor activity, so that cancellation arrives soon. */
const HEARTBEAT_EVERY_MS = 2_000;

/** Reading again after a refused fence needs no long pause: nothing is overloaded. */
const STALE_RETRY_MS = 200;

/**
 * Heartbeats for every activity and turns what they throw into failures that Temporal retries, or not, by
 * kind. @param timeScale a vendor's Retry-After is unscaled on the wire, so it is divided here.
 */
export function activityInterceptors(timeScale: number): ActivityInterceptorsFactory {
  return (context) => ({ inbound: new ProviderFailures(context, timeScale) });
}

/** Paced by a limit or an open circuit: nothing is wrong with us, and it happens a lot in a storm. */
const PACED: readonly ProviderErrorKind[] = ['CircuitOpen', 'Throttled'];

class ProviderFailures implements ActivityInboundCallsInterceptor {
  private readonly context: Context;
  private readonly timeScale: number;

  constructor(context: Context, timeScale: number) {
    this.context = context;
    this.timeScale = timeScale;
  }

  async execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    const ticker = setInterval(() => this.context.heartbeat(), HEARTBEAT_EVERY_MS);
    try {
      return await next(input);
    } catch (error) {
      if (error instanceof CancelledFailure) throw error;
      throw cancellationOf(error, this.context.cancellationSignal) ?? toFailure(error, this.timeScale);
    } finally {
      clearInterval(ticker);
    }
  }
}

/**
 * The cancellation of a run, where a call was not sent because of it: it would look like the throttle it waited for.
 * A worker that stops is no such thing, the call is made by another one.
 */
export function cancellationOf(
  error: unknown,
  { aborted, reason }: AbortSignal,
): CancelledFailure | undefined {
  const paced = error instanceof ProviderError && PACED.includes(error.kind);
  if (!aborted || !paced || !(reason instanceof CancelledFailure)) return undefined;
  return reason.message === 'WORKER_SHUTDOWN' ? undefined : reason;
}

/** The failure Temporal sees for an error of ours; anything unknown is passed on and retried. */
export function toFailure(error: unknown, timeScale: number): unknown {
  const delayMs = retryDelayMs(error, timeScale);
  if (error instanceof LeaseBusy) {
    return ApplicationFailure.create({
      message: error.message,
      type: 'LeaseBusy',
      ...(delayMs === undefined ? {} : { nextRetryDelay: delayMs }),
      category: 'BENIGN',
    });
  }
  if (!(error instanceof ProviderError)) return error;
  return ApplicationFailure.create({
    message: error.message,
    type: error.kind,
    nonRetryable: isTerminal(error.kind),
    ...(PACED.includes(error.kind) && { category: 'BENIGN' as const }),
    ...(delayMs === undefined ? {} : { nextRetryDelay: delayMs }),
    cause: error,
  });
}

/** When to try again, in milliseconds of wall time, where the error says; undefined leaves it to the caller's own backoff. */
export function retryDelayMs(error: unknown, timeScale: number): number | undefined {
  if (error instanceof LeaseBusy) {
    return Math.min(Math.max(100, error.expiresAt.getTime() - Date.now()), 2_000);
  }
  if (!(error instanceof ProviderError)) return undefined;
  if (error.retryAfterMs !== undefined) return Math.ceil(error.retryAfterMs / timeScale);
  return error.kind === 'Stale' ? STALE_RETRY_MS : undefined;
}
