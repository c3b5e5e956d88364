import type { ResolvedBooking } from '../../../domain/booking.ts';
import {
  CELEBRATION_AFTER_MS,
  EVENT_AFTER_MS,
  EVENT_BEFORE_MS,
  type WeddingPhase,
} from '../../../domain/distribution/wedding-shape.ts';
import { analyseDistribution, type DistributionOptions } from '../../../domain/distribution.ts';
import { booking } from '../../support/planning.ts';

const HOUR_MS = 3_600_000;
const BEGIN_MS = Date.UTC(2027, 5, 5, 14);
const DAY: DistributionOptions = {
  fromMs: BEGIN_MS - 14 * HOUR_MS,
  untilMs: BEGIN_MS + 34 * HOUR_MS,
  markets: ['b', 'a'],
  demandModel: {
    ...{ weddingsPerBooking: 2, usersPerGuest: 0.5, viewersPerGuest: 3, tierFactor: { royal: 1.5 } },
    bookingCurve: 'none',
  },
};
const wedding = (changes: Partial<ResolvedBooking> = {}) =>
  booking({ id: 'w', startsAtMs: BEGIN_MS, guests: 100, ...changes });

async function marketOf(bookings: Iterable<ResolvedBooking>, options: Partial<DistributionOptions> = {}) {
  const distribution = await analyseDistribution(bookings, { ...DAY, ...options });
  const market = distribution.markets.find((candidate) => candidate.market === 'a');
  if (!market) throw new Error('market a is not there');
  return { distribution, market };
}

describe('users of one wedding', () => {
  test('come from two hours before its begin to eight after, and the day after, as guests × weddings × users per guest', async () => {
    const { distribution, market } = await marketOf([wedding()]);
    const hours = distribution.hoursMs.map((ms) => (ms - BEGIN_MS) / HOUR_MS);
    expect(hours).toEqual([
      -2,
      -1,
      0,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      ...Array.from({ length: 12 }, (_, hour) => 18 + hour),
    ]);
    expect([EVENT_BEFORE_MS, CELEBRATION_AFTER_MS, EVENT_AFTER_MS]).toEqual(
      [2, 8, 30].map((h) => h * HOUR_MS),
    );
    expect(Math.max(...market.users)).toBe(100 * 2 * 0.5);
    expect(market.users[0]).toBeLessThan(market.users[2] ?? 0);
    expect(market.bookingsByHour).toEqual(Array.from({ length: 22 }, () => 1));
  });

  test.each<[WeddingPhase, from: number, until: number, userHours: number]>([
    ['preparation', -2, 0, 0.9],
    ['ceremony', 0, 2, 2],
    ['party', 2, 8, 5.1],
    ['dayAfter', 18, 30, 2.55],
  ])(
    'in %s lie between hours %i and %i, %d hours of each user, and all phases make up the users',
    async (phase, from, until, userHours) => {
      const { distribution, market } = await marketOf([wedding({ liveStream: true })]);
      const viewers = phase === 'ceremony' ? 2 * 600 : 0;
      const inPhase = market.usersByPhase[phase];
      expect(inPhase.reduce((sum, users) => sum + users, 0)).toBeCloseTo(100 * userHours + viewers, 6);
      const hours = distribution.hoursMs.filter((_, hour) => (inPhase[hour] ?? 0) > 0);
      expect(hours.map((ms) => (ms - BEGIN_MS) / HOUR_MS)).toEqual(
        Array.from({ length: until - from }, (_, hour) => from + hour),
      );
      const sums = market.users.map((_, hour) =>
        Object.values(market.usersByPhase).reduce((sum, one) => sum + (one[hour] ?? 0), 0),
      );
      expect(sums).toEqual(market.users);
    },
  );

  test('are multiplied by the factor of the tier, 1 where the model names none', async () => {
    const peak = async (tier: string) => Math.max(...(await marketOf([wedding({ tier })])).market.users);
    expect(await peak('royal')).toBe(1.5 * (await peak('standard')));
  });

  test('have viewers beside them while a live stream is on, and only then', async () => {
    const without = (await marketOf([wedding()])).market;
    const { market } = await marketOf([wedding({ liveStream: true })]);
    const viewers = 100 * 2 * 3;
    expect(without.liveStreamUsers).toEqual(without.users.map(() => 0));
    expect(market.liveStreamUsers).toEqual(
      without.users.map((_, hour) => (hour === 2 || hour === 3 ? viewers : 0)),
    );
    expect(market.users).toEqual(
      without.users.map((users, hour) => users + (market.liveStreamUsers[hour] ?? 0)),
    );
  });

  test('are counted by hours of the clock where it begins at half past', async () => {
    const { distribution } = await marketOf([wedding({ startsAtMs: BEGIN_MS + HOUR_MS / 2 })]);
    expect(distribution.hoursMs.every((hour) => hour % HOUR_MS === 0)).toBe(true);
    expect(distribution.hoursMs[0]).toBe(BEGIN_MS - EVENT_BEFORE_MS);
  });
});

describe('which bookings count', () => {
  test('every market of the fleet counts, another is skipped', async () => {
    const bookings = [
      wedding(),
      wedding({ id: 'x', market: 'b' }),
      wedding({ id: 'y', market: 'elsewhere' }),
    ];
    const { distribution } = await marketOf(bookings);
    expect(distribution.markets.map(({ market, bookings: count }) => [market, count])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
    expect(distribution.skippedBookings).toBe(1);
  });

  test('a wedding that began before the window counts with the hours that lie in it', async () => {
    const { distribution, market } = await marketOf([wedding()], {
      ...{ fromMs: BEGIN_MS + 6 * HOUR_MS, untilMs: BEGIN_MS + 19 * HOUR_MS },
    });
    expect(distribution.hoursMs).toEqual([6, 7, 18].map((hour) => BEGIN_MS + hour * HOUR_MS));
    expect(market.bookings).toBe(1);
  });

  test('a wedding outside the window is skipped and leaves no hours', async () => {
    const { distribution, market } = await marketOf([wedding()], { fromMs: BEGIN_MS + EVENT_AFTER_MS });
    expect([distribution.skippedBookings, distribution.hoursMs.length, market.bookings]).toEqual([1, 0, 0]);
  });

  test('weddings are counted by the local day they begin on', async () => {
    const late = wedding({ startsAtMs: Date.UTC(2027, 5, 5, 20), timeZone: 'Asia/Tokyo' });
    expect((await marketOf([late])).market.weddingsByDay).toEqual({ '2027-06-06': 2 });
  });
});

test('a stream of bookings in any order gives the same', async () => {
  const bookings = Array.from({ length: 200 }, (_, index) =>
    wedding({ id: `w${index}`, guests: 10 + index / 7, startsAtMs: BEGIN_MS + (index % 9) * HOUR_MS }),
  );
  async function* stream() {
    yield* bookings.toReversed();
  }
  const streamed = await analyseDistribution(stream(), DAY);
  expect(streamed).toEqual(await analyseDistribution(bookings, DAY));
});
