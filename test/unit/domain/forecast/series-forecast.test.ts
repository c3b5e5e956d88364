import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  type CalendarEvent,
  type ForecastInput,
  forecastSeries,
  type LoadHistory,
} from '../../../../domain/forecast/series-forecast.ts';
import { DAY_MS, everydayLoad, HOUR_MS, loadSeries, MONDAY_MS } from '../../../support/load-series.ts';

const QUANTILES = [0.05, 0.5, 0.9, 0.95, 0.99];
const MEDIAN = 1;
const P95 = 3;

function ahead(history: LoadHistory, over: Partial<ForecastInput> = {}) {
  const fromMs = over.fromMs ?? history.startMs + history.values.length * history.stepMs;
  return forecastSeries({
    history,
    events: [],
    timeZone: 'UTC',
    fromMs,
    untilMs: fromMs + DAY_MS,
    quantiles: QUANTILES,
    ...over,
  });
}

const column = (values: readonly (readonly number[])[], q: number) =>
  values.map((row) => row[q] ?? Number.NaN);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const eventAt = (day: number, over: Partial<CalendarEvent> = {}): CalendarEvent => ({
  startMs: MONDAY_MS + day * DAY_MS + 14 * HOUR_MS,
  endMs: MONDAY_MS + day * DAY_MS + 17 * HOUR_MS,
  kind: 'match',
  intensity: 1,
  ...over,
});
/** Median forecast and truth in the middle hour of an event. */
function middleOf(event: CalendarEvent, history: LoadHistory, events: readonly CalendarEvent[]): number {
  const fromMs = Math.floor(event.startMs / DAY_MS) * DAY_MS;
  const at = (event.startMs + HOUR_MS - fromMs) / HOUR_MS;
  return ahead(history, { events, fromMs, untilMs: fromMs + DAY_MS }).values[at]?.[MEDIAN] ?? Number.NaN;
}

describe('what comes back', () => {
  const histories: readonly (readonly [string, LoadHistory])[] = [
    ['no history', { startMs: MONDAY_MS, stepMs: HOUR_MS, values: [] }],
    ['a single load', { startMs: MONDAY_MS, stepMs: HOUR_MS, values: [5] }],
    ['half a day', loadSeries({ days: 0.5 })],
    ['a day', loadSeries({ days: 1 })],
    ['a week', loadSeries({ days: 7 })],
    ['ten weeks', loadSeries({ days: 70 })],
    [
      'nothing but zeros',
      { startMs: MONDAY_MS, stepMs: HOUR_MS, values: Array.from({ length: 500 }, () => 0) },
    ],
    [
      'nothing but gaps',
      { startMs: MONDAY_MS, stepMs: HOUR_MS, values: Array.from({ length: 500 }, () => null) },
    ],
    [
      'loads that are no loads',
      { startMs: MONDAY_MS, stepMs: HOUR_MS, values: [Number.NaN, -4, 3, Infinity, 8] },
    ],
    ['minutes', loadSeries({ days: 3, stepMs: 60_000 })],
    ['steps of seven minutes', loadSeries({ days: 9, stepMs: 7 * 60_000 })],
    ['days', loadSeries({ days: 90, stepMs: DAY_MS })],
  ];
  test.each(histories)(
    'has a row per step and quantiles that never fall nor lie below zero, from %s',
    (_, history) => {
      const events = [eventAt(3), eventAt(71), eventAt(92)];
      const { values, startMs } = ahead(history, { events });
      expect(startMs).toBe(history.startMs + history.values.length * history.stepMs);
      expect(values).toHaveLength(Math.ceil(DAY_MS / history.stepMs));
      for (const row of values) {
        expect(row).toHaveLength(QUANTILES.length);
        expect(row).toEqual([...row].map((value) => Math.max(0, value)).sort((a, b) => a - b));
        expect(row.every(Number.isFinite)).toBe(true);
      }
    },
  );

  test('is zero where there is nothing to go by', () => {
    const { values } = ahead({ startMs: MONDAY_MS, stepMs: HOUR_MS, values: [] });
    expect(values.flat().every((value) => value === 0)).toBe(true);
  });

  test.each([
    ['a step of nothing', { history: { startMs: 0, stepMs: 0, values: [] } }],
    ['a zone that is none', { timeZone: 'Europe/Atlantis' }],
    ['quantiles that fall', { quantiles: [0.9, 0.5] }],
    ['a quantile of 1', { quantiles: [0.5, 1] }],
  ])('is refused for %s', (_, over) => {
    expect(() => ahead(loadSeries({ days: 7 }), over)).toThrow(RangeError);
  });
});

