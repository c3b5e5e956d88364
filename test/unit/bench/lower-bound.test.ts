import { expect, test } from '@jest/globals';
import { lowerBoundMs, type NeededCall } from '../../../bench/lower-bound.ts';

const RATE = { burst: 2, ratePerSecond: 4 };

/** Calls of one bucket with these tails. */
function calls(bucket: string, ...tails: readonly number[]): readonly NeededCall[] {
  return tails.map((tailMs) => ({ bucket, rate: RATE, tailMs }));
}

test.each([
  ['nothing to do takes no time', [], 0],
  ['a burst goes at once, so only its longest tail counts', calls('a', 100, 300), 300],
  ['each call beyond the burst waits for its token', calls('a', 0, 0, 0, 0), 500],
  ['the last call is the one with the shortest tail', calls('a', 0, 400, 0, 400), 500],
  ['a long tail further back decides where it ends last', calls('a', 900, 900, 900, 0), 1_150],
  ['buckets do not wait for each other', [...calls('a', 0, 0, 0), ...calls('b', 0, 0, 0)], 250],
  ['the slowest bucket decides', [...calls('a', 0, 0, 0), ...calls('b', 0, 0, 0, 0, 0)], 750],
] as const)('%s', (_what, needed, ms) => {
  expect(lowerBoundMs(needed)).toBe(ms);
});

test('the order in which calls are named makes no difference', () => {
  const needed = calls('a', 10, 500, 0, 250, 900);
  expect(lowerBoundMs(needed.toReversed())).toBe(lowerBoundMs(needed));
});
