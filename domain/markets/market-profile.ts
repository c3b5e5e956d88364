import { curveOf, type SourcedCurve, UNKNOWN_CURVE } from './booking-curve.ts';
import { MARKET_EVIDENCE, type MarketEvidence } from './market-evidence.ts';
import { type CalendarRule, calendarRulesOf } from './wedding-calendars.ts';

/** How weddings of a market lie over the year, every share filled in, and how much of that is not evidenced. */
export interface MarketProfile {
  /** Id in `MARKET_EVIDENCE`; null for a market nothing is known of. */
  readonly evidenceId: string | null;
  /** ISO 3166-1 alpha-2; null for a market nothing is known of. */
  readonly country: string | null;
  readonly timeZone: string | null;
  /** Share of a year's weddings by month (January first) and by weekday (Monday first); each sums to 1. */
  readonly monthShares: readonly number[];
  readonly weekdayShares: readonly number[];
  /** How many of the twelve and of the seven are assumed. */
  readonly assumedMonths: number;
  readonly assumedWeekdays: number;
  readonly curve: SourcedCurve;
  readonly rules: readonly CalendarRule[];
}

/** Names a fleet may use for a market of the table; any id of the table and any country code is taken as well. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  gb: 'gb-england-wales',
  uk: 'gb-england-wales',
  england: 'gb-england-wales',
  scotland: 'gb-scotland',
  usa: 'us',
  uae: 'ae',
};

const EVEN_MONTHS = [31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].map((days) => days / 365.25);
const EVEN_WEEKDAYS = Array.from({ length: 7 }, () => 1 / 7);

/** What stands in for months that are not evidenced, by what is known of the market's climate. */
type MonthFallback = 'northern' | 'southern' | 'even';
const MONTH_FALLBACKS: Readonly<Record<string, MonthFallback>> = {
  ...{ au: 'southern', nz: 'southern', za: 'southern' },
  ...{ ae: 'even', cn: 'even', in: 'even', kr: 'even', mx: 'even' },
};

/** Markets with all twelve months whose season is the northern summer; their mean is the northern fallback. */
const NORTHERN = ['ca-toronto', 'es', 'fr', 'tr', 'us'];

/** What stands in for weekdays: England in 1995 to 2013, Friday just ahead of Saturday, Japan, or no preference. */
type WeekdayFallback = 'saturday' | 'friday' | 'weekend' | 'even';
const WEEKDAY_FALLBACKS: Readonly<Record<string, WeekdayFallback>> = {
  ...{ cn: 'weekend', jp: 'weekend', kr: 'weekend' },
  ...{ ae: 'even', ie: 'friday', in: 'even', tr: 'weekend' },
};
const SATURDAY = [0.04, 0.033, 0.04, 0.05, 0.17, 0.62, 0.044];
const FRIDAY = [0.05, 0.05, 0.066, 0.12, 0.35, 0.33, 0.034];
const WEEKEND = [0.038, 0.038, 0.038, 0.038, 0.038, 0.488, 0.322];

const byId = new Map(MARKET_EVIDENCE.map((market) => [market.id, market]));
const profiles = new Map<string, MarketProfile>();

/**
 * The profile of a fleet's market, found by the id of the table, by a usual name, or by the country code its id begins
 * with (`de-bavaria`). Figures that are not evidenced are filled in from the market's other figures, then from its
 * country's other market, then from markets of its climate, and counted.
 */
export function marketProfile(fleetMarketId: string): MarketProfile {
  const evidence = evidenceOf(fleetMarketId.toLowerCase());
  if (!evidence) return NEUTRAL;
  const before = profiles.get(evidence.id);
  if (before) return before;
  const profile = profileOf(evidence);
  profiles.set(evidence.id, profile);
  return profile;
}

function evidenceOf(id: string): MarketEvidence | undefined {
  const country = id.split(/[-_]/, 1)[0] ?? '';
  return [id, OTHER_NAMES[id] ?? '', country, OTHER_NAMES[country] ?? '']
    .map((name) => byId.get(name))
    .find((market) => market !== undefined);
}

