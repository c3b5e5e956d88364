import { normalProbability, normalQuantile } from '../normal-distribution.ts';

/** First two moments of what is known of a demand, in the workload's unit per second; both 0 or more. */
export interface DemandMoments {
  readonly mean: number;
  readonly standardDeviation: number;
}

/**
 * Quantile of the gamma distribution with these moments, by the cube-root approximation of Wilson and Hilferty (The
 * distribution of chi-square, PNAS 17, 1931): `mean × (1 + z c/3 - c²/9)³` with `c` = standard deviation / mean.
 * Never below 0. @param quantile between 0 and 1.
 */
export function demandQuantile({ mean, standardDeviation }: DemandMoments, quantile: number): number {
  if (mean <= 0) return 0;
  return mean * cubeOf(standardDeviation / mean, normalQuantile(quantile));
}

/**
 * Expected demand above what is ready, in the unit of the moments: for a gamma distribution of shape k and scale θ
 * `mean × P(X' > ready) - ready × P(X > ready)`, X' of shape k + 1, with the probabilities by the same approximation as
 * {@link demandQuantile}. Never below 0.
 */
export function expectedShortfall({ mean, standardDeviation }: DemandMoments, ready: number): number {
  if (mean <= 0) return 0;
  if (standardDeviation === 0 || ready <= 0) return Math.max(0, mean - Math.max(0, ready));
  const shape = (mean / standardDeviation) ** 2;
  const scaled = (ready * shape) / mean;
  return Math.max(0, mean * above(scaled, shape + 1) - ready * above(scaled, shape));
}

/** Probability that a gamma variable of this shape and scale 1 is above `x`, after Wilson and Hilferty. */
function above(x: number, shape: number): number {
  return normalProbability((1 - 1 / (9 * shape) - Math.cbrt(x / shape)) * 3 * Math.sqrt(shape));
}

/**
 * The demand that is made ready: {@link demandQuantile} while the spread is small beside the mean, and from where that
 * would begin to fall for more demand, the mean and as many standard deviations as there. Two moments alone let the
 * quantile of a skewed distribution fall when the mean grows, which no wedding added can do to demand: this is monotone
 * in mean and spread. At the quantile 0.5 it is the mean. @param quantile 0.5 to 0.999.
 */
export function designDemand({ mean, standardDeviation }: DemandMoments, quantile: number): number {
  const z = Math.max(0, normalQuantile(quantile));
  if (z === 0 || standardDeviation === 0) return mean;
  const largest = largestRatio(z);
  if (standardDeviation <= largest * mean) return mean * cubeOf(standardDeviation / mean, z);
  return mean + (standardDeviation * (cubeOf(largest, z) - 1)) / largest;
}

/**
 * Up to this ratio of spread and mean the quantile grows with both. Its slope over the mean has the sign of
 * `1 - 2/3 z c + 5/9 c²`, which is smallest at `0.6 z` and has roots once `z² > 5`; over the spread it grows up to `1.5 z`.
 */
function largestRatio(z: number): number {
  return 0.6 * (z - Math.sqrt(Math.max(0, z * z - 5)));
}

function cubeOf(ratio: number, z: number): number {
  return Math.max(0, 1 + (z * ratio) / 3 - (ratio * ratio) / 9) ** 3;
}
