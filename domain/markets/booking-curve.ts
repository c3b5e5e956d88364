/**
 * How bookings for a day come in: the share that is made by the time so many days are left is log-logistic,
 * `1 / (1 + (leadDays / medianLeadDays) ^ shape)`: half of them when `medianLeadDays` are left, all on the day.
 */
export interface BookingCurve {
  readonly medianLeadDays: number;
  /** Larger for bookings that come closer together; above 0. */
  readonly shape: number;
  /** Relative standard deviation of the number still to come that the curve itself may be wrong by. */
  readonly relativeSpread: number;
}

/** A curve and what it rests on. */
export interface SourcedCurve extends BookingCurve {
  readonly quality: 'derived' | 'assumed';
  /** What was evidenced and what was made of it. */
  readonly basis: string;
  readonly source: string | null;
}

/**
 * Couples book their suppliers over the first third of an engagement, so the median lead is taken as two thirds of it;
 * assumed. The shape 2 is wider than engagements themselves, of which 4 % last under 7 months, 31 % under 13 and 94 %
 * under 25 (Wedding Paper Divas, http://mix96buffalo.com/the-perfect-engagement-length-is/): that is 3.5.
 */
const SHAPE = 2;
const ENGAGEMENT_SHARE = 2 / 3;
const DAYS_PER_MONTH = 365.25 / 12;
/** Relative error of a curve derived from a published figure, of one that is assumed, and of an unknown market's. */
const SPREAD = { derived: 0.25, assumed: 0.4, unknown: 0.5 } as const;

function ofEngagement(months: number, basis: string, source: string): SourcedCurve {
  return derived(months * DAYS_PER_MONTH * ENGAGEMENT_SHARE, `two thirds of ${basis}`, source);
}

function derived(medianLeadDays: number, basis: string, source: string): SourcedCurve {
  return {
    medianLeadDays: Math.round(medianLeadDays),
    ...{ shape: SHAPE, relativeSpread: SPREAD.derived, quality: 'derived', basis, source },
  };
}

const GB = ofEngagement(
  20,
  'an average engagement of 20 months (Bridebook 2024)',
  'Bridebook wedding report 2024, as reported',
);

/** Curves by market of `MARKET_EVIDENCE`; a market that is not here has {@link ASSUMED_CURVE}. */
const CURVES: Readonly<Record<string, SourcedCurve>> = {
  fr: ofEngagement(
    15,
    'a planning time of 12 to 18 months (60 % of couples)',
    'https://instant-mariage.com/delai-necessaire-pour-organiser-un-mariage-les-etapes-essentielles',
  ),
  'gb-england-wales': GB,
  'gb-scotland': GB,
  in: ofEngagement(
    6,
    'a planning time of six months and more (WeddingWire India 2020)',
    'https://eventfaqs.com/news/ef-17142/younger-couples-most-likely-to-opt-out-of-pre-wedding-events-finds-survey-on-wedding-planning',
  ),
  jp: derived(
    8 * DAYS_PER_MONTH,
    'venues are chosen eight months ahead on average (Zexy)',
    'http://cibiid2017.com/jiki.html',
  ),
  us: ofEngagement(
    15,
    'an average engagement of 15 months (The Knot, weddings of 2025)',
    'https://rosevow.com/planning/how-long-should-engagement-be.md',
  ),
};

/** For markets with figures of their weddings but none of how early they are booked. */
export const ASSUMED_CURVE: SourcedCurve = {
  ...{ medianLeadDays: 240, shape: SHAPE, relativeSpread: SPREAD.assumed },
  ...{ quality: 'assumed', basis: 'between those of Europe and of India', source: null },
};

/** For markets nothing is known of. */
export const UNKNOWN_CURVE: SourcedCurve = {
  ...ASSUMED_CURVE,
  relativeSpread: SPREAD.unknown,
  basis: 'as for markets without figures, twice as wide as one with',
};

/** The curve of a market of `MARKET_EVIDENCE`. */
export function curveOf(marketId: string): SourcedCurve {
  return CURVES[marketId] ?? ASSUMED_CURVE;
}

/** Share of a day's final bookings made when so many days are left, 0 to 1; 1 on the day and after it. */
export function shareBooked({ medianLeadDays, shape }: BookingCurve, leadDays: number): number {
  return leadDays <= 0 ? 1 : 1 / (1 + (leadDays / medianLeadDays) ** shape);
}

/** A curve the fleet's owner gives: as sure as one that is derived; shape 2 unless it says otherwise. */
export function curveWith(given: {
  readonly medianLeadDays: number;
  readonly shape?: number | undefined;
}): BookingCurve {
  const { medianLeadDays, shape = SHAPE } = given;
  return { medianLeadDays, shape, relativeSpread: SPREAD.derived };
}
