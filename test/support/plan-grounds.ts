import type { PlanGrounds, StoredDemand } from '../../domain/explanation/plan-grounds.ts';
import type { Fleet } from '../../domain/fleet.ts';
import type { PlanContent, PlannedFloor } from '../../domain/plan.ts';
import type { RunRequest } from '../../domain/season.ts';
import { fleetOf, NOW_MS, settingsOf, target } from './planning.ts';

const HOUR_MS = 3_600_000;

/** Begin of the first of two steps of two hours each. */
export const FROM_MS = NOW_MS + 12 * HOUR_MS;

/** Two targets of one workload in two clouds: `near` at 0.1 USD with 100 requests/s per unit, `far` at 0.3 with 50. */
export function twoTargets(changes: Partial<Fleet> = {}): Fleet {
  const near = target({ id: 'near', markets: ['a', 'b'], hourlyUsdPerUnit: 0.1, baselineUnits: 2 });
  const far = target({
    id: 'far',
    service: 'gcp.mig',
    region: 'r2',
    markets: ['a', 'b'],
    hourlyUsdPerUnit: 0.3,
    capacityPerUnit: 50,
    baselineUnits: 1,
  });
  const workloads = [{ id: 'api', unit: 'requests', demandPerUser: 0.5 }];
  return fleetOf([near, far], { workloads, ...changes });
}

/**
 * A floor of 8 units that can be redone by hand: at the first step's second hour market `a` has 1,000 users × 0.5 =
 * 500 requests/s expected, × 1.2 = 600 to be ready for, 80 % of it here = 480; `b` 200 × 0.5 = 100, × 1.2 = 120, half
 * of it here = 60. 540 / (100 × 75 %) = 7.2, rounded up 8.
 */
export function floorOfEight(changes: Partial<PlannedFloor> = {}): PlannedFloor {
  return {
    targetId: 'near',
    step: 0,
    floorUnits: 8,
    needUnits: 540 / 75,
    explanation: {
      peakAtMs: FROM_MS + HOUR_MS,
      shares: [
        { market: 'a', bookings: 10, users: 1_000, demand: 600, share: 0.8 },
        { market: 'b', bookings: 2, users: 200, demand: 120, share: 0.5 },
      ],
      demand: 540,
      capacityPerUnit: 100,
      utilizationPercent: 75,
      pastSeasonFactor: 1,
      text: 'stored',
    },
    ...changes,
  };
}

/** Floors of `near` in both steps, and of `far` in the second, in which half as many come: 270 / 75 and 90 / 37.5. */
function floors(): readonly PlannedFloor[] {
  const [a, b] = [
    { market: 'a', bookings: 5, users: 500, demand: 300 },
    { market: 'b', bookings: 1, users: 100, demand: 60 },
  ];
  const half = { ...floorOfEight().explanation, peakAtMs: FROM_MS + 3 * HOUR_MS };
  const near = {
    ...half,
    demand: 270,
    shares: [
      { ...a, share: 0.8 },
      { ...b, share: 0.5 },
    ],
  };
  const far = {
    ...half,
    demand: 90,
    shares: [
      { ...a, share: 0.2 },
      { ...b, share: 0.5 },
    ],
    capacityPerUnit: 50,
  };
  return [
    floorOfEight(),
    floorOfEight({ targetId: 'far', step: 1, floorUnits: 3, needUnits: 90 / 37.5, explanation: far }),
    floorOfEight({ step: 1, floorUnits: 4, needUnits: 270 / 75, explanation: near }),
  ];
}

/** The content of a plan of two steps over {@link twoTargets}. */
export function twoSteps(changes: Partial<PlanContent> = {}): PlanContent {
  const hours = [0, 1, 2, 3].map((hour) => FROM_MS + hour * HOUR_MS);
  return {
    schemaVersion: 1,
    inputs: { request: 'r', bookings: 'b', fleet: 'f', prices: 'p' },
    steps: [
      { step: 0, fromMs: FROM_MS, untilMs: FROM_MS + 2 * HOUR_MS, hoursMs: hours.slice(0, 2) },
      { step: 1, fromMs: FROM_MS + 2 * HOUR_MS, untilMs: FROM_MS + 4 * HOUR_MS, hoursMs: hours.slice(2) },
    ],
    floors: floors(),
    cells: [
      { provider: 'aws', region: 'r1' },
      { provider: 'gcp', region: 'r2' },
    ],
    routes: [],
    cost: { hourlyUsdBefore: 0.5, hourlyUsdAfter: 1.3, seasonUsd: 2.8, priceDate: '2027-01-01' },
    drift: [],
    commitments: [],
    peak: { atMs: FROM_MS + HOUR_MS, users: 1_200, text: 'Peak: 1,200 concurrent users.' },
    validUntilMs: FROM_MS,
    ...changes,
  };
}

/** Demand of a market by hour of a step: twice the expected of the first hour in the second, and made ready × 1.2. */
function demandOf(market: string, step: number, expected: number): StoredDemand {
  const meanByHour = [expected / 2, expected];
  return {
    step,
    workload: 'api',
    market,
    peakDemand: expected * 1.2,
    peakAtMs: FROM_MS + (2 * step + 1) * HOUR_MS,
    peakUsers: expected * 2,
    pastSeasonFactor: 1,
    demandByHour: meanByHour.map((mean) => mean * 1.2),
    meanByHour,
    band: { quantile: 0.97, p50: expected * 0.99, p95: expected * 1.16, p99: expected * 1.25 },
  };
}

/** Everything that {@link twoSteps} is explained from; `near` had 2 units before, `far` 1. */
export function twoStepGrounds(changes: Partial<PlanGrounds> = {}): PlanGrounds {
  const content = changes.content ?? twoSteps();
  const season = {
    id: 's',
    name: 'Two steps',
    startsAt: '2027-06-01T00:00',
    endsAt: '2027-06-01T04:00',
    timeZone: 'UTC',
    markets: ['a', 'b'],
    stepDays: 1,
  };
  return {
    planId: '0123456789abcdef',
    content,
    request: { kind: 'season', request: { ...settingsOf(), season } } as RunRequest,
    distribution: null,
    requirements: {
      steps: content.steps,
      demands: [demandOf('a', 0, 500), demandOf('b', 0, 100), demandOf('a', 1, 250), demandOf('b', 1, 50)],
      live: {
        near: { floorUnits: 2, servingUnits: 2 },
        far: { floorUnits: 1, servingUnits: 1 },
      },
      pastSeasons: [],
    },
    fleet: twoTargets(),
    ...changes,
  };
}
