import { describe, expect, test } from '@jest/globals';
import { allocate } from '../../../domain/allocation.ts';
import type { Fleet } from '../../../domain/fleet.ts';
import type { PlanContent, PlannedFloor } from '../../../domain/plan.ts';
import { residencyRule, selectedTargetIds } from '../../../domain/selection.ts';
import { grownFloors, type StandInInput, standIn } from '../../../domain/stand-in.ts';
import { bookingsOf, fleetOf, inputOf, type Planning, target } from '../../support/planning.ts';
import { solveHere } from '../../support/solver.ts';

/** 1,000 requests/s of market a: ten units of the first, and two dearer ones that are free. */
const FLEET = fleetOf([
  target({ id: 'first', fallbacks: ['zone', 'region'], maximumUnits: 20 }),
  target({ id: 'zone', hourlyUsdPerUnit: 0.2, maximumUnits: 4 }),
  target({ id: 'region', region: 'r2', hourlyUsdPerUnit: 0.3, maximumUnits: 50 }),
  target({ id: 'other', service: 'gcp.mig', region: 'r2', hourlyUsdPerUnit: 0.4, maximumUnits: 50 }),
]);

async function inputFor(
  keptUnits: number,
  {
    fleet = FLEET,
    change = {},
    ...planning
  }: Planning & { fleet?: Fleet; change?: Partial<StandInInput> } = {},
): Promise<StandInInput> {
  const input = await inputOf(fleet, { markets: ['a'], ...planning });
  const plan = await allocate(input, solveHere);
  if (plan.status !== 'planned') throw new Error('no plan');
  const floorUnits = unitsOf(plan.content).first ?? 0;
  return {
    planId: 'plan-1',
    content: plan.content,
    shortage: { targetId: 'first', step: 0, floorUnits, keptUnits, servingUnits: keptUnits },
    distribution: input.distribution,
    requirements: input.requirements,
    fleet,
    settings: input.settings,
    selected: selectedTargetIds(fleet, input.settings, input.markets),
    mayCarry: residencyRule(fleet, input.markets, []),
    unavailable: new Set(),
    nowMs: input.nowMs,
    ...change,
  };
}

function unitsOf({ floors }: { readonly floors: readonly PlannedFloor[] }): Readonly<Record<string, number>> {
  return Object.fromEntries(floors.map(({ targetId, floorUnits }) => [targetId, floorUnits]));
}

/** @throws Error where nobody stands in. */
function planned(input: StandInInput): { readonly content: PlanContent; readonly declared: boolean } {
  const outcome = standIn(input);
  if (outcome.status === 'planned') return outcome;
  throw new Error(outcome.reason);
}

