import type { ScalingTarget } from '../../../../domain/fleet.ts';
import type { HindsightRow } from '../../../../domain/hindsight/hindsight.ts';
import { type HindsightInput, lookBack } from '../../../../domain/hindsight/look-back.ts';
import { marketKey, type PlannedDemand } from '../../../../domain/hindsight/step-hours.ts';
import type { PlannedFloor } from '../../../../domain/plan.ts';
import { target } from '../../../support/planning.ts';

const HOUR_MS = 3_600_000;
const FROM_MS = Date.UTC(2027, 5, 5, 12);
const hour = (index: number) => FROM_MS + index * HOUR_MS;

/** Loads by hour from the first on; a null is an hour without a reading. */
function byHour(loads: readonly (number | null)[]): ReadonlyMap<number, number> {
  return new Map(loads.flatMap((load, index) => (load === null ? [] : [[hour(index), load]])));
}

function demand(change: Partial<PlannedDemand> & Pick<PlannedDemand, 'demandByHour'>): PlannedDemand {
  const peakDemand = Math.max(...change.demandByHour);
  const peak = { peakDemand, peakAtMs: FROM_MS, peakUsers: peakDemand, pastSeasonFactor: 1 };
  return { step: 0, workload: 'api', market: 'a', ...peak, ...change };
}

function floor(targetId: string, floorUnits: number, step = 0): PlannedFloor {
  return { targetId, step, floorUnits } as PlannedFloor;
}

/** Four hours in one step; target `t` of market `a` carries 10 a unit for $1 an hour and holds 3 units, 1 of them before. */
function input(
  change: Partial<HindsightInput> & { readonly loads: HindsightInput['loads'] },
): HindsightInput {
  const hoursMs = [0, 1, 2, 3].map(hour);
  return {
    content: { steps: [{ step: 0, fromMs: hour(0), untilMs: hour(4), hoursMs }], floors: [floor('t', 3)] },
    requirements: {
      demands: [demand({ demandByHour: [10, 20, 20, 10] })],
      live: { t: { floorUnits: 1, servingUnits: 1 } },
    },
    workloads: [{ id: 'api', unit: 'requests', demandPerUser: 1 }],
    targets: [aTarget('t', ['a'])],
    selected: new Set(['t']),
    markets: ['a'],
    utilizationPercent: 50,
    untilMs: hour(4),
    ...change,
  };
}

function aTarget(id: string, markets: readonly string[]): ScalingTarget {
  return target({ id, markets, capacityPerUnit: 20, hourlyUsdPerUnit: 1, maximumUnits: 10 });
}

function loadsOf(
  byTarget: Readonly<Record<string, readonly (number | null)[]>>,
  markets: Readonly<Record<string, readonly (number | null)[]>> = {},
): HindsightInput['loads'] {
  return {
    byTarget: new Map(Object.entries(byTarget).map(([id, loads]) => [id, byHour(loads)])),
    byMarket: new Map(
      Object.entries(markets).map(([market, loads]) => [marketKey('api', market), byHour(loads)]),
    ),
  };
}

function scored(row: HindsightRow | undefined): HindsightRow & { readonly status: 'scored' } {
  if (row?.status !== 'scored') throw new Error(`not scored: ${JSON.stringify(row)}`);
  return row;
}

test('a step is scored by hand', () => {
  const [step, whole] = lookBack(input({ loads: loadsOf({ t: [20, 40, 20, 10] }) }));
  const { forecast, capacity, ...row } = scored(step?.rows[0]);
  expect(row).toEqual({
    workload: 'api',
    unit: 'requests',
    markets: ['a'],
    source: 'targets',
    status: 'scored',
  });
  // Expected 60 in all, seen 90; half of the errors 10, 20, 0 and 0 is 3.75 on average.
  expect(forecast).toEqual({
    hours: 4,
    unobservedHours: 0,
    days: 1,
    expectedMean: 15,
    observedMean: 22.5,
    bias: 1.5,
    quantiles: [0.5],
    pinball: 3.75,
    coverage: null,
    lesson: { level: 1.5, spread: null },
  });
  // 3 units hold 30; 10 of 90 above it, 10 + 10 + 20 of 120 idle, none of it beyond the 20 added, at $0.1.
  // A lack of 10 for an hour costs 19 times $0.1 each; the perfect plan has 4 units through 4 hours, 3 of them new.
  expect(capacity).toEqual({
    hours: 4,
    unobservedHours: 0,
    unservedShare: 10 / 90,
    idleShare: 40 / 120,
    plannedUsd: 8,
    idleUsd: 4,
    unservedUsd: 19,
    perfectUsd: 12,
    regretUsd: 15,
  });
  expect(whole).toEqual({ ...step, step: null });
});

