import type { HindsightRow, Lesson } from './hindsight.ts';

/** What the next forecast of a workload from a market is changed by; 1 changes nothing. */
export interface ForecastCorrection {
  /** Factor on the expected demand, a third to 3. */
  readonly level: number;
  /** Factor on the distance from the expected demand to its quantiles, 1 to 3: never narrower than the forecast says. */
  readonly spread: number;
}

/** One lesson with its weight. */
export interface ForecastEvidence extends Lesson {
  /** Days observed. */
  readonly days: number;
}

/**
 * Evidence that weighs as much as having no reason to doubt the forecast, in days: two weekends. Assumed; it has a
 * single wedding day move the forecast a fifth of the way and a season of 26 weekends nearly all of it.
 */
const PRIOR_DAYS = 4;

/** What differs from its forecast by more than this many times was another kind of season. */
const LARGEST_CORRECTION = 3;

/**
 * What earlier forecasts of the same subject teach the next one: means of the logarithms of their lessons, weighted by
 * days observed and shrunk towards no correction by {@link PRIOR_DAYS} days of it (a normal prior on the logarithm).
 * Without evidence nothing is corrected.
 */
export function forecastCorrection(records: readonly ForecastEvidence[]): ForecastCorrection {
  const level = shrunken(records.map(({ days, level: factor }) => ({ days, factor })));
  const spread = shrunken(records.map(({ days, spread: factor }) => ({ days, factor })));
  return { level, spread: Math.max(1, spread) };
}

function shrunken(lessons: readonly { readonly days: number; readonly factor: number | null }[]): number {
  const told = lessons.flatMap(({ days, factor }) => (factor === null ? [] : [{ days, factor }]));
  const days = told.reduce((total, lesson) => total + lesson.days, 0);
  const logs = told.reduce((total, lesson) => total + lesson.days * Math.log(clamped(lesson.factor)), 0);
  return Math.exp(logs / (days + PRIOR_DAYS));
}

function clamped(factor: number): number {
  return Math.min(LARGEST_CORRECTION, Math.max(1 / LARGEST_CORRECTION, factor));
}

/** What one run teaches about one market. */
export interface SeasonLesson extends ForecastEvidence {
  readonly market: string;
}

/**
 * What a run teaches about a workload's demand from each market: by the scores of the market by itself, else of the
 * smallest group that it is part of; nothing about a market of which nothing was observed.
 * @param rows of the whole of the run.
 */
export function lessonsOf(
  rows: readonly HindsightRow[],
  workload: string,
  markets: readonly string[],
): readonly SeasonLesson[] {
  return markets.flatMap((market): readonly SeasonLesson[] => {
    const [closest] = rows
      .flatMap((row) => {
        const fits = row.workload === workload && row.markets.includes(market) && row.status === 'scored';
        return fits && row.forecast ? [{ of: row.markets.length, forecast: row.forecast }] : [];
      })
      .toSorted((a, b) => a.of - b.of);
    return closest ? [{ market, days: closest.forecast.days, ...closest.forecast.lesson }] : [];
  });
}
