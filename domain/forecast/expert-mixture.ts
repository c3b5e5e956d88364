import { studentQuantile } from '../normal-distribution.ts';
import { pinballLoss } from './pinball.ts';

/** Own errors have heavier tails than the normal distribution until they have spoken for themselves. */
const DEGREES_OF_FREEDOM = 6;
const FASTEST_TRACKING = 0.5;
const LARGEST_DAY = 5;
const USUAL_RATE = 0.03;

/** How quickly a mixture moves. */
export interface MixtureTempo {
  /** Step of a quantile that no error was below, in scales; the smaller, the longer it remembers. */
  readonly tracking: number;
  /** What is left of a loss after a day on which others were entered. */
  readonly forgetting: number;
  /** Relative losses to weights: one per cent worse is so many per cent less weight, */
  readonly sharpness: number;
  /** half of that after so many days. */
  readonly beliefDays: number;
}

/**
 * Experts that share one kind of hours. Each has quantiles of its own past errors, tracked online (the quantile
 * tracker of Angelopoulos et al., "Conformal PID control", 2023); they are averaged quantile by quantile with
 * weights that fall exponentially with past pinball loss; a last tracker corrects the average, so that each
 * quantile covers what it says.
 */
export interface ExpertMixture {
  readonly quantiles: readonly number[];
  readonly experts: number;
  readonly tempo: MixtureTempo;
  readonly prior: readonly number[];
  /** Error quantiles in scales, `[expert * quantiles + q]`; losses and weights alike. */
  readonly offsets: Float64Array;
  readonly losses: Float64Array;
  readonly weights: Float64Array;
  /** Correction of the average per quantile, in scales. */
  readonly corrections: Float64Array;
  days: number;
  /** Loss per cell of the best expert of a usual day. */
  usualLoss: number;
}

/** A mixture that has seen nothing. @param deviation of first errors, in scales. */
export function expertMixture(
  quantiles: readonly number[],
  prior: readonly number[],
  tempo: MixtureTempo,
  deviation: number,
): ExpertMixture {
  const first = quantiles.map((quantile) => deviation * studentQuantile(quantile, DEGREES_OF_FREEDOM));
  const total = prior.reduce((sum, weight) => sum + weight, 0);
  return {
    quantiles,
    experts: prior.length,
    tempo,
    prior,
    offsets: Float64Array.from(prior.flatMap(() => first)),
    losses: new Float64Array(prior.length * quantiles.length),
    weights: Float64Array.from(prior.flatMap((weight) => quantiles.map(() => weight / total))),
    corrections: new Float64Array(quantiles.length),
    days: 0,
    usualLoss: 0,
  };
}

/** Scored cells of one day, gathered before any of them is learned from. */
export interface DayOfErrors {
  cells: number;
  readonly losses: Float64Array;
  /** How many loads were at or below each expert's quantile, and the average's. */
  readonly below: Float64Array;
  readonly averageBelow: Float64Array;
}

/** Nothing gathered. */
export function dayOfErrors({ experts, quantiles }: ExpertMixture): DayOfErrors {
  const size = experts * quantiles.length;
  return {
    cells: 0,
    losses: new Float64Array(size),
    below: new Float64Array(size),
    averageBelow: new Float64Array(quantiles.length),
  };
}

/** Enters one load beside the quantiles that were forecast for it. */
export function gather(
  { quantiles, experts }: ExpertMixture,
  day: DayOfErrors,
  observed: number,
  expertQuantiles: Float64Array,
  expertFrom: number,
  average: Float64Array,
  averageFrom: number,
): void {
  const width = quantiles.length;
  day.cells += 1;
  for (let q = 0; q < width; q += 1) {
    const level = quantiles[q] ?? 0;
    if (observed <= (average[averageFrom + q] ?? 0)) day.averageBelow[q] = (day.averageBelow[q] ?? 0) + 1;
    for (let expert = 0; expert < experts; expert += 1) {
      const at = expert * width + q;
      const forecast = expertQuantiles[expertFrom + at] ?? 0;
      day.losses[at] = (day.losses[at] ?? 0) + pinballLoss(level, forecast, observed);
      if (observed <= forecast) day.below[at] = (day.below[at] ?? 0) + 1;
    }
  }
}

