import { beforeEach, describe, expect, test } from '@jest/globals';
import { createCallGuard } from '../../../../activities/calls/call-guard.ts';
import type { CallLimiter, Turn } from '../../../../activities/calls/call-limiter.ts';
import type { CircuitBreakers } from '../../../../activities/calls/circuit-breakers.ts';
import { API_LIMITS } from '../../../../domain/api-limits.ts';
import { ProviderError } from '../../../../domain/errors.ts';

const CALL = { provider: 'aws', region: 'eu-west-1', api: 'ECS', operation: 'UpdateService' } as const;
const [limit] = API_LIMITS;
const TURN = { key: 'k', limit, region: 'eu-west-1', epoch: 'postgres:0' } as Turn;

let steps: string[];
let turn: () => Promise<Turn | null>;
let open: ProviderError | null;

beforeEach(() => {
  steps = [];
  open = null;
  turn = async () => TURN;
});

const limiter: CallLimiter = {
  turn: () => {
    steps.push('turn');
    return turn();
  },
  throttled: async (_turn, retryAfterMs) => {
    steps.push(`throttled ${retryAfterMs}`);
  },
};
const circuits: CircuitBreakers = {
  refuseWhereOpen: () => {
    steps.push('circuit');
    if (open) throw open;
  },
  run: (_call, send) => send(),
};
const guard = createCallGuard(limiter, circuits);
const sending = (error?: unknown) => async () => {
  steps.push('send');
  if (error) throw error;
  return 'answer';
};

describe('the guard', () => {
  test('looks at the circuit, waits for the turn, and sends', async () => {
    await expect(guard.run(CALL, sending())).resolves.toBe('answer');
    expect(steps).toEqual(['circuit', 'turn', 'send']);
  });

  test('takes no turn where the circuit is open', async () => {
    open = new ProviderError('CircuitOpen', 'open');
    await expect(guard.run(CALL, sending())).rejects.toBe(open);
    expect(steps).toEqual(['circuit']);
  });

  test('sends nothing where the turn is refused', async () => {
    const far = new ProviderError('Throttled', 'far');
    turn = () => Promise.reject(far);
    await expect(guard.run(CALL, sending())).rejects.toBe(far);
    expect(steps).toEqual(['circuit', 'turn']);
  });

  test.each([
    ['our own error', new ProviderError('Throttled', 'too many', { retryAfterMs: 7 }), undefined],
    [
      "a vendor's error, which the adapter explains",
      { name: 'ThrottlingException' },
      () => new ProviderError('Throttled', 'too many', { retryAfterMs: 7 }),
    ],
  ])(
    "tells the limiter of a vendor's throttle, by %s, and passes it on as it was",
    async (_by, error, explain) => {
      await expect(guard.run(CALL, sending(error), explain)).rejects.toBe(error);
      expect(steps).toEqual(['circuit', 'turn', 'send', 'throttled 7']);
    },
  );

  test('does not take another failure for a throttle', async () => {
    const refusal = new ProviderError('QuotaExceeded', 'no');
    await expect(guard.run(CALL, sending(refusal))).rejects.toBe(refusal);
    expect(steps).toEqual(['circuit', 'turn', 'send']);
  });

  test('sends a call without a known limit', async () => {
    turn = async () => null;
    const error = new ProviderError('Throttled', 'all the same');
    await expect(guard.run(CALL, sending(error))).rejects.toBe(error);
    expect(steps).toEqual(['circuit', 'turn', 'send']);
  });
});
