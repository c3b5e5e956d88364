import { describe, expect, test } from '@jest/globals';
import type { NetworkFacts } from '../../../../domain/allocation/network.ts';
import { type Allocation, allocate } from '../../../../domain/allocation.ts';
import type { Fleet } from '../../../../domain/fleet.ts';
import type { QuotaReading } from '../../../../domain/quota.ts';
import {
  bookingsOf,
  contentOf,
  fleetOf,
  inputOf,
  type Planning,
  planOf,
  target,
} from '../../../support/planning.ts';
import { solveHere } from '../../../support/solver.ts';

async function unitsOf(fleet: Fleet, planning: Planning = {}): Promise<Readonly<Record<string, number>>> {
  const { floors } = await contentOf(fleet, planning);
  return Object.fromEntries(floors.map(({ targetId, floorUnits }) => [targetId, floorUnits]));
}

async function constraintsOf(fleet: Fleet, planning: Planning = {}): Promise<readonly string[]> {
  const outcome = await planOf(fleet, planning);
  return outcome.status === 'infeasible' ? outcome.infeasibilities.map(({ constraint }) => constraint) : [];
}

describe('whole units', () => {
  const sizes = fleetOf([
    target({ id: 'large', hourlyUsdPerUnit: 0.3, capacityPerUnit: 400 }),
    target({ id: 'small', hourlyUsdPerUnit: 0.1 }),
  ]);

  test.each([
    // Two large (0.60) and two small (0.20) are cheaper than three large (0.90).
    [1_000, { large: 2, small: 2 }],
    // Three small ones (0.30) cost what one large does (0.30), which has more room.
    [250, { large: 1 }],
    [100, { small: 1 }],
    [1_200, { large: 3 }],
  ])('%p requests/s are carried by what costs least in whole units', async (guests, units) => {
    const planned = await unitsOf(sizes, { bookings: bookingsOf({ a: guests }) });
    const priceOf = (all: Readonly<Record<string, number>>) =>
      0.3 * (all.large ?? 0) + 0.1 * (all.small ?? 0);
    expect(priceOf(planned)).toBeCloseTo(priceOf(units), 9);
  });

  test('what a dearer target has today is used before anything is added', async () => {
    const fleet = fleetOf([
      target({ id: 'cheap' }),
      target({ id: 'dear', region: 'r2', hourlyUsdPerUnit: 9 }),
    ]);
    expect(await unitsOf(fleet, { live: { dear: 4 } })).toEqual({ cheap: 6, dear: 4 });
  });

  test('a ladder of classes is climbed to a rung that exists, and never above its maximum', async () => {
    const rung = (units: number) => ({ name: `c${units}`, units });
    const classes = [rung(2), rung(4), rung(8), rung(16)];
    const fleet = fleetOf([
      target({ id: 'ladder', classes, maximumUnits: 10, hourlyUsdPerUnit: 0.05 }),
      target({ id: 'plain', region: 'r2' }),
    ]);
    expect(await unitsOf(fleet)).toEqual({ ladder: 8, plain: 2 });
  });

  test('the plan says that nothing cheaper exists and what its constraints cost', async () => {
    const fleet = fleetOf([
      target({ id: 'x', maximumUnits: 6 }),
      target({ id: 'y', region: 'r2', hourlyUsdPerUnit: 0.2 }),
    ]);
    const { optimality } = await contentOf(fleet);
    // Six at 0.10 and four at 0.20 over a week of 168 hours; one more of x spares 0.10 an hour.
    expect(optimality).toMatchObject({ costUsd: 235.2, gap: 0 });
    expect(optimality?.binding).toContainEqual({
      constraint: 'maximumUnits',
      resource: 'x',
      step: 0,
      unit: 'unit',
      savesUsd: expect.closeTo(16.8, 2),
    });
  });
});

describe('N-1', () => {
  const three = (changes: Readonly<Record<string, number>> = {}) =>
    fleetOf([
      target({ id: 'aws', maximumUnits: changes.aws ?? 100 }),
      target({ id: 'azure', service: 'azure.aks', region: 'r2', hourlyUsdPerUnit: 0.11 }),
      target({ id: 'gcp', service: 'gcp.mig', region: 'r2', hourlyUsdPerUnit: 0.12 }),
    ]);
  const surviving = (promisedSharePercent: number, survivesLossOf = 'provider') => ({
    settings: { performanceRequirements: { survivesLossOf, promisedSharePercent } },
  });

  test('whatever provider is lost, the others carry what is promised: five units each for ten', async () => {
    expect(await unitsOf(three(), surviving(100))).toEqual({ aws: 5, azure: 5, gcp: 5 });
  });

  test('a smaller promise takes fewer units', async () => {
    const units = await unitsOf(three(), surviving(50));
    const [most] = Object.values(units).toSorted((a, b) => b - a);
    const all = Object.values(units).reduce((a, b) => a + b, 0);
    expect([all, all - (most ?? 0)]).toEqual([10, 5]);
  });

  test('says of a floor what is kept for the loss', async () => {
    const { floors } = await contentOf(three(), surviving(100));
    const reserve = floors.reduce((sum, { reserveUnits = 0 }) => sum + reserveUnits, 0);
    expect(reserve).toBe(5);
    const kept = floors.filter(({ reserveUnits }) => reserveUnits !== undefined);
    for (const { explanation } of kept)
      expect(explanation.text).toMatch(/more so that 100 % of every market/);
  });

  test('a region is one of its provider', async () => {
    const fleet = fleetOf([target({ id: 'one' }), target({ id: 'two', region: 'r2' })]);
    expect(await unitsOf(fleet, surviving(100, 'region'))).toEqual({ one: 10, two: 10 });
  });

  test('one provider alone survives nothing, and that is said', async () => {
    const outcome = await planOf(fleetOf([target({ id: 'one' })]), surviving(80));
    expect(outcome).toMatchObject({
      status: 'infeasible',
      infeasibilities: [{ constraint: 'survival', resource: 'a/api', shortfall: expect.closeTo(800, 6) }],
    });
  });
});

