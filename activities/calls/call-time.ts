import { AsyncLocalStorage } from 'node:async_hooks';

/** Time one call of an adapter has, however many requests it is made of. */
class CallTime {
  readonly controller = new AbortController();
  readonly stop: AbortSignal | undefined;
  private leftMs: number;
  private runsSinceMs = performance.now();
  private timer: NodeJS.Timeout | undefined;
  private waiting = 0;

  constructor(limitMs: number, stop: AbortSignal | undefined) {
    this.leftMs = limitMs;
    this.stop = stop;
    this.run();
  }

  /** Several requests of one call may wait at once; the time runs when none of them does. */
  pause(): void {
    this.waiting += 1;
    if (this.waiting > 1) return;
    clearTimeout(this.timer);
    this.leftMs -= performance.now() - this.runsSinceMs;
  }

  resume(): void {
    this.waiting -= 1;
    if (this.waiting === 0) this.run();
  }

  end(): void {
    clearTimeout(this.timer);
  }

  private run(): void {
    this.runsSinceMs = performance.now();
    this.timer = setTimeout(() => this.abort(), Math.max(0, this.leftMs)).unref();
  }

  private abort(): void {
    this.controller.abort(new DOMException('The call took too long and was given up', 'TimeoutError'));
  }
}

const currentCall = new AsyncLocalStorage<CallTime>();

/**
 * Runs a call under a time limit that aborts its signal; time spent in {@link notCounted} is not the vendor's and
 * does not count.
 * @param limitMs wall milliseconds. @param stop ends what is not counted early; the call itself it never ends.
 */
export async function timeLimited<T>(
  limitMs: number,
  stop: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const time = new CallTime(limitMs, stop);
  try {
    return await currentCall.run(time, () => call(time.controller.signal));
  } finally {
    time.end();
  }
}

/** Runs something that is no part of the call under way: waiting for a turn. `stop` is the call's, where it has one. */
export async function notCounted<T>(wait: (stop: AbortSignal | undefined) => Promise<T>): Promise<T> {
  const time = currentCall.getStore();
  if (!time) return wait(undefined);
  time.pause();
  try {
    return await wait(time.stop);
  } finally {
    time.resume();
  }
}
