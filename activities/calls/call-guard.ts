import type { VendorCall } from '../../domain/api-limits.ts';
import type { VendorConnection } from '../../domain/connection.ts';
import { ProviderError } from '../../domain/errors.ts';
import type { CallLimiter } from './call-limiter.ts';
import type { CircuitBreakers } from './circuit-breakers.ts';

/**
 * What stands between an adapter and the wire, once for all of them: pace, breaker, figures. An adapter hands
 * every single request through it.
 */
export interface CallGuard {
  /**
   * Sends one request when it may be sent. @throws ProviderError `Throttled` where it was not sent because its
   * turn is too far away, `CircuitOpen` where its circuit is open; anything `send` throws is passed on as it is.
   * @param understand what an error of `send` means; needed where `send` throws a vendor's own errors.
   */
  run<T>(
    call: VendorCall,
    send: () => Promise<T>,
    understand?: (error: unknown) => ProviderError | undefined,
  ): Promise<T>;
}

/** What an adapter is made with that sends requests. */
export interface Guarded {
  readonly guard: CallGuard;
}

/** How a vendor is reached, and what every request to it passes through. */
export interface VendorAccess extends Guarded {
  readonly connection: VendorConnection;
}

/** Sends everything at once: unit tests, and checks against somebody else's stand-ins. */
export const UNGUARDED: CallGuard = { run: (_call, send) => send() };

/** The guard of a worker: first the circuit, so that nobody queues for a vendor that is down, then the turn. */
export function createCallGuard(limiter: CallLimiter, circuits: CircuitBreakers): CallGuard {
  return {
    async run(call, send, understand = asProviderError) {
      circuits.refuseWhereOpen(call);
      const turn = await limiter.turn(call);
      try {
        return await circuits.run(call, send, understand);
      } catch (error) {
        const known = understand(error);
        if (turn && known?.kind === 'Throttled') await limiter.throttled(turn, known.retryAfterMs);
        throw error;
      }
    },
  };
}

function asProviderError(error: unknown): ProviderError | undefined {
  return error instanceof ProviderError ? error : undefined;
}
