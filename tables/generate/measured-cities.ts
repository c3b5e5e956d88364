import { distanceKm, type Point } from '../../domain/tables/great-circle.ts';
import { csvRows, field, numberField } from './csv.ts';

/** A point with a name. */
export interface Place extends Point {
  readonly name: string;
}

/** A city that others were pinged from. */
export interface City extends Place {
  readonly id: string;
  /** English name, as the ping data has it. */
  readonly country: string;
}

/** One measured pair of different cities. */
export interface MeasuredPair {
  readonly from: City;
  readonly to: City;
  readonly km: number;
  readonly ms: number;
}

/** Every measured pair, without the cities whose server cannot be where it is said to be. */
export interface CityPairs {
  readonly cities: readonly City[];
  readonly misplaced: readonly City[];
  /** Mean round trip, or null where the pair was not measured. */
  readonly ms: (from: City, to: City) => number | null;
  readonly all: () => readonly MeasuredPair[];
}

/** Light needs a millisecond for 100 km there and back in fibre (200,000 km/s): what is faster is elsewhere. */
const KM_PER_ROUND_TRIP_MS = 100;

/** More impossible pairs than this are the city's own fault and not that of those it was measured with. */
const IMPOSSIBLE_PAIRS = 4;

/** Reads `latency/world-cities.csv` and `latency/world-city-rtt.csv.gz`. */
export function cityPairs(directory: string): CityPairs {
  const read = csvRows(directory, 'latency/world-cities.csv').map((row) => ({
    id: field(row, 'cityId'),
    name: `${field(row, 'city')}, ${field(row, 'country')}`,
    country: field(row, 'country'),
    latitude: numberField(row, 'latitude'),
    longitude: numberField(row, 'longitude'),
  }));
  const times = new Map(
    csvRows(directory, 'latency/world-city-rtt.csv.gz').map((row) => [
      `${field(row, 'sourceCityId')} ${field(row, 'targetCityId')}`,
      numberField(row, 'rttMs'),
    ]),
  );
  const msOf = (from: City, to: City) => times.get(`${from.id} ${to.id}`) ?? null;
  const impossible = (from: City) =>
    read.filter(
      (to) => (msOf(from, to) ?? Number.POSITIVE_INFINITY) < distanceKm(from, to) / KM_PER_ROUND_TRIP_MS,
    );
  const misplaced = read.filter((city) => impossible(city).length > IMPOSSIBLE_PAIRS);
  const cities = read.filter((city) => !misplaced.includes(city));
  return {
    cities,
    misplaced,
    ms: msOf,
    all: () =>
      cities.flatMap((from) =>
        cities.flatMap((to) => {
          const ms = from === to ? null : msOf(from, to);
          return ms === null ? [] : [{ from, to, km: distanceKm(from, to), ms }];
        }),
      ),
  };
}
