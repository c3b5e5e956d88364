import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until one more call is allowed. @throws the signal's reason when it aborts first. */
export type Pace = (signal: AbortSignal) => Promise<void>;

/**
 * Keeps the calls of one process within a vendor's token bucket, however many ask at once.
 * @param burst calls at once. @param intervalMs wall milliseconds until the next token.
 */
export function createPace(burst: number, intervalMs: number): Pace {
  // When the bucket will be full again; each call moves that on by one token.
  let fullAtMs = 0;
  return async (signal) => {
    const nowMs = Date.now();
    fullAtMs = Math.max(fullAtMs, nowMs) + intervalMs;
    const waitMs = fullAtMs - nowMs - burst * intervalMs;
    if (waitMs > 0) await sleep(Math.ceil(waitMs), undefined, { signal });
  };
}
