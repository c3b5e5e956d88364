import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { switchingBuckets } from '../../../../activities/calls/switching-buckets.ts';
import type { CallBuckets, TurnAsk } from '../../../../domain/call-buckets.ts';

const ASK: TurnAsk = {
  key: 'k',
  burst: 3,
  intervalMs: 100,
  count: 1,
  longestWaitMs: 1_000,
  recoveryPerMs: 0,
  emptySinceMs: null,
};

let away: boolean;
let asked: { readonly store: string; readonly emptySinceMs: number | null }[];
let buckets: ReturnType<typeof switchingBuckets>;

function store(name: 'postgres' | 'redis', fails: () => boolean): CallBuckets {
  return {
    store: name,
    reserve: async ({ emptySinceMs }) => {
      if (fails()) throw new Error(`${name} is away`);
      asked.push({ store: name, emptySinceMs });
      return { given: 1, firstWaitMs: 0, intervalMs: 100, epoch: `${name}:0` };
    },
    stands: async (_key, epoch) => {
      if (fails()) throw new Error(`${name} is away`);
      return epoch === `${name}:0`;
    },
    throttled: async () => {
      if (fails()) throw new Error(`${name} is away`);
    },
  };
}

beforeEach(() => {
  jest.useFakeTimers();
  away = false;
  asked = [];
  const redis = {
    ...store('redis', () => away),
    ping: async () => {
      if (away) throw new Error('redis is away');
    },
    close: async () => undefined,
  };
  const postgres = store('postgres', () => false);
  buckets = switchingBuckets(redis, postgres, pino({ level: 'silent' }));
});
afterEach(async () => {
  await buckets.close();
  jest.useRealTimers();
});

test('turns come from Redis as long as it is there, and it is believed', async () => {
  await buckets.reserve(ASK);
  expect(asked).toEqual([{ store: 'redis', emptySinceMs: null }]);
  expect(buckets.store).toBe('redis');
});

test('the call that finds Redis away gets its turn from PostgreSQL, whose bucket counts as overdrawn at first', async () => {
  away = true;
  expect((await buckets.reserve(ASK)).epoch).toBe('postgres:0');
  await jest.advanceTimersByTimeAsync(5_000);
  await buckets.reserve(ASK);
  // Others may have drawn from Redis for two seconds more.
  expect(asked).toEqual([
    { store: 'postgres', emptySinceMs: -2_000 },
    { store: 'postgres', emptySinceMs: 3_000 },
  ]);
});

test('turns come from Redis again when it is back, whose bucket counts as overdrawn then', async () => {
  away = true;
  await buckets.reserve(ASK);
  away = false;
  await jest.advanceTimersByTimeAsync(1_000);
  await buckets.reserve(ASK);
  expect(asked.at(-1)).toEqual({ store: 'redis', emptySinceMs: -2_000 });
});

test('a turn reserved in Redis does not stand when Redis is away', async () => {
  const { epoch } = await buckets.reserve(ASK);
  expect(await buckets.stands('k', epoch)).toBe(true);
  away = true;
  expect(await buckets.stands('k', epoch)).toBe(false);
});

test('a throttle is told to whichever store is there', async () => {
  away = true;
  await expect(buckets.throttled({ ...ASK, pauseMs: 1, epoch: 'redis:0' })).resolves.toBeUndefined();
  expect(buckets.store).toBe('postgres');
});