describe('who carries what a vendor has no room for', () => {
  test('declared fallbacks in their order, each up to its maximum, and the short one keeps what it has', async () => {
    const { content, declared } = planned(await inputFor(3));
    expect(unitsOf(content)).toEqual({ first: 3, zone: 4, region: 3 });
    expect(declared).toBe(true);
  });

  test('the demand carried is the same before and after', async () => {
    const input = await inputFor(3);
    const demandOf = ({ floors }: PlanContent) =>
      floors.reduce((sum, floor) => sum + floor.explanation.demand, 0);
    expect(demandOf(planned(input).content)).toBeCloseTo(demandOf(input.content), 6);
  });

  test('a fallback that carries its own part already takes more beside it', async () => {
    const fleet = fleetOf([
      target({ id: 'first', fallbacks: ['second'], maximumUnits: 6 }),
      target({ id: 'second', hourlyUsdPerUnit: 0.2, maximumUnits: 20 }),
    ]);
    const input = await inputFor(1, { fleet });
    expect(unitsOf(input.content)).toEqual({ first: 6, second: 4 });
    const { content } = planned(input);
    expect(unitsOf(content)).toEqual({ first: 1, second: 9 });
    expect(grownFloors(input.content, content).map(({ targetId }) => targetId)).toEqual(['second']);
  });

  test('one that keeps nothing has no floor any more', async () => {
    expect(unitsOf(planned(await inputFor(0)).content)).toEqual({ zone: 4, region: 6 });
  });

  test('others of the workload only where the declared ones do not suffice, and that is not declared', async () => {
    const fleet = {
      ...FLEET,
      targets: FLEET.targets.map((t) => (t.id === 'region' ? { ...t, maximumUnits: 2 } : t)),
    };
    const { content, declared } = planned(await inputFor(3, { fleet }));
    expect(unitsOf(content)).toEqual({ first: 3, zone: 4, region: 2, other: 1 });
    expect(declared).toBe(false);
  });

  test('a target without fallbacks is stood in for by anybody, which is not declared', async () => {
    const fleet = { ...FLEET, targets: FLEET.targets.map(({ fallbacks: _none, ...t }) => t) };
    const input = await inputFor(3, { fleet });
    expect(input.content.fallbacks).toBeUndefined();
    const { content, declared } = planned(input);
    expect(unitsOf(content)).toEqual({ first: 3, zone: 4, region: 3 });
    expect(declared).toBe(false);
  });

  test.each<[string, Partial<StandInInput>, RegExp]>([
    [
      'short itself, or let go of',
      { unavailable: new Set(['zone', 'region', 'other']) },
      /none of its fallbacks/,
    ],
    ['not selected by the request', { selected: new Set(['first']) }, /none of its fallbacks can take more/],
    ['not allowed to carry the market', { mayCarry: () => false }, /have no room for what it cannot carry/],
  ])('nobody who is %s', async (_what, change, reason) => {
    const outcome = standIn(await inputFor(3, { change }));
    expect(outcome).toMatchObject({ status: 'none', reason: expect.stringMatching(reason) });
  });

  test('no more of a market than one provider may carry', async () => {
    const settings = { performanceRequirements: { maximumProviderSharePercent: 60 } };
    const input = await inputFor(3, { settings });
    expect(unitsOf(input.content)).toEqual({ first: 6, other: 4 });
    const { content } = planned(input);
    expect(unitsOf(content)).toEqual({ first: 3, zone: 3, other: 4 });
  });
});

describe('what it may cost', () => {
  test('a ceiling that what is declared stays below is part of the plan', async () => {
    const { content } = await inputFor(3);
    // 1.00 for ten units; 1,000 requests/s carried whole by the dearest at 0.30 for 100; a unit of each beside.
    // `zone` has four units at most, so it is not the dearest.
    expect(content.fallbacks).toEqual({
      targets: [{ targetId: 'first', fallbacks: ['zone', 'region'] }],
      ceilingHourlyUsd: 4.5,
    });
  });

  test.each([
    [0.5, false],
    [1, true],
  ])(
    'with %p USD/h on top for fallbacks, 1.00 more is declared: %p',
    async (maximumFallbackHourlyUsd, declared) => {
      const input = await inputFor(3, { settings: { costConstraints: { maximumFallbackHourlyUsd } } });
      const { content, ...outcome } = planned(input);
      expect(content.cost.hourlyUsdAfter - input.content.cost.hourlyUsdAfter).toBeCloseTo(1, 9);
      expect(outcome.declared).toBe(declared);
    },
  );

  test.each(['maximumHourlyUsd', 'maximumSeasonUsd'])('never more than %s', async (budget) => {
    const input = await inputFor(3);
    const { hourlyUsdAfter, seasonUsd } = input.content.cost;
    const most = budget === 'maximumHourlyUsd' ? hourlyUsdAfter : seasonUsd;
    const outcome = standIn(await inputFor(3, { settings: { costConstraints: { [budget]: most } } }));
    expect(outcome).toMatchObject({ status: 'none', reason: expect.stringContaining(budget) });
  });

  test('nor more than a quota allows', async () => {
    const reading = {
      provider: 'aws',
      quota: 'L-1',
      title: 'vCPUs',
      quotaService: 'fargate',
      region: 'r2',
      unit: 'vCPU',
      limit: 2,
      used: 0,
      perUnit: { region: 1 },
    } as const;
    const outcome = standIn(await inputFor(3, { quotas: { readings: [reading], unread: [] } }));
    expect(outcome).toMatchObject({
      status: 'none',
      reason: expect.stringContaining('quota: vCPUs (L-1) in r2'),
    });
  });
});

