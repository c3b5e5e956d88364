import type { ProviderId } from '../providers.ts';
import { distanceKm, type Point } from './great-circle.ts';
import { tableFile } from './table-file.ts';

/**
 * How a round trip is known: `measured` from cities of the zone (or within 150 km of its principal place) to one within
 * 150 km of the region, `nearby` from cities within 1,000 km plus the way to them, or from the great-circle `distance`.
 */
export type RoundTripBasis = 'measured' | 'nearby' | 'distance';

/** A round trip between where guests are and a cloud region. */
export interface RoundTrip {
  /** Whole milliseconds between servers; access networks of guests (wireless, home) come on top. */
  readonly ms: number;
  readonly basis: RoundTripBasis;
}

/** Median and 90th percentile of how far estimates are off, on cities they were not made from. */
export interface EstimateError {
  /** Pairs it was found from. */
  readonly pairs: number;
  readonly medianShare: number;
  readonly p90Share: number;
  readonly medianMs: number;
  readonly p90Ms: number;
}

interface LatencyTable {
  readonly distance: { readonly interceptMs: number; readonly msPerKm: number };
  readonly errors: Readonly<Record<'nearby' | 'distance', EstimateError>>;
  /** Name, latitude, longitude, column of `ms`, kilometres to its city. */
  readonly places: readonly (readonly [string, number, number, number, number])[];
  readonly regions: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Latitude, longitude, row of `ms`, kilometres to its cities (0 where they lie in the zone). */
  readonly zones: Readonly<Record<string, readonly [number, number, number, number]>>;
  readonly aliases: Readonly<Record<string, string>>;
  readonly ms: readonly (readonly (number | null)[])[];
}

/** One end: where it is, where it stands in `ms`, and how far the measured cities are. */
interface End extends Point {
  readonly index: number;
  readonly km: number;
}

const MEASURED_WITHIN_KM = 150;
const NEARBY_WITHIN_KM = 1_000;

const table = tableFile<LatencyTable>('latency.json');

/**
 * Round trip in milliseconds from where an IANA time zone's guests are to a region: the median over the zone's measured
 * cities. Null where the table does not know one of the two (`Etc/UTC` is no place). {@link roundTrip} says how it is known.
 */
export function roundTripMs(timeZone: string, provider: ProviderId, region: string): number | null {
  return roundTrip(timeZone, provider, region)?.ms ?? null;
}

/** As {@link roundTripMs}, with how it is known. Measured in July 2020; cloud backbones are not in it. */
export function roundTrip(timeZone: string, provider: ProviderId, region: string): RoundTrip | null {
  const from = zoneEnd(timeZone);
  const to = regionEnd(provider, region);
  if (!from || !to) return null;
  const { distance, ms } = table();
  const gapKm = Math.max(from.km, to.km);
  const measuredMs = gapKm > NEARBY_WITHIN_KM ? null : (ms[from.index]?.[to.index] ?? null);
  if (measuredMs === null) {
    return {
      ms: Math.round(distance.interceptMs + distance.msPerKm * distanceKm(from, to)),
      basis: 'distance',
    };
  }
  if (gapKm <= MEASURED_WITHIN_KM) return { ms: measuredMs, basis: 'measured' };
  const wayMs = distance.msPerKm * (from.km + to.km);
  return { ms: Math.round(measuredMs + wayMs), basis: 'nearby' };
}

/** How far off what was not measured is, and the fitted line `interceptMs + msPerKm × km`. */
export function latencyFit(): Pick<LatencyTable, 'distance' | 'errors'> {
  const { distance, errors } = table();
  return { distance, errors };
}

function zoneEnd(timeZone: string): End | null {
  const { zones, aliases } = table();
  const zone = zones[timeZone] ?? zones[aliases[timeZone] ?? ''];
  if (!zone) return null;
  const [latitude, longitude, index, km] = zone;
  return { latitude, longitude, index, km };
}

function regionEnd(provider: ProviderId, region: string): End | null {
  const { regions, places } = table();
  const place = places[regions[provider]?.[region] ?? -1];
  if (!place) return null;
  const [, latitude, longitude, index, km] = place;
  return { latitude, longitude, index, km };
}
