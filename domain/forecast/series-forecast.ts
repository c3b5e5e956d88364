import { placeEvents } from './event-phases.ts';
import { type LoadGrid, loadGrid } from './load-grid.ts';
import { forecastBlock } from './rolling-forecast.ts';
import { learnBlock } from './rolling-learning.ts';
import { type BlockForecast, rollingState } from './rolling-state.ts';

const DAY_MS = 86_400_000;
/** Own errors are measured no further ahead than this; beyond it the spread grows with the walk of the level. */
const LONGEST_BLOCK_DAYS = 28;
/** A history has at least this many blocks to learn its own errors from, where it has as many days. */
const FEWEST_BLOCKS = 6;

/** Load at a regular step; a value is the mean rate or the count of its step. */
export interface LoadHistory {
  /** Begin of the first step, milliseconds since the epoch. */
  readonly startMs: number;
  readonly stepMs: number;
  /** One per step, >= 0; null is a gap. */
  readonly values: readonly (number | null)[];
}

/** An event of the calendar, known ahead. */
export interface CalendarEvent {
  readonly startMs: number;
  readonly endMs: number;
  /** Events of one kind are taken to be alike. */
  readonly kind: string;
  /** Ordinal rank within the kind, higher for more; null where there is none. */
  readonly intensity: number | null;
}

/** Quantiles of load at a regular step. */
export interface SeriesForecast {
  readonly startMs: number;
  readonly stepMs: number;
  readonly quantiles: readonly number[];
  /** `values[i][q]`: >= 0 and non-decreasing in q; in the unit of the history. */
  readonly values: readonly (readonly number[])[];
}

/** What a forecast is asked for. */
export interface ForecastInput {
  readonly history: LoadHistory;
  /** Past and future events; those of unknown times are left out by the caller. */
  readonly events: readonly CalendarEvent[];
  /** IANA zone whose hours, days and weeks the load follows. */
  readonly timeZone: string;
  /** First instant to forecast; loads at or after it are not looked at. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Ascending, each between 0 and 1. */
  readonly quantiles: readonly number[];
}

/**
 * Forecasts quantiles of one load series with calendar events known ahead. Several experts (last week, weekly
 * profiles of several memories, yesterday, a year ago, and their stacked regression; around events a learned
 * response) each carry quantiles of their own past errors, and are averaged by their past pinball loss. It replays
 * its history first, so every error it learns from is one of a forecast made before the load was seen.
 * Without any history every quantile is 0: there is nothing to say, and the caller must know.
 * @throws RangeError on an unknown zone, a step that is not positive, or quantiles that do not ascend within 0..1.
 */
export function forecastSeries(input: ForecastInput): SeriesForecast {
  check(input);
  const { history, fromMs, untilMs, quantiles } = input;
  const grid = loadGrid(input);
  const events = placeEvents(input.events, grid);
  const fromDay = grid.dayOf(fromMs);
  const ahead = Math.max(1, grid.dayOf(untilMs - 1) - fromDay + 1);
  const blockDays = Math.max(1, Math.min(ahead, LONGEST_BLOCK_DAYS, Math.floor(fromDay / FEWEST_BLOCKS)));
  const state = rollingState(grid, events, quantiles);
  for (let day = 0; day < grid.historyDays; ) {
    const days = Math.min(grid.historyDays - day, (grid.historyDays - day) % blockDays || blockDays);
    learnBlock(state, forecastBlock(state, day, days));
    day += days;
  }
  const block = forecastBlock(state, fromDay, ahead, blockDays);
  const count = Math.max(0, Math.ceil((untilMs - fromMs) / history.stepMs));
  const values = Array.from({ length: count }, (_, i) =>
    rowAt(block, grid, fromMs + i * history.stepMs, quantiles.length),
  );
  return { startMs: fromMs, stepMs: history.stepMs, quantiles, values };
}

function rowAt(block: BlockForecast, grid: LoadGrid, ms: number, width: number): readonly number[] {
  const cell = grid.cellOf(ms) - block.fromDay * grid.slotsPerDay;
  return Array.from({ length: width }, (_, q) => block.quantiles[cell * width + q] ?? 0);
}

function check({ history, fromMs, untilMs, quantiles }: ForecastInput): void {
  if (!(history.stepMs > 0)) throw new RangeError(`a step of ${history.stepMs} ms is not positive`);
  if (!(untilMs - fromMs <= 5 * 366 * DAY_MS))
    throw new RangeError('a forecast is of at most five years ahead');
  const ascending = quantiles.every((q, i) => q > 0 && q < 1 && q >= (quantiles[i - 1] ?? 0));
  if (!ascending) throw new RangeError(`quantiles must ascend within 0..1, not ${quantiles.join(', ')}`);
}
