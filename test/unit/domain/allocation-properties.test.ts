import fc from 'fast-check';
import type { ResolvedBooking } from '../../../domain/booking.ts';
import { canonicalJson, contentHash } from '../../../domain/canonical.ts';
import type { Fleet, ScalingTarget } from '../../../domain/fleet.ts';
import { booking, contentOf, fleetOf, NOW_MS, planOf, target } from '../../support/planning.ts';

const HOUR_MS = 3_600_000;

const someBooking = fc.record({
  market: fc.constantFrom('a', 'b'),
  guests: fc.integer({ min: 1, max: 900 }),
  startsAtMs: fc.integer({ min: 20, max: 170 }).map((hour) => NOW_MS + hour * HOUR_MS),
});

const someBookings = fc
  .array(someBooking, { minLength: 1, maxLength: 12 })
  .map((all): readonly ResolvedBooking[] =>
    all.map((changes, index) => booking({ id: `w${index}`, ...changes })),
  );

function someTarget(markets: readonly (readonly string[])[], maximumUnits: fc.Arbitrary<number>) {
  return fc.record({
    service: fc.constantFrom('aws.ecs', 'gcp.mig', 'azure.aks'),
    region: fc.constantFrom('r1', 'r2'),
    markets: fc.constantFrom(...markets),
    capacityPerUnit: fc.integer({ min: 10, max: 400 }),
    hourlyUsdPerUnit: fc.integer({ min: 1, max: 90 }).map((cents) => cents / 100),
    maximumUnits,
  });
}

/** Fleets of up to six targets; the last of each market is dear and without limit, so that a plan exists. */
function someFleet(one: fc.Arbitrary<Partial<ScalingTarget>>): fc.Arbitrary<Fleet> {
  return fc.array(one, { maxLength: 6 }).map((all) =>
    fleetOf([
      ...all.map((changes, index) => target({ id: `t${index}`, ...changes })),
      ...['a', 'b'].map((market) =>
        target({
          id: `last-${market}`,
          service: 'kubernetes.hpa',
          markets: [market],
          hourlyUsdPerUnit: 99,
          maximumUnits: 1e6,
        }),
      ),
    ]),
  );
}

const unlimited = fc.constant(1_000_000);
const limited = fc.integer({ min: 1, max: 20 });

test.each([
  [
    'of targets that serve one market each, whatever their maxima',
    someFleet(someTarget([['a'], ['b']], limited)),
  ],
  [
    'of targets that serve several, while no maximum binds',
    someFleet(someTarget([['a'], ['b'], ['a', 'b']], unlimited)),
  ],
])('more bookings never make a plan cheaper: %s', async (_, fleets) => {
  await fc.assert(
    fc.asyncProperty(fleets, someBookings, someBooking, async (fleet, bookings, another) => {
      const before = await contentOf(fleet, { bookings });
      const after = await contentOf(fleet, {
        bookings: [...bookings, booking({ id: 'another', ...another })],
      });
      expect(after.cost.seasonUsd).toBeGreaterThanOrEqual(before.cost.seasonUsd * (1 - 2e-4));
    }),
    { numRuns: 60 },
  );
});

test('every plan carries all demand in every hour, within every maximum and provider share', async () => {
  const fleets = someFleet(someTarget([['a'], ['b'], ['a', 'b']], limited));
  const shares = fc.integer({ min: 30, max: 100 });
  await fc.assert(
    fc.asyncProperty(fleets, someBookings, shares, async (fleet, bookings, maximumProviderSharePercent) => {
      const settings = { performanceRequirements: { maximumProviderSharePercent } };
      const outcome = await planOf(fleet, { bookings, settings });
      if (outcome.status === 'infeasible') {
        expect(outcome.infeasibilities.every(({ constraint }) => constraint === 'providerShare')).toBe(true);
        return;
      }
      const carried = new Map<string, number>();
      for (const { targetId, floorUnits, needUnits, explanation } of outcome.content.floors) {
        const found = fleet.targets.find(({ id }) => id === targetId);
        expect(floorUnits).toBeLessThanOrEqual(found?.maximumUnits ?? 0);
        expect(floorUnits).toBeGreaterThanOrEqual(needUnits * (1 - 1e-9));
        for (const { market, share } of explanation.shares) {
          expect(found?.markets).toContain(market);
          const provider = `${found?.service.split('.')[0]} ${market}`;
          for (const key of [market, provider]) carried.set(key, (carried.get(key) ?? 0) + share);
        }
      }
      for (const market of new Set(bookings.map((one) => one.market)))
        expect(carried.get(market)).toBeCloseTo(1, 6);
      for (const [key, share] of carried) {
        if (key.includes(' ')) expect(share).toBeLessThanOrEqual(maximumProviderSharePercent / 100 + 1e-6);
      }
    }),
    { numRuns: 100 },
  );
});

test('the order of bookings, targets, markets and workloads does not change a byte of the plan', async () => {
  const fleets = someFleet(someTarget([['a'], ['b'], ['a', 'b']], limited));
  await fc.assert(
    fc.asyncProperty(fleets, someBookings, async (fleet, bookings) => {
      const workloads = [...fleet.workloads, { id: 'gallery', unit: 'requests', demandPerUser: 0.3 }];
      const galleries = fleet.targets.map((one) => ({ ...one, id: `g-${one.id}`, workload: 'gallery' }));
      const whole = { ...fleet, workloads, targets: [...fleet.targets, ...galleries] };
      const turned = {
        ...whole,
        workloads: workloads.toReversed(),
        markets: whole.markets.toReversed(),
        targets: whole.targets.toReversed(),
      };
      const live = { t0: 2, 'last-a': 1, 'g-last-b': 3 };
      const plan = await contentOf(whole, { bookings, live });
      const other = await contentOf(turned, {
        bookings: bookings.toReversed(),
        live,
        markets: ['b', 'a'],
      });
      expect(canonicalJson(other)).toBe(canonicalJson(plan));
      expect(contentHash(other)).toBe(contentHash(plan));
    }),
    { numRuns: 60 },
  );
});
