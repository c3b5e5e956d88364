import { describe, expect, test } from '@jest/globals';
import { baseAt, learnDemand, type SeriesForecaster } from '../../../../domain/sizing/learnt-demand.ts';

const HOUR_MS = 3_600_000;
const WEEK = 168;

/** Says in its values what it was given: the last hour's load, and one more at the upper quantile. */
const echo: SeriesForecaster = ({ history, fromMs, untilMs }) => {
  const last = history.values.at(-1) ?? 0;
  return { startMs: fromMs, values: Array((untilMs - fromMs) / HOUR_MS).fill([last, last + 1]) };
};

const HISTORY = {
  workload: 'api',
  market: 'a',
  timeZone: 'UTC',
  deviation: 0.1,
  fromMs: 10 * WEEK * HOUR_MS,
  untilMs: (10 * WEEK + 2) * HOUR_MS,
};

test('the base is what weddings did not cause, never below zero, and gaps stay gaps', () => {
  const expected = [0, 100, 50, 500];
  let given: readonly (number | null)[] = [];
  const spy: SeriesForecaster = (input) => {
    given = input.history.values;
    return echo(input);
  };
  const observed = { startMs: 0, stepMs: HOUR_MS, values: [7, 130, null, 20] };
  const learnt = learnDemand({ ...HISTORY, observed, expected }, spy);
  expect(given).toEqual([7, 30, null, 0]);
  expect(learnt).toMatchObject({ workload: 'api', market: 'a', hours: 3, intensity: { factor: 1 } });
});

test('what is learnt of weddings is taken out of the base as such', () => {
  const expected = Array.from({ length: 8 * WEEK }, (_, hour) =>
    hour % WEEK < 40 ? 10 * Math.ceil(hour / WEEK) ** 2 : 0,
  );
  const values = expected.map((demand) => 40 + 2 * demand);
  const { intensity, base } = learnDemand(
    { ...HISTORY, observed: { startMs: 0, stepMs: HOUR_MS, values }, expected },
    echo,
  );
  expect(intensity.factor).toBeCloseTo(2, 1);
  expect(baseAt(base, HISTORY.fromMs)).toEqual({
    mean: 40,
    standardDeviation: expect.closeTo(1 / 1.6449, 4),
  });
  expect(baseAt(base, HISTORY.untilMs)).toEqual({ mean: 0, standardDeviation: 0 });
});

describe('a base', () => {
  /** Ten weeks of a workload with a wedding of 100 every Saturday evening, and so much of everybody else in every hour. */
  const weeksOf = (base: number, quietlyExpected = 0) => {
    const expected = Array.from({ length: 10 * WEEK }, (_, hour) =>
      hour % WEEK > 136 && hour % WEEK < 142 ? 100 : quietlyExpected,
    );
    // No two weddings are alike: what is left of them is no base.
    const values = expected.map((demand, hour) => base + demand * (0.6 + (hour % 7) / 10));
    return learnDemand({ ...HISTORY, observed: { startMs: 0, stepMs: HOUR_MS, values }, expected }, echo);
  };

  test.each([0, 0.5])(
    'is none where hours with the fewest weddings have nothing beside them (%p)',
    (quiet) => {
      const { base, hours } = weeksOf(0, quiet);
      expect(hours).toBe(10 * WEEK);
      expect(baseAt(base, HISTORY.fromMs)).toEqual({ mean: 0, standardDeviation: 0 });
    },
  );

  test('is forecast where there is load in hours without weddings, however little beside them', () => {
    expect(baseAt(weeksOf(1).base, HISTORY.fromMs).standardDeviation).toBeGreaterThan(0);
  });

  test('is forecast where two weeks of hours have not been seen yet', () => {
    const observed = { startMs: 0, stepMs: HOUR_MS, values: Array<number>(300).fill(0) };
    const learnt = learnDemand({ ...HISTORY, observed, expected: Array<number>(300).fill(0) }, echo);
    expect(baseAt(learnt.base, HISTORY.fromMs).standardDeviation).toBeGreaterThan(0);
  });
});

test('a window that begins long after the last observation is forecast from there, where certainty ends', () => {
  let asked: { readonly fromMs: number; readonly untilMs: number } | undefined;
  const spy: SeriesForecaster = (input) => {
    asked = input;
    return echo(input);
  };
  const observed = {
    startMs: 0,
    stepMs: HOUR_MS,
    values: Array.from({ length: 2 * WEEK }, (_, hour) => hour),
  };
  const { base } = learnDemand({ ...HISTORY, observed, expected: [] }, spy);
  expect(asked).toMatchObject({ fromMs: 2 * WEEK * HOUR_MS, untilMs: HISTORY.untilMs });
  expect(baseAt(base, HISTORY.fromMs).mean).toBe(2 * WEEK - 1);
});

test('holidays are known to the forecast of the base', () => {
  let known: unknown;
  const spy: SeriesForecaster = (input) => {
    known = input.events;
    return echo(input);
  };
  const events = [{ startMs: 0, endMs: 24 * HOUR_MS, kind: 'publicHoliday', intensity: null }];
  const observed = { startMs: 0, stepMs: HOUR_MS, values: [1, 2, 3] };
  learnDemand({ ...HISTORY, observed, expected: [], events }, spy);
  expect(known).toEqual(events);
});
