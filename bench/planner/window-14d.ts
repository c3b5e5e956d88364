import { type LocalIndex, localIndex } from './local-index.ts';
import type { Method } from './methods.ts';
import { empiricalQuantiles } from './own-errors.ts';
import type { BenchSeries } from './series-file.ts';

const WINDOW_DAYS = 14;
const HOURS = 24;
const MONDAY_OFFSET = 3;

interface Setting {
  /** Hours of the clock on either side that count as the same one. */
  readonly eitherSideHours: number;
  /** Working days and weekends look at themselves only. */
  readonly weekendApart: boolean;
  readonly headroom: number;
}

const plain: Setting = { eitherSideHours: 0, weekendApart: false, headroom: 1 };

/** What the predictive autoscalers of the clouds do: quantiles of the same local hour over the last two weeks. */
export const window14d: Method<Setting> = {
  name: 'window-14d',
  settings: [
    plain,
    { ...plain, weekendApart: true },
    { ...plain, eitherSideHours: 1 },
    { ...plain, headroom: 1.1 },
    { ...plain, headroom: 1.25 },
  ],
  forecast: (series, origins, setting) => {
    const index = localIndex(series);
    return origins.flatMap(({ from, until }) => {
      const quantiles = new Map<number, readonly number[]>();
      return Array.from({ length: until - from }, (_, i) => {
        const at = from + i;
        const key = (index.hour[at] ?? 0) + (isWeekend(index.day[at] ?? 0) ? HOURS : 0);
        const known = quantiles.get(key) ?? quantilesAt(series, index, from, at, setting);
        quantiles.set(key, known);
        return known;
      });
    });
  },
};

function quantilesAt(
  { load }: BenchSeries,
  { day, hour }: LocalIndex,
  from: number,
  at: number,
  { eitherSideHours, weekendApart, headroom }: Setting,
): readonly number[] {
  const sample: number[] = [];
  const firstDay = (day[from] ?? 0) - WINDOW_DAYS;
  for (let i = from - 1; i >= 0 && (day[i] ?? 0) >= firstDay; i -= 1) {
    const value = load.values[i] ?? null;
    const apart = Math.abs((hour[i] ?? 0) - (hour[at] ?? 0));
    if (value === null || Math.min(apart, HOURS - apart) > eitherSideHours) continue;
    if (weekendApart && isWeekend(day[i] ?? 0) !== isWeekend(day[at] ?? 0)) continue;
    sample.push(value * headroom);
  }
  return empiricalQuantiles(sample);
}

/** Saturday or Sunday, of a day counted from 1970-01-01, a Thursday. */
function isWeekend(day: number): boolean {
  return (day + MONDAY_OFFSET) % 7 >= 5;
}
