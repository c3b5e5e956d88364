import { type CivilDay, civilDayOf } from './civil-day.ts';

const known = new Map<string, Promise<ReadonlySet<CivilDay>>>();

/**
 * Public holidays of a country (ISO 3166-1 alpha-2) in a year, by the library date-holidays; of a country it does not
 * know, none. The library takes a tenth of a second to load and is only loaded when first asked.
 */
export function publicHolidays(country: string, year: number): Promise<ReadonlySet<CivilDay>> {
  const key = `${country} ${year}`;
  const before = known.get(key);
  if (before) return before;
  const found = read(country, year);
  known.set(key, found);
  return found;
}

async function read(country: string, year: number): Promise<ReadonlySet<CivilDay>> {
  const { default: Holidays } = await import('date-holidays');
  const days = new Holidays(country, { types: ['public'] }).getHolidays(year).flatMap((holiday) => {
    // `date` is the local day; `start` and `end` are instants of the zone the library takes it to be in.
    const first = civilDayOf(holiday.date.slice(0, 10));
    const length = Math.max(1, Math.round((holiday.end.getTime() - holiday.start.getTime()) / 86_400_000));
    return Array.from({ length }, (_, day) => first + day);
  });
  return new Set(days);
}
