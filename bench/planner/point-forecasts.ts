import type { LocalIndex } from './local-index.ts';
import type { Origin } from './origins.ts';
import { ownErrors } from './own-errors.ts';
import type { ScoredForecast } from './scoring.ts';
import type { BenchSeries } from './series-file.ts';

/**
 * Quantiles of a method that forecasts points: each origin's points with the method's own errors at earlier origins.
 * Where it has no point (null) the last load seen stands in, for every method alike.
 */
export function withOwnErrors(
  { load }: BenchSeries,
  origins: readonly Origin[],
  { day, hour }: LocalIndex,
  errorDays: number,
  kind: 'added' | 'multiplied',
  pointsAt: (origin: Origin) => readonly (number | null)[],
): ScoredForecast {
  const errors = ownErrors(errorDays, kind);
  return origins.flatMap((origin) => {
    const today = day[origin.from] ?? 0;
    const points = pointsAt(origin).map((point) => point ?? lastSeen(load.values, origin.from));
    const rows = points.map((point, i) => errors.around(today, hour[origin.from + i] ?? 0, point));
    points.forEach((point, i) => {
      const at = origin.from + i;
      const value = load.values[at] ?? null;
      if (value !== null) errors.learn(day[at] ?? 0, hour[at] ?? 0, point, value);
    });
    return rows;
  });
}

function lastSeen(values: readonly (number | null)[], from: number): number {
  for (let i = from - 1; i >= 0; i -= 1) {
    const value = values[i] ?? null;
    if (value !== null) return value;
  }
  return 0;
}
