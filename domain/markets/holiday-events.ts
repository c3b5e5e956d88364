import { localToMs } from '../calendar.ts';
import type { CalendarEvent } from '../forecast/series-forecast.ts';
import { civilDayAt, isoDate, partsOf } from './civil-day.ts';
import { marketProfile } from './market-profile.ts';
import { publicHolidays } from './public-holidays.ts';

const DAY_MS = 86_400_000;

/**
 * Public holidays of a fleet's market as events of its load: whole days of its zone that touch the window, ascending;
 * none for a market of a country nobody knows. All are of one kind, so that what few of them did is learnt together.
 */
export async function holidayEvents(
  market: { readonly id: string; readonly timeZone: string },
  fromMs: number,
  untilMs: number,
): Promise<readonly CalendarEvent[]> {
  const { country } = marketProfile(market.id);
  if (country === null) return [];
  const first = partsOf(civilDayAt(fromMs - DAY_MS)).year;
  const last = partsOf(civilDayAt(untilMs + DAY_MS)).year;
  const years = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const days = await Promise.all(years.map((year) => publicHolidays(country, year)));
  const midnight = (day: number) => localToMs(`${isoDate(day)}T00:00`, market.timeZone);
  return days
    .flatMap((ofYear) => [...ofYear])
    .toSorted((a, b) => a - b)
    .map((day) => ({
      startMs: midnight(day),
      endMs: midnight(day + 1),
      kind: 'publicHoliday',
      intensity: null,
    }))
    .filter(({ startMs, endMs }) => endMs > fromMs && startMs < untilMs);
}
