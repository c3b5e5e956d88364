import type { LoadGrid } from './load-grid.ts';

const WEEK_DAYS = 7;
const LOOK_BACK_WEEKS = 5;
const WINDOW_DAYS = 14;

/**
 * Experts that take every load as it was, events and outliers among them, for where those come round like the clock.
 * Both answer with log(load + offset) from days before `today`, and with `otherwise` where there is none.
 */
export interface RawExperts {
  /** The last load of the same weekday and slot. */
  readonly lastWeek: (today: number, day: number, slot: number, otherwise: number) => number;
  /** Median of the slot over the last two weeks. */
  readonly twoWeeks: (today: number, slot: number, otherwise: number) => number;
}

/** Reads a grid. */
export function rawExperts({ slotsPerDay, historyDays, logMeans }: LoadGrid): RawExperts {
  const at = (day: number, slot: number) => logMeans[day * slotsPerDay + slot] ?? Number.NaN;
  return {
    lastWeek: (today, day, slot, otherwise) => {
      let then = day - WEEK_DAYS;
      while (then >= today) then -= WEEK_DAYS;
      for (let tried = 0; tried < LOOK_BACK_WEEKS && then >= 0; tried += 1, then -= WEEK_DAYS) {
        const value = at(then, slot);
        if (!Number.isNaN(value)) return value;
      }
      return otherwise;
    },
    twoWeeks: (today, slot, otherwise) => {
      const sorted: number[] = [];
      const until = Math.min(today, historyDays);
      for (let day = Math.max(0, until - WINDOW_DAYS); day < until; day += 1) insert(sorted, at(day, slot));
      const half = sorted.length / 2;
      const [low, high] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
      return low === undefined || high === undefined ? otherwise : (low + high) / 2;
    },
  };
}

function insert(sorted: number[], value: number): void {
  if (Number.isNaN(value)) return;
  let at = sorted.length;
  for (; at > 0 && (sorted[at - 1] ?? 0) > value; at -= 1) sorted[at] = sorted[at - 1] ?? 0;
  sorted[at] = value;
}
