import { distanceKm } from '../../domain/tables/great-circle.ts';
import type { City, CityPairs, MeasuredPair } from './measured-cities.ts';

/** Servers as near as this are in one city, in kilometres. */
export const SAME_CITY_KM = 50;

/** `interceptMs + msPerKm × km`. */
export interface DistanceFit {
  readonly interceptMs: number;
  readonly msPerKm: number;
}

/** Median and 90th percentile of |estimate − measured|, as shares of the measured value and in milliseconds. */
interface ErrorFigures {
  readonly pairs: number;
  readonly medianShare: number;
  readonly p90Share: number;
  readonly medianMs: number;
  readonly p90Ms: number;
}

/** Least absolute deviations over all pairs, so that detours of single links do not pull it. */
export function fitDistance(pairs: CityPairs): DistanceFit {
  return leastAbsoluteDeviations(pairs.all());
}

/** How far off each way of estimating is on cities that it was not made from. */
export function errorsOf(pairs: CityPairs): Readonly<Record<'nearby' | 'distance', ErrorFigures>> {
  const odd = (city: City) => pairs.cities.indexOf(city) % 2 === 1;
  const all = pairs.all();
  const fit = leastAbsoluteDeviations(all.filter(({ from, to }) => !odd(from) && !odd(to)));
  const heldOut = all.filter(({ from, to }) => odd(from) && odd(to));
  return {
    nearby: figures(all.flatMap((pair) => byNeighbour(pair, pairs, fit))),
    distance: figures(heldOut.map(({ km, ms }) => [fit.interceptMs + fit.msPerKm * km, ms])),
  };
}

/** For a given slope the best intercept is a median, so one dimension is searched, 0.0001 ms per km at a time. */
function leastAbsoluteDeviations(pairs: readonly MeasuredPair[]): DistanceFit {
  const slopes = Array.from({ length: 150 }, (_, step) => 0.01 + step / 10_000);
  const fits = slopes.map((msPerKm) => {
    const interceptMs = quantile(
      pairs.map(({ km, ms }) => ms - msPerKm * km),
      0.5,
    );
    const loss = pairs.reduce((sum, { km, ms }) => sum + Math.abs(ms - interceptMs - msPerKm * km), 0);
    return { interceptMs, msPerKm, loss };
  });
  const best = fits.reduce((a, b) => (b.loss < a.loss ? b : a));
  return {
    interceptMs: Math.round(best.interceptMs * 10) / 10,
    msPerKm: Math.round(best.msPerKm * 1e4) / 1e4,
  };
}

/** `[estimate, measured]` from the nearest other city between 150 and 1,000 km away, the range that `nearby` is used in. */
function byNeighbour(
  pair: MeasuredPair,
  pairs: CityPairs,
  fit: DistanceFit,
): readonly (readonly [number, number])[] {
  const neighbour = neighbourOf(pair.from, pairs);
  const ms = neighbour && neighbour.city !== pair.to ? pairs.ms(neighbour.city, pair.to) : null;
  return neighbour && ms !== null ? [[ms + fit.msPerKm * neighbour.km, pair.ms]] : [];
}

const neighbours = new Map<City, { readonly city: City; readonly km: number } | null>();

function neighbourOf(city: City, pairs: CityPairs): { readonly city: City; readonly km: number } | null {
  const known = neighbours.get(city);
  if (known !== undefined) return known;
  const [found = null] = pairs.cities
    .map((other) => ({ city: other, km: distanceKm(city, other) }))
    .filter(({ km }) => km >= 150 && km <= 1_000)
    .toSorted((a, b) => a.km - b.km);
  neighbours.set(city, found);
  return found;
}

function figures(estimates: readonly (readonly [number, number])[]): ErrorFigures {
  const off = estimates.map(([estimate, measured]) => Math.abs(estimate - measured));
  const shares = estimates.flatMap(([, measured], index) =>
    measured > 0 ? [(off[index] ?? 0) / measured] : [],
  );
  const round = (value: number, digits: number) => Math.round(value * 10 ** digits) / 10 ** digits;
  return {
    pairs: estimates.length,
    medianShare: round(quantile(shares, 0.5), 3),
    p90Share: round(quantile(shares, 0.9), 3),
    medianMs: round(quantile(off, 0.5), 1),
    p90Ms: round(quantile(off, 0.9), 1),
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
