/** Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17; absolute error below 7.5e-8. */
const TAIL = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429] as const;

/** Density of the standard normal distribution. */
export function normalDensity(z: number): number {
  return Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI);
}

/** Distribution function of the standard normal distribution, 0 to 1; absolute error below 7.5e-8. */
export function normalProbability(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const above = normalDensity(z) * t * polynomial(TAIL, t);
  return z >= 0 ? 1 - above : above;
}

// P. J. Acklam, An algorithm for computing the inverse normal cumulative distribution function (2003).
const CENTRE_ABOVE = [
  2.506628277459239, -30.66479806614716, 138.357751867269, -275.9285104469687, 220.9460984245205,
  -39.69683028665376,
] as const;
const CENTRE_BELOW = [
  1, -13.28068155288572, 66.80131188771972, -155.6989798598866, 161.5858368580409, -54.47609879822406,
] as const;
const TAIL_ABOVE = [
  2.938163982698783, 4.374664141464968, -2.549732539343734, -2.400758277161838, -0.3223964580411365,
  -0.007784894002430293,
] as const;
const TAIL_BELOW = [
  1, 3.754408661907416, 2.445134137142996, 0.3224671290700398, 0.007784695709041462,
] as const;
const TAIL_BEGINS = 0.02425;

/** Quantile of the standard normal distribution for a probability between 0 and 1; relative error below 1.2e-9. */
export function normalQuantile(probability: number): number {
  if (probability > 0.5) return -normalQuantile(1 - probability);
  if (probability < TAIL_BEGINS) {
    const q = Math.sqrt(-2 * Math.log(probability));
    return polynomial(TAIL_ABOVE, q) / polynomial(TAIL_BELOW, q);
  }
  const q = probability - 0.5;
  return (q * polynomial(CENTRE_ABOVE, q * q)) / polynomial(CENTRE_BELOW, q * q);
}

/** Value at `x` of the polynomial with these coefficients, the constant first. */
function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
}
