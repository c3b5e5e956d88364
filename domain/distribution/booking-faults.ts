import type { ResolvedBooking } from '../booking.ts';
import { marketProfile } from '../markets/market-profile.ts';
import { zoneOffsetMs, zonesOfCountry } from './zone-offsets.ts';

/**
 * What could not be used, was mended or had to be assumed:
 * - `market-unknown`: the fleet has no such market; not counted.
 * - `begin-out-of-range`: before 2000 or after 2099, or no time at all; not counted.
 * - `guests-unusable`: none, fewer or no number; not counted.
 * - `guests-absurd`: more than 100,000; counted as so many.
 * - `zone-unknown`: no IANA zone; the market's stands in.
 * - `zone-contradicts-market`: a place abroad; its own zone counts.
 * - `time-skipped-by-clock-change`: a local time that does not exist; the instant it was moved to counts.
 * - `time-contradicts-instant`: local time and instant are of different hours; the instant counts.
 * - `place-missing`: nothing but the market is known of where it is.
 * - `market-without-figures`: nothing is known of its season and how early it books; a neutral one is assumed.
 * - `months-assumed`, `weekdays-assumed`: shares of the market's season that are not evidenced, filled in.
 * - `lucky-days-unlisted`: days of the window no published list of the market speaks of.
 */
export type FaultKind =
  | 'market-unknown'
  | 'begin-out-of-range'
  | 'guests-unusable'
  | 'guests-absurd'
  | 'zone-unknown'
  | 'zone-contradicts-market'
  | 'time-skipped-by-clock-change'
  | 'time-contradicts-instant'
  | 'place-missing'
  | 'market-without-figures'
  | 'months-assumed'
  | 'weekdays-assumed'
  | 'lucky-days-unlisted';

/** How often a fault occurred, and in which bookings or markets. */
export interface DistributionFault {
  readonly kind: FaultKind;
  readonly count: number;
  /** The first five by name. */
  readonly examples: readonly string[];
}

const EXAMPLES = 5;

/** Counts faults in any order with the same result, in a memory that does not grow. */
export interface FaultTally {
  readonly add: (kind: FaultKind, example: string, count?: number) => void;
  /** By kind. */
  readonly all: () => readonly DistributionFault[];
}

/** An empty tally. */
export function faultTally(): FaultTally {
  const kinds = new Map<FaultKind, { count: number; examples: string[] }>();
  return {
    add(kind, example, count = 1) {
      const found = kinds.get(kind) ?? { count: 0, examples: [] };
      kinds.set(kind, found);
      found.count += count;
      const last = found.examples.at(-1);
      if (found.examples.length === EXAMPLES && last !== undefined && example >= last) return;
      if (found.examples.includes(example)) return;
      found.examples.push(example);
      found.examples.sort();
      found.examples.length = Math.min(EXAMPLES, found.examples.length);
    },
    all: () =>
      [...kinds].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([kind, found]) => ({ kind, ...found })),
  };
}

const EARLIEST_MS = Date.UTC(2000, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);
const MOST_GUESTS = 100_000;

/** What of a booking counts, once what can be mended is mended. */
export interface UsableBooking {
  readonly guests: number;
  readonly timeZone: string;
  /** Offset of `timeZone` at the begin, milliseconds. */
  readonly offsetMs: number;
}

/** Checks one booking after another. */
export type BookingCheck = (booking: ResolvedBooking, marketTimeZone: string) => UsableBooking | null;

/**
 * Checks bookings of markets the fleet has, for a window that begins at `windowFromMs`, and counts what is wrong with
 * them. Their begin must have been found to be an instant between 2000 and 2100 first ({@link isInRange}).
 */
export function bookingCheck(faults: FaultTally, windowFromMs: number): BookingCheck {
  const abroad = new Map<string, boolean>();
  const checkLocalTime = (
    { id, startsAt, startsAtMs }: ResolvedBooking,
    timeZone: string,
    offsetMs: number,
  ) => {
    const differenceMs = startsAtMs + offsetMs - Date.parse(`${startsAt}Z`);
    if (differenceMs === 0) return;
    // A skipped time was moved by as much as the clock is, so the zone had another offset that much earlier.
    const skipped =
      differenceMs > 0 && zoneOffsetMs(timeZone, startsAtMs - differenceMs) === offsetMs - differenceMs;
    faults.add(skipped ? 'time-skipped-by-clock-change' : 'time-contradicts-instant', id);
  };
  return (booking, marketTimeZone) => {
    const { id, market, startsAtMs } = booking;
    if (!(Number.isFinite(booking.guests) && booking.guests > 0)) {
      faults.add('guests-unusable', id);
      return null;
    }
    if (booking.guests > MOST_GUESTS) faults.add('guests-absurd', id);
    if (booking.place === '') faults.add('place-missing', id);
    const own = zoneOffsetMs(booking.timeZone, startsAtMs);
    if (Number.isNaN(own)) faults.add('zone-unknown', id);
    const timeZone = Number.isNaN(own) ? marketTimeZone : booking.timeZone;
    const offsetMs = Number.isNaN(own) ? zoneOffsetMs(timeZone, startsAtMs) : own;
    const place = `${market} ${timeZone}`;
    if (!abroad.has(place)) abroad.set(place, isAbroad(market, marketTimeZone, timeZone, windowFromMs));
    if (abroad.get(place)) faults.add('zone-contradicts-market', `${id} (${place})`);
    checkLocalTime(booking, timeZone, offsetMs);
    return { guests: Math.min(MOST_GUESTS, booking.guests), timeZone, offsetMs };
  };
}

/** Whether a begin is one a booking can have. */
export function isInRange(startsAtMs: number): boolean {
  return startsAtMs >= EARLIEST_MS && startsAtMs < LATEST_MS;
}

/** A zone is the market's where its clocks agree with those of a zone of the market's country, summer and winter. */
function isAbroad(market: string, marketTimeZone: string, timeZone: string, aroundMs: number): boolean {
  if (timeZone === marketTimeZone) return false;
  const { country } = marketProfile(market);
  const own = country === null ? [] : zonesOfCountry(country);
  if (own.length === 0) return false;
  const year = new Date(aroundMs).getUTCFullYear();
  const days = [Date.UTC(year, 0, 15), Date.UTC(year, 6, 15)];
  return ![...own, marketTimeZone].some((zone) =>
    days.every((day) => zoneOffsetMs(zone, day) === zoneOffsetMs(timeZone, day)),
  );
}
