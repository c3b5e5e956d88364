import type { ResolvedBooking } from './booking.ts';
import { localDate } from './calendar.ts';
import type { DemandModel } from './fleet.ts';
import type { Distribution, MarketDistribution } from './plan.ts';

const HOUR_MS = 3_600_000;

/**
 * Share of its users that a wedding has online in each hour, from two hours before its begin: guests arrive,
 * the ceremony, the party, photographs through the night. Assumed; the forecast that learns it from
 * observations replaces this table.
 */
const SHAPE = [0.3, 0.6, 1, 1, 0.9, 0.9, 1, 1, 0.8, 0.5] as const;
const HOURS_BEFORE = 2;

/** Hours of the shape in which a live stream has viewers: the ceremony and what follows at once. */
const STREAM_HOURS: ReadonlySet<number> = new Set([2, 3]);

/** How long before its begin a wedding first loads the platform, in milliseconds. */
export const EVENT_BEFORE_MS = HOURS_BEFORE * HOUR_MS;

/** How long after its begin a wedding last loads the platform, in milliseconds. */
export const EVENT_AFTER_MS = (SHAPE.length - HOURS_BEFORE) * HOUR_MS;

/** What phase 1 counts, and over which time. */
export interface DistributionOptions {
  /** Window, milliseconds since the epoch. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Every market of the fleet: a target's need is counted from all markets it serves, asked for or not. */
  readonly markets: readonly string[];
  readonly demandModel: DemandModel;
}

interface Tally {
  bookings: number;
  guests: number;
  readonly users: Map<number, number>;
  readonly liveStreamUsers: Map<number, number>;
  readonly touching: Map<number, number>;
  readonly weddingsByDay: Map<string, number>;
}

/**
 * Counts concurrent users per market and hour:
 * `guests × weddingsPerBooking × usersPerGuest × tierFactor × shape(hour)`, and for a live stream
 * `guests × weddingsPerBooking × viewersPerGuest` more while it is on. Bookings may come in any order.
 */
export async function analyseDistribution(
  bookings: AsyncIterable<ResolvedBooking> | Iterable<ResolvedBooking>,
  options: DistributionOptions,
): Promise<Distribution> {
  const { fromMs, untilMs, markets, demandModel } = options;
  const tallies = new Map(markets.map((market) => [market, emptyTally()]));
  let skippedBookings = 0;
  for await (const booking of bookings) {
    const tally = tallies.get(booking.market);
    if (!tally || !count(tally, booking, demandModel, fromMs, untilMs)) skippedBookings += 1;
  }
  const hours = new Set([...tallies.values()].flatMap((tally) => [...tally.users.keys()]));
  const hoursMs = [...hours].toSorted((a, b) => a - b);
  return {
    fromMs,
    untilMs,
    hoursMs,
    markets: [...tallies]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([market, tally]) => marketDistribution(market, tally, hoursMs)),
    skippedBookings,
  };
}

function emptyTally(): Tally {
  return {
    bookings: 0,
    guests: 0,
    users: new Map(),
    liveStreamUsers: new Map(),
    touching: new Map(),
    weddingsByDay: new Map(),
  };
}

/** @returns false when the wedding does not touch the window. */
function count(
  tally: Tally,
  booking: ResolvedBooking,
  model: DemandModel,
  fromMs: number,
  untilMs: number,
): boolean {
  const weddings = model.weddingsPerBooking;
  const users = booking.guests * weddings * model.usersPerGuest * (model.tierFactor[booking.tier] ?? 1);
  const viewers = booking.liveStream ? booking.guests * weddings * model.viewersPerGuest : 0;
  const firstMs = Math.floor((booking.startsAtMs - EVENT_BEFORE_MS) / HOUR_MS) * HOUR_MS;
  let touched = false;
  for (const [hour, share] of SHAPE.entries()) {
    const atMs = firstMs + hour * HOUR_MS;
    // An hour counts when any of it lies in the window.
    if (atMs + HOUR_MS <= fromMs || atMs >= untilMs) continue;
    touched = true;
    const watching = STREAM_HOURS.has(hour) ? viewers : 0;
    add(tally.users, atMs, users * share + watching);
    add(tally.touching, atMs, 1);
    if (booking.liveStream) add(tally.liveStreamUsers, atMs, watching);
  }
  if (!touched) return false;
  tally.bookings += 1;
  tally.guests += booking.guests;
  add(tally.weddingsByDay, localDate(booking.startsAtMs, booking.timeZone), weddings);
  return true;
}

function marketDistribution(market: string, tally: Tally, hoursMs: readonly number[]): MarketDistribution {
  const byHour = (counts: ReadonlyMap<number, number>) => hoursMs.map((hour) => exact(counts.get(hour) ?? 0));
  return {
    market,
    bookings: tally.bookings,
    guests: tally.guests,
    users: byHour(tally.users),
    liveStreamUsers: byHour(tally.liveStreamUsers),
    bookingsByHour: byHour(tally.touching),
    weddingsByDay: Object.fromEntries([...tally.weddingsByDay].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function add<K>(counts: Map<K, number>, key: K, value: number): void {
  counts.set(key, (counts.get(key) ?? 0) + value);
}

/** Sums of floating-point numbers depend on their order in the last digits; a plan's hash must not. */
function exact(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
