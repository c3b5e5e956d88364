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

test('a forecast that runs away is held to three times what was ever observed', () => {
  const runaway: SeriesForecaster = ({ fromMs }) => ({
    startMs: fromMs,
    values: [
      [1e90, 1e120],
      [5, 1e9],
    ],
  });
  const observed = { startMs: 0, stepMs: HOUR_MS, values: [0, 10, null, 0] };
  const { base } = learnDemand({ ...HISTORY, observed, expected: [0, 0, 0, 0] }, runaway);
  expect([...base.mean]).toEqual([30, 5]);
  expect([...base.standardDeviation]).toEqual([0, expect.closeTo(25 / 1.644854, 4)]);
});
