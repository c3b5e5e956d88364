import { localClock } from './local-time.ts';
import type { ForecastInput } from './series-forecast.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const CLOCK_CHANGE_ROOM_MS = 2 * 3_600_000;
/** Profiles are no finer than this; a finer series is learned from means of so long. */
const FINEST_CELL_MS = 5 * MINUTE_MS;
/** Cells of history that are looked at, the newest: 4.5 years of hours, 138 days of five minutes. */
const MOST_CELLS = 40_000;
/**
 * Share of the typical load above zero that is added before logarithms are taken, so that zero has one; where loads are
 * mostly zero about all of it: what comes and goes would else be an error of many orders of magnitude.
 */
const OFFSET_SHARE = 0.02;

/** A load history on the local clock: days of equal cells. Daily and longer steps are one cell a day. */
export interface LoadGrid {
  readonly cellMs: number;
  readonly slotsPerDay: number;
  /** Local wall time of the first cell, a midnight, in milliseconds. */
  readonly originWallMs: number;
  /** Days with any load, the last one perhaps in part. */
  readonly historyDays: number;
  /** log(load + offset) of the mean of each cell of the history; NaN is a gap. */
  readonly logMeans: Float64Array;
  /** One single load of each cell, as it will be judged; equal to the mean where a cell is a step. */
  readonly samples: Float64Array;
  readonly offset: number;
  /** Highest mean of a cell before each day, the day after the last included; 0 before anything was seen. */
  readonly highestBefore: Float64Array;
  readonly weekdayOfFirst: number;
  /** Wall time in cells since the first one, with fraction. */
  readonly positionOf: (ms: number) => number;
  readonly cellOf: (ms: number) => number;
  readonly dayOf: (ms: number) => number;
}

/** Lays a history out; loads at or after `fromMs`, negative ones and such as are no number count as gaps. */
export function loadGrid({ history, timeZone, fromMs, untilMs }: ForecastInput): LoadGrid {
  const { stepMs } = history;
  const cellMs = Math.min(DAY_MS, Math.max(stepMs, FINEST_CELL_MS));
  const slotsPerDay = Math.ceil(DAY_MS / cellMs);
  const known = Math.max(0, Math.min(history.values.length, Math.ceil((fromMs - history.startMs) / stepMs)));
  const first = Math.max(0, known - Math.floor((MOST_CELLS * cellMs) / stepMs));
  const startMs = known > 0 ? history.startMs + first * stepMs : fromMs;
  const zoned = localClock(Math.min(startMs, fromMs), Math.max(untilMs, fromMs), timeZone);
  // Days keep the begin they have in the history, with room for the hour that a clock change moves it.
  const dayBeginMs = (((history.startMs % DAY_MS) + DAY_MS) % DAY_MS) - CLOCK_CHANGE_ROOM_MS;
  const wall = stepMs >= DAY_MS ? (ms: number) => ms - dayBeginMs : zoned;
  const originWallMs = Math.floor(wall(startMs) / DAY_MS) * DAY_MS;
  const cellsAt = (ms: number) => {
    const sinceMs = wall(ms) - originWallMs;
    const day = Math.floor(sinceMs / DAY_MS);
    return day * slotsPerDay + Math.floor((sinceMs - day * DAY_MS) / cellMs);
  };
  const dayOf = (ms: number) => Math.floor((wall(ms) - originWallMs) / DAY_MS);
  const historyDays = known > 0 ? Math.max(0, dayOf(history.startMs + (known - 1) * stepMs) + 1) : 0;
  const cells = fillCells(history, first, known, cellsAt, historyDays * slotsPerDay);
  return {
    cellMs,
    slotsPerDay,
    originWallMs,
    historyDays,
    ...cells,
    highestBefore: highestBefore(cells, slotsPerDay),
    weekdayOfFirst: (Math.floor(originWallMs / DAY_MS) + 3) % 7,
    positionOf: (ms) => ((wall(ms) - originWallMs) / DAY_MS) * slotsPerDay,
    cellOf: cellsAt,
    dayOf,
  };
}

function fillCells(
  { startMs, stepMs, values }: ForecastInput['history'],
  first: number,
  known: number,
  cellOf: (ms: number) => number,
  cells: number,
): Pick<LoadGrid, 'logMeans' | 'samples' | 'offset'> {
  const sums = new Float64Array(cells);
  const counts = new Float64Array(cells);
  const samples = new Float64Array(cells).fill(Number.NaN);
  for (let i = first; i < known; i += 1) {
    const value = values[i];
    if (value === null || value === undefined || !(value >= 0) || value === Number.POSITIVE_INFINITY)
      continue;
    const cell = cellOf(startMs + i * stepMs);
    const count = (counts[cell] ?? 0) + 1;
    counts[cell] = count;
    sums[cell] = (sums[cell] ?? 0) + value;
    // Another member of each cell, so that over the days every minute of it is heard.
    if (count - 1 === cell % 5 || count === 1) samples[cell] = value;
  }
  const means = sums.map((sum, cell) => sum / (counts[cell] ?? 0));
  const offset = offsetFor(means);
  return { logMeans: means.map((mean) => Math.log(mean + offset)), samples, offset };
}

/** A share of the median of the loads above zero; 1 where there is none. */
function offsetFor(means: Float64Array): number {
  const positive = means.filter((mean) => mean > 0).sort();
  const median = positive[Math.floor(positive.length / 2)];
  if (median === undefined) return 1;
  const zeros = means.filter((mean) => mean === 0).length;
  return (OFFSET_SHARE + zeros / (zeros + positive.length)) * median;
}

function highestBefore(
  { logMeans, offset }: Pick<LoadGrid, 'logMeans' | 'offset'>,
  slotsPerDay: number,
): Float64Array {
  const before = new Float64Array(logMeans.length / slotsPerDay + 1);
  let highest = 0;
  for (const [cell, logMean] of logMeans.entries()) {
    const load = Math.exp(logMean) - offset;
    // Not by Math.max, which a gap would leave without a number for good.
    if (load > highest) highest = load;
    before[Math.floor(cell / slotsPerDay) + 1] = highest;
  }
  return before;
}
