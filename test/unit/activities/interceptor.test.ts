import { describe, expect, test } from '@jest/globals';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { cancellationOf, toFailure } from '../../../activities/interceptor.ts';
import { LeaseBusy } from '../../../activities/lease-busy.ts';
import { ProviderError, TERMINAL_KINDS } from '../../../domain/errors.ts';

describe('a call that was not sent', () => {
  const waiting = new ProviderError('Throttled', 'stopped before its turn came');
  const signalOf = (reason?: unknown) => (reason ? AbortSignal.abort(reason) : new AbortController().signal);

  test('because its run was cancelled is cancelled with it, and no throttle', () => {
    const reason = new CancelledFailure('CANCELLED');
    expect(cancellationOf(waiting, signalOf(reason))).toBe(reason);
  });

  test.each<[string, ProviderError, AbortSignal]>([
    ['the run goes on', waiting, signalOf()],
    ['only the worker stops', waiting, signalOf(new CancelledFailure('WORKER_SHUTDOWN'))],
    [
      'it was sent and refused',
      new ProviderError('QuotaExceeded', 'no'),
      signalOf(new CancelledFailure('CANCELLED')),
    ],
  ])('is what it is where %s', (_when, error, signal) => {
    expect(cancellationOf(error, signal)).toBeUndefined();
  });
});

describe('what Temporal is told of an error', () => {
  test("a vendor's Retry-After is honoured, divided by the time scale it does not know of", () => {
    const failure = toFailure(new ProviderError('Throttled', 'too many', { retryAfterMs: 30_000 }), 60);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: 'Throttled', nonRetryable: false, nextRetryDelay: 500 });
  });

  test('a throttle without Retry-After leaves the delay to the retry policy', () => {
    const failure = toFailure(new ProviderError('Throttled', 'too many'), 1) as ApplicationFailure;
    expect(failure.nextRetryDelay).toBeUndefined();
  });

  test.each(['CircuitOpen', 'Throttled'] as const)('%s comes back by itself, without noise', (kind) => {
    const failure = toFailure(new ProviderError(kind, 'later', { retryAfterMs: 30_000 }), 60);
    expect(failure).toMatchObject({
      type: kind,
      nonRetryable: false,
      nextRetryDelay: 500,
      category: 'BENIGN',
    });
  });

  test.each([...TERMINAL_KINDS])('%s is not retried', (kind) => {
    expect(toFailure(new ProviderError(kind, 'no'), 1)).toMatchObject({ type: kind, nonRetryable: true });
  });

  test.each(['Throttled', 'UpdateInProgress', 'Stale', 'Transient'] as const)('%s is retried', (kind) => {
    expect(toFailure(new ProviderError(kind, 'later'), 1)).toMatchObject({ type: kind, nonRetryable: false });
  });

  test('a lease of somebody else is waited for without noise', () => {
    const busy = new LeaseBusy('ecs', 'other/1', new Date(Date.now() + 600));
    const failure = toFailure(busy, 1) as ApplicationFailure;
    expect(failure).toMatchObject({ type: 'LeaseBusy', nonRetryable: false, category: 'BENIGN' });
    expect(Number(failure.nextRetryDelay)).toBeGreaterThan(0);
    expect(Number(failure.nextRetryDelay)).toBeLessThanOrEqual(2_000);
  });

  test('an error nobody foresaw is passed on, and so retried', () => {
    const error = new TypeError('undefined is not a function');
    expect(toFailure(error, 1)).toBe(error);
  });
});
