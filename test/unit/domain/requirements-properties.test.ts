import fc from 'fast-check';
import type { Distribution, Requirements } from '../../../domain/plan.ts';
import { calculateRequirements, stepWindows } from '../../../domain/requirements.ts';
import type { DemandKnowledge, RequirementsFleet } from '../../../domain/sizing/designed-demand.ts';
import { fleetOf, marketOf, target } from '../../support/planning.ts';

const HOUR_MS = 3_600_000;
const FROM_MS = Date.UTC(2027, 5, 1);
const HOURS = 6;
const SEED = 20_271_125;

/** Users of one hour, and their variance; what a booking adds is of the same shape. */
interface Crowd {
  readonly preparation: number;
  readonly ceremony: number;
  readonly party: number;
  readonly dayAfter: number;
  readonly viewers: number;
  readonly variance: number;
}

const some = (max: number) => fc.double({ min: 0, max, noNaN: true });
const crowd: fc.Arbitrary<Crowd> = fc.record({
  preparation: some(500),
  ceremony: some(500),
  party: some(500),
  dayAfter: some(50),
  viewers: some(100),
  variance: some(1e5),
});
const crowds = fc.array(crowd, { minLength: HOURS, maxLength: HOURS });
/** Bookings more: in some hours, and none in others. */
const additions = fc.array(fc.option(crowd, { nil: null }), { minLength: HOURS, maxLength: HOURS });

const fleets: fc.Arbitrary<RequirementsFleet> = fc
  .record({
    byPhase: fc.record({ preparation: some(3), party: some(3) }),
    leadTimeMinutes: fc.integer({ min: 0, max: 240 }),
    hourlyUsdPerUnit: some(50),
    deviation: some(1),
    couplings: fc.subarray([
      { from: 'api', to: 'queries', demandPerDemand: 0.7 },
      { from: 'streams', to: 'api', demandPerDemand: 2 },
    ]),
  })
  .map(({ byPhase, leadTimeMinutes, hourlyUsdPerUnit, deviation, couplings }) => ({
    workloads: [
      { id: 'api', unit: 'requests', demandPerUser: 1, demandPerUserByPhase: byPhase },
      { id: 'queries', unit: 'queries', demandPerUser: 0.1 },
      { id: 'streams', unit: 'streams', demandPerUser: 1, liveStreamOnly: true },
    ],
    targets: [target({ id: 't', leadTimeMinutes, hourlyUsdPerUnit })],
    demandModel: { ...fleetOf([]).demandModel, demandPerUserDeviation: deviation },
    couplings,
  }));

const knowledges: fc.Arbitrary<DemandKnowledge> = fc
  .record({
    servedPercent: fc.option(fc.double({ min: 50, max: 99.9, noNaN: true }), { nil: undefined }),
    base: some(200),
    spread: some(400),
    observedWeight: some(1),
  })
  .map(({ servedPercent, base, spread, observedWeight }) => ({
    utilizationPercent: 70,
    servedPercent,
    learnt: [
      {
        workload: 'api',
        market: 'a',
        hours: 168,
        intensity: { factor: 1 + observedWeight, standardDeviation: 0.1, observedWeight },
        base: {
          startMs: FROM_MS,
          mean: new Float64Array(HOURS).fill(base),
          standardDeviation: new Float64Array(HOURS).fill(spread),
        },
      },
    ],
  }));

function distributionOf(hours: readonly Crowd[], sharedSpread: number): Distribution {
  const of = (field: keyof Crowd) => hours.map((hour) => hour[field]);
  const market = marketOf({
    market: 'a',
    users: hours.map(
      ({ preparation, ceremony, party, dayAfter }) => preparation + ceremony + party + dayAfter,
    ),
    usersByPhase: {
      preparation: of('preparation'),
      ceremony: of('ceremony'),
      party: of('party'),
      dayAfter: of('dayAfter'),
    },
    usersVariance: of('variance'),
    sharedSpread,
    liveStreamUsers: of('viewers'),
    // As they vary where nobody knows better.
    liveStreamUsersVariance: hours.map(({ viewers, variance }) => Math.min(variance, viewers ** 2)),
  });
  const hoursMs = hours.map((_, hour) => FROM_MS + hour * HOUR_MS);
  return {
    fromMs: FROM_MS,
    untilMs: FROM_MS + HOURS * HOUR_MS,
    hoursMs,
    markets: [market],
    skippedBookings: 0,
    faults: [],
  };
}

function withMore(hours: readonly Crowd[], more: readonly (Crowd | null)[]): readonly Crowd[] {
  return hours.map((hour, index) => {
    const added = more[index];
    if (!added) return hour;
    const fields = Object.keys(hour) as (keyof Crowd)[];
    return Object.fromEntries(fields.map((field) => [field, hour[field] + added[field]])) as unknown as Crowd;
  });
}

function demandsOf(
  distribution: Distribution,
  fleet: RequirementsFleet,
  knowledge: DemandKnowledge,
): Requirements['demands'] {
  const steps = stepWindows(distribution.fromMs, distribution.untilMs, 7);
  return calculateRequirements(distribution, steps, fleet, {}, [], knowledge).demands;
}

test(`more users in any hour never lower what is made ready in any hour (seed ${SEED})`, () => {
  fc.assert(
    fc.property(crowds, additions, some(0.5), fleets, knowledges, (hours, more, spread, fleet, knowledge) => {
      const before = demandsOf(distributionOf(hours, spread), fleet, knowledge);
      const after = demandsOf(distributionOf(withMore(hours, more), spread), fleet, knowledge);
      for (const demand of before) {
        const now = after.find(({ workload }) => workload === demand.workload);
        for (const [hour, ready] of demand.demandByHour.entries()) {
          expect(now?.demandByHour[hour] ?? 0).toBeGreaterThanOrEqual(ready * (1 - 1e-9));
        }
      }
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test(`what is made ready is never below what is expected, and neither is below zero (seed ${SEED})`, () => {
  fc.assert(
    fc.property(crowds, some(0.5), fleets, knowledges, (hours, spread, fleet, knowledge) => {
      for (const demand of demandsOf(distributionOf(hours, spread), fleet, knowledge)) {
        for (const [hour, ready] of demand.demandByHour.entries()) {
          const expected = demand.meanByHour?.[hour] ?? Number.NaN;
          expect(expected).toBeGreaterThanOrEqual(0);
          expect(ready).toBeGreaterThanOrEqual(expected * (1 - 1e-9));
        }
      }
    }),
    { seed: SEED, numRuns: 200 },
  );
});
