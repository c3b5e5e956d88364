import { forecastCorrection, lessonsOf } from '../../../../domain/hindsight/correction.ts';
import type { ForecastScores, HindsightRow } from '../../../../domain/hindsight/hindsight.ts';

const lesson = (days: number, level: number | null, spread: number | null = null) => ({
  days,
  level,
  spread,
});

describe('what earlier forecasts teach the next one', () => {
  test.each([
    ['nothing without evidence', [], 1, 1],
    ['nothing where nothing could be said', [lesson(30, null)], 1, 1],
    ['a fifth of the way from a single day', [lesson(1, 2)], 2 ** (1 / 5), 1],
    ['half of the way from four days', [lesson(4, 2)], 2 ** 0.5, 1],
    ['nearly all of the way from a season', [lesson(196, 2)], 2 ** 0.98, 1],
    ['less as well as more', [lesson(4, 0.25)], (1 / 3) ** 0.5, 1],
    ['the middle of opposite seasons', [lesson(8, 2), lesson(8, 0.5)], 1, 1],
    ['at most 3 times from a season of another kind', [lesson(10_000_000, 50)], 3, 1],
    ['wider where too little was covered', [lesson(4, 1, 2.25)], 1, 1.5],
    ['never narrower', [lesson(40, 1, 0.2)], 1, 1],
    ['nothing but the least from a season that saw nothing', [lesson(4, 0)], (1 / 3) ** 0.5, 1],
  ])('%s', (_what, evidence, level, spread) => {
    const correction = forecastCorrection(evidence);
    expect(correction.level).toBeCloseTo(level, 5);
    expect(correction.spread).toBeCloseTo(spread, 12);
  });
});

describe('evidence about a market', () => {
  const row = (markets: readonly string[], level: number, workload = 'api'): HindsightRow => ({
    workload,
    unit: 'requests',
    markets,
    source: 'targets',
    status: 'scored',
    forecast: { days: 2, lesson: { level, spread: null } } as ForecastScores,
    capacity: null,
  });
  const silent: HindsightRow = {
    workload: 'api',
    unit: 'requests',
    markets: ['b'],
    source: 'markets',
    status: 'notScored',
    reason: 'nothing was reported',
  };

  test('is that of the market by itself, else of the group it is in, and of no other', () => {
    const rows = [row(['a', 'b'], 2), row(['a'], 3), silent, row(['a'], 9, 'uploads')];
    expect(lessonsOf(rows, 'api', ['a', 'b', 'c'])).toEqual([
      { market: 'a', ...lesson(2, 3) },
      { market: 'b', ...lesson(2, 2) },
    ]);
    expect(lessonsOf(rows, 'gallery', ['a'])).toEqual([]);
  });
});
