import type { RecordSet } from '../../../domain/fleet.ts';
import { booking, bookingsOf, contentOf, fleetOf, NOW_MS, needsOf, target } from '../../support/planning.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('need follows bookings', () => {
  const fleet = fleetOf(
    [
      target({ id: 'a-api' }),
      target({ id: 'b-api', markets: ['b'] }),
      target({ id: 'a-gallery', workload: 'gallery' }),
      target({ id: 'b-gallery', workload: 'gallery', markets: ['b'] }),
      target({ id: 'a-stream', workload: 'stream' }),
    ],
    {
      workloads: [
        { id: 'api', unit: 'requests', demandPerUser: 1 },
        { id: 'gallery', unit: 'requests', demandPerUser: 2 },
        { id: 'stream', unit: 'streams', demandPerUser: 1, liveStreamOnly: true },
      ],
    },
  );

  test("doubling one market's bookings doubles the need of what serves it and moves nothing else", async () => {
    const before = await needsOf(fleet, { bookings: bookingsOf({ a: 700, b: 300 }) });
    const twice = [...bookingsOf({ a: 700, b: 300 }), booking({ id: 'a2', guests: 700 })];
    const after = await needsOf(fleet, { bookings: twice });
    expect(before).toEqual({ 'a-api': 7, 'b-api': 3, 'a-gallery': 14, 'b-gallery': 6 });
    expect(after).toEqual({ ...before, 'a-api': 14, 'a-gallery': 28 });
  });

  test('halving the capacity of a unit doubles the need', async () => {
    const needs = (capacityPerUnit: number) => needsOf(fleetOf([target({ id: 't', capacityPerUnit })]));
    expect((await needs(35)).t).toBeCloseTo(2 * ((await needs(70)).t ?? 0), 9);
  });

  test('a target that serves two markets carries the sum of the hour, not of the peaks', async () => {
    const shared = fleetOf([target({ id: 't', markets: ['a', 'b'] })]);
    const apart = [
      booking({ id: '1', guests: 500 }),
      booking({ id: '2', market: 'b', guests: 400, startsAtMs: NOW_MS + 4 * DAY_MS }),
    ];
    expect(await needsOf(shared, { bookings: bookingsOf({ a: 500, b: 400 }) })).toEqual({ t: 9 });
    expect(await needsOf(shared, { bookings: apart })).toEqual({ t: 5 });
  });

  test('bookings of a market not asked for count on a target that serves one asked for', async () => {
    const shared = fleetOf([target({ id: 't', markets: ['a', 'b'] })]);
    const bookings = bookingsOf({ a: 500, b: 400 });
    expect(await needsOf(shared, { bookings, markets: ['a'] })).toEqual({ t: 9 });
  });

  test.each([
    [800, 8, 8],
    [801, 8.01, 9],
    [1, 0.01, 1],
  ])('a need of %p guests is %p units and its floor %p', async (guests, needUnits, floorUnits) => {
    const { floors } = await contentOf(fleetOf([target({ id: 't' })]), {
      bookings: bookingsOf({ a: guests }),
    });
    expect(floors).toEqual([expect.objectContaining({ targetId: 't', needUnits, floorUnits })]);
  });

  test('each step has its own floor', async () => {
    const bookings = [
      booking({ id: '1', guests: 500 }),
      booking({ id: '2', guests: 900, startsAtMs: NOW_MS + 10 * DAY_MS }),
    ];
    const fromMs = NOW_MS + 12 * HOUR_MS;
    const { floors } = await contentOf(fleetOf([target({ id: 't' })]), {
      bookings,
      untilMs: fromMs + 14 * DAY_MS,
    });
    expect(floors.map(({ step, floorUnits }) => [step, floorUnits])).toEqual([
      [0, 5],
      [1, 9],
    ]);
  });
});

describe('who carries it', () => {
  test('the cheaper of two equal cells is filled first, whatever it is called', async () => {
    const two = (first: number, second: number) =>
      needsOf(
        fleetOf([
          target({ id: 'x', hourlyUsdPerUnit: first, maximumUnits: 6 }),
          target({ id: 'y', region: 'r2', hourlyUsdPerUnit: second, maximumUnits: 6 }),
        ]),
      );
    expect(await two(0.1, 0.2)).toEqual({ x: 6, y: expect.closeTo(4, 9) });
    expect(await two(0.2, 0.1)).toEqual({ x: expect.closeTo(4, 9), y: 6 });
  });

  test('price is counted per demand carried, not per unit', async () => {
    const fleet = fleetOf([
      target({ id: 'large', hourlyUsdPerUnit: 0.3, capacityPerUnit: 400 }),
      target({ id: 'small', hourlyUsdPerUnit: 0.1 }),
    ]);
    expect(await needsOf(fleet, { bookings: bookingsOf({ a: 800 }) })).toEqual({ large: 2 });
  });

  test('at the same price the id decides', async () => {
    const fleet = fleetOf([target({ id: 'y' }), target({ id: 'x', region: 'r2' })]);
    expect(await needsOf(fleet)).toEqual({ x: 10 });
  });

  test('no provider gets more of a market than it may', async () => {
    const fleet = fleetOf([
      target({ id: 'aws-1', hourlyUsdPerUnit: 0.1 }),
      target({ id: 'aws-2', region: 'r2', hourlyUsdPerUnit: 0.11 }),
      target({ id: 'gcp', service: 'gcp.mig', hourlyUsdPerUnit: 0.9 }),
    ]);
    const settings = { performanceRequirements: { maximumProviderSharePercent: 60 } };
    expect(await needsOf(fleet, { settings })).toEqual({ 'aws-1': 6, gcp: expect.closeTo(4, 9) });
  });

  test('a target that is not selected counts with its live floor, first and though it is dear', async () => {
    const fleet = fleetOf([
      target({ id: 'mine' }),
      target({ id: 'other', region: 'r2', hourlyUsdPerUnit: 9 }),
    ]);
    const planning = { settings: { targets: ['mine'] }, live: { other: 3 } };
    expect(await needsOf(fleet, planning)).toEqual({ mine: expect.closeTo(7, 9) });
  });

  test("a region the market's residency does not name carries nothing", async () => {
    const fleet = fleetOf([
      target({ id: 'far', region: 'r9', hourlyUsdPerUnit: 0.01 }),
      target({ id: 'near' }),
    ]);
    expect(await needsOf(fleet)).toEqual({ near: 10 });
  });

  test('a market that few can carry is not crowded out by one that many can', async () => {
    const fleet = fleetOf([
      target({ id: 'shared', markets: ['a', 'b'], maximumUnits: 10 }),
      target({ id: 'a-only', hourlyUsdPerUnit: 1 }),
    ]);
    expect(await needsOf(fleet, { bookings: bookingsOf({ a: 900, b: 800 }) })).toEqual({
      shared: expect.closeTo(10, 9),
      'a-only': expect.closeTo(7, 9),
    });
  });
});

