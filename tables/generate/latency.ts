import { distanceKm } from '../../domain/tables/great-circle.ts';
import { csvRows, field, numberField } from './csv.ts';
import { guestCities, nearest } from './guests.ts';
import { errorsOf, fitDistance, SAME_CITY_KM } from './latency-fit.ts';
import { type City, type CityPairs, cityPairs, type Place } from './measured-cities.ts';
import { timeZones } from './time-zones.ts';

const PROVIDERS = ['aws', 'azure', 'gcp'] as const;

/** What the latency of guests is looked up in: see `domain/tables/latency.ts` for how it is read. */
export function latency(directory: string, zoneinfo: string): unknown {
  const pairs = cityPairs(directory);
  const { version, zones, aliases } = timeZones(zoneinfo);
  const guests = guestCities(zones, pairs);
  const places = regionPlaces().map((entry) => ({ ...entry, city: cityAt(entry.place, pairs) }));
  const clouds = [...new Set(places.map(({ city }) => city))].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const rows = [...new Set([...guests.values()].map(({ cities }) => rowName(cities)))].toSorted();
  const citiesOf = new Map([...guests.values()].map(({ cities }) => [rowName(cities), cities]));
  const nearMs = sameCityMs(pairs);
  return {
    about:
      'ms[row of the zone][cloud city]: median over the measured cities of the zone of the mean round trip. places: [name, ' +
      'latitude, longitude, cloud city, km to it]; regions: place by region id; zones: [latitude, longitude, row, km to it]',
    asOf: '2020-07-19',
    source: `sm86/geo-latency-data@ad13da0 (WonderProxy pings); zones: time zone database ${version}; places: public facts`,
    licence:
      'ping data: none stated in the repository, so medians derived from it are here as facts and not the data itself; ' +
      'time zone database: public domain',
    leftOut: pairs.misplaced.map((city) => city.name),
    distance: fitDistance(pairs),
    errors: errorsOf(pairs),
    cloudCities: clouds.map((city) => city.name),
    places: places.map(({ place, city }) => [
      place.name,
      place.latitude,
      place.longitude,
      clouds.indexOf(city),
      Math.round(distanceKm(place, city)),
    ]),
    regions: Object.fromEntries(PROVIDERS.map((provider) => [provider, placeByRegion(places, provider)])),
    zones: Object.fromEntries(
      [...guests].map(([zone, { cities, km }]) => [
        zone.name,
        [zone.latitude, zone.longitude, rows.indexOf(rowName(cities)), km],
      ]),
    ),
    aliases,
    ms: rows.map((row) => clouds.map((to) => medianMs(citiesOf.get(row) ?? [], to, pairs, nearMs))),
  };
}

function cityAt(point: Place, pairs: CityPairs): City {
  const city = nearest(point, pairs.cities);
  if (!city) throw new Error('there is no measured city');
  return city;
}

function rowName(cities: readonly City[]): string {
  return cities.map((city) => city.name).join('; ');
}

/** A city's way to itself is not measured; it counts as the way between two servers of one city. */
function medianMs(from: readonly City[], to: City, pairs: CityPairs, nearMs: number): number | null {
  const known = from.flatMap((city) => (city === to ? nearMs : (pairs.ms(city, to) ?? [])));
  const sorted = known.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  return low === undefined || high === undefined ? null : Math.round((low + high) / 2);
}

interface RegionPlace {
  readonly place: Place;
  readonly regions: Readonly<Record<(typeof PROVIDERS)[number], readonly string[]>>;
}

/** The table of where regions are, which stands beside this script. */
function regionPlaces(): readonly RegionPlace[] {
  return csvRows(new URL('..', import.meta.url).pathname, 'region-places.csv').map((row) => {
    const ids = (provider: string) => field(row, provider).split(' ').filter(Boolean);
    return {
      place: {
        name: field(row, 'place'),
        latitude: numberField(row, 'latitude'),
        longitude: numberField(row, 'longitude'),
      },
      regions: { aws: ids('aws'), azure: ids('azure'), gcp: ids('gcp') },
    };
  });
}

function placeByRegion(
  places: readonly RegionPlace[],
  provider: (typeof PROVIDERS)[number],
): Readonly<Record<string, number>> {
  const entries = places.flatMap(({ regions }, index) => regions[provider].map((id) => [id, index] as const));
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Median between different servers of one city: what a guest in the region's own city sees. */
function sameCityMs(pairs: CityPairs): number {
  const near = pairs.all().filter(({ km }) => km <= SAME_CITY_KM);
  const sorted = near.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
