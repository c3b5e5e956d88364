import type { ResolvedBooking } from '../../../../domain/booking.ts';
import { localToMs } from '../../../../domain/calendar.ts';
import type { FaultKind } from '../../../../domain/distribution/booking-faults.ts';
import { analyseDistribution } from '../../../../domain/distribution.ts';
import { booking } from '../../../support/planning.ts';

const FROM_MS = Date.UTC(2027, 2, 20);
const UNTIL_MS = Date.UTC(2027, 3, 3);
const GB = { market: 'gb', place: 'Bath', timeZone: 'Europe/London' };

function wedding(changes: Partial<ResolvedBooking> = {}, id = 'w'): ResolvedBooking {
  const startsAt = changes.startsAt ?? '2027-03-27T14:00';
  const startsAtMs = changes.startsAtMs ?? localToMs(startsAt, changes.timeZone ?? GB.timeZone);
  return { ...booking({ id, startsAtMs: FROM_MS }), ...GB, startsAt, ...changes, startsAtMs };
}

function distributionOf(bookings: readonly ResolvedBooking[]) {
  return analyseDistribution(bookings, {
    ...{ fromMs: FROM_MS, untilMs: UNTIL_MS, markets: [{ id: 'gb', timeZone: 'Europe/London' }] },
    demandModel: {
      ...{
        weddingsPerBooking: 1,
        usersPerGuest: 1,
        viewersPerGuest: 1,
        tierFactor: {},
        bookingCurve: 'none',
      },
    },
  });
}

test('a sound booking has no fault', async () => {
  expect((await distributionOf([wedding()])).faults).toEqual([]);
});

test.each<
  [what: string, kind: FaultKind, example: string, counted: boolean, changes: Partial<ResolvedBooking>]
>([
  ['of a market the fleet has not', 'market-unknown', 'w (mars)', false, { market: 'mars' }],
  [
    'in 1970',
    'begin-out-of-range',
    'w (1970-01-01T00:00)',
    false,
    { startsAt: '1970-01-01T00:00', startsAtMs: 0 },
  ],
  [
    ...(['in 9999', 'begin-out-of-range', 'w (9999-12-31T00:00)', false] as const),
    { startsAt: '9999-12-31T00:00', startsAtMs: Date.UTC(9999, 11, 31) },
  ],
  ['without a begin', 'begin-out-of-range', 'w (soon)', false, { startsAt: 'soon', startsAtMs: Number.NaN }],
  ['without guests', 'guests-unusable', 'w', false, { guests: 0 }],
  ['with fewer guests than none', 'guests-unusable', 'w', false, { guests: -5 }],
  ['with guests that are no number', 'guests-unusable', 'w', false, { guests: Number.NaN }],
  ['with a million guests', 'guests-absurd', 'w', true, { guests: 1_000_000 }],
  ['without a place', 'place-missing', 'w', true, { place: '' }],
  [
    'in a zone far from its market',
    'zone-contradicts-market',
    'w (gb Asia/Kolkata)',
    true,
    { timeZone: 'Asia/Kolkata' },
  ],
  [
    ...(['in a zone that is none', 'zone-unknown', 'w', true] as const),
    { timeZone: 'Europe/Bath', startsAtMs: Date.UTC(2027, 2, 27, 14) },
  ],
  ['at a time the clock skips', 'time-skipped-by-clock-change', 'w', true, { startsAt: '2027-03-28T01:30' }],
  [
    ...(['whose local time is of another hour', 'time-contradicts-instant', 'w', true] as const),
    { startsAtMs: Date.UTC(2027, 2, 27, 20) },
  ],
])('a booking %s is counted as %s', async (_, kind, example, counted, changes) => {
  const { faults, markets, skippedBookings } = await distributionOf([wedding(changes)]);
  expect(faults).toEqual([{ kind, count: 1, examples: [example] }]);
  expect([markets[0]?.bookings, skippedBookings]).toEqual(counted ? [1, 0] : [0, 1]);
});

test('more than 100,000 guests count as so many', async () => {
  const { markets } = await distributionOf([wedding({ guests: 1_000_000 })]);
  expect([markets[0]?.guests, Math.max(...(markets[0]?.users ?? []))]).toEqual([100_000, 100_000]);
});

test('of a place abroad its own zone counts, and its guests are there', async () => {
  const { hoursMs, markets } = await distributionOf([wedding({ timeZone: 'Asia/Kolkata' })]);
  expect(hoursMs[2]).toBe(Date.UTC(2027, 2, 27, 8));
  expect(markets[0]?.zones).toEqual([{ timeZone: 'Asia/Kolkata', share: 1 }]);
  expect(markets[0]?.weddingsByDay).toEqual({ '2027-03-27': 1 });
});

test.each(['Europe/Belfast', 'Europe/Jersey', 'Europe/Dublin'])(
  '%s keeps the clocks of gb',
  async (timeZone) => {
    expect((await distributionOf([wedding({ timeZone })])).faults).toEqual([]);
  },
);

test('a fault of many is counted, with the first five by name, whatever the order', async () => {
  const bookings = Array.from({ length: 30 }, (_, index) => wedding({ guests: 0 }, `w${10 + index}`));
  const expected = [{ kind: 'guests-unusable', count: 30, examples: ['w10', 'w11', 'w12', 'w13', 'w14'] }];
  expect((await distributionOf(bookings)).faults).toEqual(expected);
  expect((await distributionOf(bookings.toReversed())).faults).toEqual(expected);
});
