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

/** Value at `x` of the polynomial with these coefficients, the constant first. */
function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
}
