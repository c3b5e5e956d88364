import { z } from 'zod';
import type { ResolvedBooking } from '../booking.ts';
import { isZone, localToMs, resolveRelative } from '../calendar.ts';
import type { Fleet } from '../fleet.ts';
import { type Fault, shapeFaults, valueAt, withoutRepeats } from './fault.ts';

/** Weddings before and after these are slips of the pen. */
const EARLIEST_MS = Date.UTC(2000, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

const yesOrNo = z
  .union([z.boolean(), z.enum(['true', 'false', '1', '0', ''])], { error: 'must be true or false' })
  .transform((value) => value === true || value === 'true' || value === '1');

/** Digits only: `Number` would take `0x10` for 16, an empty field for 0 and `true` for 1. */
const wholeNumber = z.preprocess(
  (value) => (typeof value === 'string' && /^\d{1,9}$/.test(value.trim()) ? Number(value) : value),
  z.int('must be a whole number').min(1, 'must be 1 or more').max(100_000, 'must be 100000 or fewer'),
);

/** One booking; CSV brings every field as text. */
export const bookingSchema = z.strictObject({
  id: z.string().min(1).max(200),
  market: z.string().min(1),
  place: z.string().max(500).default(''),
  timeZone: z.string().optional().describe("IANA zone of the place. Default the market's."),
  startsAt: z.string().min(1).describe('Local time YYYY-MM-DDTHH:mm, or `D+13 15:30`: in 13 days.'),
  guests: wholeNumber,
  tier: z.string().min(1).max(50).default('standard'),
  liveStream: yesOrNo.default(false),
});

/** A booking with its begin as an instant, or everything wrong with it. */
export type ParsedBooking =
  | { readonly ok: true; readonly booking: ResolvedBooking }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Checks one record; its market must be in the fleet and its begin a real time of its zone. */
export function parseBooking(
  value: unknown,
  { fleet, nowServiceMs }: { readonly fleet: Fleet; readonly nowServiceMs: number },
): ParsedBooking {
  const parsed = bookingSchema.safeParse(value);
  const shape = parsed.success ? [] : shapeFaults(parsed.error);
  const begin = beginOf(value, fleet, nowServiceMs);
  const faults = withoutRepeats(shape, begin.faults);
  if (faults.length > 0 || !parsed.success || !begin.resolved) return { ok: false, faults };
  return { ok: true, booking: { ...parsed.data, ...begin.resolved } };
}

interface Begin {
  readonly resolved: Pick<ResolvedBooking, 'startsAt' | 'startsAtMs' | 'timeZone'> | null;
  readonly faults: readonly Fault[];
}

function beginOf(value: unknown, fleet: Fleet, nowMs: number): Begin {
  const market = valueAt(value, 'market');
  const found = fleet.markets.find((candidate) => candidate.id === market);
  const faults: Fault[] = [];
  if (typeof market === 'string' && market !== '' && !found) {
    const known = fleet.markets.map((candidate) => candidate.id).join(', ');
    faults.push({ path: 'market', message: `${market} is no market of the fleet; it has ${known}` });
  }
  const given = valueAt(value, 'timeZone');
  const timeZone = typeof given === 'string' && given !== '' ? given : found?.timeZone;
  if (timeZone !== undefined && !isZone(timeZone)) {
    faults.push({ path: 'timeZone', message: `${timeZone} is no IANA time zone` });
  }
  const text = valueAt(value, 'startsAt');
  if (faults.length > 0 || timeZone === undefined || typeof text !== 'string')
    return { resolved: null, faults };
  const startsAt = resolveRelative(text, nowMs, timeZone);
  try {
    const startsAtMs = localToMs(startsAt, timeZone);
    if (startsAtMs >= EARLIEST_MS && startsAtMs < LATEST_MS) {
      return { resolved: { startsAt, startsAtMs, timeZone }, faults };
    }
    faults.push({ path: 'startsAt', message: `${startsAt} is not between the years 2000 and 2100` });
  } catch (error) {
    faults.push({ path: 'startsAt', message: (error as RangeError).message });
  }
  return { resolved: null, faults };
}
