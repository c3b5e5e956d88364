import {
  type CircuitBreakerPolicy,
  CircuitState as Cockatiel,
  ConsecutiveBreaker,
  circuitBreaker,
  handleAll,
} from 'cockatiel';
import type { VendorCall } from '../../domain/api-limits.ts';
import { ProviderError } from '../../domain/errors.ts';
import type { CircuitName, CircuitState } from '../../store/circuits.ts';

/** So many calls in a row without an answer open a circuit. */
const FAILURES = 5;

/** How long an open circuit sends nothing before it tries one call, in milliseconds of service time. */
const PAUSE_MS = 30_000;

/** While that one call is under way others are told to come back after this part of the pause. */
const PROBE_SHARE = 0.1;

/** What a circuit came to; `reason` where it opened. */
export interface CircuitChange extends CircuitName {
  readonly state: CircuitState;
  readonly reason: string | null;
}

/** How circuits are made. */
export interface CircuitBreakersOptions {
  /** Service milliseconds per wall millisecond. */
  readonly timeScale: number;
  /** Told of every circuit at its first use, and of every change. */
  readonly onChange: (change: CircuitChange) => void;
}

/** One circuit breaker per provider, region and API, in this process. */
export interface CircuitBreakers {
  /** @throws ProviderError `CircuitOpen` where nothing may be sent now. */
  refuseWhereOpen(call: VendorCall): void;
  /**
   * Sends a request and counts how it ended. Only calls without an answer count as failures: a vendor that
   * throttles or refuses is there. @throws ProviderError `CircuitOpen`, or what `send` throws.
   * @param understand what an error of `send` means.
   */
  run<T>(
    call: VendorCall,
    send: () => Promise<T>,
    understand: (error: unknown) => ProviderError | undefined,
  ): Promise<T>;
}

/** Makes breakers, all closed. */
export function createCircuitBreakers({ timeScale, onChange }: CircuitBreakersOptions): CircuitBreakers {
  const circuits = new Map<string, Circuit>();
  const circuitOf = (call: VendorCall): Circuit => {
    const key = [call.provider, call.region, call.api].join('|');
    const known = circuits.get(key);
    if (known) return known;
    const { provider, region, api } = call;
    const made = new Circuit({ provider, region, api }, PAUSE_MS / timeScale, timeScale, onChange);
    circuits.set(key, made);
    return made;
  };
  return {
    refuseWhereOpen: (call) => circuitOf(call).refuseWhereOpen(),
    run: (call, send, understand) => circuitOf(call).run(send, understand),
  };
}

class Circuit {
  private readonly name: CircuitName;
  private readonly pauseMs: number;
  private readonly timeScale: number;
  private readonly policy: CircuitBreakerPolicy;
  private openUntilMs = 0;

  constructor(
    name: CircuitName,
    pauseMs: number,
    timeScale: number,
    onChange: CircuitBreakersOptions['onChange'],
  ) {
    this.name = name;
    this.pauseMs = pauseMs;
    this.timeScale = timeScale;
    const breaker = new ConsecutiveBreaker(FAILURES);
    this.policy = circuitBreaker(handleAll, { halfOpenAfter: pauseMs, breaker });
    this.policy.onBreak((reason) => {
      this.openUntilMs = Date.now() + pauseMs;
      onChange({ ...name, state: 'open', reason: 'error' in reason ? reason.error.message : null });
    });
    this.policy.onHalfOpen(() => onChange({ ...name, state: 'half-open', reason: null }));
    this.policy.onReset(() => onChange({ ...name, state: 'closed', reason: null }));
    onChange({ ...name, state: 'closed', reason: null });
  }

  refuseWhereOpen(): void {
    const { state } = this.policy;
    if (state === Cockatiel.HalfOpen) throw this.refusal(this.pauseMs * PROBE_SHARE);
    const leftMs = this.openUntilMs - Date.now();
    if (state === Cockatiel.Open && leftMs > 0) throw this.refusal(leftMs);
  }

  async run<T>(
    send: () => Promise<T>,
    understand: (error: unknown) => ProviderError | undefined,
  ): Promise<T> {
    // It may have opened while the call waited for its turn.
    this.refuseWhereOpen();
    // An answer is a success of the vendor's, whatever it says; so only what is no answer leaves as an error.
    const ended = await this.policy.execute(async () => {
      try {
        return { value: await send() };
      } catch (error) {
        if (understand(error)?.kind === 'Transient') throw error;
        return { error };
      }
    });
    if ('error' in ended) throw ended.error;
    return ended.value;
  }

  private refusal(leftMs: number): ProviderError {
    const { provider, region, api } = this.name;
    const wallMs = Math.max(1, Math.ceil(leftMs));
    return new ProviderError(
      'CircuitOpen',
      `Nothing was sent: ${api} of ${provider} in ${region} gave no answer ${FAILURES} times in a row; it is tried again in ${wallMs} ms.`,
      { retryAfterMs: wallMs * this.timeScale },
    );
  }
}
