import type { DemandModel } from '../fleet.ts';
import { type BookingCurve, shareBooked } from '../markets/booking-curve.ts';
import { type CivilDay, civilDayAt } from '../markets/civil-day.ts';
import { dayShares } from '../markets/day-shares.ts';
import type { MarketProfile } from '../markets/market-profile.ts';
import { type LocalBegin, SLOT_MS } from './market-tally.ts';
import { loadOf, NO_LOAD, sumOf, times, type WeddingLoad } from './wedding-load.ts';
import { zoneOffsetMs } from './zone-offsets.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * A market's owner knows the year's weddings to within about a third; assumed. As a gamma prior that is worth the
 * bookings of 1 / 0.3² = 11 weddings.
 */
const PRIOR_BOOKINGS = 1 / 0.3 ** 2;
/**
 * Without such knowledge the prior has no bookings and as much exposure as a tenth of the window's weddings: one early
 * booking never stands for more than ten.
 */
const PRIOR_EXPOSURE = 0.1;

/** A wedding nobody has booked yet where the market has no booking to go by: 100 guests, three in ten streamed. */
const ASSUMED_GUESTS = 100;
const ASSUMED_STREAM_SHARE = 0.3;
/** Local half hours such weddings begin at, and their shares: from 13:00 to 17:00. */
const ASSUMED_SLOTS: readonly (readonly [slot: number, share: number])[] = [
  [26, 0.15],
  [28, 0.25],
  [30, 0.3],
  [32, 0.2],
  [34, 0.1],
];

/** What is known when it is asked how many will still book. */
export interface ToComeInput {
  readonly profile: MarketProfile;
  /** The curve in force; null where nobody is expected to book any more. */
  readonly curve: BookingCurve | null;
  readonly timeZone: string;
  /** Weddings per year its owner expects; 0 for no opinion. */
  readonly weddingsPerYear: number;
  readonly inHand: readonly LocalBegin[];
  readonly model: DemandModel;
  /** Begins that count: those whose weddings touch the window. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly asOfMs: number;
}

/** Weddings expected to begin in an hour beyond those in hand. */
export interface ExpectedBegins {
  readonly hourMs: number;
  readonly load: WeddingLoad;
  /** Squares of users and viewers that the estimate itself is uncertain by. */
  readonly estimate: WeddingLoad;
}

/** Bookings not yet made. */
export interface BookingsToCome {
  /** Expected number. */
  readonly bookings: number;
  readonly begins: readonly ExpectedBegins[];
  /** Relative standard deviation of the number, as far as the curve may be wrong. */
  readonly curveSpread: number;
  /** Share of the window's final bookings that are still to be made, by the curve alone. */
  readonly shareToCome: number;
  /** The pseudo-bookings of the prior. */
  readonly prior: readonly LocalBegin[];
  /** Days for which the market has lists of lucky days and none speaks. */
  readonly unlistedDays: number;
}

/**
 * Bookings still to be made, by gamma-Poisson shrinkage. Final bookings of day d are Poisson with mean λ s(d), where
 * s is the day's share of a year ({@link dayShares}) and λ the bookings of a year; of them the share F(d) is made by now
 * ({@link shareBooked}). With the prior λ ~ Gamma(a, b) and n bookings in hand λ is (a + n) / (b + Σ s F), and
 * (that) × s(d) × (1 − F(d)) are still to come on day d (negative binomial).
 *
 * Every booking in hand, and every one of the a of the prior, so stands for s(d) (1 − F(d)) / (b + Σ s F) more like it
 * on day d, at its own local time. As no weight depends on other bookings, one more never lowers any hour.
 */
export async function bookingsToCome(input: ToComeInput): Promise<BookingsToCome> {
  const { curve, profile, asOfMs, fromMs, untilMs, timeZone } = input;
  if (!curve) return NONE;
  const from = civilDayAt(fromMs, zoneOffsetMs(timeZone, fromMs));
  const until = civilDayAt(untilMs - 1, zoneOffsetMs(timeZone, untilMs - 1)) + 1;
  const { shareOf, unlistedDays } = await dayShares(profile, from, until);
  const asOfDay = civilDayAt(asOfMs);
  const days = Array.from({ length: Math.max(0, until - from) }, (_, index) => {
    const day = from + index;
    const share = shareOf(day) * coveredShare(day, input);
    const booked = shareBooked(curve, day - asOfDay);
    return { day, made: share * booked, open: shareOf(day) * (1 - booked), openHere: share * (1 - booked) };
  });
  const exposure = days.reduce((sum, { made }) => sum + made, 0);
  const open = days.reduce((sum, day) => sum + day.openHere, 0);
  const prior = priorOf(input, exposure + open);
  const weights = days.map((day) => ({
    day: day.day,
    weight: safeRatio(day.open, prior.exposure + exposure),
  }));
  const standing = [...input.inHand, ...prior.begins];
  const total = standing.reduce((sum, { load }) => sum + load.bookings, 0);
  return {
    bookings: total * safeRatio(open, prior.exposure + exposure),
    begins: expectedBegins(standing, weights, input),
    curveSpread: curve.relativeSpread,
    shareToCome: safeRatio(open, exposure + open),
    prior: prior.begins,
    unlistedDays,
  };
}

const NONE: BookingsToCome = {
  ...{ bookings: 0, begins: [], curveSpread: 0, shareToCome: 0, prior: [], unlistedDays: 0 },
};

function safeRatio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}

