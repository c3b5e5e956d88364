import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import type { CallCounts } from '../../../../activities/calls/call-figures.ts';
import { createCallLimiter } from '../../../../activities/calls/call-limiter.ts';
import { timeLimited } from '../../../../activities/calls/call-time.ts';
import type { CallBuckets, ThrottleReport, TurnAsk, TurnsGiven } from '../../../../domain/call-buckets.ts';
import { ProviderError } from '../../../../domain/errors.ts';

const CALL = { provider: 'aws', region: 'eu-west-1', api: 'ECS', operation: 'UpdateService' } as const;
const WAIT_MS = 10_000;

let asks: TurnAsk[];
let reports: ThrottleReport[];
let epoch: string;
let counts: CallCounts[];
let answer: (ask: TurnAsk) => Promise<TurnsGiven>;

const given = (firstWaitMs: number, count: number): TurnsGiven => ({
  given: count,
  firstWaitMs,
  intervalMs: 100,
  epoch,
});

beforeEach(() => {
  jest.useFakeTimers();
  asks = [];
  reports = [];
  counts = [];
  epoch = 'postgres:0';
  answer = async ({ count }) => given(-1_000, count);
});
afterEach(() => {
  jest.useRealTimers();
});

function limiter(timeScale = 1) {
  const buckets: CallBuckets = {
    store: 'postgres',
    reserve: (ask) => {
      asks.push(ask);
      return answer(ask);
    },
    stands: async (_key, of) => of === epoch,
    throttled: async (report) => {
      reports.push(report);
    },
  };
  const figures = {
    add: (_place: unknown, added: CallCounts) => counts.push(added),
    close: async () => undefined,
  };
  const log = pino({ level: 'silent' });
  return createCallLimiter({ buckets, figures, longestWaitMs: WAIT_MS, timeScale, log });
}

/** Settles what can settle without time passing. */
const now = () => jest.advanceTimersByTimeAsync(0);

/** Whether a promise has settled, and how. */
function watched<T>(promise: Promise<T>) {
  const state: { value?: T; error?: ProviderError; over: boolean } = { over: false };
  promise.then(
    (value) => Object.assign(state, { value, over: true }),
    (error: ProviderError) => Object.assign(state, { error, over: true }),
  );
  return state;
}

describe('a turn', () => {
  test('is not needed where no limit is known', async () => {
    expect(await limiter().turn({ ...CALL, api: 'Nothing' })).toBeNull();
    expect(asks).toEqual([]);
  });

  test('is asked for under account, region and bucket, below the burst, in wall time', async () => {
    await limiter(60).turn(CALL);
    expect(asks).toMatchObject([
      // 5 a second are 300 a wall second at 60 times the pace; 250 ms of sending are 75 calls, more than there are.
      {
        key: 'aws.ecs.modify|default|eu-west-1||',
        burst: 1,
        intervalMs: 1_000 / 300,
        longestWaitMs: WAIT_MS,
      },
    ]);
    await limiter(1).turn(CALL);
    expect(asks[1]).toMatchObject({ burst: 45, intervalMs: 200 });
  });

  test('of a hundred calls at once is asked for in groups, one after the other', async () => {
    answer = async ({ count }) => given(-60_000, count);
    const shared = limiter();
    await Promise.all(Array.from({ length: 100 }, () => shared.turn(CALL)));
    expect(asks.map(({ count }) => count)).toEqual([1, 50, 49]);
  });

  test('that is to come is waited for, each call of a group its own', async () => {
    const shared = limiter();
    // The first call is asked for on its own, the others together while it is.
    const first = shared.turn(CALL);
    answer = async ({ count }) => given(1_000, count);
    const [second, third] = [watched(shared.turn(CALL)), watched(shared.turn(CALL))];
    await first;
    await jest.advanceTimersByTimeAsync(1_000);
    expect([second.over, third.over]).toEqual([true, false]);
    await jest.advanceTimersByTimeAsync(100);
    expect(third.over).toBe(true);
    expect(counts).toEqual([
      { reserved: 1, waited: 0, waited_ms: 0 },
      { reserved: 1, waited: 1, waited_ms: 1_000 },
      { reserved: 1, waited: 1, waited_ms: 1_100 },
    ]);
  });

  test('that is too far away is refused, and says in service time when to ask again', async () => {
    answer = async () => given(30_000, 0);
    const asked = watched(limiter(60).turn(CALL));
    await now();
    expect(asked.error).toBeInstanceOf(ProviderError);
    expect(asked.error).toMatchObject({ kind: 'Throttled', retryAfterMs: 25_000 * 60 });
    expect(asked.error?.message).toMatch(/^Nothing was sent \(aws\.ecs\.modify, eu-west-1\)/);
    expect(counts).toEqual([{ refused: 1 }]);
  });

  test('is reserved anew when the vendor has throttled while it was waited for', async () => {
    answer = async ({ count }) => given(asks.length === 1 ? 1_000 : 4_000, count);
    const asked = watched(limiter().turn(CALL));
    await now();
    epoch = 'postgres:1';
    await jest.advanceTimersByTimeAsync(1_000);
    expect(asked.over).toBe(false);
    expect(asks.map(({ longestWaitMs }) => longestWaitMs)).toEqual([WAIT_MS, WAIT_MS - 1_000]);
    await jest.advanceTimersByTimeAsync(4_000);
    expect(asked.value).toMatchObject({ epoch: 'postgres:1' });
  });

  test('that is waited for is given up when the run is stopped', async () => {
    answer = async ({ count }) => given(5_000, count);
    const stopping = new AbortController();
    const shared = limiter();
    const asked = watched(timeLimited(60_000, stopping.signal, () => shared.turn(CALL)));
    await now();
    stopping.abort();
    await now();
    expect(asked.error).toMatchObject({ kind: 'Throttled', message: expect.stringMatching(/was stopped/) });
  });

  test('is refused when no store can be asked: a call is never sent unpaced, and never fails for good', async () => {
    answer = () => Promise.reject(new Error('the database is away'));
    const asked = watched(limiter(60).turn(CALL));
    await now();
    expect(asked.error).toMatchObject({ kind: 'Throttled', retryAfterMs: 60_000 });
    answer = async ({ count }) => given(0, count);
    const again = watched(limiter(60).turn(CALL));
    await now();
    expect(again.value).not.toBeNull();
  });
});

describe("a vendor's throttle", () => {
  test.each([
    [30_000, 500],
    [undefined, 1_000 / 60],
  ])('with Retry-After %p pauses the bucket for %d ms of wall time', async (retryAfterMs, pauseMs) => {
    const shared = limiter(60);
    const turn = await shared.turn(CALL);
    if (!turn) throw new Error('no turn');
    await shared.throttled(turn, retryAfterMs);
    expect(reports).toMatchObject([{ key: turn.key, pauseMs, epoch: 'postgres:0' }]);
    expect(counts.at(-1)).toEqual({ throttled: 1 });
  });
});
