import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createCircuitBreakers } from '../../../../activities/calls/circuit-breakers.ts';
import { ProviderError, type ProviderErrorKind } from '../../../../domain/errors.ts';

const CALL = { provider: 'aws', region: 'eu-west-1', api: 'ECS', operation: 'UpdateService' } as const;
/** Half a minute of service time at 60 times the pace. */
const PAUSE_MS = 500;

let states: string[];
let circuits: ReturnType<typeof createCircuitBreakers>;
let sent: number;

beforeEach(() => {
  jest.useFakeTimers();
  states = [];
  sent = 0;
  const onChange = ({ region, state }: { region: string; state: string }) =>
    states.push(`${region} ${state}`);
  circuits = createCircuitBreakers({ timeScale: 60, onChange });
});
afterEach(() => {
  jest.useRealTimers();
});

/** One call that ends so. @returns the kind it ended with, or `answered`. */
async function call(ends: ProviderErrorKind | 'answered', of: object = {}): Promise<string> {
  const send = async () => {
    sent += 1;
    if (ends !== 'answered') throw new ProviderError(ends, ends);
  };
  const understand = (error: unknown) => error as ProviderError;
  return circuits.run({ ...CALL, ...of }, send, understand).then(
    () => 'answered',
    (error: ProviderError) => error.kind,
  );
}

async function calls(...ends: readonly (ProviderErrorKind | 'answered')[]): Promise<void> {
  for (const one of ends) await call(one);
}

const fiveFailures = ['Transient', 'Transient', 'Transient', 'Transient', 'Transient'] as const;

describe('a circuit', () => {
  test('opens after five calls in a row without an answer; then nothing is sent', async () => {
    await calls(...fiveFailures);
    expect(await call('answered')).toBe('CircuitOpen');
    expect(sent).toBe(5);
    expect(states).toEqual(['eu-west-1 closed', 'eu-west-1 open']);
  });

  test('says in service time when it is tried again', async () => {
    await calls(...fiveFailures);
    await jest.advanceTimersByTimeAsync(PAUSE_MS / 2);
    expect(() => circuits.refuseWhereOpen(CALL)).toThrow(
      expect.objectContaining({ kind: 'CircuitOpen', retryAfterMs: (PAUSE_MS / 2) * 60 }),
    );
  });

  test.each(['answered', 'Throttled', 'NotFound', 'PermissionDenied', 'UpdateInProgress'] as const)(
    'stays closed when among failures a vendor is there to say %s',
    async (ends) => {
      await calls('Transient', 'Transient', 'Transient', 'Transient', ends);
      await calls('Transient', 'Transient', 'Transient', 'Transient');
      expect(states).toEqual(['eu-west-1 closed']);
    },
  );

  test('lets one call through after its pause, and closes when that is answered', async () => {
    await calls(...fiveFailures);
    await jest.advanceTimersByTimeAsync(PAUSE_MS);
    expect(await call('answered')).toBe('answered');
    expect(await call('answered')).toBe('answered');
    expect(states.slice(1)).toEqual(['eu-west-1 open', 'eu-west-1 half-open', 'eu-west-1 closed']);
  });

  test('opens again when that one fails', async () => {
    await calls(...fiveFailures);
    await jest.advanceTimersByTimeAsync(PAUSE_MS);
    expect(await call('Transient')).toBe('Transient');
    expect(await call('answered')).toBe('CircuitOpen');
    expect(sent).toBe(6);
  });

  test('keeps others back while that one is under way', async () => {
    await calls(...fiveFailures);
    await jest.advanceTimersByTimeAsync(PAUSE_MS);
    let end: () => void = () => undefined;
    const probe = circuits.run(
      CALL,
      () => new Promise<void>((resolve) => (end = resolve)),
      () => undefined,
    );
    expect(await call('answered')).toBe('CircuitOpen');
    end();
    await probe;
    expect(await call('answered')).toBe('answered');
  });

  test.each([{ region: 'eu-west-2' }, { api: 'RDS' }, { provider: 'gcp' }])(
    'is of one provider, region and API: %p goes on',
    async (other) => {
      await calls(...fiveFailures);
      expect(await call('answered', other)).toBe('answered');
    },
  );
});