test('hours without a reading are left out and counted, and hours to come are none', () => {
  const [step] = lookBack(input({ loads: loadsOf({ t: [20, null, 20, 10] }), untilMs: hour(3) }));
  const { forecast, capacity } = scored(step?.rows[0]);
  expect(step?.untilMs).toBe(hour(3));
  expect(forecast).toMatchObject({ hours: 2, unobservedHours: 1, expectedMean: 15, observedMean: 20 });
  expect(capacity).toMatchObject({ hours: 2, unobservedHours: 1, plannedUsd: 4, unservedShare: 0 });
  expect(lookBack(input({ loads: loadsOf({}), untilMs: hour(0) }))).toEqual([]);
});

test('load in hours without a forecast counts for capacity, and not against the forecast', () => {
  const hoursMs = [1, 2].map(hour);
  const steps = [{ step: 0, fromMs: hour(0), untilMs: hour(4), hoursMs }];
  const requirements = { demands: [demand({ demandByHour: [20, 20] })], live: {} };
  const loads = loadsOf({ t: [50, 20, 20, 10] });
  const [step] = lookBack(input({ loads, content: { steps, floors: [floor('t', 3)] }, requirements }));
  const { forecast, capacity } = scored(step?.rows[0]);
  expect(forecast).toMatchObject({ hours: 2, bias: 1 });
  expect(capacity).toMatchObject({ hours: 4, unservedShare: 0.2 });
});

describe('nothing observed is no score', () => {
  test.each([
    ['nobody reported', [], 'no load was reported of t; send it to POST /api/observations'],
    ['readings lie outside', [null, null, null, null, 9], 'no load was reported of t; send it to'],
  ])('%s', (_what, loads, reason) => {
    const [step] = lookBack(input({ loads: loadsOf({ t: loads }) }));
    expect(step?.rows).toEqual([
      expect.objectContaining({ status: 'notScored', reason: expect.stringContaining(reason) }),
    ]);
  });

  test('one of two targets is no sum', () => {
    const loads = loadsOf({ t: [1, 2, null, null], u: [null, null, 3, 4] });
    const both = { targets: [aTarget('t', ['a']), aTarget('u', ['a'])] };
    const floors = { floors: [floor('t', 3), floor('u', 1)] };
    const of = (change: HindsightInput['loads']) =>
      lookBack(input({ ...both, loads: change, content: { ...input({ loads }).content, ...floors } }))[0]
        ?.rows[0];
    expect(of(loads)).toMatchObject({ reason: expect.stringContaining('there is no hour in which every') });
    expect(of(loadsOf({ t: [1, 2, 3, 4] }))).toMatchObject({
      reason: expect.stringContaining('reported of u'),
    });
    expect(of(loadsOf({ t: [1, 2, 3, 4], u: [1, 1, 1, 1] }))).toMatchObject({ status: 'scored' });
  });
});

