import { localToMs } from '../../domain/calendar.ts';
import { contentHash } from '../../domain/canonical.ts';
import { analyseDistribution } from '../../domain/distribution.ts';

/** Prints the hash of a distribution over a change of clocks with every calendar in play; a process of its own, for its zone. */
const ZONES = {
  ae: 'Asia/Dubai',
  fr: 'Europe/Paris',
  gb: 'Europe/London',
  in: 'Asia/Kolkata',
  jp: 'Asia/Tokyo',
};
const bookings = Object.entries(ZONES).flatMap(([market, timeZone], index) =>
  ['2027-03-13T16:00', '2027-03-28T01:30', '2027-04-04T23:30'].map((startsAt) => ({
    ...{ id: `${market} ${startsAt}`, market, place: '', timeZone, startsAt, guests: 80 + index },
    ...{ startsAtMs: localToMs(startsAt, timeZone), tier: 'standard', liveStream: index % 2 === 0 },
  })),
);
const distribution = await analyseDistribution(bookings, {
  ...{ fromMs: Date.UTC(2027, 2, 1), untilMs: Date.UTC(2027, 3, 12), asOfMs: Date.UTC(2026, 11, 1) },
  markets: Object.keys(ZONES).map((id) => ({ id, weddingsPerYear: 1_000 })),
  demandModel: { weddingsPerBooking: 1, usersPerGuest: 1, viewersPerGuest: 1, tierFactor: {} },
});
console.log(contentHash(distribution));
