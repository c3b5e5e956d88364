import type { ResolvedBooking } from './booking.ts';
import { bookingCheck, type FaultTally, faultTally, isInRange } from './distribution/booking-faults.ts';
import { type BookingsToCome, bookingsToCome } from './distribution/bookings-to-come.ts';
import { type MarketFigures, marketDistribution } from './distribution/market-distribution.ts';
import { type MarketTally, marketTally } from './distribution/market-tally.ts';
import { usersByHour } from './distribution/users-by-hour.ts';
import { loadModel } from './distribution/wedding-load.ts';
import { EVENT_AFTER_MS, EVENT_BEFORE_MS } from './distribution/wedding-shape.ts';
import type { DemandModel, Market } from './fleet.ts';
import { type BookingCurve, curveWith } from './markets/booking-curve.ts';
import { type MarketProfile, marketProfile } from './markets/market-profile.ts';
import type { Distribution } from './plan.ts';

const HOUR_MS = 3_600_000;

/** A market of the fleet; by its id alone where nothing more is known of it. */
export type CountedMarket =
  | string
  | (Pick<Market, 'id'> & Partial<Pick<Market, 'timeZone' | 'weddingsPerYear'>>);

/** What phase 1 counts, and over which time. */
export interface DistributionOptions {
  /** Window, milliseconds since the epoch. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Every market of the fleet: a target's need is counted from all markets it serves, asked for or not. */
  readonly markets: readonly CountedMarket[];
  readonly demandModel: DemandModel;
  /** When the bookings are all that were made, milliseconds since the epoch; its UTC day counts. Default `fromMs`. */
  readonly asOfMs?: number;
}

/** Coefficient of variation of a wedding's users about what its guests say, where the model gives none; assumed. */
const TURNOUT_SPREAD = 0.3;

interface Counted {
  readonly id: string;
  readonly timeZone: string;
  readonly weddingsPerYear: number;
  readonly profile: MarketProfile;
  readonly curve: BookingCurve | null;
  readonly tally: MarketTally;
}

/**
 * Counts concurrent users per market and hour, from the bookings in hand and from those still to be made.
 *
 * A booking has `guests × weddingsPerBooking × usersPerGuest × tierFactor × share` in every hour of {@link WEDDING_SHAPE},
 * and for a live stream `guests × weddingsPerBooking × viewersPerGuest` more during the ceremony. Those still to be made
 * come on top ({@link bookingsToCome}) unless the model's `bookingCurve` is `none`. Bookings may come in any order, as a
 * stream of any length: the result is the same to the last digit, and what is kept grows with hours, zones and tiers.
 */
export async function analyseDistribution(
  bookings: AsyncIterable<ResolvedBooking> | Iterable<ResolvedBooking>,
  options: DistributionOptions,
): Promise<Distribution> {
  const { fromMs, untilMs, demandModel } = options;
  const faults = faultTally();
  const model = loadModel(demandModel);
  const counted = new Map(
    options.markets.map((market) => {
      const { id, ...facts } = typeof market === 'string' ? { id: market } : market;
      return [id, { ...countedMarket(id, facts, demandModel), tally: marketTally(model) }];
    }),
  );
  const skippedBookings = await tallyAll(bookings, counted, { fromMs, untilMs, faults });
  const markets = [...counted.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const found: MarketFigures[] = [];
  for (const market of markets) {
    found.push(await figuresOf(market, options, faults));
    // A market of a long season takes tens of milliseconds: others who wait for this process have a turn in between.
    await new Promise(setImmediate);
  }
  const hoursMs = [...new Set(found.flatMap(({ users }) => [...users.keys()]))].toSorted((a, b) => a - b);
  return {
    ...{ fromMs, untilMs, hoursMs },
    markets: found.map((market) => marketDistribution(market, hoursMs, demandModel.weddingsPerBooking)),
    skippedBookings,
    faults: faults.all(),
  };
}

function countedMarket(
  id: string,
  { timeZone, weddingsPerYear = 0 }: { readonly timeZone?: string; readonly weddingsPerYear?: number },
  { bookingCurve = 'market' }: DemandModel,
): Omit<Counted, 'tally'> {
  const profile = marketProfile(id);
  const curve =
    bookingCurve === 'none' ? null : bookingCurve === 'market' ? profile.curve : curveWith(bookingCurve);
  return { id, timeZone: timeZone ?? profile.timeZone ?? 'UTC', weddingsPerYear, profile, curve };
}

interface Tallying {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly faults: FaultTally;
}

/** @returns how many were not counted. */
async function tallyAll(
  bookings: AsyncIterable<ResolvedBooking> | Iterable<ResolvedBooking>,
  counted: ReadonlyMap<string, Counted>,
  { fromMs, untilMs, faults }: Tallying,
): Promise<number> {
  const check = bookingCheck(faults, fromMs);
  const tally = (booking: ResolvedBooking): boolean => {
    const market = counted.get(booking.market);
    if (!market) faults.add('market-unknown', `${booking.id} (${booking.market})`);
    const inRange = isInRange(booking.startsAtMs);
    if (!inRange) faults.add('begin-out-of-range', `${booking.id} (${booking.startsAt})`);
    if (!market || !inRange) return false;
    const hourMs = Math.floor(booking.startsAtMs / HOUR_MS) * HOUR_MS;
    if (hourMs + EVENT_AFTER_MS <= fromMs || hourMs - EVENT_BEFORE_MS >= untilMs) return false;
    const usable = check(booking, market.timeZone);
    if (usable) market.tally.add({ ...booking, ...usable });
    return usable !== null;
  };
  let skipped = 0;
  for await (const booking of bookings) if (!tally(booking)) skipped += 1;
  return skipped;
}

/** Users of a market from its bookings in hand and those to come. */
async function figuresOf(
  market: Counted,
  { fromMs, untilMs, demandModel, asOfMs = fromMs }: DistributionOptions,
  faults: FaultTally,
): Promise<MarketFigures> {
  const inHand = market.tally.byLocalTime();
  const toCome = await bookingsToCome({
    ...market,
    ...{ inHand, model: demandModel, asOfMs },
    ...{ fromMs: fromMs - EVENT_AFTER_MS, untilMs: untilMs + EVENT_BEFORE_MS },
  });
  countAssumed(market, toCome, faults);
  const { weddingsPerBooking, turnoutSpread = TURNOUT_SPREAD } = demandModel;
  const spread = { fromMs, untilMs, weddingsPerBooking, turnoutSpread };
  return { ...market, inHand, toCome, users: usersByHour(market.tally.byHour(), toCome.begins, spread) };
}

/** What the number still to come rests on beyond figures. */
function countAssumed(
  { id, profile, curve }: Counted,
  { unlistedDays }: BookingsToCome,
  faults: FaultTally,
): void {
  if (!curve) return;
  if (profile.evidenceId === null) {
    faults.add('market-without-figures', id);
    return;
  }
  if (profile.assumedMonths > 0) faults.add('months-assumed', id, profile.assumedMonths);
  if (profile.assumedWeekdays > 0) faults.add('weekdays-assumed', id, profile.assumedWeekdays);
  if (unlistedDays > 0) faults.add('lucky-days-unlisted', id, unlistedDays);
}
