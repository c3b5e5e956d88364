/** Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17; absolute error below 7.5e-8. */
const UPPER_TAIL = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153] as const;

/** Coefficients of Acklam's rational approximation, relative error below 1.2e-9 (P. J. Acklam, 2003). */
const CENTRAL_TOP = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const CENTRAL_BOTTOM = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1,
  1,
];
const TAIL_TOP = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_BOTTOM = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1];
const TAIL = 0.02425;

/** Density of the standard normal distribution. */
export function normalDensity(z: number): number {
  return Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI);
}

/** Distribution function of the standard normal distribution, 0 to 1; absolute error below 7.5e-8. */
export function normalProbability(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const above = normalDensity(z) * t * polynomial(UPPER_TAIL, t);
  return z >= 0 ? 1 - above : above;
}

/** Quantile of the standard normal distribution. @param probability strictly between 0 and 1. */
export function normalQuantile(probability: number): number {
  if (probability > 1 - TAIL) return -normalQuantile(1 - probability);
  if (probability < TAIL) {
    const q = Math.sqrt(-2 * Math.log(probability));
    return polynomial(TAIL_TOP, q) / polynomial(TAIL_BOTTOM, q);
  }
  const q = probability - 0.5;
  return (q * polynomial(CENTRAL_TOP, q * q)) / polynomial(CENTRAL_BOTTOM, q * q);
}

/** Quantile of Student's t, by the first terms of its Cornish-Fisher expansion; good from five degrees up. */
export function studentQuantile(probability: number, degreesOfFreedom: number): number {
  const z = normalQuantile(probability);
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  return z + (z ** 3 + z) / (4 * degreesOfFreedom) + second / degreesOfFreedom ** 2;
}

/** Value at `x` of the polynomial with these coefficients, the highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
