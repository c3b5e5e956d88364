const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Local days and hours of one zone, from the runtime's own time zone data. */
export interface LocalDays {
  /** Instant of an hour of a local calendar day, milliseconds since the epoch. */
  readonly instantOf: (day: string, hour: number) => number;
  /** Hour (0 to 23, with fraction) of an instant, and its weekday, Sunday 0. */
  readonly clockOf: (ms: number) => { readonly hour: number; readonly weekday: number };
}

const known = new Map<string, LocalDays>();

/** A zone's days; kept, since every offset that is asked for once costs a formatted date. */
export function localDays(timeZone: string): LocalDays {
  const days = known.get(timeZone) ?? daysOf(timeZone);
  known.set(timeZone, days);
  return days;
}

/** Offsets are looked up once per hour of UTC, which is as often as any zone changes its own. */
function daysOf(timeZone: string): LocalDays {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const offsets = new Map<number, number>();
  const offsetMs = (ms: number) => {
    const hour = Math.floor(ms / HOUR_MS);
    const before = offsets.get(hour);
    if (before !== undefined) return before;
    const found = parsedOffset(format.format(hour * HOUR_MS));
    offsets.set(hour, found);
    return found;
  };
  return {
    instantOf: (day, hour) => {
      const asIfUtcMs = Date.parse(`${day}T00:00:00Z`) + hour * HOUR_MS;
      return asIfUtcMs - offsetMs(asIfUtcMs - offsetMs(asIfUtcMs));
    },
    clockOf: (ms) => {
      const localMs = ms + offsetMs(ms);
      const day = Math.floor(localMs / DAY_MS);
      return { hour: (localMs - day * DAY_MS) / HOUR_MS, weekday: (((day + 4) % 7) + 7) % 7 };
    },
  };
}

/** Calendar days `YYYY-MM-DD` from one instant's UTC day to another's, both included. */
export function calendarDays(fromMs: number, untilMs: number): readonly string[] {
  const first = Math.floor(fromMs / DAY_MS);
  const count = Math.floor(untilMs / DAY_MS) - first + 1;
  return Array.from({ length: count }, (_, day) =>
    new Date((first + day) * DAY_MS).toISOString().slice(0, 10),
  );
}

/** Milliseconds of `GMT+05:30` at the end of a formatted date; `GMT` alone is none. */
function parsedOffset(text: string): number {
  const [, sign = '+', hours = '0', minutes = '0'] = /GMT(?:([+-])(\d{2}):(\d{2}))?$/.exec(text) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
