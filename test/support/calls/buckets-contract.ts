import assert from 'node:assert/strict';
import { type CallBuckets, type TurnAsk, turnWaitMs } from '../../../domain/call-buckets.ts';

/** An interval against which what a test takes is nothing. */
const HOUR_MS = 3_600_000;

/** Measured waits may be shorter by what passed since; a minute in hours. */
const PASSED = 1 / 60;

let keys = 0;

function ask(change: Partial<TurnAsk> = {}): TurnAsk {
  return {
    key: `contract|${process.pid}|${keys}`,
    burst: 3,
    intervalMs: HOUR_MS,
    count: 1,
    longestWaitMs: 100 * HOUR_MS,
    recoveryPerMs: 0,
    emptySinceMs: null,
    ...change,
  };
}

/** Waits of so many turns, in hours. */
async function waits(buckets: CallBuckets, change: Partial<TurnAsk> = {}): Promise<readonly number[]> {
  const turns = await buckets.reserve(ask(change));
  return Array.from({ length: turns.given }, (_, index) => turnWaitMs(turns, index) / HOUR_MS);
}

function closeTo(actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length, `waits are ${actual.join(', ')}`);
  for (const [index, hours] of expected.entries()) {
    const found = actual[index] ?? Number.NaN;
    assert.ok(found <= hours && found >= hours - PASSED, `waits are ${actual.join(', ')}`);
  }
}

/** The arithmetic every store of buckets must agree on. Each throws where it does not hold. */
export const BUCKET_RULES: readonly {
  readonly name: string;
  readonly run: (buckets: CallBuckets) => Promise<void>;
}[] = [
  {
    name: 'a fresh bucket gives its burst at once, then one turn per interval',
    run: async (buckets) => {
      closeTo(await waits(buckets, { count: 5 }), [0, 0, 0, 1, 2]);
      closeTo(await waits(buckets, { count: 2 }), [3, 4]);
    },
  },
  {
    name: 'turns further away than the longest wait are not reserved',
    run: async (buckets) => {
      closeTo(await waits(buckets, { count: 9, longestWaitMs: 1.5 * HOUR_MS }), [0, 0, 0, 1]);
      const far = await buckets.reserve(ask({ longestWaitMs: HOUR_MS }));
      assert.equal(far.given, 0);
      closeTo([far.firstWaitMs / HOUR_MS], [2]);
      closeTo(await waits(buckets), [2]);
    },
  },
  {
    name: 'reservations at the same time never share a turn',
    run: async (buckets) => {
      const all = await Promise.all(Array.from({ length: 20 }, () => waits(buckets)));
      closeTo(
        all.flat().toSorted((a, b) => a - b),
        [0, 0, 0, ...Array.from({ length: 17 }, (_, index) => index + 1)],
      );
    },
  },
  {
    name: 'a bucket that was empty a while ago has only what came in since',
    run: async (buckets) => {
      closeTo(await waits(buckets, { count: 3, emptySinceMs: 1.5 * HOUR_MS }), [0, 0.5, 1.5]);
    },
  },
  {
    name: 'a bucket that is overdrawn gives its first turn when that is made up for',
    run: async (buckets) => {
      closeTo(await waits(buckets, { count: 2, emptySinceMs: -HOUR_MS }), [2, 3]);
    },
  },
  {
    name: 'a throttle pauses the bucket, halves its rate and voids what was reserved; its echoes do not halve again',
    run: async (buckets) => {
      const { key } = ask();
      const { epoch } = await buckets.reserve(ask({ count: 4 }));
      assert.equal(await buckets.stands(key, epoch), true);
      const report = { ...ask(), pauseMs: 5 * HOUR_MS, epoch };
      await buckets.throttled(report);
      await buckets.throttled({ ...report, pauseMs: HOUR_MS });
      assert.equal(await buckets.stands(key, epoch), false);
      closeTo(await waits(buckets, { count: 3 }), [5, 7, 9]);
      await buckets.throttled({ ...report, pauseMs: 20 * HOUR_MS });
      closeTo(await waits(buckets, { count: 2 }), [20, 22]);
    },
  },
  {
    name: 'every throttle of its own halves again, down to a sixteenth',
    run: async (buckets) => {
      for (let times = 1; times <= 6; times += 1) {
        const { epoch } = await buckets.reserve(ask({ count: 0 }));
        await buckets.throttled({ ...ask(), pauseMs: 0, epoch });
      }
      closeTo(await waits(buckets, { count: 3 }), [0, 16, 32]);
    },
  },
  {
    name: 'what a throttle took comes back little by little',
    run: async (buckets) => {
      const { epoch } = await buckets.reserve(ask({ count: 0 }));
      await buckets.throttled({ ...ask(), pauseMs: 0, epoch });
      // So fast that all of it is back with the next question.
      const { intervalMs } = await buckets.reserve(ask({ recoveryPerMs: 1_000 }));
      assert.equal(intervalMs, HOUR_MS);
    },
  },
  {
    name: 'a throttle of a bucket nobody has asked pauses it all the same',
    run: async (buckets) => {
      await buckets.throttled({ ...ask(), pauseMs: 2 * HOUR_MS, epoch: 'elsewhere:7' });
      closeTo(await waits(buckets), [2]);
    },
  },
  {
    name: 'turns of an unknown epoch do not stand',
    run: async (buckets) => {
      assert.equal(await buckets.stands(ask().key, 'elsewhere:0'), false);
      await buckets.reserve(ask());
      assert.equal(await buckets.stands(ask().key, 'elsewhere:0'), false);
    },
  },
];

/** Runs one rule on a bucket of its own. */
export async function checkRule(rule: (typeof BUCKET_RULES)[number], buckets: CallBuckets): Promise<void> {
  keys += 1;
  await rule.run(buckets);
}