test('the default ceiling holds a fallback whose units are large', async () => {
  const fleet = fleetOf([
    target({ id: 'first', fallbacks: ['large'] }),
    target({ id: 'large', capacityPerUnit: 10_000, hourlyUsdPerUnit: 50, region: 'r2' }),
  ]);
  expect(planned(await inputFor(3, { fleet })).declared).toBe(true);
});

test('in the middle of a season what has been spent until then stays spent', async () => {
  const input = await inputFor(8);
  const [step] = input.content.steps;
  if (!step) throw new Error('no step');
  const nowMs = (step.fromMs + step.untilMs) / 2;
  const before = input.content.cost.seasonUsd;
  // Two units of 0.10 are carried by two of 0.20 for half of the window of 168 hours.
  expect(planned({ ...input, nowMs }).content.cost.seasonUsd).toBeCloseTo(before + 0.2 * 84, 6);
  const costConstraints = { maximumSeasonUsd: before };
  const outcome = standIn({ ...(await inputFor(8, { settings: { costConstraints } })), nowMs });
  expect(outcome).toMatchObject({ status: 'none', reason: expect.stringContaining('seasonBudget') });
});

test('a service that serves all again is short of nothing, and nobody is asked', async () => {
  const input = await inputFor(10);
  const { content, declared } = planned(input);
  expect(grownFloors(input.content, content)).toEqual([]);
  expect(unitsOf(content)).toEqual(unitsOf(input.content));
  expect(declared).toBe(true);
});

test('a generation names the plan before and every shortage so far', async () => {
  const first = await inputFor(3);
  const { content } = planned(first);
  expect(content.standIn).toEqual({ replaces: 'plan-1', generation: 2, shortages: [first.shortage] });
  const shortage = { targetId: 'region', step: 0, floorUnits: 3, keptUnits: 0, servingUnits: 0 };
  const second = planned({
    ...first,
    planId: 'plan-2',
    content,
    shortage,
    unavailable: new Set(['first', 'zone']),
  });
  expect(unitsOf(second.content)).toEqual({ first: 3, zone: 4, other: 3 });
  expect(second.content.standIn).toEqual({
    replaces: 'plan-2',
    generation: 3,
    shortages: [first.shortage, shortage],
  });
});

test('a stand-in that runs short hands on to those that come after it where it stands in', async () => {
  const first = await inputFor(3);
  const shortage = { targetId: 'zone', step: 0, floorUnits: 4, keptUnits: 0, servingUnits: 0 };
  const { content } = planned(first);
  const { declared, ...second } = planned({
    ...first,
    planId: 'plan-2',
    content,
    shortage,
    unavailable: new Set(['first']),
  });
  expect(unitsOf(second.content)).toEqual({ first: 3, region: 7 });
  expect(declared).toBe(true);
});

test('floors of other steps and workloads stay as they are', async () => {
  const workloads = [
    { id: 'api', unit: 'requests', demandPerUser: 1 },
    { id: 'gallery', unit: 'requests', demandPerUser: 1 },
  ];
  const fleet = fleetOf([...FLEET.targets, target({ id: 'pictures', workload: 'gallery' })], { workloads });
  const input = await inputFor(3, { fleet, bookings: bookingsOf({ a: 1_000 }) });
  const before = input.content.floors.find(({ targetId }) => targetId === 'pictures');
  expect(before).toBeDefined();
  expect(planned(input).content.floors.find(({ targetId }) => targetId === 'pictures')).toEqual(before);
});
