import { localToMs } from '../../../../domain/calendar.ts';
import { analyseDistribution, type DistributionOptions } from '../../../../domain/distribution.ts';
import { curveOf, shareBooked } from '../../../../domain/markets/booking-curve.ts';
import { civilDayAt, civilDayOf } from '../../../../domain/markets/civil-day.ts';
import { dayShares } from '../../../../domain/markets/day-shares.ts';
import { marketProfile } from '../../../../domain/markets/market-profile.ts';
import { booking, contentOf, fleetOf, target } from '../../../support/planning.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FROM_MS = Date.UTC(2027, 5, 1);
const OPTIONS: DistributionOptions = {
  fromMs: FROM_MS,
  untilMs: FROM_MS + 28 * DAY_MS,
  markets: [{ id: 'gb', timeZone: 'Europe/London' }],
  demandModel: {
    weddingsPerBooking: 1,
    usersPerGuest: 1,
    viewersPerGuest: 2,
    tierFactor: {},
    turnoutSpread: 0,
  },
  asOfMs: FROM_MS - 180 * DAY_MS,
};
const wedding = (id: string, startsAt: string, guests = 100) =>
  booking({
    ...{ id, market: 'gb', place: 'Bath', timeZone: 'Europe/London', startsAt, guests },
    startsAtMs: localToMs(startsAt, 'Europe/London'),
  });

async function gb(
  bookings: Parameters<typeof analyseDistribution>[0],
  changes: Partial<DistributionOptions> = {},
) {
  const distribution = await analyseDistribution(bookings, { ...OPTIONS, ...changes });
  const [market] = distribution.markets;
  if (!market) throw new Error('no market');
  return { ...distribution, market, total: market.users.reduce((sum, users) => sum + users, 0) };
}

const model = (bookingCurve: 'market' | 'none') => ({ ...OPTIONS.demandModel, bookingCurve });

describe('bookings not yet made', () => {
  test('stand in the days to come at the local time of those in hand, most of them on Saturdays', async () => {
    const { market, hoursMs } = await gb([wedding('w', '2027-06-12T14:00')]);
    const peak = (date: string) =>
      market.users[hoursMs.indexOf(localToMs(`${date}T14:00`, 'Europe/London'))] ?? 0;
    const bookedPeak = market.bookedUsers[hoursMs.indexOf(localToMs('2027-06-12T14:00', 'Europe/London'))];
    expect(bookedPeak).toBe(100);
    expect(peak('2027-06-12')).toBeGreaterThan(100);
    expect(peak('2027-06-19')).toBeGreaterThan(4 * peak('2027-06-16'));
    expect(market.users[hoursMs.indexOf(localToMs('2027-06-19T11:00', 'Europe/London'))]).toBeLessThan(
      peak('2027-06-19') / 2,
    );
  });

  test('are as many as the curve says of the year’s share, shrunk by a tenth of the window', async () => {
    const bookings = Array.from({ length: 50 }, (_, index) => wedding(`w${index}`, '2027-06-12T14:00'));
    const { market } = await gb(bookings);
    const from = civilDayOf('2027-05-30');
    const { shareOf } = await dayShares(marketProfile('gb'), from, from + 32);
    const asOf = civilDayAt(OPTIONS.asOfMs ?? 0);
    const sums = Array.from({ length: 32 }, (_, index) => from + index).reduce(
      (sum, day) => {
        const made = shareBooked(curveOf('gb-england-wales'), day - asOf);
        return { made: sum.made + shareOf(day) * made, open: sum.open + shareOf(day) * (1 - made) };
      },
      { made: 0, open: 0 },
    );
    const expected = (50 * sums.open) / (sums.made + 0.1 * (sums.made + sums.open));
    expect(market.bookingsToCome / expected).toBeCloseTo(1, 1);
  });

  test.each<[what: string, changes: Partial<DistributionOptions>]>([
    ['the model switches the curve off', { demandModel: model('none') }],
    ['the whole window is past', { asOfMs: FROM_MS + 60 * DAY_MS }],
  ])('are none where %s', async (_, changes) => {
    const { market } = await gb([wedding('w', '2027-06-12T14:00')], changes);
    expect(market.bookingsToCome).toBe(0);
    expect(market.users).toEqual(market.bookedUsers);
    expect(market.sharedSpread).toBe(0);
  });

  test('become fewer, and less uncertain, as the days come near', async () => {
    const at = async (days: number) =>
      (await gb([wedding('w', '2027-06-12T14:00')], { asOfMs: FROM_MS - days * DAY_MS })).market;
    const [early, middle, late] = [await at(360), await at(120), await at(10)];
    expect(early.bookingsToCome).toBeGreaterThan(middle.bookingsToCome);
    expect(middle.bookingsToCome).toBeGreaterThan(late.bookingsToCome);
    expect(early.sharedSpread).toBeGreaterThan(middle.sharedSpread);
    expect(middle.sharedSpread).toBeGreaterThan(late.sharedSpread);
  });

  test('one early booking stands for ten at most', async () => {
    const { market } = await gb([wedding('w', '2027-06-12T14:00')], { asOfMs: FROM_MS - 3_000 * DAY_MS });
    expect(market.bookingsToCome).toBeLessThan(10);
    expect(market.bookingsToCome).toBeGreaterThan(8);
  });

  test('come from what the owner expects of a year where there is no booking', async () => {
    const markets = [{ id: 'gb', timeZone: 'Europe/London', weddingsPerYear: 1_000 }];
    const early = await gb([], { markets, asOfMs: FROM_MS - 4_000 * DAY_MS });
    // About 11 % of a year's weddings are in June, and at that lead none is booked yet.
    expect(early.market.bookingsToCome).toBeGreaterThan(90);
    expect(early.market.bookingsToCome).toBeLessThan(130);
    // Half a year ahead four fifths should be there: that none is says that it will be a poor year.
    const { market } = await gb([], { markets });
    expect(market.bookingsToCome).toBeGreaterThan(1);
    expect(market.bookingsToCome).toBeLessThan(10);
    expect(Math.max(...market.users)).toBeGreaterThan(0);
    expect(Math.max(...market.bookedUsers)).toBe(0);
    expect(market.zones).toEqual([{ timeZone: 'Europe/London', share: 1 }]);
  });

  test('without bookings and without an opinion there is nothing', async () => {
    expect(await gb([])).toMatchObject({ hoursMs: [], total: 0, market: { bookingsToCome: 0, users: [] } });
  });

  test('a market nobody knows is expected with a wide spread, and said', async () => {
    const bookings = [booking({ id: 'w', market: 'atlantis', startsAtMs: FROM_MS + 10 * DAY_MS })];
    const unknown = await analyseDistribution(bookings, { ...OPTIONS, markets: ['atlantis'] });
    expect(unknown.markets[0]?.bookingsToCome).toBeGreaterThan(0);
    expect(unknown.faults).toContainEqual({
      kind: 'market-without-figures',
      count: 1,
      examples: ['atlantis'],
    });
  });
});

