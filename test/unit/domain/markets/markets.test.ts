import { shareBooked } from '../../../../domain/markets/booking-curve.ts';
import { civilDayOf, isoDate, partsOf } from '../../../../domain/markets/civil-day.ts';
import { dayShares } from '../../../../domain/markets/day-shares.ts';
import { holidayEvents } from '../../../../domain/markets/holiday-events.ts';
import { MARKET_EVIDENCE } from '../../../../domain/markets/market-evidence.ts';
import { marketProfile } from '../../../../domain/markets/market-profile.ts';
import { publicHolidays } from '../../../../domain/markets/public-holidays.ts';
import { rokuyoOf, traditionalDate } from '../../../../domain/markets/traditional-calendars.ts';

describe('the table of markets', () => {
  test('has 22 markets with sources, months and weekdays, and shares between 0 and 1', () => {
    expect(MARKET_EVIDENCE).toHaveLength(22);
    for (const { id, sources, months, weekdays } of MARKET_EVIDENCE) {
      expect({ id, sources: sources.length > 0 }).toEqual({ id, sources: true });
      expect([months.shares.length, weekdays.shares.length]).toEqual([12, 7]);
      for (const share of [...months.shares, ...weekdays.shares]) {
        expect(share === null || (share > 0 && share < 1)).toBe(true);
      }
    }
  });

  test.each(MARKET_EVIDENCE.map(({ id }) => [id]))('%s: shares sum to 1 and keep what is evidenced', (id) => {
    const { monthShares, weekdayShares } = marketProfile(id);
    const evidence = MARKET_EVIDENCE.find((market) => market.id === id);
    for (const [shares, given] of [
      [monthShares, evidence?.months.shares ?? []],
      [weekdayShares, evidence?.weekdays.shares ?? []],
    ] as const) {
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      // Published shares are rounded to a thousandth.
      given.forEach((share, index) => {
        if (share !== null) expect(Math.abs((shares[index] ?? 0) - share)).toBeLessThan(0.002);
      });
    }
  });
});

test.each([
  ['gb', 'gb-england-wales'],
  ['UK', 'gb-england-wales'],
  ['gb-scotland', 'gb-scotland'],
  ['de-bavaria', 'de'],
  ['in', 'in'],
  ['ca-toronto', 'ca-toronto'],
  ['atlantis', null],
])('the fleet’s market %s is %s of the table', (fleetId, id) => {
  expect(marketProfile(fleetId).evidenceId).toBe(id);
});

describe('days of a year', () => {
  const sharesOf = async (market: string, from: string, until: string) =>
    dayShares(marketProfile(market), civilDayOf(from), civilDayOf(until));

  test.each(MARKET_EVIDENCE.map(({ id }) => [id]))(
    '%s: shares of a year sum to 1 and none is negative',
    async (id) => {
      const from = civilDayOf('2027-01-01');
      const { shareOf } = await sharesOf(id, '2027-01-01', '2028-01-01');
      const shares = Array.from({ length: 365 }, (_, day) => shareOf(from + day));
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
    },
  );

  test.each<[what: string, market: string, more: string, less: string, atLeast: number]>([
    ['a Saturday of June to one of January', 'fr', '2027-06-12', '2027-01-16', 3],
    ['a Saturday to a Tuesday', 'fr', '2027-06-12', '2027-06-15', 10],
    ['a Friday to a Saturday in Ireland', 'ie', '2027-06-11', '2027-06-12', 1.01],
    ['the day before Christmas Eve to Christmas', 'gb', '2027-12-23', '2027-12-25', 50],
    ['a lucky day to an unlucky one of the same list', 'in', '2026-12-04', '2026-12-08', 3],
    ['a holiday to the Tuesday after it', 'jp', '2027-11-03', '2027-11-09', 1.5],
    ['a day after Ramadan to one within', 'ae', '2027-03-20', '2027-02-20', 1.5],
    ['a Sunday of tomobiki to one of shakko', 'jp', '2027-06-20', '2027-06-06', 1.5],
    ['Valentine’s Day to the day after', 'nz', '2028-02-14', '2028-02-15', 2],
    ['Qixi to the Saturday after', 'cn', '2027-08-08', '2027-08-14', 1.2],
  ])('prefer %s (%s)', async (_, market, more, less, atLeast) => {
    const years = [`${more.slice(0, 4)}-01-01`, `${Number(more.slice(0, 4)) + 1}-01-01`] as const;
    const { shareOf } = await sharesOf(market, ...years);
    expect(shareOf(civilDayOf(more)) / shareOf(civilDayOf(less))).toBeGreaterThan(atLeast);
  });

  test('lists that contradict each other count alike', async () => {
    // Of two lists for December 2024, one names the 4th, both the 5th, none the 7th.
    const { shareOf } = await sharesOf('in', '2024-12-01', '2024-12-31');
    const [none, one, both] = ['2024-12-07', '2024-12-04', '2024-12-05'].map((date) =>
      shareOf(civilDayOf(date)),
    );
    expect(one).toBeGreaterThan(2 * (none ?? 0));
    expect(both).toBeGreaterThan(1.5 * (one ?? 0));
  });

  test('for which a market has lists and none speaks are counted', async () => {
    expect((await sharesOf('in', '2026-12-30', '2027-01-03')).unlistedDays).toBe(2);
    expect((await sharesOf('fr', '2026-12-30', '2027-01-03')).unlistedDays).toBe(0);
  });
});

