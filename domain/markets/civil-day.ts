/** A calendar day as the number of days since 1970-01-01; the same whatever the zone it is asked in. */
export type CivilDay = number;

const DAY_MS = 86_400_000;
/** 1970-01-01 was a Thursday; weeks begin on Monday. */
const EPOCH_WEEKDAY = 3;

/** Parts of a calendar day: month 1 to 12, weekday 0 (Monday) to 6. */
export interface DayParts {
  readonly year: number;
  readonly month: number;
  readonly dayOfMonth: number;
  readonly weekday: number;
}

/** The calendar day an instant (milliseconds since the epoch) falls on at an offset from UTC in milliseconds. */
export function civilDayAt(ms: number, offsetMs = 0): CivilDay {
  return Math.floor((ms + offsetMs) / DAY_MS);
}

/** The day of a date `YYYY-MM-DD`. */
export function civilDayOf(date: string): CivilDay {
  return civilDayAt(Date.parse(`${date}T00:00:00Z`));
}

/** Year, month, day of the month and weekday. */
export function partsOf(day: CivilDay): DayParts {
  const date = new Date(day * DAY_MS);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    dayOfMonth: date.getUTCDate(),
    weekday: (((day + EPOCH_WEEKDAY) % 7) + 7) % 7,
  };
}

/** `YYYY-MM-DD`. */
export function isoDate(day: CivilDay): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** First day of a year and of the one after it. */
export function yearSpan(year: number): { readonly from: CivilDay; readonly until: CivilDay } {
  return { from: civilDayAt(Date.UTC(year, 0, 1)), until: civilDayAt(Date.UTC(year + 1, 0, 1)) };
}
