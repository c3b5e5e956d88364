import { setTimeout as sleep } from 'node:timers/promises';

/** Share by which we stay below what the vendor allows. */
const SAFETY = 1.1;

/** Waits until one more call is allowed. @throws the signal's reason when it aborts first. */
export type Pace = (signal: AbortSignal) => Promise<void>;

/**
 * Keeps the calls of one process within a vendor's token bucket, however many ask at once.
 * @param burst calls at once. @param intervalMs wall milliseconds until the next token.
 */
export function createPace(burst: number, intervalMs: number): Pace {
  // When the bucket will be full again; each call moves that on by one token. A clock of its own resolution,
  // and calls that overtake each other on their way, cost a little of every token.
  const tokenMs = intervalMs * SAFETY;
  let fullAtMs = 0;
  return async (signal) => {
    const nowMs = performance.now();
    fullAtMs = Math.max(fullAtMs, nowMs) + tokenMs;
    const waitMs = fullAtMs - nowMs - burst * tokenMs;
    if (waitMs > 0) await sleep(Math.ceil(waitMs), undefined, { signal });
  };
}
