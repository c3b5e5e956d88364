import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { notCounted, timeLimited } from '../../../../activities/calls/call-time.ts';

const LIMIT_MS = 1_000;
const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const never = () => new Promise<never>(() => undefined);

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A call that lasts until its signal aborts, after `first`. */
function call(first: () => Promise<unknown> = async () => undefined, stop?: AbortSignal) {
  let aborted: AbortSignal | undefined;
  void timeLimited(LIMIT_MS, stop, async (signal) => {
    aborted = signal;
    await first();
    await never();
  });
  return () => aborted?.aborted;
}

const wait = (ms: number) => notCounted(() => new Promise((resolve) => setTimeout(resolve, ms)));

describe('the time limit of a call', () => {
  test('aborts its signal, with the reason a time-out has', async () => {
    let reason: unknown;
    void timeLimited(LIMIT_MS, undefined, async (signal) => {
      signal.addEventListener('abort', () => {
        reason = signal.reason;
      });
      await never();
    });
    await pass(LIMIT_MS - 1);
    expect(reason).toBeUndefined();
    await pass(1);
    expect(reason).toMatchObject({ name: 'TimeoutError' });
  });

  test('stands still while the call waits for its turn', async () => {
    const aborted = call(() => wait(60_000));
    await pass(60_000 + LIMIT_MS - 1);
    expect(aborted()).toBe(false);
    await pass(1);
    expect(aborted()).toBe(true);
  });

  test('stands still as long as any of its requests waits', async () => {
    const aborted = call(() => Promise.all([wait(5_000), wait(9_000)]));
    await pass(9_000 + LIMIT_MS - 1);
    expect(aborted()).toBe(false);
    await pass(1);
    expect(aborted()).toBe(true);
  });

  test('counts what the vendor took before and after a wait together', async () => {
    const aborted = call(async () => {
      await new Promise((resolve) => setTimeout(resolve, 700));
      await wait(60_000);
    });
    await pass(700 + 60_000 + 299);
    expect(aborted()).toBe(false);
    await pass(1);
    expect(aborted()).toBe(true);
  });

  test('goes on after a wait that failed', async () => {
    const aborted = call(() => notCounted(() => Promise.reject(new Error('no turn'))).catch(() => undefined));
    await pass(LIMIT_MS);
    expect(aborted()).toBe(true);
  });

  test('is of one call, whatever other calls wait for', async () => {
    const waiting = call(() => wait(60_000));
    const other = call();
    await pass(LIMIT_MS);
    expect([waiting(), other()]).toEqual([false, true]);
  });

  test('tells what waits when the run is stopped, and never aborts the call for it', async () => {
    const stopping = new AbortController();
    let told: AbortSignal | undefined;
    const aborted = call(
      () =>
        notCounted(async (stop) => {
          told = stop;
        }),
      stopping.signal,
    );
    await pass(0);
    stopping.abort();
    expect(told?.aborted).toBe(true);
    expect(aborted()).toBe(false);
  });
});
