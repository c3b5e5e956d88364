import { analyseDistribution } from '../../../domain/distribution.ts';
import type { Distribution, MarketDistribution, Requirements } from '../../../domain/plan.ts';
import { calculateRequirements, roundedRequirements, stepWindows } from '../../../domain/requirements.ts';
import type { DemandKnowledge, RequirementsFleet } from '../../../domain/sizing/designed-demand.ts';
import type { LearntDemand } from '../../../domain/sizing/learnt-demand.ts';
import { booking, marketOf, target } from '../../support/planning.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FROM_MS = Date.UTC(2027, 5, 1);

describe('stepWindows', () => {
  test('cuts the window into steps without a gap, the last as short as it must be', () => {
    const steps = stepWindows(FROM_MS, FROM_MS + 16 * DAY_MS, 7);
    expect(steps.map(({ step, fromMs, untilMs }) => [step, (untilMs - fromMs) / DAY_MS])).toEqual([
      [0, 7],
      [1, 7],
      [2, 2],
    ]);
    expect(steps[1]?.fromMs).toBe(steps[0]?.untilMs);
    expect(steps.at(-1)?.untilMs).toBe(FROM_MS + 16 * DAY_MS);
  });

  test.each([[30], [Number.POSITIVE_INFINITY]])('a window shorter than %p days is one step', (stepDays) => {
    expect(stepWindows(FROM_MS, FROM_MS + DAY_MS, stepDays)).toEqual([
      { step: 0, fromMs: FROM_MS, untilMs: FROM_MS + DAY_MS },
    ]);
  });
});

async function requirementsOf(startsAtMs: number, liveStream = false) {
  const untilMs = FROM_MS + 4 * DAY_MS;
  const distribution = await analyseDistribution([booking({ id: 'w', startsAtMs, guests: 50, liveStream })], {
    fromMs: FROM_MS,
    untilMs,
    markets: ['a', 'b'],
    demandModel: {
      ...{ weddingsPerBooking: 1, usersPerGuest: 1, viewersPerGuest: 2, tierFactor: {} },
      bookingCurve: 'none',
    },
  });
  const workloads = [
    { id: 'api', unit: 'requests', demandPerUser: 0.5 },
    { id: 'live-stream', unit: 'streams', demandPerUser: 1, liveStreamOnly: true },
  ];
  const past = [{ runId: 'r', workload: 'api', peakDemand: 7, observedDemand: null }];
  const live = { t: { floorUnits: 3, servingUnits: null } };
  const steps = stepWindows(FROM_MS, untilMs, 2);
  return calculateRequirements(distribution, steps, { workloads }, live, past);
}

describe('calculateRequirements', () => {
  test('demand is users × demand per user, hour by hour of the step', async () => {
    const { demands, steps } = await requirementsOf(FROM_MS + 10 * HOUR_MS);
    expect(demands).toHaveLength(1);
    const [demand] = demands;
    expect(demand).toMatchObject({ step: 0, workload: 'api', market: 'a', peakUsers: 50, peakDemand: 25 });
    expect(demand?.demandByHour).toHaveLength(steps[0]?.hoursMs.length ?? -1);
    expect(demand?.demandByHour[steps[0]?.hoursMs.indexOf(demand.peakAtMs) ?? -1]).toBe(25);
  });

  test('a wedding over the boundary of two steps is in both, each with its own hours', async () => {
    const { demands, steps } = await requirementsOf(FROM_MS + 2 * DAY_MS);
    expect(demands.map(({ step, demandByHour }) => [step, demandByHour.length])).toEqual([
      [0, 2],
      [1, 20],
    ]);
    expect(steps[0]?.hoursMs.at(-1)).toBe(FROM_MS + 2 * DAY_MS - HOUR_MS);
    expect(steps[1]?.hoursMs[0]).toBe(FROM_MS + 2 * DAY_MS);
  });

  test('a workload of live streams counts their viewers only', async () => {
    const { demands } = await requirementsOf(FROM_MS + 10 * HOUR_MS, true);
    const streams = demands.find(({ workload }) => workload === 'live-stream');
    expect(streams?.peakDemand).toBe(100);
    expect(streams?.demandByHour.filter((demand) => demand > 0)).toHaveLength(2);
  });

  test('what runs now and what past seasons asked for stands beside it', async () => {
    const { live, pastSeasons } = await requirementsOf(FROM_MS + 10 * HOUR_MS);
    expect(live).toEqual({ t: { floorUnits: 3, servingUnits: null } });
    expect(pastSeasons).toEqual([{ runId: 'r', workload: 'api', peakDemand: 7, observedDemand: null }]);
  });
});

