import { DateTime, IANAZone } from 'luxon';

/** Local time as requests and bookings give it. */
const LOCAL_TIME = "yyyy-MM-dd'T'HH:mm";

/** Zones found valid. Asking costs a formatter each time, and an import asks for every booking. */
const knownZones = new Set<string>();

/** True for a zone by its IANA name, e.g. `Europe/London`; offsets like `+02:00` are none. */
export function isZone(zone: string): boolean {
  if (knownZones.has(zone)) return true;
  const valid = /^[A-Za-z]/.test(zone) && IANAZone.isValidZone(zone);
  if (valid) knownZones.add(zone);
  return valid;
}

/**
 * Instant of a local time `YYYY-MM-DDTHH:mm`, in milliseconds since the epoch. A time that a clock change
 * skips is the one after the change; one that occurs twice is the first.
 * @throws RangeError for an unknown zone or a date that does not exist.
 */
export function localToMs(local: string, zone: string): number {
  if (!isZone(zone)) throw new RangeError(`${zone} is no IANA time zone`);
  const parsed = DateTime.fromFormat(local, LOCAL_TIME, { zone });
  if (!parsed.isValid) throw new RangeError(`${local} is no local time YYYY-MM-DDTHH:mm of a real day`);
  // Luxon alone settles a repeated hour by the offset of the day it runs on: in winter otherwise than in summer.
  return parsed
    .getPossibleOffsets()
    .reduce((first, possible) => Math.min(first, possible.toMillis()), parsed.toMillis());
}

/** False for a local time that a clock change of the zone skips. @throws RangeError as {@link localToMs}. */
export function isOnTheClock(local: string, zone: string): boolean {
  return localTime(localToMs(local, zone), zone) === local;
}

/** Local calendar day of an instant, `YYYY-MM-DD`. */
export function localDate(ms: number, zone: string): string {
  return DateTime.fromMillis(ms, { zone }).toFormat('yyyy-MM-dd');
}

/** Local time of an instant, `YYYY-MM-DDTHH:mm`. */
export function localTime(ms: number, zone: string): string {
  return DateTime.fromMillis(ms, { zone }).toFormat(LOCAL_TIME);
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/**
 * A date written relative to today, as samples and schedules have them:
 * `now+2h` (also `m`, `d`), `W+1 Sat 14:00` (that weekday of the week after this one), `D+13 15:30` (in 13 days).
 * @returns local time `YYYY-MM-DDTHH:mm` of `zone`; anything else as it is.
 */
export function resolveRelative(text: string, nowMs: number, zone: string): string {
  const now = DateTime.fromMillis(nowMs, { zone });
  const fromNow = /^now\+(\d+)([mhd])$/.exec(text);
  if (fromNow) {
    const unit = { m: 'minutes', h: 'hours', d: 'days' }[fromNow[2] as 'm' | 'h' | 'd'];
    return now.plus({ [unit]: Number(fromNow[1]) }).toFormat(LOCAL_TIME);
  }
  const inDays = /^D\+(\d+) ([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (inDays) return at(now.plus({ days: Number(inDays[1]) }), inDays[2], inDays[3]);
  const inWeeks = /^W\+(\d+) (Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (inWeeks) {
    const weekday = WEEKDAYS.indexOf(inWeeks[2] as (typeof WEEKDAYS)[number]);
    const day = now.startOf('week').plus({ weeks: Number(inWeeks[1]), days: weekday });
    return at(day, inWeeks[3], inWeeks[4]);
  }
  return text;
}

/**
 * A season's or wedding day's body with its relative dates made absolute in its own zone; everything else,
 * and a body whose zone is not known, as it is.
 */
export function resolveRelativeDates(body: unknown, nowMs: number): unknown {
  if (!isRecord(body)) return body;
  const { season, weddingDay } = body;
  if (isRecord(season) && isZone(String(season.timeZone))) {
    const resolve = (value: unknown) =>
      typeof value === 'string' ? resolveRelative(value, nowMs, String(season.timeZone)) : value;
    return {
      ...body,
      season: { ...season, startsAt: resolve(season.startsAt), endsAt: resolve(season.endsAt) },
    };
  }
  if (isRecord(weddingDay) && isZone(String(weddingDay.timeZone))) {
    const { date, timeZone } = weddingDay;
    if (typeof date !== 'string') return body;
    // A day needs no time of day, but the relative forms have one.
    const resolved = resolveRelative(
      /^[DW]\+/.test(date) && !/:\d{2}$/.test(date) ? `${date} 12:00` : date,
      nowMs,
      String(timeZone),
    );
    return { ...body, weddingDay: { ...weddingDay, date: resolved.slice(0, 10) } };
  }
  return body;
}

function at(day: DateTime, hour = '00', minute = '00'): string {
  return day.set({ hour: Number(hour), minute: Number(minute) }).toFormat(LOCAL_TIME);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