test.each<[leadDays: number, share: number]>([
  [-3, 1],
  [0, 1],
  [100, 0.5],
  [200, 0.2],
])('with %i days left the share booked of a curve with median 100 and shape 2 is %d', (leadDays, share) => {
  expect(shareBooked({ medianLeadDays: 100, shape: 2, relativeSpread: 0 }, leadDays)).toBeCloseTo(share, 9);
});

// National holidays and lunar dates of public calendars.
test.each<[calendar: 'chinese' | 'islamic-umalqura', date: string, month: number, day: number]>([
  ['chinese', '2026-02-17', 1, 1],
  ['chinese', '2025-08-29', 7, 7],
  ['islamic-umalqura', '2025-03-01', 9, 1],
])('in the %s calendar %s is month %i day %i', (calendar, date, month, day) => {
  expect(traditionalDate(calendar, civilDayOf(date))).toMatchObject({ month, day, leapMonth: false });
});

test('rokuyo: the first day of the lunar year is sensho, and the next tomobiki', () => {
  expect(rokuyoOf(civilDayOf('2026-02-17'))).toBe('sensho');
  expect(rokuyoOf(civilDayOf('2026-02-18'))).toBe('tomobiki');
});

test('public holidays are those of the country, days that last longer with all of their days', async () => {
  const days = [...(await publicHolidays('JP', 2027))].map(isoDate);
  expect(days).toContain('2027-11-03');
  expect([...(await publicHolidays('GB', 2027))].map(isoDate)).toContain('2027-12-27');
  expect((await publicHolidays('XX', 2027)).size).toBe(0);
});

test('2000-01-01 was a Saturday, and weeks begin on Monday', () => {
  expect(partsOf(civilDayOf('2000-01-01'))).toEqual({ year: 2000, month: 1, dayOfMonth: 1, weekday: 5 });
});

describe('holidays as events', () => {
  const year = (id: string, timeZone: string) =>
    holidayEvents({ id, timeZone }, Date.UTC(2027, 0, 1), Date.UTC(2028, 0, 1));

  test('are whole days of the zone, in order', async () => {
    const events = await year('us', 'America/New_York');
    expect(events).toContainEqual({
      startMs: Date.UTC(2027, 6, 4, 4),
      endMs: Date.UTC(2027, 6, 5, 4),
      kind: 'publicHoliday',
      intensity: null,
    });
    expect(events).toEqual(events.toSorted((a, b) => a.startMs - b.startMs));
  });

  test('are none of a market nobody knows', async () => {
    expect(await year('atlantis', 'UTC')).toEqual([]);
  });
});
