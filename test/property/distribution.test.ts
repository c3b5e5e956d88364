import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import type { ResolvedBooking } from '../../domain/booking.ts';
import { localTime } from '../../domain/calendar.ts';
import { contentHash } from '../../domain/canonical.ts';
import { EVENT_AFTER_MS, EVENT_BEFORE_MS } from '../../domain/distribution/wedding-shape.ts';
import { analyseDistribution, type DistributionOptions } from '../../domain/distribution.ts';
import type { Distribution, MarketDistribution } from '../../domain/plan.ts';

/** One seed for all of this file, so that a failure can be seen again. */
const SEED = Number(process.env.WEDSCALE_SEED ?? 20_261_125);
const RUNS = 40;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FROM_MS = Date.UTC(2027, 2, 20);
const UNTIL_MS = FROM_MS + 21 * DAY_MS;

const ZONES = ['Europe/London', 'Asia/Kolkata', 'Asia/Tokyo', 'America/New_York', 'Pacific/Auckland'];
const MARKETS = ['gb', 'in', 'jp', 'us', 'elsewhere'];

const someBooking: fc.Arbitrary<Omit<ResolvedBooking, 'id'>> = fc
  .record({
    market: fc.constantFrom(...MARKETS),
    timeZone: fc.constantFrom(...ZONES),
    startsAtMs: fc.integer({ min: -60, max: 22 * 48 }).map((half) => FROM_MS + half * (HOUR_MS / 2)),
    guests: fc.integer({ min: 1, max: 2_000 }),
    tier: fc.constantFrom('standard', 'premium', 'royal'),
    liveStream: fc.boolean(),
  })
  .map((one) => ({ ...one, place: '', startsAt: localTime(one.startsAtMs, one.timeZone) }));

const someBookings = fc
  .array(someBooking, { maxLength: 25 })
  .map((all) => all.map((one, index): ResolvedBooking => ({ ...one, id: `w${index}` })));

const someOptions: fc.Arbitrary<DistributionOptions> = fc
  .record({
    asOfMs: fc.integer({ min: -400, max: 10 }).map((days) => FROM_MS + days * DAY_MS),
    weddingsPerYear: fc.constantFrom(0, 500, 20_000),
    bookingCurve: fc.constantFrom('market' as const, 'none' as const, { medianLeadDays: 90, shape: 1.3 }),
    weddingsPerBooking: fc.constantFrom(1, 22.4),
  })
  .map(({ asOfMs, weddingsPerYear, bookingCurve, weddingsPerBooking }) => ({
    ...{ fromMs: FROM_MS, untilMs: UNTIL_MS, asOfMs },
    markets: MARKETS.map((id) => ({ id, weddingsPerYear })),
    demandModel: {
      ...{ weddingsPerBooking, usersPerGuest: 0.6, viewersPerGuest: 1.5 },
      ...{ tierFactor: { premium: 1.2, royal: 1.5 }, bookingCurve },
    },
  }));

function check<T>(arbitrary: fc.Arbitrary<T>, holds: (value: T) => Promise<void>): Promise<void> {
  return fc.assert(fc.asyncProperty(arbitrary, holds), { seed: SEED, numRuns: RUNS });
}

beforeAll(() => {
  process.stderr.write(`seed ${SEED}\n`);
});

test('bookings in any order give the same to the last digit', () =>
  check(
    fc.tuple(someBookings, someOptions, fc.infiniteStream(fc.nat())),
    async ([bookings, options, random]) => {
      const keys = bookings.map(() => random.next().value ?? 0);
      const shuffled = bookings
        .map((booking, index) => ({ booking, key: keys[index] ?? 0 }))
        .toSorted((a, b) => a.key - b.key)
        .map(({ booking }) => booking);
      const other = { ...options, markets: options.markets.toReversed() };
      expect(await analyseDistribution(shuffled, other)).toEqual(
        await analyseDistribution(bookings, options),
      );
    },
  ));

const PER_HOUR = ['users', 'bookedUsers', 'liveStreamUsers', 'bookingsByHour'] as const;

test('one more booking never lowers users, viewers or what they may be at most, of any market in any hour', () =>
  check(fc.tuple(someBookings, someBooking, someOptions), async ([bookings, one, options]) => {
    const before = await analyseDistribution(bookings, options);
    const after = await analyseDistribution([...bookings, { ...one, id: 'more' }], options);
    for (const [market, hour] of hoursOf(before)) {
      for (const field of PER_HOUR) {
        const [less, more] = [at(before, market, hour, field), at(after, market, hour, field)];
        if (more < less)
          throw new Error(`${market} ${field} at ${new Date(hour).toISOString()}: ${less} to ${more}`);
      }
      // Rounding to a millionth may show in a sum of squares.
      const [less, more] = [standardDeviation(before, market, hour), standardDeviation(after, market, hour)];
      if (more < less - 1e-3)
        throw new Error(`${market} at ${new Date(hour).toISOString()}: ${less} to ${more}`);
    }
  }));

