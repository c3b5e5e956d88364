import { pinballLoss } from '../../domain/forecast/pinball.ts';

/** Quantiles every method forecasts and is scored at. */
export const SCORED_QUANTILES = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99] as const;

/** The quantile that is bought as capacity. */
export const CAPACITY_QUANTILE = 0.95;

/** What was seen at the scored instants, and which of them lie in an event known ahead. */
export interface Observed {
  readonly values: readonly number[];
  readonly inEvent: readonly boolean[];
}

/** Forecast of one method at the same instants: `forecast[i][q]` beside {@link SCORED_QUANTILES}. */
export type ScoredForecast = readonly (readonly number[])[];

/** How well a method did; loads in the unit of the series, shares 0..1. */
export interface Score {
  readonly meanPinball: number;
  /** Share of observations at or below the 0.95 quantile. */
  readonly coverage95: number;
  /** Mean of the 0.95 quantile, before capacities are made equal. */
  readonly meanCapacity: number;
  /** Load above capacity over load, in event hours; null where no event was scored. */
  readonly eventUnserved: number | null;
  readonly allUnserved: number;
  /** Capacity not used over capacity. */
  readonly idleShare: number;
}

/** The forecast 0.95 quantile as capacity, and its mean. */
export function capacityOf(forecast: ScoredForecast): {
  readonly capacity: readonly number[];
  readonly mean: number;
} {
  const at = SCORED_QUANTILES.indexOf(CAPACITY_QUANTILE);
  const capacity = forecast.map((row) => row[at] ?? 0);
  return { capacity, mean: mean(capacity) };
}

/**
 * Scores a method at equal cost: its capacity is multiplied by the one factor that brings its mean to
 * `equalMeanCapacity`. Pinball loss and coverage are of the forecast as it is.
 */
export function score(observed: Observed, forecast: ScoredForecast, equalMeanCapacity: number): Score {
  const { capacity, mean: meanCapacity } = capacityOf(forecast);
  const factor = meanCapacity > 0 ? equalMeanCapacity / meanCapacity : 1;
  const equal = capacity.map((value) => value * factor);
  const at = SCORED_QUANTILES.indexOf(CAPACITY_QUANTILE);
  const covered = observed.values.filter((value, i) => value <= (forecast[i]?.[at] ?? 0)).length;
  return {
    meanPinball: meanPinball(observed.values, forecast),
    coverage95: covered / observed.values.length,
    meanCapacity,
    eventUnserved: observed.inEvent.includes(true)
      ? unservedShare(observed.values, equal, observed.inEvent)
      : null,
    allUnserved: unservedShare(observed.values, equal),
    idleShare: idleShare(observed.values, equal),
  };
}

/** Mean pinball loss over instants and {@link SCORED_QUANTILES}. */
export function meanPinball(values: readonly number[], forecast: ScoredForecast): number {
  let sum = 0;
  values.forEach((value, i) => {
    SCORED_QUANTILES.forEach((quantile, q) => {
      sum += pinballLoss(quantile, forecast[i]?.[q] ?? 0, value);
    });
  });
  return sum / (values.length * SCORED_QUANTILES.length);
}

/** Load above capacity over all load, of the instants that `only` marks; 0 without load. */
export function unservedShare(
  values: readonly number[],
  capacity: readonly number[],
  only?: readonly boolean[],
): number {
  let [load, unserved] = [0, 0];
  values.forEach((value, i) => {
    if (only && !only[i]) return;
    load += value;
    unserved += Math.max(0, value - (capacity[i] ?? 0));
  });
  return load > 0 ? unserved / load : 0;
}

/** Capacity that no load used over all capacity; 0 without capacity. */
export function idleShare(values: readonly number[], capacity: readonly number[]): number {
  const all = capacity.reduce((sum, value) => sum + value, 0);
  const idle = capacity.reduce((sum, value, i) => sum + Math.max(0, value - (values[i] ?? 0)), 0);
  return all > 0 ? idle / all : 0;
}

/** Arithmetic mean; 0 of nothing. */
export function mean(values: readonly number[]): number {
  return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : 0;
}

/** Middle value, or the mean of the two middle ones; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}