describe('quotas and budgets', () => {
  const fleet = fleetOf([
    target({ id: 'cheap' }),
    target({ id: 'dear', region: 'r2', hourlyUsdPerUnit: 0.2 }),
  ]);
  const quota = (limit: number): QuotaReading => ({
    provider: 'aws',
    quota: 'L-1',
    title: 'vCPU',
    quotaService: 'fargate',
    region: 'r1',
    unit: 'vCPU',
    limit,
    used: 0,
    perUnit: { cheap: 2 },
  });
  const quotas = (limit: number) => ({ quotas: { readings: [quota(limit)], unread: [] } });

  test('a quota moves demand to a target that takes nothing of it', async () => {
    expect(await unitsOf(fleet, quotas(8))).toEqual({ cheap: 4, dear: 6 });
  });

  test('a quota that nothing can keep is named', async () => {
    expect(await constraintsOf(fleetOf([target({ id: 'cheap' })]), quotas(8))).toEqual(['quota']);
  });

  test('a budget and a quota that cannot both be kept are both known', async () => {
    const settings = { costConstraints: { maximumHourlyUsd: 1.1 } };
    expect(await constraintsOf(fleet, { ...quotas(8), settings })).toEqual(['quota']);
    expect(await constraintsOf(fleet, { ...quotas(18), settings })).toEqual([]);
  });
});

describe('networks', () => {
  const network: NetworkFacts = {
    roundTripMs: (_zone, _provider, region) => ({ r1: 20, r2: 90 })[region] ?? null,
    egressUsdPerGb: (provider) => (provider === 'aws' ? 0.09 : 0.01),
  };
  const workload = { id: 'api', unit: 'requests', demandPerUser: 1 };
  const targets = [
    target({ id: 'near', hourlyUsdPerUnit: 0.2 }),
    target({ id: 'far', service: 'gcp.mig', region: 'r2' }),
  ];
  const floorsWith = async (changes: object): Promise<Allocation> => {
    const fleet = fleetOf(targets, { workloads: [{ ...workload, ...changes }] });
    return allocate({ ...(await inputOf(fleet)), network }, solveHere);
  };
  const idsOf = (outcome: Allocation) =>
    outcome.status === 'planned' ? outcome.content.floors.map(({ targetId }) => targetId) : [];

  test.each([
    ['the cheaper one without a limit', {}, ['far']],
    ['the nearer one where the other is too far', { maximumRoundTripMs: 50 }, ['near']],
    ['the other where egress is cheaper', { egressGbPerUnit: 0.001 }, ['far']],
  ])('carries: %s', async (_, changes, ids) => {
    expect(idsOf(await floorsWith(changes))).toEqual(ids);
  });

  test('egress is part of what is cheapest', async () => {
    const cheapNear = [target({ id: 'near', hourlyUsdPerUnit: 0.09 }), ...targets.slice(1)];
    const fleet = fleetOf(cheapNear, { workloads: [{ ...workload, egressGbPerUnit: 0.001 }] });
    const input = await inputOf(fleet);
    expect(idsOf(await allocate(input, solveHere))).toEqual(['near']);
    expect(idsOf(await allocate({ ...input, network }, solveHere))).toEqual(['far']);
  });

  test('nobody near enough is said with the distance allowed', async () => {
    const outcome = await floorsWith({ maximumRoundTripMs: 5 });
    expect(outcome).toMatchObject({ status: 'infeasible', infeasibilities: [{ constraint: 'latency' }] });
  });
});

test('of interruptible units the part that counts as gone is made up for', async () => {
  const spot = { service: 'aws.asg', spotPercent: 50, spotHourlyUsdPerUnit: 0.03 };
  const fleet = fleetOf([target({ id: 's', ...spot, spotInterruptedPercent: 40 })]);
  const [floor] = (await contentOf(fleet, { bookings: bookingsOf({ a: 800 }) })).floors;
  // A unit of 100 carries 80 on average.
  expect(floor).toMatchObject({ floorUnits: 10, explanation: { capacityPerUnit: 80 } });
  expect(floor?.explanation.text).toContain('counts with 80 instead of 100');
});
