import { localIndex } from './local-index.ts';
import type { Method } from './methods.ts';
import { withOwnErrors } from './point-forecasts.ts';

const WEEK_DAYS = 7;
const LONGEST_LOOK_BACK_WEEKS = 5;

interface Setting {
  readonly errorDays: number;
  readonly errors: 'added' | 'multiplied';
}

/** The same local time a week earlier, or weeks earlier where that is a gap, with quantiles of its past errors. */
export const seasonalNaive: Method<Setting> = {
  name: 'seasonal-naive',
  settings: [
    { errorDays: 28, errors: 'added' },
    { errorDays: 56, errors: 'added' },
    { errorDays: 28, errors: 'multiplied' },
    { errorDays: 56, errors: 'multiplied' },
    { errorDays: 182, errors: 'multiplied' },
  ],
  forecast: (series, origins, { errorDays, errors }) => {
    const index = localIndex(series);
    return withOwnErrors(series, origins, index, errorDays, errors, ({ from, until }) =>
      Array.from({ length: until - from }, (_, i) => {
        const [day, slot] = [index.day[from + i] ?? 0, index.slot[from + i] ?? 0];
        for (let week = 1; week <= LONGEST_LOOK_BACK_WEEKS; week += 1) {
          const at = index.find(day - week * WEEK_DAYS, slot);
          const value = at === undefined || at >= from ? null : (series.load.values[at] ?? null);
          if (value !== null) return value;
        }
        return null;
      }),
    );
  },
};
