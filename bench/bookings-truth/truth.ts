import { randomOf } from './random.ts';
import { type TrueBooking, trueBookings } from './true-bookings.ts';
import { addWedding, baseLoad, type TrueLoad } from './true-load.ts';
import { MARKETS, type TrueMarket, type TrueWorkload, TURNOUT_DEVIATION, WORKLOADS } from './world.ts';

const HOUR_MS = 3_600_000;
const WEEK_MS = 168 * HOUR_MS;

/** Share of readings that never arrive, the deviation of those that do, and an outage of the metering. */
const LOST_SHARE = 0.005;
const READING_DEVIATION = 0.02;
const OUTAGE_HOURS = 30;

/** A world whose every wedding and every hour is known. */
export interface Truth {
  readonly seed: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly markets: readonly TrueMarket[];
  readonly workloads: readonly TrueWorkload[];
  readonly bookings: readonly TrueBooking[];
  /** One per workload and market. */
  readonly loads: readonly TrueLoad[];
}

/** A booking as the platform has it. */
export interface VisibleBooking {
  readonly id: string;
  readonly market: string;
  readonly timeZone: string;
  readonly startsAtMs: number;
  readonly startsAt: string;
  readonly guests: number;
  readonly tier: string;
  readonly liveStream: boolean;
}

/** Load of a workload from a market over hours. */
export interface HourlyLoad {
  readonly workload: string;
  readonly market: string;
  readonly fromMs: number;
  /** In the workload's unit per second; null where nothing was read. */
  readonly values: readonly (number | null)[];
}

/** What a truth is made of; weeks are those whose load is known, and bookings reach as far. */
export interface TruthOptions {
  readonly seed: number;
  readonly fromMs: number;
  readonly weeks: number;
  readonly markets?: readonly TrueMarket[];
  readonly workloads?: readonly TrueWorkload[];
}

/** Makes a world: the same options, the same world. */
export function makeTruth(options: TruthOptions): Truth {
  const { seed, fromMs, weeks, markets = MARKETS, workloads = WORKLOADS } = options;
  const untilMs = fromMs + weeks * WEEK_MS;
  const bookings = markets.flatMap((market) => [
    ...trueBookings(market, { fromMs, untilMs }, { seed, turnoutDeviation: TURNOUT_DEVIATION }),
  ]);
  const hours = weeks * 168;
  const loads = markets.flatMap((market) => {
    const own = bookings.filter((booking) => booking.market === market.id);
    return workloads.map((workload) => {
      const opensMs = fromMs + market.opensInWeek * WEEK_MS;
      const base = baseLoad(market, workload, { fromMs, hours, seed, opensMs });
      const events = new Float64Array(hours);
      for (const booking of own) addWedding(events, fromMs, workload, booking);
      return { workload: workload.id, market: market.id, base, events };
    });
  });
  return { seed, fromMs, untilMs, markets, workloads, bookings, loads };
}

/** Bookings in hand at an instant: made by then and not cancelled by then, with the guests that were booked. */
export function bookingsAt(truth: Truth, atMs: number): readonly VisibleBooking[] {
  return truth.bookings
    .filter(
      ({ bookedAtMs, cancelledAtMs }) =>
        bookedAtMs <= atMs && (cancelledAtMs === null || cancelledAtMs > atMs),
    )
    .map(asBooked);
}

/** What the platform stores of a booking: nothing of what will become of it. */
export function asBooked(booking: TrueBooking): VisibleBooking {
  const { id, market, timeZone, startsAtMs, startsAt, guestsBooked, tier, liveStream } = booking;
  return { id, market, timeZone, startsAtMs, startsAt, guests: guestsBooked, tier, liveStream };
}

/** True load by hour, base and events together, within a window of whole hours. */
export function trueLoads(truth: Truth, fromMs: number, untilMs: number): readonly HourlyLoad[] {
  const [first, end] = [hourOf(truth, fromMs), hourOf(truth, untilMs)];
  return truth.loads.map(({ workload, market, base, events }) => ({
    workload,
    market,
    fromMs,
    values: Array.from(
      { length: end - first },
      (_, hour) => (base[first + hour] ?? 0) + (events[first + hour] ?? 0),
    ),
  }));
}

/** What metering says of the hours before an instant: nearly true, with gaps and one outage; null before a market opened. */
export function observationsBefore(truth: Truth, atMs: number): readonly HourlyLoad[] {
  return trueLoads(truth, truth.fromMs, atMs).map((load) => {
    const random = randomOf(truth.seed, `readings ${load.workload} ${load.market}`);
    const outage = Math.floor(random.uniform() * hourOf(truth, truth.untilMs));
    const opens = (truth.markets.find(({ id }) => id === load.market)?.opensInWeek ?? 0) * 168;
    const values = load.values.map((value, hour) => {
      const lost = random.uniform() < LOST_SHARE || (hour >= outage && hour < outage + OUTAGE_HOURS);
      const reading = (value ?? 0) * random.logNormal(1, READING_DEVIATION);
      return lost || hour < opens ? null : reading;
    });
    return { ...load, values };
  });
}

function hourOf(truth: Truth, ms: number): number {
  const hour = (ms - truth.fromMs) / HOUR_MS;
  if (!Number.isInteger(hour) || hour < 0 || ms > truth.untilMs) {
    throw new RangeError(`${new Date(ms).toISOString()} is no hour of the truth`);
  }
  return hour;
}
