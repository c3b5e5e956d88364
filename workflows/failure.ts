import { ApplicationFailure, isCancellation } from '@temporalio/workflow';

/** Type and words of whatever ended a run, as its report shows them. */
export interface Reason {
  readonly type: string;
  readonly message: string;
  readonly details?: unknown;
}

/** Type and words of whatever ended a run; an activity's failure is unwrapped to what it said. */
export function reasonOf(error: unknown): Reason {
  if (isCancellation(error)) return { type: 'Cancelled', message: 'cancelled by a person' };
  let inner = error;
  while (inner instanceof Error && !(inner instanceof ApplicationFailure) && inner.cause) inner = inner.cause;
  if (inner instanceof ApplicationFailure) {
    return { type: inner.type ?? 'Failed', message: inner.message, details: inner.details?.[0] };
  }
  return { type: 'Failed', message: inner instanceof Error ? inner.message : String(inner) };
}

/** {@link reasonOf} in one line. */
export function reasonText(error: unknown): string {
  const { type, message } = reasonOf(error);
  return type === 'Failed' ? message : `${type}: ${message}`;
}