test('phases sum to users, and users are at least those of bookings in hand', () =>
  check(fc.tuple(someBookings, someOptions), async ([bookings, options]) => {
    for (const market of (await analyseDistribution(bookings, options)).markets) {
      const wrong = market.users.filter((users, hour) => {
        const phases = Object.values(market.usersByPhase).reduce((sum, phase) => sum + (phase[hour] ?? 0), 0);
        const sums = Math.abs(phases - users) < 1e-5;
        return !sums || users < (market.bookedUsers[hour] ?? 0) || (market.usersVariance[hour] ?? -1) < 0;
      });
      expect(wrong).toEqual([]);
      expect(market.zones.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 5);
    }
  }));

test('without a curve users are those of bookings in hand, each with the sum of its shape', () =>
  check(someBookings, async (bookings) => {
    const inside = bookings.filter(
      ({ startsAtMs }) => startsAtMs - EVENT_BEFORE_MS >= FROM_MS && startsAtMs + EVENT_AFTER_MS <= UNTIL_MS,
    );
    const { markets } = await analyseDistribution(inside, {
      ...{ fromMs: FROM_MS, untilMs: UNTIL_MS, markets: MARKETS },
      demandModel: {
        ...{
          weddingsPerBooking: 1,
          usersPerGuest: 1,
          viewersPerGuest: 0,
          tierFactor: {},
          bookingCurve: 'none',
        },
      },
    });
    const guests = inside.reduce((sum, booking) => sum + booking.guests, 0);
    const users = markets.flatMap((market) => market.users).reduce((sum, count) => sum + count, 0);
    expect(users).toBeCloseTo(guests * 10.55, 3);
  }));

test('the zone of the process changes nothing', () => {
  const script = fileURLToPath(new URL('../support/distribution-hash.ts', import.meta.url));
  const hashes = ['UTC', 'Pacific/Auckland', 'America/St_Johns', 'Asia/Kolkata'].map((TZ) =>
    execFileSync(process.execPath, [script], { env: { ...process.env, TZ }, encoding: 'utf8' }).trim(),
  );
  expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(new Set(hashes).size).toBe(1);
});

test('a hundred thousand bookings are counted as they stream by', async () => {
  const count = 100_000;
  async function* stream(): AsyncGenerator<ResolvedBooking> {
    for (let index = 0; index < count; index += 1) yield streamed(index);
  }
  const demandModel = { weddingsPerBooking: 1, usersPerGuest: 1, viewersPerGuest: 1, tierFactor: {} };
  const options = { fromMs: FROM_MS, untilMs: UNTIL_MS, markets: MARKETS, demandModel, asOfMs: FROM_MS };
  const { markets, skippedBookings } = await analyseDistribution(stream(), options);
  expect(markets.reduce((sum, market) => sum + market.bookings, 0)).toBe(count);
  expect(skippedBookings).toBe(0);
  const reversed = Array.from({ length: count }, (_, index) => streamed(count - 1 - index));
  const other = await analyseDistribution(reversed, options);
  expect(contentHash(other.markets)).toBe(contentHash(markets));
});

function streamed(index: number): ResolvedBooking {
  const startsAtMs = FROM_MS + ((index * 7_919) % (20 * 48)) * (HOUR_MS / 2);
  const guests = 20 + ((index * 31) % 300);
  const market = MARKETS[index % MARKETS.length] ?? '';
  const startsAt = new Date(startsAtMs).toISOString().slice(0, 16);
  const rest = { tier: 'standard', liveStream: index % 3 === 0, place: '', timeZone: 'UTC' };
  return { id: `w${index}`, market, startsAt, startsAtMs, guests, ...rest };
}

function hoursOf({ markets, hoursMs }: Distribution): readonly (readonly [market: string, hourMs: number])[] {
  return markets.flatMap(({ market }) => hoursMs.map((hour) => [market, hour] as const));
}

type PerHour = (typeof PER_HOUR)[number] | 'usersVariance';

function at(distribution: Distribution, market: string, hourMs: number, field: PerHour): number {
  return marketOf(distribution, market)[field][distribution.hoursMs.indexOf(hourMs)] ?? 0;
}

function standardDeviation(distribution: Distribution, market: string, hourMs: number): number {
  const shared = marketOf(distribution, market).sharedSpread * at(distribution, market, hourMs, 'users');
  return Math.sqrt(at(distribution, market, hourMs, 'usersVariance') + shared ** 2);
}

function marketOf({ markets }: Distribution, id: string): MarketDistribution {
  const found = markets.find(({ market }) => market === id);
  if (!found) throw new Error(`market ${id} is not there`);
  return found;
}
