import type { VendorCall } from '../../domain/api-limits.ts';

/**
 * What stands between an adapter and the wire, once for all of them: pace, breaker, figures. An adapter hands
 * every single request through it.
 */
export interface CallGuard {
  /**
   * Sends one request when it may be sent. @throws ProviderError `Throttled` where it was not sent because its
   * turn is too far away, `Transient` where its circuit is open; anything `send` throws is passed on.
   */
  run<T>(call: VendorCall, send: () => Promise<T>): Promise<T>;
}

/** What an adapter is made with that sends requests. */
export interface Guarded {
  readonly guard: CallGuard;
}

/** Sends everything at once: unit tests, and checks against somebody else's stand-ins. */
export const UNGUARDED: CallGuard = { run: (_call, send) => send() };
