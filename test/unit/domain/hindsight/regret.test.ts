import fc from 'fast-check';
import { type HeldCapacity, impliedUnservedUsd, planMoney } from '../../../../domain/hindsight/regret.ts';

/** A target that carries 10 a unit for $1 an hour; nothing was there, 10 units is most. */
function held(change: Partial<HeldCapacity>): HeldCapacity {
  const none = { liveUnits: 0, heldUnits: 0, mostUnits: 10 };
  return { targetId: 'cheap', demandPerUnit: 10, hourlyUsdPerUnit: 1, ...none, ...change };
}

const DEAR = { targetId: 'dear', hourlyUsdPerUnit: 3 };

describe('what a step cost beside the perfect plan', () => {
  test('too much: what nobody needed is idle and regretted', () => {
    // 6 units hold 60 for $6 an hour; loads of 20 and 40 leave 40 + 20 = 60 of 120 idle, half the money.
    // Perfect: 4 units through both hours, $8.
    expect(planMoney([held({ heldUnits: 6 })], [20, 40], 5)).toEqual({
      plannedUsd: 12,
      idleUsd: 6,
      unservedUsd: 0,
      perfectUsd: 8,
      regretUsd: 4,
    });
  });

  test('too little: what was not served costs what was stated', () => {
    // 2 units for $4; 20 unserved in one hour at $5. Perfect: 4 units, $8.
    expect(planMoney([held({ heldUnits: 2 })], [20, 40], 5)).toEqual({
      plannedUsd: 4,
      idleUsd: 0,
      unservedUsd: 100,
      perfectUsd: 8,
      regretUsd: 96,
    });
  });

  test('exactly enough is not regretted', () => {
    const money = planMoney([held({ heldUnits: 4 })], [40, 40], 5);
    expect(money).toMatchObject({ idleUsd: 0, unservedUsd: 0, regretUsd: 0 });
  });

  test('what was there anyway costs nothing, idle or not', () => {
    // 3 of 5 units were there. Loads of 10: 50 held, 40 idle, of which the 20 added count: all of $4.
    const money = planMoney([held({ liveUnits: 3, heldUnits: 5 })], [10, 10], 5);
    expect(money).toEqual({ plannedUsd: 4, idleUsd: 4, unservedUsd: 0, perfectUsd: 0, regretUsd: 4 });
  });

  test('the dearer target taken first is regretted by the difference', () => {
    // 4 dear units, $12 an hour; perfect: 4 cheap ones.
    const money = planMoney([held({}), held({ ...DEAR, heldUnits: 4 })], [40], 5);
    expect(money).toMatchObject({ plannedUsd: 12, perfectUsd: 4, regretUsd: 8 });
  });

  test('the perfect plan is bound by the same maxima', () => {
    // 10 cheap and 1 dear unit are all there is: 110 of 150; both plans leave 40 unserved at $5.
    const all = [held({ heldUnits: 10 }), held({ ...DEAR, heldUnits: 1, mostUnits: 1 })];
    const money = planMoney(all, [150], 5);
    expect(money).toEqual({ plannedUsd: 13, idleUsd: 0, unservedUsd: 200, perfectUsd: 213, regretUsd: 0 });
  });

  test('where leaving load unserved is stated to be cheaper than serving it, the perfect plan does', () => {
    // A unit through 10 hours costs $10 and saves one hour of 10 unserved, $1 in all.
    const loads = [40, ...Array.from({ length: 9 }, () => 30)];
    const money = planMoney([held({ heldUnits: 4 })], loads, 0.1);
    expect(money.perfectUsd).toBeCloseTo(0.1 * 310, 9);
    expect(money.regretUsd).toBeCloseTo(40 - 31, 9);
  });

  test('nothing observed costs nothing', () => {
    expect(planMoney([held({ heldUnits: 4 })], [], 5)).toMatchObject({ plannedUsd: 0, regretUsd: 0 });
    expect(planMoney([], [30], 5)).toMatchObject({ plannedUsd: 0, unservedUsd: 150, regretUsd: 0 });
  });

  test('no plan of the same targets is ever better than the perfect one', () => {
    const carrier = fc
      .record({
        demandPerUnit: fc.integer({ min: 1, max: 200 }),
        hourlyUsdPerUnit: fc.integer({ min: 0, max: 400 }).map((cents) => cents / 100),
        units: fc.tuple(fc.nat(3), fc.nat(8), fc.nat(8)),
      })
      .map(({ units: [liveUnits, added, more], ...rest }) => {
        const heldUnits = liveUnits + added;
        return held({ ...rest, liveUnits, heldUnits, mostUnits: heldUnits + more });
      });
    fc.assert(
      fc.property(
        fc.array(carrier, { maxLength: 5 }),
        fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 40 }),
        fc.integer({ min: 0, max: 1_000 }).map((cents) => cents / 100),
        (carriers, loads, unservedUsd) => planMoney(carriers, loads, unservedUsd).regretUsd > -1e-6,
      ),
      { seed: 20_271_126, numRuns: 500 },
    );
  });
});

test('a quantile implies what unserved load costs', () => {
  // At 0.95 a lack is worth 19 times the cheapest unit of demand, $0.1 an hour, held 4 hours for one that needs it.
  expect(impliedUnservedUsd([held({}), held(DEAR)], 0.95, 4)).toBeCloseTo(19 * 0.1 * 4, 9);
  // What cannot be added is no measure as long as anything can.
  expect(impliedUnservedUsd([held({ mostUnits: 0 }), held(DEAR)], 0.5, 1)).toBeCloseTo(0.3, 9);
  expect(impliedUnservedUsd([], 0.95, 24)).toBe(0);
});
