import { type CivilDay, civilDayOf, isoDate, partsOf, yearSpan } from './civil-day.ts';
import type { MarketProfile } from './market-profile.ts';
import { publicHolidays } from './public-holidays.ts';
import { PUBLISHED_CALENDARS, type PublishedCalendar } from './published-calendars.ts';
import { rokuyoOf, traditionalDate } from './traditional-calendars.ts';
import type { CalendarRule } from './wedding-calendars.ts';

/** Share of its year's weddings that each day of a span has. */
export interface DayShares {
  readonly shareOf: (day: CivilDay) => number;
  /** Days of the span for which the market has lists of lucky days and none speaks. */
  readonly unlistedDays: number;
}

const known = new Map<string, Promise<ReadonlyMap<CivilDay, number>>>();

/**
 * Shares of the days from `from` to `until` (left out): month × weekday × the market's calendar rules, so that the days
 * of a year sum to 1. Days outside the span have 0.
 */
export async function dayShares(profile: MarketProfile, from: CivilDay, until: CivilDay): Promise<DayShares> {
  const first = partsOf(from).year;
  const count = Math.max(0, partsOf(until - 1).year - first + 1);
  const years = await Promise.all(
    Array.from({ length: count }, (_, index) => yearShares(profile, first + index)),
  );
  const shares = new Map(years.flatMap((year) => [...year]));
  const span = Array.from({ length: Math.max(0, until - from) }, (_, index) => from + index);
  const listed = profile.rules.some(({ kind }) => kind === 'published');
  return {
    shareOf: (day) => (day >= from && day < until ? (shares.get(day) ?? 0) : 0),
    unlistedDays: listed ? span.filter((day) => listsFor(profile, day).length === 0).length : 0,
  };
}

function yearShares(profile: MarketProfile, year: number): Promise<ReadonlyMap<CivilDay, number>> {
  const key = `${profile.evidenceId} ${year}`;
  const before = known.get(key);
  if (before) return before;
  const found = computeYear(profile, year);
  known.set(key, found);
  return found;
}

async function computeYear(profile: MarketProfile, year: number): Promise<ReadonlyMap<CivilDay, number>> {
  const observed = profile.rules.some(({ kind }) => kind === 'public-holidays');
  const holidays =
    observed && profile.country ? await publicHolidays(profile.country, year) : new Set<CivilDay>();
  const { from, until } = yearSpan(year);
  const days = Array.from({ length: until - from }, (_, index) => from + index);
  const weights = days.map((day) => weightOf(profile, day, holidays));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return new Map(days.map((day, index) => [day, (weights[index] ?? 0) / total]));
}

const DAYS_OF_MONTH = [31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

function weightOf(profile: MarketProfile, day: CivilDay, holidays: ReadonlySet<CivilDay>): number {
  const { month, weekday } = partsOf(day);
  const ofMonth = (profile.monthShares[month - 1] ?? 0) / (DAYS_OF_MONTH[month - 1] ?? 30);
  const weight = ofMonth * (profile.weekdayShares[weekday] ?? 0);
  return profile.rules.reduce((sum, rule) => sum * ruleFactor(rule, profile, day, holidays), weight);
}

function ruleFactor(
  rule: CalendarRule,
  profile: MarketProfile,
  day: CivilDay,
  holidays: ReadonlySet<CivilDay>,
): number {
  switch (rule.kind) {
    case 'published':
      return publishedFactor(profile, day, rule.concentration);
    case 'yearly':
      // A published list says more about its days than a season that comes every year.
      return inYearly(rule, day) && completeLists(profile, day).length === 0 ? rule.factor : 1;
    case 'traditional': {
      const { month, day: dayOfMonth, leapMonth } = traditionalDate(rule.calendar, day);
      const inMonth = rule.month === 'leap' ? leapMonth : month === rule.month && !leapMonth;
      return inMonth && (rule.day === undefined || rule.day === dayOfMonth) ? rule.factor : 1;
    }
    case 'rokuyo':
      return rule.factors[rokuyoOf(day)];
    case 'public-holidays':
      return holidays.has(day) && partsOf(day).weekday < 5 ? rule.weekdayFactor : 1;
  }
}

function inYearly(
  { from, until }: { readonly from: string; readonly until: string },
  day: CivilDay,
): boolean {
  const monthDay = isoDate(day).slice(5);
  return from <= until ? monthDay >= from && monthDay <= until : monthDay >= from || monthDay <= until;
}

/**
 * Lists that contradict each other count alike: the mean of what each says. By a complete list its lucky days have
 * the share `concentration` of the weddings of its time beyond what they would have anyway; a list of examples makes
 * its days as lucky as in a list that names one day in three, and says nothing of others.
 */
function publishedFactor(profile: MarketProfile, day: CivilDay, concentration: number): number {
  const factors = listsFor(profile, day).flatMap((list) => {
    if (!list.complete) return isLucky(list, day) ? [1 + 2 * concentration] : [];
    const length = civilDayOf(list.until) - civilDayOf(list.from) + 1;
    const lucky = Object.values(list.days).reduce((sum, days) => sum + days.length, 0);
    return [1 - concentration + (isLucky(list, day) ? (concentration * length) / lucky : 0)];
  });
  return factors.length === 0 ? 1 : factors.reduce((sum, factor) => sum + factor, 0) / factors.length;
}

function listsFor({ evidenceId }: MarketProfile, day: CivilDay): readonly PublishedCalendar[] {
  const date = isoDate(day);
  return PUBLISHED_CALENDARS.filter(
    ({ market, from, until }) => market === evidenceId && date >= from && date <= until,
  );
}

function completeLists(profile: MarketProfile, day: CivilDay): readonly PublishedCalendar[] {
  return listsFor(profile, day).filter(({ complete }) => complete);
}

function isLucky({ days }: PublishedCalendar, day: CivilDay): boolean {
  const date = isoDate(day);
  return days[date.slice(0, 7)]?.includes(Number(date.slice(8))) ?? false;
}
