import { analyseDistribution } from '../../../domain/distribution.ts';
import { calculateRequirements, stepWindows } from '../../../domain/requirements.ts';
import { booking } from '../../support/planning.ts';

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
