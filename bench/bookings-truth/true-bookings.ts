import { calendarDays, type LocalDays, localDays } from './local-days.ts';
import { type Random, randomOf } from './random.ts';
import type { TrueMarket } from './world.ts';

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

/** Share of bookings made within two weeks of the day, whatever the market's lead time. */
const LAST_MINUTE_SHARE = 0.08;
/** Share entered only after the wedding. */
const ENTERED_LATE_SHARE = 0.01;
const CANCELLED_SHARE = 0.07;
/** Guests who come, of those booked, and how that varies from wedding to wedding. */
const COMING_MEDIAN = 0.9;
const COMING_DEVIATION = 0.25;
/** Share of bookings whose count has a figure too many or too few. */
const SLIP_SHARE = 0.004;
/** How all weddings of a market's quarter are more or fewer than expected. */
const QUARTER_DEVIATION = 0.1;

/** A booking with all that will become of it. */
export interface TrueBooking {
  readonly id: string;
  readonly market: string;
  readonly timeZone: string;
  /** Begin, milliseconds since the epoch, and as local time `YYYY-MM-DDTHH:mm`. */
  readonly startsAtMs: number;
  readonly startsAt: string;
  /** When it was made; after the wedding for the few that were entered late. */
  readonly bookedAtMs: number;
  /** When it was cancelled; null for a wedding that took place. */
  readonly cancelledAtMs: number | null;
  readonly guestsBooked: number;
  readonly guestsWhoCame: number;
  readonly tier: 'standard' | 'premium';
  readonly liveStream: boolean;
  /** This wedding's users per guest over the mean of all. */
  readonly turnout: number;
}

/** Bookings of weddings of one market within a window, by the day of the wedding. */
export function* trueBookings(
  market: TrueMarket,
  window: { readonly fromMs: number; readonly untilMs: number },
  options: { readonly seed: number; readonly turnoutDeviation: number; readonly scale?: number },
): Generator<TrueBooking> {
  const random = randomOf(options.seed, `bookings ${market.id}`);
  const days = localDays(market.timeZone);
  const opensMs = window.fromMs + market.opensInWeek * WEEK_MS;
  let number = 0;
  for (const day of calendarDays(window.fromMs, window.untilMs)) {
    const expected = expectedWeddings(market, day, window.fromMs, options.seed) * (options.scale ?? 1);
    for (let left = random.poisson(expected); left > 0; left -= 1) {
      number += 1;
      const id = `${market.id}-${number}`;
      const booking = trueBooking(market, {
        id,
        day,
        days,
        random,
        turnoutDeviation: options.turnoutDeviation,
      });
      const inWindow = booking.startsAtMs >= window.fromMs && booking.startsAtMs < window.untilMs;
      // Before a market opens nobody can book in it: those couples were somebody else's.
      if (inWindow && (market.opensInWeek === 0 || isOwn(booking, opensMs))) yield booking;
    }
  }
}

/** Made once the market was open, of a wedding whose whole load comes after that too. */
function isOwn({ bookedAtMs, startsAtMs }: TrueBooking, opensMs: number): boolean {
  return bookedAtMs >= opensMs && startsAtMs >= opensMs + DAY_MS;
}

/** Weddings expected on a local day: year's course, growth, weekday, crowded days, and the quarter's own luck. */
export function expectedWeddings(market: TrueMarket, day: string, firstMs: number, seed: number): number {
  const ms = Date.parse(`${day}T00:00:00Z`);
  const date = new Date(ms);
  const dayOfYear = Math.floor((ms - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS);
  const year = 1 + market.yearAmplitude * Math.cos((2 * Math.PI * (dayOfYear - market.yearPeakDay)) / 365);
  const growth = (1 + market.growthPerYear) ** ((ms - firstMs) / (365 * DAY_MS));
  const weight = market.weekdayWeights[date.getUTCDay()] ?? 1;
  const weekday = (weight * 7) / market.weekdayWeights.reduce((a, b) => a + b, 0);
  const crowded = market.crowdedDays.includes(day.slice(5)) ? market.crowdedFactor : 1;
  const quarter = `${date.getUTCFullYear()} ${Math.floor(date.getUTCMonth() / 3)}`;
  const luck = randomOf(seed, `quarter ${market.id} ${quarter}`).logNormal(1, QUARTER_DEVIATION);
  return (market.weddingsPerYear / 365) * year * growth * weekday * crowded * luck;
}

interface Draw {
  readonly id: string;
  readonly day: string;
  readonly days: LocalDays;
  readonly random: Random;
  readonly turnoutDeviation: number;
}

function trueBooking(market: TrueMarket, { id, day, days, random, turnoutDeviation }: Draw): TrueBooking {
  const hour = random.pick(market.beginHours);
  const half = random.uniform() < 0.5 ? 0 : 0.5;
  const startsAtMs = days.instantOf(day, hour + half);
  const bookedAtMs = startsAtMs - leadDays(market, random) * DAY_MS;
  const cancelled = random.uniform() < CANCELLED_SHARE && bookedAtMs < startsAtMs;
  const planned = Math.max(5, Math.round(random.logNormal(market.guestsMedian, market.guestsDeviation)));
  const coming = Math.max(1, Math.round(planned * random.logNormal(COMING_MEDIAN, COMING_DEVIATION)));
  return {
    id,
    market: market.id,
    timeZone: market.timeZone,
    startsAtMs,
    startsAt: `${day}T${String(hour).padStart(2, '0')}:${half === 0 ? '00' : '30'}`,
    bookedAtMs,
    cancelledAtMs: cancelled ? bookedAtMs + random.uniform() * (startsAtMs - bookedAtMs) : null,
    guestsBooked: slipped(planned, random),
    guestsWhoCame: cancelled ? 0 : coming,
    tier: random.uniform() < 0.2 ? 'premium' : 'standard',
    liveStream: random.uniform() < market.liveStreamShare,
    turnout: random.logNormal(Math.exp(-(turnoutDeviation ** 2) / 2), turnoutDeviation),
  };
}

function leadDays(market: TrueMarket, random: Random): number {
  const kind = random.uniform();
  const usual = random.logNormal(market.leadMedianDays, market.leadDeviation);
  const within = random.uniform();
  if (kind < ENTERED_LATE_SHARE) return -3 * within;
  return kind < ENTERED_LATE_SHARE + LAST_MINUTE_SHARE ? 14 * within : usual;
}

function slipped(guests: number, random: Random): number {
  const slip = random.uniform();
  if (slip < SLIP_SHARE / 2) return guests * 10;
  return slip < SLIP_SHARE ? Math.max(1, Math.round(guests / 10)) : guests;
}
