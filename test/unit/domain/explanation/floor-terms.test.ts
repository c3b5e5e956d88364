import { describe, expect, test } from '@jest/globals';
import { type FloorTerms, floorTerms } from '../../../../domain/explanation/floor-terms.ts';
import type { Fleet, ScalingTarget } from '../../../../domain/fleet.ts';
import type { PlannedFloor } from '../../../../domain/plan.ts';
import { floorOfEight, twoStepGrounds, twoTargets } from '../../../support/plan-grounds.ts';
import { bookingsOf, contentOf, fleetOf, inputOf, target } from '../../../support/planning.ts';

/** Redoes the sum from its terms alone, from users to units. */
function redone({ markets, usablePerUnit, units }: FloorTerms) {
  const carried = markets.map(
    ({ users, demandPerUser, pastSeasonFactor, otherDemand, designFactor, share }) =>
      (users * (demandPerUser ?? Number.NaN) * pastSeasonFactor + (otherDemand ?? Number.NaN)) *
      (designFactor ?? Number.NaN) *
      share,
  );
  const demand = carried.reduce((a, b) => a + b, 0);
  const others = units.filter(({ reason }) => reason !== 'load');
  return others.reduce((sum, term) => sum + term.units, demand / usablePerUnit);
}

const zoned = (changes: Partial<ScalingTarget> & { readonly zones?: number }): Fleet => {
  const [near, far] = twoTargets().targets;
  return twoTargets({ targets: [{ ...near, ...changes } as ScalingTarget, far as ScalingTarget] });
};