describe('the plan around the floors', () => {
  const record: RecordSet = {
    id: 'aws.route53/api.example',
    service: 'aws.route53',
    zoneId: 'Z1',
    name: 'api.example',
    type: 'A',
    ttlSeconds: 60,
    workload: 'api',
    entries: [
      { setIdentifier: 'one', provider: 'aws', region: 'r1', value: '198.51.100.1' },
      { setIdentifier: 'two', provider: 'aws', region: 'r2', value: '198.51.100.2' },
      { setIdentifier: 'none', provider: 'gcp', region: 'r1', value: '198.51.100.3' },
    ],
  };
  const targets = [
    target({ id: 'x', maximumUnits: 8, baselineUnits: 1 }),
    target({ id: 'y', region: 'r2', hourlyUsdPerUnit: 0.2, baselineUnits: 1 }),
  ];

  test('weights follow planned capacity per cell, and a cell without any gets none', async () => {
    const { routes, cells } = await contentOf(fleetOf(targets, { recordSets: [record] }));
    expect(routes).toEqual([
      { recordSetId: record.id, step: 0, weights: { one: 255, two: Math.round(255 / 4), none: 0 } },
    ]);
    expect(cells).toEqual([
      { provider: 'aws', region: 'r1' },
      { provider: 'aws', region: 'r2' },
    ]);
  });

  test('a record set of a workload without floors is left alone', async () => {
    const other = { id: 'other', unit: 'requests', demandPerUser: 1 };
    const fleet = fleetOf(targets, {
      workloads: [{ id: 'api', unit: 'requests', demandPerUser: 1 }],
      recordSets: [{ ...record, workload: other.id }],
    });
    expect((await contentOf(fleet)).routes).toEqual([]);
  });

  test('costs are those of the live floors before, of the costliest step after, and of what is added over the hours', async () => {
    const { cost } = await contentOf(fleetOf(targets), { live: { x: 3, y: 1 } });
    // x rises from 3 to 8, y from 1 to 2; the window has 7 days.
    expect(cost).toEqual({
      hourlyUsdBefore: 0.5,
      hourlyUsdAfter: 0.5 + 5 * 0.1 + 0.2,
      seasonUsd: expect.closeTo((5 * 0.1 + 0.2) * 7 * 24, 6),
      priceDate: '2027-01-01',
    });
  });

  test('a live value above the floor is no saving', async () => {
    const { cost } = await contentOf(fleetOf(targets), { live: { x: 8, y: 50 } });
    expect(cost).toMatchObject({ hourlyUsdAfter: cost.hourlyUsdBefore, seasonUsd: 0 });
  });

  test('a live value that is not the declared baseline is reported as drift', async () => {
    const { drift } = await contentOf(fleetOf(targets), { live: { x: 3 } });
    expect(drift).toEqual([{ targetId: 'x', baselineUnits: 1, liveUnits: 3 }]);
  });

  test('is good for a day, and never beyond its window', async () => {
    const fleet = fleetOf(targets);
    expect((await contentOf(fleet)).validUntilMs).toBe(NOW_MS + DAY_MS);
    const fromMs = NOW_MS - DAY_MS;
    const short = { fromMs, untilMs: NOW_MS + HOUR_MS, bookings: [booking({ id: 'w', startsAtMs: NOW_MS })] };
    expect((await contentOf(fleet, short)).validUntilMs).toBe(NOW_MS + HOUR_MS);
  });

  test('says its peak and how it comes from bookings', async () => {
    const { peak } = await contentOf(fleetOf([target({ id: 't', markets: ['a', 'b'] })]), {
      bookings: bookingsOf({ a: 1_500, b: 700 }),
    });
    expect(peak).toMatchObject({ atMs: NOW_MS + 2 * DAY_MS, users: 2_200 });
    expect(peak.text).toContain('2,200 concurrent users (a 1,500 from 1 bookings, b 700 from 1 bookings)');
  });

  test('without bookings has no floors and says so', async () => {
    const { floors, peak, routes } = await contentOf(fleetOf(targets, { recordSets: [record] }), {
      bookings: [],
    });
    expect([floors, routes, peak.users]).toEqual([[], [], 0]);
    expect(peak.text).toContain('No booking');
  });
});
