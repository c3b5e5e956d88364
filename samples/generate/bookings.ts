import type { ResolvedBooking } from '../../domain/booking.ts';
import { localToMs, resolveRelative } from '../../domain/calendar.ts';
import { MARKETS, type MarketSample } from './markets.ts';
import { type Row, sourceTable } from './source-tables.ts';

/** Weeks of bookings, counted from this one; a season of 28 days lies within them on any weekday. */
const WEEKS = 6;
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

const TIERS = [
  ['standard', 0.6],
  ['premium', 0.3],
  ['royal', 0.1],
] as const;

function pick<T>(next: () => number, options: readonly (readonly [T, number])[]): T {
  let left = next() * options.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [option, weight] of options) {
    left -= weight;
    if (left <= 0) return option;
  }
  return (options.at(-1) as readonly [T, number])[0];
}

/** The Indian season began on a Thursday, and repeats after 23 days where the sample is longer. */
const AUSPICIOUS_BEGIN = WEEKDAYS.indexOf('Thu');
const AUSPICIOUS_DAYS = 23;

/** A day counted from the Monday of this week, the way relative dates have it. */
function dayOfWeeks(day: number): string {
  return `W+${Math.floor(day / 7)} ${WEEKDAYS[day % 7]}`;
}

/** Weeks in turn, and in each of them the weekdays by their shares: no week is fuller than another by chance. */
function weekdaysOf(market: MarketSample, next: () => number): ((index: number) => string) | null {
  const shares = sourceTable('weekday-shares.csv').find((row) => row.market === market.id);
  if (!shares) return null;
  const weekdays = WEEKDAYS.map((day) => [day, Number(shares[day.toLowerCase()])] as const);
  const perWeek = Math.ceil(market.bookings / WEEKS);
  return (index) => {
    const place = () => (Math.floor(index / WEEKS) + next()) / perWeek;
    return `W+${index % WEEKS} ${pick(place, weekdays)}`;
  };
}

function auspiciousDayOf(index: number): string {
  const auspicious = sourceTable('auspicious-days.csv').map((row) => Number(row.dayOfSeason));
  const days = Array.from({ length: WEEKS * 7 }, (_, day) => day).filter((day) =>
    auspicious.includes((day - AUSPICIOUS_BEGIN + AUSPICIOUS_DAYS) % AUSPICIOUS_DAYS),
  );
  return dayOfWeeks(days[index % days.length] ?? 0);
}

/** Bookings of all markets, as `bookings.csv` has them; the same every time. */
export function bookingRows(): readonly Row[] {
  const next = random(20_261_124);
  return MARKETS.flatMap((market) => bookingsOf(market, next));
}

/** The rows as they are on a day (milliseconds since the epoch). */
export function resolvedOn(nowMs: number, rows: readonly Row[]): readonly ResolvedBooking[] {
  return rows.map((row) => {
    const timeZone = row.timeZone ?? 'UTC';
    const startsAt = resolveRelative(row.startsAt ?? '', nowMs, timeZone);
    return {
      id: row.id ?? '',
      market: row.market ?? '',
      place: row.place ?? '',
      timeZone,
      startsAt,
      startsAtMs: localToMs(startsAt, timeZone),
      guests: Number(row.guests),
      tier: row.tier ?? 'standard',
      liveStream: row.liveStream === 'true',
    };
  });
}

/**
 * Bookings of one market: by weekday of each week, or in India on the season's auspicious days. All hang on
 * weekdays, so that the markets' peaks meet in the same way whatever day the sample is used on.
 */
function bookingsOf(market: MarketSample, next: () => number): readonly Row[] {
  const dayOf = weekdaysOf(market, next) ?? auspiciousDayOf;
  return Array.from({ length: market.bookings }, (_, index) => {
    const hour = Math.max(9, Math.min(21, market.beginHour + Math.floor(next() * 4) - 1));
    const minute = next() < 0.5 ? '00' : '30';
    const [least, most] = market.guests;
    return {
      id: `${market.id}-${String(index + 1).padStart(5, '0')}`,
      market: market.id,
      place: market.places[Math.floor(next() * market.places.length)] ?? '',
      timeZone: market.timeZone,
      startsAt: `${dayOf(index)} ${String(hour).padStart(2, '0')}:${minute}`,
      guests: String(Math.round(least + next() ** 1.5 * (most - least))),
      tier: pick(next, TIERS),
      liveStream: String(next() < 0.35),
    };
  });
}

/** A small generator with a fixed seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
