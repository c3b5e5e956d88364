import { isoDate } from '../markets/civil-day.ts';
import type { MarketDistribution } from '../plan.ts';
import type { BookingsToCome } from './bookings-to-come.ts';
import type { LocalBegin, MarketTally } from './market-tally.ts';
import type { HourUsers } from './users-by-hour.ts';

/** One market, counted and estimated. */
export interface MarketFigures {
  readonly id: string;
  readonly timeZone: string;
  readonly tally: MarketTally;
  readonly inHand: readonly LocalBegin[];
  readonly toCome: BookingsToCome;
  readonly users: ReadonlyMap<number, HourUsers>;
}

/** A market's part of the distribution, for the hours asked for. */
export function marketDistribution(
  { id, timeZone, tally, inHand, toCome, users }: MarketFigures,
  hoursMs: readonly number[],
  weddingsPerBooking: number,
): MarketDistribution {
  const { curveSpread, shareToCome } = toCome;
  const sharedSpread = curveSpread * shareToCome;
  const byHour = (of: (hour: HourUsers) => number) =>
    hoursMs.map((hourMs) => {
      const hour = users.get(hourMs);
      return hour ? exact(of(hour)) : 0;
    });
  /** Where more of the hour is still to come than of the window, the curve's error is larger than the shared part. */
  const beyondShared = (expected: number, booked: number) =>
    Math.max(0, (curveSpread * expected) ** 2 - (sharedSpread * (booked + expected)) ** 2);
  return {
    market: id,
    bookings: inHand.reduce((sum, { load }) => sum + load.bookings, 0),
    guests: inHand.reduce((sum, { load }) => sum + load.guests, 0),
    bookingsToCome: exact(toCome.bookings),
    users: byHour((hour) => hour.bookedUsers + hour.expectedUsers),
    bookedUsers: byHour((hour) => hour.bookedUsers),
    usersVariance: byHour((hour) => hour.usersVariance + beyondShared(hour.expectedUsers, hour.bookedUsers)),
    usersByPhase: {
      preparation: byHour((hour) => hour.byPhase.preparation),
      ceremony: byHour((hour) => hour.byPhase.ceremony),
      party: byHour((hour) => hour.byPhase.party),
      dayAfter: byHour((hour) => hour.byPhase.dayAfter),
    },
    sharedSpread: exact(sharedSpread),
    liveStreamUsers: byHour((hour) => hour.bookedViewers + hour.expectedViewers),
    bookedLiveStreamUsers: byHour((hour) => hour.bookedViewers),
    liveStreamUsersVariance: byHour(
      (hour) => hour.viewersVariance + beyondShared(hour.expectedViewers, hour.bookedViewers),
    ),
    bookingsByHour: byHour((hour) => hour.bookings),
    weddingsByDay: Object.fromEntries(
      tally.byDay().map(([day, bookings]) => [isoDate(day), bookings * weddingsPerBooking]),
    ),
    zones: zonesOf([...inHand, ...toCome.prior], timeZone),
  };
}

/** Shares of guests by zone; all in the market's own where there is none. */
function zonesOf(begins: readonly LocalBegin[], timeZone: string): MarketDistribution['zones'] {
  const guests = Map.groupBy(begins, (begin) => begin.timeZone);
  const sums = [...guests].map(
    ([zone, all]) => [zone, all.reduce((sum, { load }) => sum + load.guests, 0)] as const,
  );
  const total = sums.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return [{ timeZone, share: 1 }];
  return sums
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([zone, count]) => ({ timeZone: zone, share: exact(count / total) }));
}

/** A millionth of a user is beyond what anything here is known to. */
function exact(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
