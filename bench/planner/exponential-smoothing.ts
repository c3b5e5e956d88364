import { type LocalIndex, localIndex } from './local-index.ts';
import type { Method } from './methods.ts';
import type { Origin } from './origins.ts';
import { withOwnErrors } from './point-forecasts.ts';
import type { BenchSeries } from './series-file.ts';

const WEEK_DAYS = 7;
const ERROR_DAYS = 56;

interface Setting {
  /** Weight of one whole day in the level. */
  readonly levelWeightPerDay: number;
  /** Weight of the newest week in the season. */
  readonly seasonWeightPerWeek: number;
}

/** Holt-Winters smoothing on the logarithm with a weekly season; quantiles of its own errors of eight weeks. */
export const exponentialSmoothing: Method<Setting> = {
  name: 'exponential-smoothing',
  settings: [
    { levelWeightPerDay: 0.15, seasonWeightPerWeek: 0.15 },
    { levelWeightPerDay: 0.4, seasonWeightPerWeek: 0.15 },
    { levelWeightPerDay: 0.7, seasonWeightPerWeek: 0.15 },
    { levelWeightPerDay: 0.4, seasonWeightPerWeek: 0.35 },
    { levelWeightPerDay: 0.15, seasonWeightPerWeek: 0.35 },
  ],
  forecast: (series, origins, setting) => {
    const index = localIndex(series);
    const smoothed = smoother(series, index, setting);
    return withOwnErrors(series, origins, index, ERROR_DAYS, 'multiplied', smoothed);
  },
};

/** Points of one origin after another; loads before each are taken in first. */
function smoother(
  { load }: BenchSeries,
  index: LocalIndex,
  { levelWeightPerDay, seasonWeightPerWeek }: Setting,
): (origin: Origin) => readonly (number | null)[] {
  const alpha = 1 - (1 - levelWeightPerDay) ** (1 / index.slotsPerDay);
  const season = new Map<number, number>();
  const key = (i: number) => ((index.day[i] ?? 0) % WEEK_DAYS) * index.slotsPerDay + (index.slot[i] ?? 0);
  let level: number | undefined;
  let next = 0;
  const takeIn = (i: number) => {
    const value = load.values[i] ?? null;
    if (value === null) return;
    const logarithm = Math.log1p(value);
    const known = season.get(key(i));
    level =
      level === undefined ? logarithm : level + alpha * (logarithm - (known ?? logarithm - level) - level);
    const seen = logarithm - level;
    season.set(key(i), known === undefined ? seen : known + seasonWeightPerWeek * (seen - known));
  };
  return ({ from, until }) => {
    for (; next < from; next += 1) takeIn(next);
    if (level === undefined) return Array.from({ length: until - from }, () => null);
    const now = level;
    return Array.from({ length: until - from }, (_, i) =>
      Math.max(0, Math.expm1(now + (season.get(key(from + i)) ?? 0))),
    );
  };
}