/** Two hours of two markets in a window of three, one day before its end. */
function twoHours(changes: Partial<MarketDistribution> = {}): Distribution {
  return {
    fromMs: FROM_MS,
    untilMs: FROM_MS + 3 * HOUR_MS,
    hoursMs: [FROM_MS, FROM_MS + HOUR_MS],
    skippedBookings: 0,
    faults: [],
    markets: [
      marketOf({ market: 'a', users: [100, 50], ...changes }),
      marketOf({ market: 'b', users: [0, 10] }),
    ],
  };
}

const API = { id: 'api', unit: 'requests', demandPerUser: 2 };
/** A fleet that is sure of its figures. */
const SURE = {
  weddingsPerBooking: 1,
  usersPerGuest: 1,
  viewersPerGuest: 0,
  tierFactor: {},
  demandPerUserDeviation: 0,
};

function designed(
  changes: Partial<MarketDistribution>,
  fleet: Partial<RequirementsFleet> = {},
  knowledge: Partial<DemandKnowledge> = {},
  pastSeasons: Requirements['pastSeasons'] = [],
): Requirements {
  const distribution = twoHours(changes);
  const steps = stepWindows(distribution.fromMs, distribution.untilMs, 7);
  const whole = { workloads: [API], demandModel: SURE, ...fleet };
  const known = { utilizationPercent: 70, servedPercent: 97.5, learnt: [], ...knowledge };
  return calculateRequirements(distribution, steps, whole, {}, pastSeasons, known);
}

const demandOf = ({ demands }: Requirements, workload = 'api', market = 'a') =>
  demands.find((one) => one.workload === workload && one.market === market);

/** Mean and deviation that make {@link designDemand} at 97.5 % easy to redo: (1 + z c/3 - c²/9)³ with z = 1.96. */
const at975 = (mean: number, deviation: number) =>
  mean * (1 + (1.959964 * (deviation / mean)) / 3 - (deviation / mean) ** 2 / 9) ** 3;

const base = (mean: number, deviation: number): LearntDemand => ({
  workload: 'api',
  market: 'a',
  hours: 168,
  intensity: { factor: 1, standardDeviation: 0, observedWeight: 0 },
  base: {
    startMs: FROM_MS,
    mean: Float64Array.of(mean, mean, mean),
    standardDeviation: Float64Array.of(deviation, deviation, deviation),
  },
});

