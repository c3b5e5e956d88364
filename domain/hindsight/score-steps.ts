import { roundUsd } from '../usd.ts';
import type { CapacityScores, ForecastScores, Lesson } from './hindsight.ts';
import { type PlanMoney, planMoney } from './regret.ts';
import { coverage, idleShare, mean, meanPinballLoss, sum, unservedShare } from './scores.ts';
import type { HourForecast, PastHour, StepCapacity, StepHours } from './step-hours.ts';

const DAY_MS = 86_400_000;

/** Stands for the expected demand among the quantiles scored. */
const MIDDLE = 0.5;

/** One step as it was planned and as it came. */
export type ScoredStep = StepHours & StepCapacity;

interface ForecastHour extends HourForecast {
  readonly atMs: number;
  readonly observed: number;
}

/** Scores the forecast over hours that were forecast and observed; null where there are none. */
export function scoreForecast(steps: readonly ScoredStep[]): ForecastScores | null {
  const past = steps.flatMap((step) => step.hours);
  const hours = past.flatMap(forecastHour);
  if (hours.length === 0) return null;
  const quantile = quantileOf(steps);
  const observed = hours.map((hour) => hour.observed);
  const forecasts = hours.map(({ mean: middle, design }) =>
    quantile === null ? [middle] : [middle, design],
  );
  const quantiles = quantile === null ? [MIDDLE] : [MIDDLE, quantile];
  const expectedMean = mean(hours.map((hour) => hour.mean));
  const observedMean = mean(observed);
  const share =
    coverage(
      observed,
      hours.map(({ design }) => design),
    ) ?? 0;
  return {
    hours: hours.length,
    unobservedHours: past.filter((hour) => hour.forecast && hour.observed === null).length,
    days: new Set(hours.map(({ atMs }) => Math.floor(atMs / DAY_MS))).size,
    expectedMean,
    observedMean,
    bias: expectedMean > 0 ? observedMean / expectedMean : null,
    quantiles,
    pinball: meanPinballLoss(observed, forecasts, quantiles) ?? 0,
    coverage: quantile === null ? null : { quantile, share },
    lesson: lessonOf(hours, quantile),
  };
}

function forecastHour({ atMs, observed, forecast }: PastHour): readonly ForecastHour[] {
  return observed === null || forecast === null ? [] : [{ ...forecast, atMs, observed }];
}

/** The least of the steps: what is promised in all of them. */
function quantileOf(steps: readonly ScoredStep[]): number | null {
  const quantiles = steps.flatMap((step) => step.quantile ?? []);
  return quantiles.length === 0 ? null : Math.min(...quantiles);
}

/**
 * Level: observed over what was expected before anything learnt. Spread: with the level put right, the factor on the
 * distance from mean to quantile at which the quantile would have covered its share of these hours, the order
 * statistic `ceil(quantile × (n + 1))` of what each hour would have needed (split conformal prediction, Vovk, Gammerman
 * and Shafer, 2005).
 */
function lessonOf(hours: readonly ForecastHour[], quantile: number | null): Lesson {
  const expected = sum(hours.map((hour) => hour.untaughtMean));
  const level = expected > 0 ? sum(hours.map((hour) => hour.observed)) / expected : null;
  if (level === null || level === 0 || quantile === null) return { level, spread: null };
  const needed = hours
    .filter((hour) => hour.untaughtReach > 0)
    .map((hour) => (hour.observed / level - hour.untaughtMean) / hour.untaughtReach)
    .toSorted((a, b) => a - b);
  const rank = Math.min(needed.length, Math.ceil(quantile * (needed.length + 1)));
  return { level, spread: needed[rank - 1] ?? null };
}

/** Scores capacity over every hour observed, forecast or not; null where there are none. */
export function scoreCapacity(steps: readonly ScoredStep[]): CapacityScores | null {
  const past = steps.flatMap((step) =>
    step.hours.map(({ observed }) => ({ observed, capacity: step.capacity })),
  );
  const observed = past.map((hour) => hour.observed);
  const capacities = past.map((hour) => hour.capacity);
  const unserved = unservedShare(observed, capacities);
  const idle = idleShare(observed, capacities);
  if (unserved === null || idle === null) return null;
  const money = steps.map(({ carriers, hours, unservedUsdPerDemandHour }) => {
    const loads = hours.flatMap((hour) => hour.observed ?? []);
    return planMoney(carriers, loads, unservedUsdPerDemandHour);
  });
  const total = (of: keyof PlanMoney) => roundUsd(sum(money.map((one) => one[of])));
  return {
    hours: observed.filter((load) => load !== null).length,
    unobservedHours: observed.filter((load) => load === null).length,
    unservedShare: unserved,
    idleShare: idle,
    plannedUsd: total('plannedUsd'),
    idleUsd: total('idleUsd'),
    unservedUsd: total('unservedUsd'),
    perfectUsd: total('perfectUsd'),
    // Of a plan that was perfect the last digits may say less than nothing.
    regretUsd: Math.max(0, total('regretUsd')),
  };
}
