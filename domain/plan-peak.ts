import type { DemandModel } from './fleet.ts';
import { figure } from './floor-explanation.ts';
import type { Distribution, PlanContent } from './plan.ts';

/** The hour with most users of the markets asked for, and how that number comes from bookings. */
export function describePeak(
  distribution: Distribution,
  model: DemandModel,
  markets: readonly string[],
): PlanContent['peak'] {
  const asked = distribution.markets.filter((market) => markets.includes(market.market));
  const totals = distribution.hoursMs.map((_, hour) =>
    asked.reduce((sum, m) => sum + (m.users[hour] ?? 0), 0),
  );
  const most = totals.reduce((a, b) => Math.max(a, b), 0);
  const hour = totals.indexOf(most);
  const atMs = distribution.hoursMs[hour] ?? distribution.fromMs;
  const users = Math.round(most);
  if (users === 0)
    return { atMs, users, text: 'No booking of these markets falls into the window or is expected to.' };
  const parts = asked
    .map((m) => ({
      market: m.market,
      users: m.users[hour] ?? 0,
      // Of a distribution stored before bookings to come were expected, all are booked.
      booked: (m.bookedUsers as readonly number[] | undefined)?.[hour] ?? m.users[hour] ?? 0,
      bookings: m.bookingsByHour[hour] ?? 0,
    }))
    .filter((part) => part.users > 0)
    .toSorted((a, b) => b.users - a.users)
    .map(({ market, users: all, booked, bookings }) => {
      const toCome = Math.round(all - booked);
      const expected = toCome > 0 ? `, ${figure(toCome)} of them of bookings still expected` : '';
      return `${market} ${figure(Math.round(all))} from ${figure(bookings)} bookings${expected}`;
    });
  const text =
    `Peak ${new Date(atMs).toISOString().slice(0, 16)}Z: ${figure(users)} concurrent users (${parts.join(', ')}). ` +
    `A booking stands for ${figure(model.weddingsPerBooking)} weddings, a guest for ${figure(model.usersPerGuest)} ` +
    `users at the height of the party and ${figure(model.viewersPerGuest)} viewers of a live stream; tiers count ` +
    `${
      Object.entries(model.tierFactor)
        .toSorted()
        .map(([tier, factor]) => `${tier} ${figure(factor)}`)
        .join(', ') || 'alike'
    }.`;
  return { atMs, users, text };
}