describe('uncertainty', () => {
  test('of booked weddings is that of how many guests come online, less for a booking of many weddings', async () => {
    const variance = async (turnoutSpread: number, weddingsPerBooking: number) => {
      const demandModel = { ...model('none'), turnoutSpread, weddingsPerBooking };
      const { market } = await gb([wedding('w', '2027-06-12T14:00')], { demandModel });
      return Math.max(...market.usersVariance);
    };
    expect(await variance(0, 1)).toBe(0);
    expect(await variance(0.3, 1)).toBeCloseTo((0.3 * 100) ** 2, 6);
    expect(await variance(0.3, 4)).toBeCloseTo((0.3 * 400) ** 2 / 4, 6);
  });

  test('of an hour is never less than the curve may be wrong by', async () => {
    const { market } = await gb([wedding('w', '2027-06-12T14:00')]);
    const spread = curveOf('gb-england-wales').relativeSpread;
    market.users.forEach((users, hour) => {
      const total = (market.usersVariance[hour] ?? 0) + (market.sharedSpread * users) ** 2;
      const toCome = users - (market.bookedUsers[hour] ?? 0);
      expect(total).toBeGreaterThanOrEqual((spread * toCome) ** 2 - 1e-3);
    });
  });
});

describe('a season without bookings', () => {
  const fleet = (weddingsPerYear: number) => {
    const plain = fleetOf([target({ id: 't', markets: ['a', 'b'], baselineUnits: 2 })]);
    const markets = plain.markets.map((market) => ({ ...market, weddingsPerYear }));
    const demandModel = { ...plain.demandModel, bookingCurve: { medianLeadDays: 3 } };
    return { ...plain, markets, demandModel };
  };

  test('claims nothing while nobody expects a wedding', async () => {
    expect((await contentOf(fleet(0), { bookings: [] })).floors).toEqual([]);
  });

  test('claims something as soon as its owner expects weddings', async () => {
    const { floors, peak } = await contentOf(fleet(50_000), { bookings: [] });
    expect(floors.length).toBeGreaterThan(0);
    expect(peak.text).toContain('of bookings still expected');
  });
});
