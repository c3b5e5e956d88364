import { ASSUMED, type KnownThen } from './bookings-planner.ts';
import type { HourlyLoad } from './bookings-truth/truth.ts';

const HOUR_MS = 3_600_000;
/** 52 weeks: the same weekday and hour of the year before. */
const YEAR_HOURS = 364 * 24;
const WEEK_HOURS = 168;

/** Hours of a party, from its begin on, in which bookings alone are counted in full. */
const PARTY_HOURS = 8;

/**
 * What a spreadsheet makes of bookings in hand: the users of every wedding under way, at the fleet's own figures,
 * without bookings to come and without anything that is there without weddings.
 */
export function bookingsInHand({ bookings, markets, fromMs, untilMs }: KnownThen): readonly HourlyLoad[] {
  const hours = (untilMs - fromMs) / HOUR_MS;
  const { demandModel, workloads } = ASSUMED;
  return workloads.flatMap(({ id: workload, demandPerUser, liveStreamOnly = false }) =>
    markets.map(({ id: market }) => {
      const values = new Float64Array(hours);
      for (const booking of bookings) {
        if (booking.market !== market || (liveStreamOnly && !booking.liveStream)) continue;
        const perGuest = liveStreamOnly ? demandModel.viewersPerGuest : demandModel.usersPerGuest;
        const factor = demandModel.tierFactor[booking.tier] ?? 1;
        const demand = booking.guests * perGuest * factor * demandPerUser;
        const first = Math.floor((booking.startsAtMs - fromMs) / HOUR_MS);
        for (let hour = Math.max(0, first); hour < Math.min(hours, first + PARTY_HOURS); hour += 1) {
          values[hour] = (values[hour] ?? 0) + demand;
        }
      }
      return { workload, market, fromMs, values: [...values] };
    }),
  );
}

/**
 * Last year's same week: what was read 52 weeks before. Where nothing was read then, the newest reading of the same hour
 * of a week; where there is none, nothing.
 */
export function lastYearsWeek({ observations, fromMs, untilMs }: KnownThen): readonly HourlyLoad[] {
  const hours = (untilMs - fromMs) / HOUR_MS;
  return observations.map(({ workload, market, fromMs: firstMs, values }) => {
    const origin = (fromMs - firstMs) / HOUR_MS;
    return {
      workload,
      market,
      fromMs,
      values: Array.from({ length: hours }, (_, hour) => {
        return values[origin + hour - YEAR_HOURS] ?? newestOf(values, origin, hour);
      }),
    };
  });
}

function newestOf(values: readonly (number | null)[], origin: number, hour: number): number {
  for (let at = origin + (hour % WEEK_HOURS) - WEEK_HOURS; at >= 0; at -= WEEK_HOURS) {
    const value = values[at];
    if (value !== null && value !== undefined) return value;
  }
  return 0;
}
