import { timeLimited } from './calls/call-time.ts';

/** Time spent waiting for vendors, as wall-clock intervals `[fromMs, untilMs]`. */
export type WaitIntervals = readonly (readonly [fromMs: number, untilMs: number])[];

/** Runs vendor calls under a time limit of their own and remembers when we waited for them. */
export interface VendorWatch {
  /**
   * One vendor call. It is aborted after the call time-out and never by a cancelled run: a call in flight is
   * an unknown outcome, so it is let finish. Waiting for its turn counts as waiting for the vendor, but not
   * towards its time-out, and a cancelled run ends it. @throws whatever the call throws.
   * @param timeoutMs instead of the call time-out, for what takes many requests; milliseconds of wall time.
   */
  call<T>(run: (signal: AbortSignal) => Promise<T>, timeoutMs?: number): Promise<T>;
  /** A pause in which only the vendor works (settling), in milliseconds of wall time; ends early on `stop`. */
  pause(ms: number, stop?: AbortSignal): Promise<void>;
  readonly waits: WaitIntervals;
}

/**
 * @param callTimeoutMs one call is aborted after this, in milliseconds, its waits for a turn not counted.
 * @param stop the run has been cancelled: calls that still wait for their turn are not made.
 */
export function createVendorWatch(callTimeoutMs: number, stop?: AbortSignal): VendorWatch {
  const waits: [number, number][] = [];
  async function timed<T>(run: () => Promise<T>): Promise<T> {
    const fromMs = Date.now();
    try {
      return await run();
    } finally {
      waits.push([fromMs, Date.now()]);
    }
  }
  return {
    waits,
    call: (run, timeoutMs = callTimeoutMs) => timed(() => timeLimited(timeoutMs, stop, run)),
    pause: (ms, early) => timed(() => sleep(ms, early)),
  };
}

function sleep(ms: number, stop?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      stop?.removeEventListener('abort', done);
      resolve();
    }
    if (stop?.aborted) done();
    else stop?.addEventListener('abort', done);
  });
}
