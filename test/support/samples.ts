import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import type { ResolvedBooking } from '../../domain/booking.ts';
import { resolveRelativeDates } from '../../domain/calendar.ts';
import type { Fleet } from '../../domain/fleet.ts';
import { parseBooking } from '../../domain/schemas/booking.ts';
import { parseFleet } from '../../domain/schemas/fleet.ts';
import { parseRunRequest } from '../../domain/schemas/run-request.ts';
import type { SeasonRequest } from '../../domain/season.ts';

function text(file: string): string {
  return readFileSync(new URL(`../../samples/${file}`, import.meta.url), 'utf8');
}

/** The sample of that name as JSON, unchecked. */
export function sampleJson(file: 'fleet.json' | 'season.json' | 'wedding-day.json'): unknown {
  return JSON.parse(text(file));
}

/** The sample fleet. @throws Error with its faults. */
export function sampleFleet(): Fleet {
  const parsed = parseFleet(sampleJson('fleet.json'));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.fleet;
}

const resolved = new Map<number, readonly ResolvedBooking[]>();

/** The sample bookings as they are on a day (milliseconds since the epoch). @throws Error with the first fault. */
export function sampleBookings(nowServiceMs: number): readonly ResolvedBooking[] {
  const known = resolved.get(nowServiceMs);
  if (known) return known;
  const fleet = sampleFleet();
  const records: unknown[] = parse(text('bookings.csv'), { columns: true });
  const bookings = records.map((record) => {
    const parsed = parseBooking(record, { fleet, nowServiceMs });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
    return parsed.booking;
  });
  resolved.set(nowServiceMs, bookings);
  return bookings;
}

/** The sample season as it is on a day. @throws Error with its faults. */
export function sampleSeason(fleet: Fleet, nowServiceMs: number) {
  const body = resolveRelativeDates(sampleJson('season.json'), nowServiceMs);
  const parsed = parseRunRequest('season', body, { fleet, nowServiceMs });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return { ...parsed, request: parsed.request as SeasonRequest };
}
