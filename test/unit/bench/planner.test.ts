import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plannerBenchConfig } from '../../../bench/planner/config.ts';
import { goalsOf } from '../../../bench/planner/goals.ts';
import { judge, type PlannerRow } from '../../../bench/planner/judge.ts';
import { tuned } from '../../../bench/planner/methods.ts';
import { originsOf } from '../../../bench/planner/origins.ts';
import {
  idleShare,
  meanPinball,
  median,
  SCORED_QUANTILES,
  score,
  unservedShare,
} from '../../../bench/planner/scoring.ts';
import { seasonalNaive } from '../../../bench/planner/seasonal-naive.ts';
import { readSeries } from '../../../bench/planner/series-file.ts';
import { wedsync } from '../../../bench/planner/wedsync.ts';
import { window14d } from '../../../bench/planner/window-14d.ts';
import { DAY_MS, HOUR_MS, loadSeries, MONDAY_MS } from '../../support/load-series.ts';

describe('scoring', () => {
  const flat = (value: number) => SCORED_QUANTILES.map(() => value);

  test('mean pinball loss is the mean over instants and quantiles', () => {
    // Quantiles add up to 6.415: too low by 10 loses 64.15 of 8, too high by 10 loses 15.85 of 8.
    expect(meanPinball([20], [flat(10)])).toBeCloseTo(64.15 / 8, 10);
    expect(meanPinball([20, 0], [flat(10), flat(10)])).toBeCloseTo(5, 10);
  });

  test('unserved is load above capacity over load, of the marked instants alone', () => {
    expect(unservedShare([10, 20, 30], [10, 10, 10])).toBeCloseTo(30 / 60, 12);
    expect(unservedShare([10, 20, 30], [10, 10, 10], [false, true, false])).toBeCloseTo(0.5, 12);
    expect(unservedShare([0, 0], [1, 1])).toBe(0);
  });

  test('idle is capacity above load over capacity', () => {
    expect(idleShare([10, 20, 30], [20, 20, 20])).toBeCloseTo(10 / 60, 12);
    expect(idleShare([1], [0])).toBe(0);
  });

  test('one factor brings the mean capacity to the one asked for', () => {
    const observed = { values: [10, 40], inEvent: [false, true] };
    const figures = score(observed, [flat(5), flat(15)], 20);
    // Capacities 5 and 15 of mean 10 become 10 and 30.
    expect(figures).toMatchObject({
      meanCapacity: 10,
      coverage95: 0,
      eventUnserved: 0.25,
      allUnserved: 0.2,
      idleShare: 0,
    });
  });

  test('no event scored is no figure, not zero', () => {
    expect(score({ values: [1], inEvent: [false] }, [flat(1)], 1).eventUnserved).toBeNull();
  });

  test.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
  ])('median of %j is %s', (values, expected) => {
    expect(median(values)).toBe(expected);
  });
});

describe('goals', () => {
  const row = (
    method: string,
    meanPinball: number,
    eventUnserved: number | null,
    coverage95 = 0.95,
  ): PlannerRow => ({
    series: 's',
    method,
    periodMs: HOUR_MS,
    meanPinball,
    coverage95,
    eventUnserved,
    allUnserved: 0,
    idleShare: 0,
    seconds: 0,
  });
  const missed = (rows: readonly PlannerRow[]) => goalsOf(rows).filter((goal) => !goal.met).length;

  test.each([
    ['all are met', row('wedsync', 9, 0.01), row('window-14d', 10, 0.1), 0],
    ['more than a tenth of much is unserved', row('wedsync', 9, 0.011), row('window-14d', 10, 0.1), 1],
    ['little unserved need only be no worse', row('wedsync', 9, 0.04), row('window-14d', 10, 0.05), 0],
    ['little unserved got worse', row('wedsync', 9, 0.06), row('window-14d', 10, 0.05), 1],
    ['pinball is within 5 % but not below', row('wedsync', 10.4, 0), row('window-14d', 10, 0), 1],
    ['pinball is 6 % above', row('wedsync', 10.6, 0), row('window-14d', 10, 0), 2],
    ['coverage is off', row('wedsync', 9, 0, 0.98), row('window-14d', 10, 0), 1],
    ['no event was scored', row('wedsync', 9, null), row('window-14d', 10, null), 0],
  ])('%s', (_, ours, window, count) => {
    expect(missed([window, ours])).toBe(count);
  });
});