/** Weddings alike on every day, booked as early as is usual, all of it with a wide spread. */
const NEUTRAL: MarketProfile = {
  evidenceId: null,
  country: null,
  timeZone: null,
  monthShares: EVEN_MONTHS,
  weekdayShares: EVEN_WEEKDAYS,
  assumedMonths: 12,
  assumedWeekdays: 7,
  curve: UNKNOWN_CURVE,
  rules: [],
};

function profileOf(evidence: MarketEvidence): MarketProfile {
  const neighbour = MARKET_EVIDENCE.find(
    ({ id, country }) => country === evidence.country && id !== evidence.id,
  );
  const months = [
    evidence.months.shares,
    ...otherMonths(evidence),
    ...(neighbour ? [neighbour.months.shares] : []),
  ];
  const weekdays = [
    evidence.weekdays.shares,
    ...evidence.others.flatMap(({ weekdays: shares }) => (shares ? [shares] : [])),
    ...(neighbour ? [neighbour.weekdays.shares] : []),
  ];
  const ofWeekdays = { saturday: SATURDAY, friday: FRIDAY, weekend: WEEKEND, even: EVEN_WEEKDAYS };
  return {
    evidenceId: evidence.id,
    country: evidence.country,
    timeZone: evidence.timeZone,
    monthShares: filledIn(months, monthFallback(MONTH_FALLBACKS[evidence.id] ?? 'northern')),
    weekdayShares: filledIn(weekdays, ofWeekdays[WEEKDAY_FALLBACKS[evidence.id] ?? 'saturday']),
    assumedMonths: unknownOf(months),
    assumedWeekdays: unknownOf(weekdays),
    curve: curveOf(evidence.id),
    rules: calendarRulesOf(evidence.id),
  };
}

/** Further figures of a market by month; a quarter that is known is spread evenly over its months. */
function otherMonths({ others }: MarketEvidence): readonly Figures[] {
  const months = others.flatMap(({ months: shares }) => (shares ? [shares] : []));
  const quarters = others.flatMap(({ quarters: shares }) =>
    shares ? [Array.from({ length: 12 }, (_, month) => thirdOf(shares[Math.floor(month / 3)]))] : [],
  );
  return [...months, ...quarters];
}

/** Shares with gaps. */
type Figures = readonly (number | null)[];

function thirdOf(share: number | null | undefined): number | null {
  return share === null || share === undefined ? null : share / 3;
}

/** The first figure there is of every month or weekday. */
function firstKnown(figures: readonly Figures[]): Figures {
  return (figures[0] ?? []).map(
    (_, index) => figures.map((shares) => shares[index] ?? null).find((share) => share !== null) ?? null,
  );
}

function unknownOf(figures: readonly Figures[]): number {
  return firstKnown(figures).filter((share) => share === null).length;
}

/**
 * What the first figures say stays as it is. The rest of the year goes to the other months or weekdays in proportion to
 * what further figures say of them, and where these say nothing either, to the fallback.
 */
function filledIn(figures: readonly Figures[], fallback: readonly number[]): readonly number[] {
  const first = figures[0] ?? [];
  const further = firstKnown(figures).map((share, index) => share ?? fallback[index] ?? 0);
  const given = first.reduce<number>((sum, share) => sum + (share ?? 0), 0);
  const open = further.reduce((sum, share, index) => sum + (first[index] === null ? share : 0), 0);
  const left = Math.max(0, 1 - given);
  const filled = further.map((share, index) => first[index] ?? (open > 0 ? (left * share) / open : 0));
  // Published shares are rounded, so that even all of them need not sum to 1.
  const total = filled.reduce((sum, share) => sum + share, 0);
  return filled.map((share) => share / total);
}

function monthFallback(kind: MonthFallback): readonly number[] {
  if (kind === 'even') return EVEN_MONTHS;
  const northern = EVEN_MONTHS.map(
    (_, month) =>
      NORTHERN.reduce((sum, id) => sum + (byId.get(id)?.months.shares[month] ?? 0), 0) / NORTHERN.length,
  );
  return kind === 'northern' ? northern : northern.map((_, month) => northern[(month + 6) % 12] ?? 0);
}
