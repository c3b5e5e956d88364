import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { addWedding } from '../../../../bench/bookings-truth/true-load.ts';
import {
  asBooked,
  bookingsAt,
  makeTruth,
  observationsBefore,
  type Truth,
  trueLoads,
} from '../../../../bench/bookings-truth/truth.ts';
import { MARKETS, WORKLOADS } from '../../../../bench/bookings-truth/world.ts';

const HOUR_MS = 3_600_000;
const WEEK_MS = 168 * HOUR_MS;
const FROM_MS = Date.UTC(2024, 5, 3);
const WEEKS = 12;

/** Two markets, one of which opens in week 6; small, since every hour of it is looked at. */
const SMALL = MARKETS.filter(({ id }) => id === 'gb' || id === 'br').map((market) => ({
  ...market,
  weddingsPerYear: 1_500,
  opensInWeek: market.id === 'br' ? 6 : 0,
}));
const make = (seed: number) => makeTruth({ seed, fromMs: FROM_MS, weeks: WEEKS, markets: SMALL });
const truth = make(7);
const at = (week: number) => FROM_MS + week * WEEK_MS;
const sums = (world: Truth) =>
  world.loads.map(({ base, events }) => [...base, ...events].reduce((a, b) => a + b, 0));

test('the same seed is the same truth, and another seed another one', () => {
  expect(make(7)).toEqual(truth);
  expect(make(8).bookings).not.toEqual(truth.bookings);
  expect(sums(make(8))).not.toEqual(sums(truth));
});

test('the truth of every hour is the sum of its base and of its weddings, one by one', () => {
  const loads = trueLoads(truth, truth.fromMs, truth.untilMs);
  expect(loads).toHaveLength(SMALL.length * WORKLOADS.length);
  for (const { workload, market, values } of loads) {
    const parts = new Float64Array(values.length);
    const found = WORKLOADS.find(({ id }) => id === workload);
    for (const booking of truth.bookings.filter((one) => one.market === market)) {
      if (found) addWedding(parts, truth.fromMs, found, booking);
    }
    const base = truth.loads.find((one) => one.workload === workload && one.market === market)?.base ?? [];
    values.forEach((value, hour) => {
      expect(value).toBeCloseTo((base[hour] ?? Number.NaN) + (parts[hour] ?? Number.NaN), 9);
    });
  }
});

test('a cancelled wedding is in hand until it is cancelled, and loads nothing', () => {
  const cancelled = truth.bookings.filter(({ cancelledAtMs }) => cancelledAtMs !== null);
  const share = cancelled.length / truth.bookings.length;
  expect(share).toBeGreaterThan(0.04);
  expect(share).toBeLessThan(0.1);
  for (const booking of cancelled) {
    const ids = (ms: number) => bookingsAt(truth, ms).map(({ id }) => id);
    expect(booking.guestsWhoCame).toBe(0);
    expect(ids(booking.bookedAtMs)).toContain(booking.id);
    expect(ids(booking.cancelledAtMs ?? 0)).not.toContain(booking.id);
    const events = new Float64Array(WEEKS * 168);
    for (const workload of WORKLOADS) addWedding(events, truth.fromMs, workload, booking);
    expect(Math.max(...events)).toBe(0);
  }
});

test('a booking is in hand from when it was made, and some are made late or after the wedding', () => {
  const inHand = new Set(bookingsAt(truth, at(8)).map(({ id }) => id));
  for (const { id, bookedAtMs } of truth.bookings) if (bookedAtMs > at(8)) expect(inHand.has(id)).toBe(false);
  const late = truth.bookings.filter(({ bookedAtMs, startsAtMs }) => startsAtMs - bookedAtMs < 2 * WEEK_MS);
  const after = late.filter(({ bookedAtMs, startsAtMs }) => bookedAtMs > startsAtMs);
  expect(late.length / truth.bookings.length).toBeGreaterThan(0.04);
  expect(after.length).toBeGreaterThan(0);
});

test('what is booked says nothing of what will become of it', () => {
  const [booking] = truth.bookings;
  expect(booking && Object.keys(asBooked(booking)).toSorted()).toEqual(
    ['guests', 'id', 'liveStream', 'market', 'startsAt', 'startsAtMs', 'tier', 'timeZone'].toSorted(),
  );
  const held = truth.bookings.filter(({ cancelledAtMs }) => cancelledAtMs === null);
  const wrong = held.filter(({ guestsBooked, guestsWhoCame }) => guestsBooked !== guestsWhoCame);
  expect(wrong.length / held.length).toBeGreaterThan(0.8);
});

test('a market that opens has neither bookings nor load before', () => {
  expect(truth.bookings.filter(({ market, bookedAtMs }) => market === 'br' && bookedAtMs < at(6))).toEqual(
    [],
  );
  const before = trueLoads(truth, at(0), at(6)).filter(({ market }) => market === 'br');
  expect(Math.max(...before.flatMap(({ values }) => values.map(Number)))).toBe(0);
  const seen = observationsBefore(truth, at(6)).filter(({ market }) => market === 'br');
  expect(seen.every(({ values }) => values.every((value) => value === null))).toBe(true);
  expect(bookingsAt(truth, at(11)).filter(({ market }) => market === 'br').length).toBeGreaterThan(0);
});

test('what was read before an instant is nearly true, has gaps, and does not change as time goes on', () => {
  const early = observationsBefore(truth, at(8));
  const later = observationsBefore(truth, at(9));
  const real = trueLoads(truth, at(0), at(8));
  early.forEach(({ values }, index) => {
    expect(values).toHaveLength(8 * 168);
    expect(later[index]?.values.slice(0, values.length)).toEqual(values);
  });
  const [read, load] = [early[0]?.values ?? [], real[0]?.values ?? []];
  expect(read.filter((value) => value === null).length).toBeGreaterThan(0);
  const off = read.flatMap((value, hour) =>
    value === null ? [] : [Math.abs(value / (load[hour] ?? 0) - 1)],
  );
  expect(Math.max(...off)).toBeLessThan(0.15);
});

test('an instant outside of the truth is refused', () => {
  expect(() => trueLoads(truth, at(0), at(WEEKS + 1))).toThrow(/is no hour of the truth/);
  expect(() => observationsBefore(truth, at(1) + 1)).toThrow(/is no hour of the truth/);
});

test('the generator imports nothing but itself', () => {
  const folder = new URL('../../../../bench/bookings-truth/', import.meta.url);
  const imports = readdirSync(folder).flatMap((file) => [
    ...readFileSync(new URL(file, folder), 'utf8').matchAll(/from '([^']+)'/g),
  ]);
  expect(imports.length).toBeGreaterThan(0);
  expect(imports.map(([, from = '']) => from).filter((from) => !/^\.\/[\w-]+\.ts$/.test(from))).toEqual([]);
});