describe('options', () => {
  test('a series is named with its events and zone', () => {
    const { series, check } = plannerBenchConfig([
      '--series',
      '/a/x.csv.gz',
      '--time-zone',
      'Asia/Tokyo',
      '--check',
    ]);
    expect(series).toEqual({ file: '/a/x.csv.gz', timeZone: 'Asia/Tokyo' });
    expect(check).toBe(true);
  });

  test.each([[['--events', 'e.csv']], [['--series', 'x.csv', '--data', 'd']], [['--unknown']]])(
    '%j is refused',
    (options) => {
      expect(() => plannerBenchConfig(options)).toThrow(/--/);
    },
  );
});

describe('a series of files', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'planner-bench-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function written(rows: readonly string[], events: readonly string[]) {
    await writeFile(join(folder, 'load.csv'), ['timestamp,value', ...rows].join('\n'));
    await writeFile(join(folder, 'events.csv'), ['start,end,kind,intensity,label', ...events].join('\n'));
    return readSeries('load', join(folder, 'load.csv'), join(folder, 'events.csv'), 'UTC');
  }

  test('has gaps where rows are absent, blank or no load, and hides what nobody can know ahead', async () => {
    const series = await written(
      [
        '2026-01-05T00:00:00Z,1',
        '2026-01-05T01:00:00Z,',
        '2026-01-05T02:00:00Z,3',
        '2026-01-05T04:00:00Z,-1',
        '2026-01-05T05:00:00Z,5',
      ],
      [
        '2026-01-05T01:00:00Z,2026-01-05T02:00:00Z,match,2,',
        '2026-01-05T03:00:00Z,2026-01-05T04:00:00Z,weather,,storm',
      ],
    );
    expect(series.load).toEqual({ startMs: MONDAY_MS, stepMs: HOUR_MS, values: [1, null, 3, null, null, 5] });
    expect(series.events).toEqual([
      { startMs: MONDAY_MS + HOUR_MS, endMs: MONDAY_MS + 2 * HOUR_MS, kind: 'match', intensity: 2 },
    ]);
  });

  test('is judged with every method on the same loads, at the same cost', async () => {
    const events = [12, 19, 26, 33, 40, 47].map((day) => ({
      startMs: MONDAY_MS + day * DAY_MS + 18 * HOUR_MS,
      endMs: MONDAY_MS + day * DAY_MS + 21 * HOUR_MS,
      kind: 'match',
      intensity: 1,
    }));
    const load = loadSeries({ days: 50, events, liftOf: () => 8 });
    const said: string[] = [];
    const series = { name: 'made up', load, events, timeZone: 'UTC' };
    const rows = await judge(series, [tuned(window14d), tuned(seasonalNaive), tuned(wedsync)], (text) =>
      said.push(text),
    );
    expect(rows.map((row) => row.method)).toEqual(['window-14d', 'seasonal-naive', 'wedsync']);
    expect(said[0]).toContain('30 scored with 720 loads, 12 in events');
    const [window, , ours] = rows;
    expect(ours?.eventUnserved).toBeLessThan((window?.eventUnserved ?? 0) / 2);
    expect(ours?.meanPinball).toBeLessThan(window?.meanPinball ?? 0);
  });
});

test('origins are local midnights, tuned on the first 40 % and scored on the rest', () => {
  const load = loadSeries({ days: 50, startMs: MONDAY_MS });
  const { tuning, scored } = originsOf({ name: '', load, events: [], timeZone: 'America/New_York' });
  expect(scored[0]?.from).toBe(20 * 24 + 5);
  expect(tuning.at(-1)?.until).toBeLessThanOrEqual(20 * 24);
  expect(tuning[0]?.from).toBeGreaterThanOrEqual(14 * 24);
});

test('origins of daily series are a week apart', () => {
  const load = loadSeries({ days: 100, stepMs: DAY_MS });
  const { scored } = originsOf({ name: '', load, events: [], timeZone: 'UTC' });
  expect(scored.slice(0, 2).map(({ from, until }) => [from % 7, until - from])).toEqual([
    [(scored[0]?.from ?? 0) % 7, 7],
    [(scored[0]?.from ?? 0) % 7, 7],
  ]);
});
