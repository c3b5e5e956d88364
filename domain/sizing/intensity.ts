const HOURS_OF_WEEK = 168;

/** Neighbouring hours of a wedding day err together: so many of them say as much as one that stands alone. */
const HOURS_THAT_ERR_TOGETHER = 10;

/** What observations say of the demand a user causes, over what the fleet says. */
export interface Intensity {
  /** Multiplies the fleet's demand per user; 0 or more. */
  readonly factor: number;
  /** Standard deviation of `factor`. */
  readonly standardDeviation: number;
  /** Weight of observations in `factor`, 0 to 1. */
  readonly observedWeight: number;
}

/** The fleet's own figure, as certain as it says itself to be. */
export function statedIntensity(deviation: number): Intensity {
  return { factor: 1, standardDeviation: deviation, observedWeight: 0 };
}

/**
 * Learns the intensity from demand observed by hour (null for none) and the demand expected of weddings in the same
 * hours, both in the workload's unit per second. Each hour is held against the same hour of the week before, so that
 * base demand, its week and its slow trend fall out; the slope of what remains is shrunk towards 1 as in ridge
 * regression (A. E. Hoerl and R. W. Kennard, Technometrics 12, 1970), which is the posterior of a normal prior:
 * `(1/τ² + S_xy/σ²) / (1/τ² + S_xx/σ²)`. Without two weeks that differ in their weddings it stays at 1.
 * @param deviation τ, relative standard deviation of the fleet's figure, above 0.
 */
export function learnIntensity(
  observed: readonly (number | null)[],
  expected: readonly number[],
  deviation: number,
): Intensity {
  const { sxx, sxy, syy, pairs } = weekOnWeek(observed, expected);
  if (sxx === 0 || pairs < 2) return statedIntensity(deviation);
  const residual = Math.max(0, syy - sxy ** 2 / sxx) / (pairs - 1);
  // Equal weeks in a row are no proof that nothing ever varies, and a feed that is always the same has no variance at all.
  const variance = Math.max(residual, (1e-4 * Math.max(syy, sxx)) / pairs) * HOURS_THAT_ERR_TOGETHER;
  const prior = 1 / deviation ** 2;
  const precision = sxx / variance;
  return {
    factor: Math.max(0, (prior + sxy / variance) / (prior + precision)),
    standardDeviation: Math.sqrt(1 / (prior + precision)),
    observedWeight: precision / (prior + precision),
  };
}

function weekOnWeek(observed: readonly (number | null)[], expected: readonly number[]) {
  const sums = { sxx: 0, sxy: 0, syy: 0, pairs: 0 };
  for (let hour = HOURS_OF_WEEK; hour < observed.length; hour += 1) {
    const now = observed[hour] ?? null;
    const before = observed[hour - HOURS_OF_WEEK] ?? null;
    const x = (expected[hour] ?? 0) - (expected[hour - HOURS_OF_WEEK] ?? 0);
    if (now === null || before === null || x === 0) continue;
    sums.sxx += x ** 2;
    sums.sxy += x * (now - before);
    sums.syy += (now - before) ** 2;
    sums.pairs += 1;
  }
  return sums;
}