/** Learns from a day of errors. */
export function learnErrors(mixture: ExpertMixture, day: DayOfErrors): void {
  if (day.cells === 0) return;
  const { quantiles, experts, tempo, offsets, corrections } = mixture;
  const width = quantiles.length;
  mixture.days += 1;
  const step = Math.max(tempo.tracking, FASTEST_TRACKING / (1 + mixture.days / 4));
  for (let at = 0; at < experts * width; at += 1) {
    const level = quantiles[at % width] ?? 0;
    offsets[at] = (offsets[at] ?? 0) + step * (level - (day.below[at] ?? 0) / day.cells);
  }
  learnLosses(mixture, day);
  for (let q = 0; q < width; q += 1)
    corrections[q] =
      (corrections[q] ?? 0) + (step / 2) * ((quantiles[q] ?? 0) - (day.averageBelow[q] ?? 0) / day.cells);
}

/** No day counts for more than a few usual ones: a spike that one expert met by luck must not crown it. */
function learnLosses(mixture: ExpertMixture, day: DayOfErrors): void {
  const { quantiles, experts, tempo, losses } = mixture;
  const width = quantiles.length;
  const totals = Array.from({ length: experts }, (_, expert) => {
    let sum = 0;
    for (let q = 0; q < width; q += 1) sum += day.losses[expert * width + q] ?? 0;
    return sum / day.cells;
  });
  const best = Math.min(...totals);
  if (mixture.days === 1) mixture.usualLoss = best;
  const most = LARGEST_DAY * Math.max(mixture.usualLoss, Number.MIN_VALUE);
  mixture.usualLoss += Math.max(USUAL_RATE, 1 / mixture.days) * (Math.min(best, most) - mixture.usualLoss);
  for (let at = 0; at < experts * width; at += 1) {
    const total = totals[Math.floor(at / width)] ?? 0;
    const part = Math.min(1, most / Math.max(total, Number.MIN_VALUE));
    losses[at] = (losses[at] ?? 0) * tempo.forgetting + part * (day.losses[at] ?? 0);
  }
}

/**
 * Sets the weights by what was learned, at the begin of a block.
 * Half of a weight is by the loss at its quantile, half by that over all, which is the steadier.
 */
export function reweigh(mixture: ExpertMixture): void {
  const { quantiles, experts, losses, weights, prior, days, tempo } = mixture;
  if (days === 0) return;
  const width = quantiles.length;
  const lossOf = (expert: number, q: number) => losses[expert * width + q] ?? 0;
  const totals = Array.from({ length: experts }, (_, expert) =>
    quantiles.reduce((sum, _quantile, q) => sum + lossOf(expert, q), 0),
  );
  const leastTotal = Math.max(Math.min(...totals), Number.MIN_VALUE);
  const belief = (tempo.sharpness * days) / (days + tempo.beliefDays);
  for (let q = 0; q < width; q += 1) {
    let least = Number.POSITIVE_INFINITY;
    for (let expert = 0; expert < experts; expert += 1) least = Math.min(least, lossOf(expert, q));
    least = Math.max(least, Number.MIN_VALUE);
    let sum = 0;
    for (let expert = 0; expert < experts; expert += 1) {
      const worse = (lossOf(expert, q) / least + (totals[expert] ?? 0) / leastTotal) / 2 - 1;
      const weight = (prior[expert] ?? 0) * Math.exp(-Math.min(50, belief * worse));
      weights[expert * width + q] = weight;
      sum += weight;
    }
    for (let expert = 0; expert < experts; expert += 1)
      weights[expert * width + q] = (weights[expert * width + q] ?? 0) / sum;
  }
}
