import type { Weights } from './scaler.ts';

/**
 * Weights in proportion to capacity: the largest entry gets `maximumWeight`, an entry with any capacity at
 * least 1, one without 0. @returns null when no entry has capacity, because a set that is all zero must never
 * be sent (Route 53 would answer with every record alike).
 */
export function weightsFromCapacity(
  capacity: Readonly<Record<string, number>>,
  maximumWeight: number,
): Weights | null {
  const largest = Math.max(0, ...Object.values(capacity));
  if (largest === 0) return null;
  const weights: Record<string, number> = {};
  for (const [entry, units] of Object.entries(capacity)) {
    weights[entry] = units > 0 ? Math.max(1, Math.round((units / largest) * maximumWeight)) : 0;
  }
  return weights;
}

/**
 * The weights a `fraction` (0 to 1) of the way from one set to another, rounded to whole numbers.
 * @returns `to` itself where rounding on the way would leave all zero.
 */
export function weightsBetween(from: Weights, to: Weights, fraction: number): Weights {
  if (fraction >= 1) return to;
  const weights: Record<string, number> = {};
  for (const [entry, target] of Object.entries(to)) {
    const start = from[entry] ?? 0;
    weights[entry] = Math.round(start + (target - start) * fraction);
  }
  return Object.values(weights).some((weight) => weight > 0) ? weights : to;
}

/** True when both name the same entries with the same weights. */
export function sameWeights(a: Weights, b: Weights): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
