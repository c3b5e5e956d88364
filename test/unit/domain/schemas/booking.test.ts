import { parseBooking } from '../../../../domain/schemas/booking.ts';
import { fleetOf, target } from '../../../support/planning.ts';

const fleet = fleetOf([target({ id: 't' })], {
  markets: [{ id: 'gb', name: 'United Kingdom', timeZone: 'Europe/London', allowedRegions: ['r1'] }],
});
const nowServiceMs = Date.UTC(2026, 10, 24, 10);
const ROW = {
  id: 'w1',
  market: 'gb',
  place: 'Bath',
  timeZone: 'Europe/London',
  startsAt: '2027-07-03T14:00',
  guests: '120',
  tier: 'premium',
  liveStream: 'true',
};

function parse(changes: object) {
  return parseBooking({ ...ROW, ...changes }, { fleet, nowServiceMs });
}

test('a row of CSV becomes a booking with its begin as an instant', () => {
  expect(parse({})).toEqual({
    ok: true,
    booking: { ...ROW, guests: 120, liveStream: true, startsAtMs: Date.UTC(2027, 6, 3, 13) },
  });
});

test('JSON values are as good as text, and what may be left out has its default', () => {
  const { id, market, startsAt } = ROW;
  expect(parseBooking({ id, market, startsAt, guests: 80 }, { fleet, nowServiceMs })).toEqual({
    ok: true,
    booking: {
      id,
      market,
      startsAt,
      place: '',
      timeZone: 'Europe/London',
      startsAtMs: Date.UTC(2027, 6, 3, 13),
      guests: 80,
      tier: 'standard',
      liveStream: false,
    },
  });
});

test.each([
  ['D+13 15:30', '2026-12-07T15:30'],
  ['W+1 Sat 14:00', '2026-12-05T14:00'],
])('%s is resolved from the day of the import', (startsAt, local) => {
  expect(parse({ startsAt })).toMatchObject({ ok: true, booking: { startsAt: local } });
});

test('a begin that a clock change skips is moved behind it, for the wedding takes place', () => {
  expect(parse({ startsAt: '2027-03-28T01:30' })).toMatchObject({
    ok: true,
    booking: { startsAtMs: Date.UTC(2027, 2, 28, 1, 30) },
  });
});

test.each<[what: string, changes: object, path: string, words: RegExp]>([
  ['no id', { id: '' }, 'id', /./],
  ['an id of 201 characters', { id: 'x'.repeat(201) }, 'id', /200/],
  ['a market the fleet has not', { market: 'fr' }, 'market', /fr is no market of the fleet; it has gb/],
  ['a zone that does not exist', { timeZone: 'Europe/Bath' }, 'timeZone', /Europe\/Bath/],
  ['the year 1970', { startsAt: '1970-01-01T00:00' }, 'startsAt', /2000 and 2100/],
  ['the year 9999', { startsAt: '9999-12-31T00:00' }, 'startsAt', /2000 and 2100/],
  ['a day that does not exist', { startsAt: '2027-02-29T12:00' }, 'startsAt', /real day/],
  ['a time with a zone', { startsAt: '2027-07-03T14:00Z' }, 'startsAt', /YYYY/],
  ['no guests', { guests: '0' }, 'guests', /./],
  ['too many guests', { guests: 100_001 }, 'guests', /100000/],
  ['half a guest', { guests: '12.5' }, 'guests', /whole number/],
  ['guests in hexadecimal', { guests: '0x10' }, 'guests', /whole number/],
  ['no number of guests', { guests: '' }, 'guests', /whole number/],
  ['true guests', { guests: true }, 'guests', /whole number/],
  ['NaN guests', { guests: Number.NaN }, 'guests', /whole number/],
  ['a live stream that is maybe', { liveStream: 'maybe' }, 'liveStream', /./],
  ['a column nobody knows', { menu: 'fish' }, 'menu', /not a field/],
])('%s is refused', (_, changes, path, words) => {
  const parsed = parse(changes);
  expect(parsed).toEqual({ ok: false, faults: [{ path, message: expect.stringMatching(words) }] });
});

test('all faults of a booking are named at once', () => {
  const parsed = parse({ id: '', guests: 'many', startsAt: '1970-01-01T00:00', menu: 'fish' });
  expect(parsed.ok ? [] : parsed.faults.map(({ path }) => path).toSorted()).toEqual([
    'guests',
    'id',
    'menu',
    'startsAt',
  ]);
});

test.each([[null], [[]], ['w1'], [7], [{}]])('%j is no booking', (value) => {
  expect(parseBooking(value, { fleet, nowServiceMs })).toMatchObject({ ok: false });
});