describe('the demand that is made ready', () => {
  test.each<[string, Requirements | (() => Requirements), number, number]>([
    ['is the expected one where all is certain', designed({}), 200, 0],
    // 2 requests/s for each user: 2² × 400.
    ['spreads with weddings', designed({ usersVariance: [400, 0] }), 200, 40],
    ['spreads with who will still book', designed({ sharedSpread: 0.1 }), 200, 20],
    [
      'spreads with what is not known of a user',
      designed({}, { demandModel: { ...SURE, demandPerUserDeviation: 0.2 } }),
      200,
      40,
    ],
    ['has the base beside it', designed({}, {}, { learnt: [base(50, 30)] }), 250, 30],
    [
      'adds independent spreads by their squares',
      designed({ usersVariance: [400, 0] }, {}, { learnt: [base(50, 30)] }),
      250,
      50,
    ],
  ])('%s', (_what, requirements, mean, deviation) => {
    const demand = demandOf(typeof requirements === 'function' ? requirements() : requirements);
    expect(demand?.meanByHour?.[0]).toBeCloseTo(mean, 9);
    expect(demand?.demandByHour[0]).toBeCloseTo(at975(mean, deviation), 3);
    expect(demand?.peakDemand).toBe(demand?.demandByHour[0]);
  });

  test('counts users by phase, and their spread by the phase that loads most', () => {
    const none = [0, 0];
    const usersByPhase = { preparation: [60, 0], ceremony: none, party: [40, 50], dayAfter: none };
    const workload = { ...API, demandPerUserByPhase: { preparation: 0.5, party: 3 } };
    const requirements = designed({ usersByPhase, usersVariance: [100, 100] }, { workloads: [workload] });
    const demand = demandOf(requirements);
    expect(demand?.meanByHour).toEqual([150, 150, 0].slice(0, demand?.meanByHour?.length));
    expect(demand?.demandByHour[0]).toBeCloseTo(at975(150, 30), 3);
  });

  test('has its terms and its band beside it, and the same sum', () => {
    const demand = demandOf(designed({ usersVariance: [400, 0] }, {}, { learnt: [base(50, 30)] }));
    expect(demand?.terms).toMatchObject({
      eventDemand: 200,
      baseDemand: 50,
      coupledDemand: 0,
      quantileBy: 'request',
    });
    expect(demand?.band?.quantile).toBe(0.975);
    const { p50 = 0, p95 = 0, p99 = 0 } = demand?.band ?? {};
    expect([p50 < 250, p50 < p95, p95 < (demand?.peakDemand ?? 0), (demand?.peakDemand ?? 0) < p99]).toEqual(
      Array(4).fill(true),
    );
  });

  test('is chosen by costs where no quantile is asked for', () => {
    const targets = [target({ id: 't', hourlyUsdPerUnit: 0.7 })];
    const demand = demandOf(designed({}, { targets }, { servedPercent: undefined }));
    // 0.125 USD unserved against 0.01 USD idle for 3 hours of which 4 are needed: a step is shorter than its busy hours.
    expect(demand?.terms).toMatchObject({ quantileBy: 'newsvendor', unservedUsd: 0.125 });
    expect(demand?.band?.quantile).toBeCloseTo(0.125 / (0.125 + 0.0075), 9);
  });

  test('covers every hour of the window once anything was observed, and says what was', () => {
    const requirements = designed({}, {}, { learnt: [base(5, 0)] });
    expect(requirements.steps[0]?.hoursMs).toHaveLength(3);
    expect(demandOf(requirements)?.meanByHour).toEqual([205, 105, 5]);
    expect(demandOf(requirements, 'api', 'b')?.meanByHour).toEqual([0, 20, 0]);
    expect(requirements.history).toEqual([{ workload: 'api', market: 'a', hours: 168 }]);
    expect(designed({}).history).toBeUndefined();
  });

  test('goes along with demand of other workloads, whose spread it shares', () => {
    const workloads = [
      { ...API, id: 'gallery' },
      { ...API, id: 'queries', demandPerUser: 0.5 },
    ];
    const couplings = [{ from: 'gallery', to: 'queries', demandPerDemand: 3 }];
    const queries = demandOf(designed({ usersVariance: [400, 0] }, { workloads, couplings }), 'queries');
    expect(queries?.terms).toMatchObject({ eventDemand: 50, coupledDemand: 600 });
    expect(queries?.demandByHour[0]).toBeCloseTo(at975(650, 10 + 3 * 40), 3);
  });

  test('is ready for the hours that begin before more capacity could come', () => {
    const rising = { users: [50, 100] };
    const leads = (leadTimeMinutes: number) => ({ targets: [target({ id: 't', leadTimeMinutes })] });
    expect(demandOf(designed(rising, leads(59)))?.demandByHour).toEqual([100, 200]);
    const early = demandOf(designed(rising, leads(60)));
    expect(early).toMatchObject({ demandByHour: [200, 200], meanByHour: [100, 200] });
    expect(early?.peakAtMs).toBe(FROM_MS + HOUR_MS);
  });

  test('a past season counts only as far as nothing was observed', () => {
    // Four days weigh as much as no doubt: the square root of 2.25.
    const lessons = [{ market: 'a', days: 4, level: 2.25, spread: null }];
    const past = [{ runId: 'r', workload: 'api', peakDemand: 100, observedDemand: 225, lessons }];
    const half = { ...base(0, 0), intensity: { factor: 1.2, standardDeviation: 0, observedWeight: 0.5 } };
    const [whole, part] = [[], [half]].map((learnt) => demandOf(designed({}, {}, { learnt }, past)));
    expect(whole?.pastSeasonFactor).toBeCloseTo(1.5, 9);
    expect(whole?.peakDemand).toBeCloseTo(200 * 1.5, 6);
    expect(part?.pastSeasonFactor).toBeCloseTo(1.25, 9);
    expect(part?.peakDemand).toBeCloseTo(200 * 1.2 * 1.25, 6);
  });

  test('is kept to six digits, in the same order', () => {
    const demand = demandOf(roundedRequirements(designed({ users: [1_234_567.89, 1.23456789e-3] })));
    expect(demand?.demandByHour).toEqual([2_469_140, 0.00246914]);
    expect(demand).toMatchObject({ peakDemand: 2_469_140, meanByHour: [2_469_140, 0.00246914] });
  });
});