/** How much of a local day of the market lies between the begins that count. */
function coveredShare(day: CivilDay, { fromMs, untilMs, timeZone }: ToComeInput): number {
  const noonMs = localNoon(day, timeZone);
  const begin = Math.max(fromMs, noonMs - DAY_MS / 2);
  return Math.max(0, Math.min(untilMs, noonMs + DAY_MS / 2) - begin) / DAY_MS;
}

function localNoon(day: CivilDay, timeZone: string): number {
  const noonMs = day * DAY_MS + DAY_MS / 2;
  // Clocks change at night: the offset at noon UTC is that of the local noon but for zones far from it.
  return noonMs - zoneOffsetMs(timeZone, noonMs - zoneOffsetMs(timeZone, noonMs));
}

/** The gamma prior: its bookings (by local time, so that they can be spread like real ones) and its exposure. */
function priorOf(
  { weddingsPerYear, model, timeZone }: ToComeInput,
  windowShare: number,
): { readonly exposure: number; readonly begins: readonly LocalBegin[] } {
  const bookingsPerYear = weddingsPerYear / model.weddingsPerBooking;
  if (bookingsPerYear <= 0) return { exposure: PRIOR_EXPOSURE * windowShare, begins: [] };
  const begins = ASSUMED_SLOTS.map(([slot, share]) => {
    const load = [false, true].reduce((sum, streamed) => {
      const part = streamed ? ASSUMED_STREAM_SHARE : 1 - ASSUMED_STREAM_SHARE;
      const bookings = PRIOR_BOOKINGS * share * part;
      const counted = {
        bookings,
        guests: bookings * ASSUMED_GUESTS,
        squares: bookings * ASSUMED_GUESTS * ASSUMED_GUESTS,
      };
      return sumOf(sum, loadOf(counted, 1, streamed, model));
    }, NO_LOAD);
    return { timeZone, slot, load };
  });
  return { exposure: PRIOR_BOOKINGS / bookingsPerYear, begins };
}

/** Bookings repeated at their local time on every day by its weight, brought together by the hour they begin in. */
function expectedBegins(
  standing: readonly LocalBegin[],
  weights: readonly { readonly day: CivilDay; readonly weight: number }[],
  { fromMs, untilMs }: ToComeInput,
): readonly ExpectedBegins[] {
  const hours = new Map<number, ExpectedBegins>();
  for (const { timeZone, slot, load } of standing) {
    for (const { day, weight } of weights) {
      if (weight === 0) continue;
      const beginMs = localNoon(day, timeZone) + slot * SLOT_MS - DAY_MS / 2;
      if (beginMs < fromMs || beginMs >= untilMs) continue;
      const hourMs = Math.floor(beginMs / HOUR_MS) * HOUR_MS;
      const before = hours.get(hourMs) ?? { hourMs, load: NO_LOAD, estimate: NO_LOAD };
      hours.set(hourMs, {
        hourMs,
        load: sumOf(before.load, times(load, weight)),
        estimate: sumOf(before.estimate, times(load, weight * weight)),
      });
    }
  }
  return [...hours.values()].toSorted((a, b) => a.hourMs - b.hourMs);
}
