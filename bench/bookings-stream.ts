import { analyseDistribution } from '../domain/distribution.ts';
import { ASSUMED, resolved } from './bookings-planner.ts';
import { type TrueBooking, trueBookings } from './bookings-truth/true-bookings.ts';
import { asBooked } from './bookings-truth/truth.ts';
import { MARKETS, TURNOUT_DEVIATION } from './bookings-truth/world.ts';
import { processFigures } from './process-figures.ts';

/** `node bench/bookings-stream.ts COUNT`: one line of JSON with what phase 1 took for so many bookings of half a year. */
const FROM_MS = Date.UTC(2025, 5, 2);
const UNTIL_MS = FROM_MS + 26 * 168 * 3_600_000;
/** Weddings of these markets in the half year, about, at scale 1. */
const USUAL = 13_000;

const count = Number(process.argv[2]);
const begun = performance.now();
const distribution = await analyseDistribution(resolved(stream()), {
  fromMs: FROM_MS,
  untilMs: UNTIL_MS,
  markets: MARKETS.map(({ id }) => id),
  demandModel: ASSUMED.demandModel,
});
const counted = distribution.markets.reduce((sum, { bookings }) => sum + bookings, 0);
const { peakRssMb } = await processFigures(process.pid);
const seconds = Math.round((performance.now() - begun) / 10) / 100;
process.stdout.write(
  `${JSON.stringify({ bookings: counted + distribution.skippedBookings, peakRssMb, seconds })}\n`,
);

/** Exactly `count` bookings, made while they are asked for and kept by nobody. */
function* stream() {
  let left = count;
  while (left > 0) {
    for (const market of MARKETS) {
      for (const booking of bookingsOf(market)) {
        if (left === 0) return;
        left -= 1;
        yield asBooked({ ...booking, id: `${booking.id}-${left}` });
      }
    }
  }
}

function bookingsOf(market: (typeof MARKETS)[number]): Generator<TrueBooking> {
  const window = { fromMs: FROM_MS, untilMs: UNTIL_MS };
  return trueBookings({ ...market, opensInWeek: 0 }, window, {
    seed: 1,
    turnoutDeviation: TURNOUT_DEVIATION,
    scale: count / USUAL,
  });
}
