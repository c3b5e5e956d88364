import type { ExpectedBegins } from './bookings-to-come.ts';
import type { WeddingLoad } from './wedding-load.ts';
import { WEDDING_SHAPE, type WeddingPhase } from './wedding-shape.ts';

const HOUR_MS = 3_600_000;

/** Users of one market in one hour; sums over weddings, not yet rounded. */
export interface HourUsers {
  /** Bookings in hand that touch the hour. */
  bookings: number;
  bookedUsers: number;
  expectedUsers: number;
  bookedViewers: number;
  expectedViewers: number;
  usersVariance: number;
  viewersVariance: number;
  readonly byPhase: Record<WeddingPhase, number>;
}

/** Over which hours, and how sure it is how many of a wedding's guests come online. */
export interface SpreadOptions {
  readonly fromMs: number;
  readonly untilMs: number;
  /** Coefficient of variation of a wedding's users about what its guests say. */
  readonly turnoutSpread: number;
  /** Weddings a booking stands for, each independent of the others. */
  readonly weddingsPerBooking: number;
}

/**
 * Spreads weddings over the hours of their shape that lie in the window. Variance of independent weddings with
 * coefficient of variation c and users u: c² u² for one that is booked; (1 + c²) u² for one that is Poisson still to
 * come, and what its expected number is uncertain by on top.
 */
export function usersByHour(
  booked: readonly (readonly [hourMs: number, load: WeddingLoad])[],
  expected: readonly ExpectedBegins[],
  options: SpreadOptions,
): ReadonlyMap<number, HourUsers> {
  const hours = new Map<number, HourUsers>();
  // A booking of many weddings is as sure as the mean of so many; one of less than a wedding is no surer than one.
  const independent = Math.max(1, options.weddingsPerBooking);
  const turnout = options.turnoutSpread ** 2 / independent;
  const yetToBook = (1 + options.turnoutSpread ** 2) / independent;
  for (const [beginMs, load] of booked) {
    eachHour(beginMs, options, hours, (hour, share, streamed, phase) => {
      const viewers = streamed ? load.viewers : 0;
      hour.bookings += load.bookings;
      hour.bookedUsers += load.users * share + viewers;
      hour.bookedViewers += viewers;
      hour.byPhase[phase] += load.users * share + viewers;
      hour.usersVariance += turnout * squaresOf(load, share, streamed);
      hour.viewersVariance += turnout * (streamed ? load.viewersSquared : 0);
    });
  }
  for (const { hourMs, load, estimate } of expected) {
    eachHour(hourMs, options, hours, (hour, share, streamed, phase) => {
      const viewers = streamed ? load.viewers : 0;
      hour.expectedUsers += load.users * share + viewers;
      hour.expectedViewers += viewers;
      hour.byPhase[phase] += load.users * share + viewers;
      hour.usersVariance +=
        yetToBook * squaresOf(load, share, streamed) + squaresOf(estimate, share, streamed);
      hour.viewersVariance += streamed ? yetToBook * load.viewersSquared + estimate.viewersSquared : 0;
    });
  }
  return hours;
}

function eachHour(
  beginMs: number,
  { fromMs, untilMs }: SpreadOptions,
  hours: Map<number, HourUsers>,
  visit: (hour: HourUsers, share: number, streamed: boolean, phase: WeddingPhase) => void,
): void {
  for (const { offsetHours, share, streamed, phase } of WEDDING_SHAPE) {
    const atMs = beginMs + offsetHours * HOUR_MS;
    // An hour counts when any of it lies in the window.
    if (atMs + HOUR_MS <= fromMs || atMs >= untilMs) continue;
    const hour = hours.get(atMs) ?? emptyHour();
    hours.set(atMs, hour);
    visit(hour, share, streamed, phase);
  }
}

function squaresOf(load: WeddingLoad, share: number, streamed: boolean): number {
  const users = load.usersSquared * share * share;
  return streamed ? users + 2 * share * load.usersByViewers + load.viewersSquared : users;
}

function emptyHour(): HourUsers {
  return {
    ...{ bookings: 0, bookedUsers: 0, expectedUsers: 0, bookedViewers: 0, expectedViewers: 0 },
    ...{ usersVariance: 0, viewersVariance: 0 },
    byPhase: { preparation: 0, ceremony: 0, party: 0, dayAfter: 0 },
  };
}