describe('everyday load', () => {
  test('is foreseen by the hour, within a quarter, after a week', () => {
    const history = loadSeries({ days: 7 });
    const medians = column(ahead(history).values, MEDIAN);
    medians.forEach((median, hour) => {
      const truth = everydayLoad(MONDAY_MS + 7 * DAY_MS + hour * HOUR_MS);
      expect(Math.abs(median / truth - 1)).toBeLessThan(0.25);
    });
  });

  test('is foreseen at weekends after three weeks', () => {
    const history = loadSeries({ days: 26 });
    const medians = column(ahead(history).values, MEDIAN);
    const truth = medians.map((_, hour) => everydayLoad(MONDAY_MS + 26 * DAY_MS + hour * HOUR_MS));
    expect(Math.abs(mean(medians) / mean(truth) - 1)).toBeLessThan(0.08);
  });

  test('stays below its 0.95 quantile about nineteen times of twenty', () => {
    const history = loadSeries({ days: 120, noise: 0.4 });
    let [below, all] = [0, 0];
    for (let day = 60; day < 120; day += 2) {
      const fromMs = MONDAY_MS + day * DAY_MS;
      column(ahead(history, { fromMs, untilMs: fromMs + DAY_MS }).values, P95).forEach((capacity, hour) => {
        all += 1;
        below += (history.values[day * 24 + hour] ?? 0) <= capacity ? 1 : 0;
      });
    }
    expect(below / all).toBeGreaterThan(0.92);
    expect(below / all).toBeLessThan(0.98);
  });

  test('looks at no load after the origin', () => {
    const history = loadSeries({ days: 30 });
    const fromMs = MONDAY_MS + 20 * DAY_MS;
    const cut = { ...history, values: history.values.slice(0, 20 * 24) };
    expect(ahead(history, { fromMs })).toEqual(ahead(cut, { fromMs }));
  });

  test.each([
    ['gaps', (value: number, i: number) => (i % 7 === 3 || (i > 600 && i < 640) ? null : value)],
    [
      'an outage of six hours on the last day',
      (value: number, i: number) => (i >= 660 && i < 666 ? 0 : value),
    ],
    ['an outage of two days', (value: number, i: number) => (i >= 480 && i < 528 ? 0 : value)],
    ['a spike of two hours', (value: number, i: number) => (i === 650 || i === 651 ? value * 50 : value)],
  ])('is foreseen in spite of %s', (_, spoil) => {
    const whole = loadSeries({ days: 28 });
    const spoilt = { ...whole, values: [...whole.values].map(spoil) };
    const [medians, truth] = [spoilt, whole].map((history) => mean(column(ahead(history).values, MEDIAN)));
    expect(Math.abs((medians ?? 0) / (truth ?? 1) - 1)).toBeLessThan(0.1);
  });

  test.each([3, 0.3])('is followed within eight days to a level of %s times', (factor) => {
    const whole = loadSeries({ days: 48 });
    const values = whole.values.map((value, i) => (i >= 40 * 24 ? value * factor : value));
    const medians = mean(column(ahead({ ...whole, values }).values, MEDIAN));
    expect(Math.abs(medians / (factor * mean(column(ahead(whole).values, MEDIAN))) - 1)).toBeLessThan(0.15);
  });

  test('is wider a season ahead than a day ahead where its level wanders', () => {
    const whole = loadSeries({ days: 200 });
    const values = whole.values.map((value, i) => value * Math.exp(Math.sin(i / (24 * 20))));
    const history = { ...whole, values };
    const spread = (rows: readonly (readonly number[])[]) =>
      mean(rows.map((row) => Math.log((row[P95] ?? 1) / (row[MEDIAN] ?? 1))));
    const fromMs = MONDAY_MS + 200 * DAY_MS;
    const season = ahead(history, { untilMs: fromMs + 182 * DAY_MS }).values;
    expect(spread(season.slice(-24))).toBeGreaterThan(spread(ahead(history).values));
  });
});

describe('the clock', () => {
  test('is that of the zone, across its change', () => {
    const startMs = Date.UTC(2026, 1, 2, 5);
    const localNoon = (ms: number) =>
      new Date(ms).toLocaleString('en-GB', { hour: '2-digit', timeZone: 'America/New_York' }) === '12';
    const values = Array.from({ length: 24 * 40 }, (_, i) => (localNoon(startMs + i * HOUR_MS) ? 1_000 : 10));
    const { values: rows } = ahead({ startMs, stepMs: HOUR_MS, values }, { timeZone: 'America/New_York' });
    const fromMs = startMs + values.length * HOUR_MS;
    rows.forEach((row, i) => {
      const busy = localNoon(fromMs + i * HOUR_MS);
      expect((row[MEDIAN] ?? 0) > 500).toBe(busy);
    });
  });

  test('of the process changes no figure', () => {
    const script = fileURLToPath(new URL('../../../support/forecast-hash.ts', import.meta.url));
    const hashes = ['Pacific/Auckland', 'America/Los_Angeles'].map((TZ) =>
      execFileSync(process.execPath, [script], { env: { ...process.env, TZ }, encoding: 'utf8' }).trim(),
    );
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(hashes).size).toBe(1);
  });
});

