import { distanceKm } from '../../domain/tables/great-circle.ts';
import type { City, CityPairs } from './measured-cities.ts';
import type { TimeZone } from './time-zones.ts';

/** Measured cities that stand for the guests of a time zone, and how far the zone's principal place is from them. */
export interface GuestCities {
  readonly cities: readonly City[];
  /** 0 where the cities lie in the zone itself. */
  readonly km: number;
}

/** Countries of the ping data whose English name is another one in CLDR. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'Czech Republic': 'CZ',
  'Hong Kong': 'HK',
  Turkey: 'TR',
};

/**
 * Cities by zone: a zone has the measured cities of its country that are nearer to its principal place than to that of
 * the country's other zones; one without any has the nearest measured city of all.
 */
export function guestCities(
  zones: readonly TimeZone[],
  pairs: CityPairs,
): ReadonlyMap<TimeZone, GuestCities> {
  const byCountry = Map.groupBy(zones, (zone) => zone.country);
  const codes = countryCodes([...byCountry.keys()]);
  const own = Map.groupBy(pairs.cities, (city) => {
    const inCountry = byCountry.get(codes.get(city.country) ?? '') ?? [];
    return nearest(city, inCountry);
  });
  return new Map(
    zones.map((zone) => {
      const cities = own.get(zone);
      if (cities) return [zone, { cities, km: 0 }];
      const city = nearest(zone, pairs.cities);
      if (!city) throw new Error('there is no measured city');
      return [zone, { cities: [city], km: Math.round(distanceKm(zone, city)) }];
    }),
  );
}

/** The nearest of some places, or null without any. */
export function nearest<T extends { readonly latitude: number; readonly longitude: number }>(
  point: { readonly latitude: number; readonly longitude: number },
  places: readonly T[],
): T | null {
  return places.reduce<T | null>(
    (best, place) => (best && distanceKm(point, best) <= distanceKm(point, place) ? best : place),
    null,
  );
}

function countryCodes(codes: readonly string[]): ReadonlyMap<string, string> {
  const names = new Intl.DisplayNames(['en'], { type: 'region' });
  return new Map([
    ...codes.map((code) => [names.of(code) ?? code, code] as const),
    ...Object.entries(OTHER_NAMES),
  ]);
}