describe('the terms of a floor', () => {
  test('go from bookings to units, each as it was reckoned', () => {
    const terms = floorTerms(twoStepGrounds(), floorOfEight());
    const [a, b] = terms.markets;
    expect(a).toEqual({
      market: 'a',
      bookings: 10,
      users: 1_000,
      bookedUsers: null,
      demandPerUser: 0.5,
      pastSeasonFactor: 1,
      otherDemand: 0,
      meanDemand: 500,
      designFactor: 1.2,
      atPeak: expect.objectContaining({ band: { quantile: 0.97, p50: 495, p95: 580, p99: 625 } }),
      demand: 600,
      share: 0.8,
      carried: 480,
    });
    expect(b).toMatchObject({ meanDemand: 100, designFactor: 1.2, demand: 120, share: 0.5, carried: 60 });
    expect(terms).toMatchObject({ demand: 540, usablePerUnit: 75, needUnits: 7.2, floorUnits: 8 });
    expect(terms.units.map(({ reason }) => reason)).toEqual(['load', 'rounding']);
    expect(redone(terms)).toBeCloseTo(8, 12);
  });

  const queued = 7.2 + 2;
  const cases: readonly [
    string,
    Partial<PlannedFloor> & { readonly reserveUnits?: number },
    Fleet,
    FloorTerms['units'],
  ][] = [
    [
      'a queue kept short',
      { needUnits: queued, floorUnits: 10 },
      twoTargets(),
      [
        { reason: 'load', units: 7.2 },
        { reason: 'queueing', units: 2 },
        { reason: 'rounding', units: 0.8 },
      ],
    ],
    [
      'three zones of which one may go',
      { needUnits: 7.2 * 1.5, floorUnits: 11 },
      zoned({ zones: 3 }),
      [
        { reason: 'load', units: 7.2 },
        { reason: 'zones', units: 3.6 },
        { reason: 'rounding', units: 0.2 },
      ],
    ],
    [
      'a queue and zones',
      { needUnits: queued * 1.5, floorUnits: 14 },
      zoned({ zones: 3 }),
      [
        { reason: 'load', units: 7.2 },
        { reason: 'queueing', units: 2 },
        { reason: 'zones', units: 4.6 },
        { reason: 'rounding', units: 0.2 },
      ],
    ],
    [
      'a rung that is larger than the need',
      { floorUnits: 16 },
      twoTargets(),
      [
        { reason: 'load', units: 7.2 },
        { reason: 'rounding', units: 0.8 },
        { reason: 'rung', units: 8 },
      ],
    ],
    [
      'units kept for the loss of a provider',
      { floorUnits: 13, reserveUnits: 5 },
      twoTargets(),
      [
        { reason: 'load', units: 7.2 },
        { reason: 'rounding', units: 0.8 },
        { reason: 'survival', units: 5 },
      ],
    ],
    [
      'a whole number that needs no rounding',
      { needUnits: 8 - 1e-12, floorUnits: 8, explanation: { ...floorOfEight().explanation, demand: 600 } },
      twoTargets(),
      [{ reason: 'load', units: 8 }],
    ],
  ];
  test.each(cases)('say what %s adds, and add up to the floor', (_name, changes, fleet, units) => {
    const terms = floorTerms(twoStepGrounds({ fleet }), floorOfEight(changes));
    expect(terms.units.map(({ reason }) => reason)).toEqual(units.map(({ reason }) => reason));
    for (const [index, { units: wanted }] of units.entries()) {
      expect(terms.units[index]?.units).toBeCloseTo(wanted, 9);
    }
    expect(terms.units.reduce((sum, term) => sum + term.units, 0)).toBeCloseTo(terms.floorUnits, 9);
  });

  test('tell demand of others apart from that of users', () => {
    const grounds = twoStepGrounds();
    const [a, ...others] = grounds.requirements?.demands ?? [];
    const withBase = { ...a, meanByHour: [300, 550], demandByHour: [360, 660] } as typeof a;
    const demands = [withBase, ...others] as NonNullable<typeof grounds.requirements>['demands'];
    const requirements = { ...(grounds.requirements as NonNullable<typeof grounds.requirements>), demands };
    const floor = floorOfEight();
    const [share, other] = floor.explanation.shares;
    const shares = [{ ...share, demand: 660 }, other] as typeof floor.explanation.shares;
    const explained = { ...floor, explanation: { ...floor.explanation, shares } };
    const [term] = floorTerms({ ...grounds, requirements }, explained).markets;
    expect(term).toMatchObject({ users: 1_000, otherDemand: 50, meanDemand: 550, demand: 660, carried: 528 });
    expect(term?.designFactor).toBeCloseTo(1.2, 12);
  });

  test('are null where what they follow from is not known any more', () => {
    const gone = twoStepGrounds({ fleet: null, requirements: null });
    const [a] = floorTerms(gone, floorOfEight()).markets;
    expect(a).toMatchObject({ demandPerUser: null, otherDemand: null, meanDemand: null, designFactor: null });
    expect(a).toMatchObject({ atPeak: null, bookings: 10, users: 1_000, demand: 600, carried: 480 });
  });

  test('redo every floor of a plan as it is made', async () => {
    const fleet = fleetOf([
      target({ id: 'x', markets: ['a', 'b'], maximumUnits: 7, capacityPerUnit: 130 }),
      target({ id: 'y', markets: ['a'], hourlyUsdPerUnit: 0.2, capacityPerUnit: 90 }),
      target({ id: 'z', markets: ['b'], hourlyUsdPerUnit: 0.3, capacityPerUnit: 70, region: 'r2' }),
    ]);
    const planning = {
      bookings: bookingsOf({ a: 1_234, b: 777 }),
      settings: { performanceTargets: { utilizationPercent: 63 } },
    };
    const content = await contentOf(fleet, planning);
    const { distribution, requirements } = await inputOf(fleet, planning);
    const grounds = { planId: 'p', content, request: null, distribution, requirements, fleet };
    expect(content.floors.length).toBeGreaterThan(2);
    for (const floor of content.floors) {
      const terms = floorTerms(grounds, floor);
      expect(redone(terms)).toBeCloseTo(floor.floorUnits, 9);
      expect(Math.ceil(terms.needUnits * (1 - 1e-9))).toBe(floor.floorUnits);
    }
  });
});
