import { IANAZone } from 'luxon';
import { isZone } from '../calendar.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const known = new Map<string, Map<number, number>>();

/**
 * Offset of a zone from UTC at an instant (milliseconds since the epoch), in milliseconds; NaN for no zone. It is asked
 * for over and over: a day without a clock change has one, and is only worked out once. What is kept grows with zones
 * and days, not with bookings.
 */
export function zoneOffsetMs(timeZone: string, ms: number): number {
  const days = known.get(timeZone) ?? new Map<number, number>();
  known.set(timeZone, days);
  const day = Math.floor(ms / DAY_MS);
  const before = days.get(day);
  if (before !== undefined) return Number.isNaN(before) ? offsetAt(timeZone, ms) : before;
  const [first, last] = [offsetAt(timeZone, day * DAY_MS), offsetAt(timeZone, (day + 1) * DAY_MS)];
  days.set(day, first === last ? first : Number.NaN);
  return first === last ? first : offsetAt(timeZone, ms);
}

function offsetAt(timeZone: string, ms: number): number {
  return isZone(timeZone) ? IANAZone.create(timeZone).offset(ms) * MINUTE_MS : Number.NaN;
}

const countryZones = new Map<string, readonly string[]>();

/** IANA zones of a country (ISO 3166-1 alpha-2) by ICU; empty where it does not know them. */
export function zonesOfCountry(country: string): readonly string[] {
  const before = countryZones.get(country);
  if (before) return before;
  // The library types of ES2024 do not have it yet.
  const locale = new Intl.Locale(`und-${country}`) as Intl.Locale & { getTimeZones?: () => string[] };
  const zones = locale.getTimeZones?.() ?? [];
  countryZones.set(country, zones);
  return zones;
}