describe('events', () => {
  const truth = everydayLoad(eventAt(30).startMs + HOUR_MS);

  test('of a kind never seen raise the high quantile more than the median', () => {
    const history = loadSeries({ days: 30 });
    const [plain, event] = [[], [eventAt(30)]].map((events) => ahead(history, { events }).values[15] ?? []);
    const raised = (q: number) => (event?.[q] ?? 0) / (plain?.[q] ?? 1);
    expect(raised(MEDIAN)).toBeGreaterThan(1.1);
    expect(raised(P95)).toBeGreaterThan(raised(MEDIAN));
  });

  test('seen once are expected to come at least half way to what they were', () => {
    const events = [eventAt(20), eventAt(30)];
    const history = loadSeries({ days: 30, events, liftOf: () => 6 });
    const median = middleOf(eventAt(30), history, events);
    expect(median / truth).toBeGreaterThan(3);
    expect(median / truth).toBeLessThan(7);
  });

  test('seen often are expected as they were, and leave the day after alone', () => {
    const events = [8, 11, 15, 18, 22, 25, 30].map((day) => eventAt(day));
    const history = loadSeries({ days: 31, events, liftOf: () => 6 });
    expect(middleOf(eventAt(30), history, events) / truth / 6).toBeGreaterThan(0.8);
    expect(middleOf(eventAt(30), history, events) / truth / 6).toBeLessThan(1.2);
    const after = mean(column(ahead(history, { events }).values, MEDIAN));
    const everyday = mean(column(ahead(loadSeries({ days: 31 })).values, MEDIAN));
    expect(Math.abs(after / everyday - 1)).toBeLessThan(0.1);
  });

  test('of a rank never seen are expected above those below it', () => {
    const events = [8, 11, 15, 18, 22, 25].map((day, i) =>
      eventAt(day, { intensity: 1 + Math.floor(i / 2) }),
    );
    const history = loadSeries({ days: 30, events, liftOf: ({ intensity }) => 2 ** (intensity ?? 0) });
    const expected = [1, 3, 5].map((intensity) => {
      const next = eventAt(30, { intensity });
      return middleOf(next, history, [...events, next]);
    });
    expect(expected).toEqual([...expected].sort((a, b) => a - b));
    expect((expected[2] ?? 0) / (expected[0] ?? 1)).toBeGreaterThan(3);
  });

  test('that grow are expected to be no smaller than the last few', () => {
    const events = [6, 9, 12, 15, 18, 21, 24, 27, 30].map((day) => eventAt(day));
    const lift = new Map(events.map((event, i) => [event, 2 * 1.15 ** i]));
    const history = loadSeries({ days: 30, events, liftOf: (event) => lift.get(event) ?? 1 });
    const recent = events.slice(4, 8).map((event) => lift.get(event) ?? 0);
    expect(middleOf(eventAt(30), history, events) / truth).toBeGreaterThan(mean(recent) * 0.95);
  });

  test('that take whole days replace the profile of the day', () => {
    const holiday = (day: number): CalendarEvent => ({
      startMs: MONDAY_MS + day * DAY_MS,
      endMs: MONDAY_MS + (day + 1) * DAY_MS,
      kind: 'holiday',
      intensity: null,
    });
    const events = [10, 17, 24, 31, 38, 45].map(holiday);
    const history = loadSeries({ days: 45, events, liftOf: () => 0.4 });
    const medians = column(ahead(history, { events }).values, MEDIAN);
    const usual = medians.map((_, hour) => everydayLoad(MONDAY_MS + 45 * DAY_MS + hour * HOUR_MS));
    expect(mean(medians) / mean(usual)).toBeLessThan(0.55);
  });

  test('in the future change nothing before they begin to be felt', () => {
    const history = loadSeries({ days: 30 });
    const without = ahead(history).values.slice(0, 9);
    expect(ahead(history, { events: [eventAt(30)] }).values.slice(0, 9)).toEqual(without);
  });
});

describe('a series that is mostly zero', () => {
  // What comes and goes is an error of many orders of magnitude in logarithms.
  const values = Array.from({ length: 200 * 24 }, (_, hour) =>
    Math.max(0, ((hour * 7919) % 1000) / 1000 - 0.7),
  );
  const history = { startMs: MONDAY_MS, stepMs: HOUR_MS, values };
  const fromMs = MONDAY_MS + values.length * HOUR_MS;

  test('does not run away, four weeks ahead', () => {
    const { values: rows } = ahead(history, { fromMs, untilMs: fromMs + 28 * DAY_MS });
    expect(Math.max(...column(rows, P95))).toBeLessThan(3 * Math.max(...values));
    expect(mean(column(rows, P95))).toBeGreaterThan(0.1);
    expect(mean(column(rows, P95))).toBeLessThan(0.6);
  });
});
