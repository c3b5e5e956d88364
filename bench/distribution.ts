import type { ResolvedBooking } from '../domain/booking.ts';
import { zoneOffsetMs } from '../domain/distribution/zone-offsets.ts';
import { analyseDistribution } from '../domain/distribution.ts';
import { MARKET_EVIDENCE } from '../domain/markets/market-evidence.ts';
import type { Bench } from './registry.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FROM_MS = Date.UTC(2027, 3, 1);
const DAYS = 182;
const MARKETS = MARKET_EVIDENCE.map(({ id, timeZone }) => ({ id, timeZone, weddingsPerYear: 10_000 }));
const COUNTS = [10_000, 100_000, 1_000_000] as const;
const SAMPLE_EVERY = 10_000;

/**
 * Ten thousand, a hundred thousand and a million bookings: what is kept must not grow with them.
 * @throws Error when a booking was lost.
 */
export const benchDistribution: Bench = async (say) => {
  // Calendars are read once in a process, and are not what is measured here.
  await streamDistribution(1);
  const rows: StreamFigures[] = [];
  for (const count of COUNTS) {
    const row = await streamDistribution(count);
    say(`${count} bookings: ${row.seconds} s, ${row.cpuSeconds} s of CPU, ${row.heapGrowthMb} MiB`);
    if (row.counted + row.skipped !== count)
      throw new Error(`${count} bookings came, ${row.counted} counted`);
    rows.push(row);
  }
  return rows.map((row) => ({ ...row }));
};

/** One counted stream. */
export interface StreamFigures {
  readonly bookings: number;
  readonly counted: number;
  readonly skipped: number;
  readonly faults: number;
  readonly seconds: number;
  /** CPU time of the process, of the making of the stream too. */
  readonly cpuSeconds: number;
  /** Most of the heap in use at any ten thousandth booking, beyond what was before, MiB. */
  readonly heapGrowthMb: number;
}

/**
 * Phase 1 over a season of 26 weeks in 22 markets from so many bookings made as they are asked for; every thousandth is
 * faulty in one of five ways.
 */
export async function streamDistribution(bookings: number): Promise<StreamFigures> {
  const beforeBytes = process.memoryUsage().heapUsed;
  let mostBytes = beforeBytes;
  async function* stream(): AsyncGenerator<ResolvedBooking> {
    for (let index = 0; index < bookings; index += 1) {
      if (index % SAMPLE_EVERY === 0) mostBytes = Math.max(mostBytes, process.memoryUsage().heapUsed);
      yield bookingAt(index);
    }
  }
  const startedMs = performance.now();
  const cpuBefore = process.cpuUsage();
  const { markets, faults, skippedBookings } = await analyseDistribution(stream(), {
    ...{ fromMs: FROM_MS, untilMs: FROM_MS + DAYS * DAY_MS, markets: MARKETS, asOfMs: FROM_MS - 60 * DAY_MS },
    demandModel: {
      ...{ weddingsPerBooking: 1, usersPerGuest: 0.6, viewersPerGuest: 1.5 },
      tierFactor: { premium: 1.2, royal: 1.5 },
    },
  });
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    bookings,
    counted: markets.reduce((sum, market) => sum + market.bookings, 0),
    skipped: skippedBookings,
    faults: faults.filter(({ kind }) => FAULTY.includes(kind)).reduce((sum, { count }) => sum + count, 0),
    seconds: Math.round(performance.now() - startedMs) / 1_000,
    cpuSeconds: Math.round((user + system) / 1_000) / 1_000,
    heapGrowthMb: Math.round((mostBytes - beforeBytes) / 2 ** 20),
  };
}

/** The kinds of fault in the stream. */
const FAULTY: readonly string[] = [
  ...['begin-out-of-range', 'guests-unusable', 'market-unknown', 'zone-contradicts-market', 'guests-absurd'],
];

/** Changes that make a booking faulty, in turn. */
const FAULTS: readonly Partial<ResolvedBooking>[] = [
  { startsAtMs: 0, startsAt: '1970-01-01T00:00' },
  { guests: -3 },
  { market: 'atlantis' },
  { market: 'jp', timeZone: 'America/Lima' },
  { guests: 1e9 },
];

/** Begins lie 7,919 half hours apart around the season, so that every hour and market has its share. */
function bookingAt(index: number): ResolvedBooking {
  const { id: market, timeZone } = MARKETS[index % MARKETS.length] ?? { id: '', timeZone: 'UTC' };
  const startsAtMs = FROM_MS + ((index * 7_919) % (DAYS * 48)) * (HOUR_MS / 2);
  const booking: ResolvedBooking = {
    ...{ id: `w${index}`, market, place: 'somewhere', timeZone, startsAtMs },
    startsAt: new Date(startsAtMs + zoneOffsetMs(timeZone, startsAtMs)).toISOString().slice(0, 16),
    guests: 20 + ((index * 31) % 300),
    tier: index % 10 === 0 ? 'royal' : 'standard',
    liveStream: index % 3 === 0,
  };
  return index % 1_000 === 999
    ? { ...booking, ...FAULTS[Math.floor(index / 1_000) % FAULTS.length] }
    : booking;
}
