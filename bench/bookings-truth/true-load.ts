import { localDays } from './local-days.ts';
import { randomOf } from './random.ts';
import type { TrueBooking } from './true-bookings.ts';
import { type TrueMarket, type TrueWorkload, USERS_PER_GUEST, VIEWERS_PER_GUEST } from './world.ts';

const HOUR_MS = 3_600_000;
const YEAR_HOURS = 8_760;

/** Hours before and after its begin in which a wedding loads anything. */
const HOURS_BEFORE = 14;
const HOURS_AFTER = 40;

/** How long what moves the base hour by hour lasts (first-order autoregression), and how strong it is. */
const NOISE_MEMORY = 0.9;
const NOISE_DEVIATION = 0.06;
/** Users without a wedding grow by this share of a year, beside the market's own growth. */
const BASE_GROWTH_SHARE = 0.5;

/** Load of a workload from a market, in its unit per second, by hour. */
export interface TrueLoad {
  readonly workload: string;
  readonly market: string;
  readonly base: Float64Array;
  readonly events: Float64Array;
}

/** Load that is there without weddings: level with trend, course of day and week, and noise with a memory. */
export function baseLoad(
  market: TrueMarket,
  workload: TrueWorkload,
  { fromMs, hours, seed, opensMs }: { fromMs: number; hours: number; seed: number; opensMs: number },
): Float64Array {
  const random = randomOf(seed, `base ${market.id} ${workload.id}`);
  const days = localDays(market.timeZone);
  const level = market.baseUsers * workload.baseDemandPerUser;
  let noise = 0;
  return Float64Array.from({ length: hours }, (_, hour) => {
    const ms = fromMs + hour * HOUR_MS;
    noise = NOISE_MEMORY * noise + Math.sqrt(1 - NOISE_MEMORY ** 2) * NOISE_DEVIATION * random.normal();
    if (ms < opensMs) return 0;
    const trend = 1 + (market.growthPerYear * BASE_GROWTH_SHARE * hour) / YEAR_HOURS;
    return level * trend * courseOfWeek(days.clockOf(ms)) * Math.exp(noise);
  });
}

/** About 1 on average: quiet nights, busy evenings, a little more on Sundays and Mondays. */
function courseOfWeek({ hour, weekday }: { readonly hour: number; readonly weekday: number }): number {
  const day =
    1 + 0.6 * Math.cos((2 * Math.PI * (hour - 20)) / 24) + 0.15 * Math.cos((4 * Math.PI * (hour - 13)) / 24);
  const week = [1.15, 1.1, 1, 0.97, 0.95, 0.9, 0.95][weekday] ?? 1;
  return day * week;
}

/** Adds one wedding that took place to a series of hours from `fromMs` on. */
export function addWedding(
  events: Float64Array,
  fromMs: number,
  workload: TrueWorkload,
  booking: TrueBooking,
): void {
  if (booking.cancelledAtMs !== null || (workload.liveStreamOnly && !booking.liveStream)) return;
  const perGuest = workload.liveStreamOnly ? VIEWERS_PER_GUEST : USERS_PER_GUEST;
  const tier = booking.tier === 'premium' ? 1.25 : 1;
  const height = booking.guestsWhoCame * booking.turnout * tier * perGuest * workload.demandPerUser;
  const first = Math.floor((booking.startsAtMs - fromMs) / HOUR_MS) - HOURS_BEFORE;
  for (
    let hour = Math.max(0, first);
    hour < Math.min(events.length, first + HOURS_BEFORE + HOURS_AFTER);
    hour += 1
  ) {
    const middle = (fromMs + (hour + 0.5) * HOUR_MS - booking.startsAtMs) / HOUR_MS;
    events[hour] = (events[hour] ?? 0) + height * shapeAt(workload, middle);
  }
}

function shapeAt({ bumps }: TrueWorkload, hours: number): number {
  return bumps.reduce(
    (sum, [at, width, peak]) => sum + peak * Math.exp(-0.5 * ((hours - at) / width) ** 2),
    0,
  );
}
