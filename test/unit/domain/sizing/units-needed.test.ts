import type { Queueing } from '../../../../domain/fleet.ts';
import { erlangC, halfinWhittBeta, largestLoad } from '../../../../domain/sizing/erlang-c.ts';
import {
  demandCarried,
  type UnitSizing,
  unitsNeeded,
  unitsNeededTangent,
} from '../../../../domain/sizing/units-needed.ts';

describe('erlangC', () => {
  // By hand: C(1, a) = a. C(2, a) = a²/(2 + a): B(2, 1) = 1/5, so C = 0.2/(1 - 0.5 × 0.8) = 1/3.
  // C(3, 2) = 4/9: B(3, 2) = (8/6)/(1 + 2 + 2 + 8/6) = 4/19, C = (4/19)/(1 - 2/3 × 15/19) = 4/9.
  // 10 erlangs, 14 servers: 0.1741 in the tables of Cooper, Introduction to Queueing Theory, fig. A.2.
  test.each([
    [1, 0.3, 0.3],
    [2, 1, 1 / 3],
    [3, 2, 4 / 9],
    [14, 10, 0.1741],
  ])('%p servers under %p erlangs let %p of all requests wait', (servers, load, share) => {
    expect(erlangC(servers, load)).toBeCloseTo(share, 4);
  });

  test.each([
    ['no load', 5, 0, 0],
    ['as much load as servers', 5, 5, 1],
    ['more load than servers', 5, 50, 1],
    ['hardly any load on very many servers', 5_000, 1e-3, 0],
  ])('keeps its range with %s', (_what, servers, load, share) => {
    expect(erlangC(servers, load)).toBe(share);
  });

  test('the largest load is where the share is met, and no more', () => {
    const load = largestLoad(3, 4 / 9);
    expect(load).toBeCloseTo(2, 9);
    expect(erlangC(3, load * 1.001)).toBeGreaterThan(4 / 9);
  });
});

// Halfin and Whitt (1981), section 2: β = 1 lets 1/(1 + Φ(1)/φ(1)) = 1/(1 + 0.841345/0.241971) = 0.22336 wait.
test.each([
  [0.22336, 1],
  [0.5, 0.50606],
])('to let %p wait takes a β of %p', (delayProbability, beta) => {
  expect(halfinWhittBeta(delayProbability)).toBeCloseTo(beta, 4);
});

const LINEAR: UnitSizing = { capacityPerUnit: 100, utilizationPercent: 50 };
const sized = (queueing: Queueing, changes: Partial<UnitSizing> = {}): UnitSizing => ({
  capacityPerUnit: 100,
  utilizationPercent: 100,
  queueing,
  ...changes,
});

describe('unitsNeeded', () => {
  test.each<[string, number, UnitSizing, number]>([
    ['by capacity and planned use alone', 500, LINEAR, 10],
    ['nothing for nothing', 0, LINEAR, 0],
    ['with one of two zones lost, twice as many', 500, { ...LINEAR, zones: 2 }, 20],
    ['with one of three zones lost, half as many again', 500, { ...LINEAR, zones: 3 }, 15],
    ['the same where queueing is none', 500, { ...LINEAR, queueing: { kind: 'none' } }, 10],
    // 100 erlangs, β 1: 100 + √100.
    ['a square root more', 10_000, sized({ kind: 'squareRoot', delayProbability: 0.22336 }), 110],
    // 16 at a time: 1,600 erlangs and √1,600 servers more, 16 to a unit.
    [
      'less of it where a unit serves many at a time',
      10_000,
      sized({ kind: 'squareRoot', delayProbability: 0.22336, serversPerUnit: 16 }),
      102.5,
    ],
    // C(3, 2) = 4/9.
    ['as Erlang C says', 200, sized({ kind: 'erlangC', delayProbability: 4 / 9 }), 3],
    ['with zones beside queueing', 200, sized({ kind: 'erlangC', delayProbability: 4 / 9 }, { zones: 4 }), 4],
  ])('is %s', (_what, demand, sizing, units) => {
    expect(unitsNeeded(demand, sizing)).toBeCloseTo(units, 3);
  });

  test('rounded up, Erlang C lets no more wait than was asked for, and one unit less lets more', () => {
    for (const load of [0.1, 0.9, 3.7, 25, 180.5, 390]) {
      const servers = Math.ceil(unitsNeeded(load * 100, sized({ kind: 'erlangC' })) - 1e-9);
      expect(erlangC(servers, load)).toBeLessThanOrEqual(0.2 + 1e-9);
      expect(servers === 1 || erlangC(servers - 1, load) > 0.2).toBe(true);
    }
  });
});

describe.each<[string, UnitSizing]>([
  ['no queueing', { ...LINEAR, zones: 3 }],
  ['a square root', sized({ kind: 'squareRoot', serversPerUnit: 3 })],
  ['Erlang C', sized({ kind: 'erlangC', delayProbability: 0.1 })],
])('with %s', (_what, sizing) => {
  const demands = [1, 3, 10, 55, 120, 700, 3_900, 20_000, 39_000, 41_000, 60_000, 900_000];

  test('more demand never takes fewer units', () => {
    const units = demands.map((demand) => unitsNeeded(demand, sizing));
    expect(units).toEqual(units.toSorted((a, b) => a - b));
  });

  test('a tangent is exact where it touches and nowhere below', () => {
    for (const at of demands) {
      const { fixedUnits, unitsPerDemand } = unitsNeededTangent(at, sizing);
      expect(fixedUnits + unitsPerDemand * at).toBeCloseTo(unitsNeeded(at, sizing), 6);
      for (const demand of demands) {
        const over = fixedUnits + unitsPerDemand * demand - unitsNeeded(demand, sizing);
        expect(over).toBeGreaterThanOrEqual(-1e-4 * unitsNeeded(demand, sizing));
      }
    }
  });

  test('so many units carry the demand that takes them', () => {
    for (const demand of demands) {
      expect(demandCarried(unitsNeeded(demand, sizing), sizing) / demand).toBeCloseTo(1, 9);
    }
    expect(demandCarried(0, sizing)).toBe(0);
  });
});
