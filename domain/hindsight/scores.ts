import { pinballLoss } from '../forecast/pinball.ts';

/** A load that was observed, in the workload's unit per second; null where nothing was. */
export type Observed = number | null;

/**
 * Mean of {@link pinballLoss} over everything observed and over the quantiles, in the unit of the load.
 * @param forecasts per time, in the order of `observed`, one value per quantile. @returns null where nothing
 *   was observed. @throws RangeError where the arrays do not fit together.
 */
export function meanPinballLoss(
  observed: readonly Observed[],
  forecasts: readonly (readonly number[])[],
  quantiles: readonly number[],
): number | null {
  const losses = seen(observed, forecasts).map(([load, values]) => {
    if (values.length !== quantiles.length) throw new RangeError('a forecast needs a value per quantile');
    return mean(quantiles.map((quantile, index) => pinballLoss(quantile, values[index] ?? 0, load)));
  });
  return losses.length === 0 ? null : mean(losses);
}

/**
 * Share of what was observed that came to no more than the forecast of its time, 0 to 1: of the 0.95 quantile it
 * should be 0.95. @returns null where nothing was observed. @throws RangeError as {@link meanPinballLoss}.
 */
export function coverage(observed: readonly Observed[], forecast: readonly number[]): number | null {
  const pairs = seen(observed, forecast);
  if (pairs.length === 0) return null;
  return pairs.filter(([load, value]) => load <= value).length / pairs.length;
}

/**
 * Share of all load that was above the capacity of its time, 0 to 1; 0 where there was no load.
 * @param capacities per time, in the order and unit of `observed`. @returns null where nothing was observed.
 * @throws RangeError as {@link meanPinballLoss}.
 */
export function unservedShare(observed: readonly Observed[], capacities: readonly number[]): number | null {
  const pairs = seen(observed, capacities);
  const above = sum(pairs.map(([load, capacity]) => Math.max(0, load - capacity)));
  return pairs.length === 0 ? null : part(above, sum(pairs.map(([load]) => load)));
}

/** Share of all capacity that no load of its time needed, 0 to 1; else as {@link unservedShare}. */
export function idleShare(observed: readonly Observed[], capacities: readonly number[]): number | null {
  const pairs = seen(observed, capacities);
  const idle = sum(pairs.map(([load, capacity]) => Math.max(0, capacity - load)));
  return pairs.length === 0 ? null : part(idle, sum(pairs.map(([, capacity]) => capacity)));
}

/** The times at which something was observed, each with what belongs to it. */
function seen<T>(observed: readonly Observed[], others: readonly T[]): readonly (readonly [number, T])[] {
  if (observed.length !== others.length) {
    throw new RangeError(`${observed.length} times were observed and ${others.length} are to be scored`);
  }
  return others.flatMap((other, index) => {
    const load = observed[index];
    return load === null || load === undefined ? [] : [[load, other] as const];
  });
}

/** Mean of at least one number. */
export function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

/** Sum; 0 of none. */
export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function part(some: number, all: number): number {
  return all === 0 ? 0 : some / all;
}
