import { IANAZone } from 'luxon';
import { isZone } from '../calendar.ts';

const WEEK_MS = 7 * 86_400_000;
const MINUTE_MS = 60_000;

/** Local wall time of an instant as milliseconds since 1970-01-01T00:00 on that clock. */
export type LocalClock = (ms: number) => number;

/**
 * The wall clock of a zone between two instants. Offsets are looked up once a week and at the clock changes, not at
 * every instant: a lookup costs a formatter, and no zone changes twice within a week.
 * @param zone IANA name. @throws RangeError when it is none.
 */
export function localClock(fromMs: number, untilMs: number, zone: string): LocalClock {
  if (!isZone(zone)) throw new RangeError(`${zone} is no IANA time zone`);
  const offset = (ms: number) => IANAZone.create(zone).offset(ms) * MINUTE_MS;
  let known = offset(fromMs);
  const changes: { readonly fromMs: number; readonly offsetMs: number }[] = [
    { fromMs: Number.NEGATIVE_INFINITY, offsetMs: known },
  ];
  for (let week = fromMs; week < untilMs; week += WEEK_MS) {
    const next = offset(week + WEEK_MS);
    if (next !== known) changes.push({ fromMs: changeBetween(week, week + WEEK_MS, offset), offsetMs: next });
    known = next;
  }
  let at = 0;
  return (ms) => {
    while (at > 0 && (changes[at]?.fromMs ?? 0) > ms) at -= 1;
    while (at + 1 < changes.length && (changes[at + 1]?.fromMs ?? 0) <= ms) at += 1;
    return ms + (changes[at]?.offsetMs ?? 0);
  };
}

/** Minute at which the offset changes, by bisection. */
function changeBetween(fromMs: number, untilMs: number, offset: (ms: number) => number): number {
  let [low, high] = [fromMs, untilMs];
  const before = offset(fromMs);
  while (high - low > MINUTE_MS) {
    const middle = low + Math.floor((high - low) / (2 * MINUTE_MS)) * MINUTE_MS;
    if (offset(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}