describe('a demand with a distribution', () => {
  const withBand = demand({
    demandByHour: [20, 20, 20, 20],
    meanByHour: [10, 10, 10, 10],
    band: { quantile: 0.8, p50: 10, p95: 25, p99: 30 },
    terms: {
      ...{ eventDemand: 10, baseDemand: 0, coupledDemand: 0, intensityFactor: 1, observedWeight: 0 },
      ...{ quantileBy: 'newsvendor', unservedUsd: 3, idleUsd: 1 },
    },
  });
  const of = (change: Partial<PlannedDemand>, loads: readonly number[]) => {
    const requirements = { demands: [{ ...withBand, ...change }], live: {} };
    const [step] = lookBack(input({ loads: loadsOf({ t: loads }), requirements }));
    return scored(step?.rows[0]);
  };

  test('is scored by its quantile, and says how much wider it should have been', () => {
    // Level 1: the deviations -10, -5, -5 and 20 of a reach of 10; the fourth of four is what 0.8 asks for.
    const { forecast } = of({}, [0, 5, 5, 30]);
    expect(forecast).toMatchObject({
      bias: 1,
      quantiles: [0.5, 0.8],
      coverage: { quantile: 0.8, share: 0.75 },
      lesson: { level: 1, spread: 2 },
    });
    // Median: half of 10 + 5 + 5 + 20; quantile: 0.2 × (20 + 15 + 15) + 0.8 × 10. Over four hours and two quantiles.
    expect(forecast?.pinball).toBeCloseTo((20 + 18) / 8, 12);
  });

  test('has the stated cost of what is unserved', () => {
    expect(of({}, [40, 0, 0, 0]).capacity).toMatchObject({ unservedUsd: 30 });
  });

  test('says the same lesson whatever it had learnt before', () => {
    const loads = [0, 10, 10, 60];
    const learnt = of(
      {
        meanByHour: [20, 20, 20, 20],
        demandByHour: [60, 60, 60, 60],
        pastSeasonFactor: 2,
        pastSeasonSpread: 2,
      },
      loads,
    );
    expect(learnt.forecast).toMatchObject({ bias: 1, lesson: of({}, loads).forecast?.lesson });
  });
});

test('markets that share a target are scored together, and each by itself where its demand is known', () => {
  const shared = {
    targets: [aTarget('t', ['a', 'b']), aTarget('u', ['c'])],
    requirements: {
      demands: [
        demand({ demandByHour: [10, 10, 10, 10] }),
        demand({ market: 'b', demandByHour: [10, 10, 10, 10] }),
      ],
      live: {},
    },
  };
  const byTarget = lookBack(input({ ...shared, loads: loadsOf({ t: [20, 20, 20, 20] }) }))[0]?.rows;
  expect(byTarget?.map(({ markets, source }) => [markets, source])).toEqual([[['a', 'b'], 'targets']]);
  const byMarket = lookBack(
    input({ ...shared, loads: loadsOf({}, { a: [15, 15, 15, 15], b: [5, 5, 5, null] }) }),
  )[0]?.rows;
  expect(byMarket?.map(({ markets }) => markets)).toEqual([['a', 'b'], ['a'], ['b']]);
  expect(byMarket?.map((row) => scored(row).forecast?.bias)).toEqual([1, 1.5, 0.5]);
  expect(byMarket?.map((row) => scored(row).capacity === null)).toEqual([false, true, true]);
  expect(scored(byMarket?.[0]).forecast).toMatchObject({ hours: 3, unobservedHours: 1 });
});

test('steps are scored one by one and together', () => {
  const steps = [0, 1].map((step) => ({
    step,
    fromMs: hour(2 * step),
    untilMs: hour(2 * step + 2),
    hoursMs: [hour(2 * step), hour(2 * step + 1)],
  }));
  const demands = [demand({ demandByHour: [10, 20] }), demand({ step: 1, demandByHour: [20, 10] })];
  const all = lookBack(
    input({
      content: { steps, floors: [floor('t', 3), floor('t', 2, 1)] },
      requirements: { demands, live: {} },
      loads: loadsOf({ t: [20, 40, 20, 10] }),
    }),
  );
  expect(all.map(({ step }) => step)).toEqual([0, 1, null]);
  expect(all.map(({ rows }) => scored(rows[0]).capacity?.plannedUsd)).toEqual([6, 4, 10]);
  expect(all.map(({ rows }) => scored(rows[0]).forecast?.bias)).toEqual([2, 1, 1.5]);
});
