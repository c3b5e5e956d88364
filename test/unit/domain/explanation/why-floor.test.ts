import { describe, expect, test } from '@jest/globals';
import { nearestIds } from '../../../../domain/explanation/nearest-ids.ts';
import { nextBest } from '../../../../domain/explanation/next-best.ts';
import type { PlanGrounds } from '../../../../domain/explanation/plan-grounds.ts';
import { costliestStep, explainableTargets, whyFloor } from '../../../../domain/explanation/why-floor.ts';
import { whyInWords } from '../../../../domain/explanation/why-in-words.ts';
import type { Optimality } from '../../../../domain/plan.ts';
import { twoStepGrounds, twoSteps } from '../../../support/plan-grounds.ts';
import { contentOf, fleetOf, inputOf, target } from '../../../support/planning.ts';

const { request } = twoStepGrounds();
/** Asks for markets `a` and `b`, with units planned to be used whole as the plans of the tests are. */
const WHOLE_USE = {
  ...request,
  request: { ...request?.request, performanceTargets: { utilizationPercent: 100 } },
} as PlanGrounds['request'];

const OPTIMALITY: Optimality = {
  costUsd: 2.8,
  boundUsd: 2.8,
  gap: 0,
  binding: [
    { constraint: 'maximumUnits', resource: 'near', step: 0, savesUsd: 0.4, unit: 'unit' },
    { constraint: 'providerShare', resource: 'aws a/api', step: 0, savesUsd: 0.3, unit: 'percentage point' },
    {
      constraint: 'survival',
      resource: 'b/api without gcp',
      step: 0,
      savesUsd: 0.2,
      unit: 'percentage point',
    },
    {
      constraint: 'hourlyBudget',
      resource: 'costConstraints.maximumHourlyUsd',
      savesUsd: 0.1,
      unit: 'USD/h',
    },
    { constraint: 'maximumUnits', resource: 'near', step: 1, savesUsd: 0.05, unit: 'unit' },
    {
      constraint: 'providerShare',
      resource: 'aws a/api-2',
      step: 0,
      savesUsd: 0.01,
      unit: 'percentage point',
    },
  ],
};

function wordsOf(title: string, grounds = twoStepGrounds(), targetId = 'near', step = 0): string {
  const why = whyFloor(grounds, targetId, step);
  if (!why) throw new Error(`${targetId} has no explanation`);
  return (
    whyInWords(why)
      .find((passage) => passage.title === title)
      ?.sentences.join(' ') ?? ''
  );
}

describe('why a floor is what it is', () => {
  test('says what it costs, at the prices of the plan', () => {
    const why = whyFloor(twoStepGrounds(), 'near', 0);
    expect(why).toMatchObject({ floorUnits: 8, liveUnits: 2, maximumUnits: 1_000 });
    expect(why?.cost).toEqual({
      unitUsdPerHour: 0.1,
      hourlyUsd: 0.8,
      addedHourlyUsd: expect.closeTo(0.6, 12),
      priceDate: '2027-01-01',
      priceSource: 'the fleet file',
    });
    expect(why?.floorsByStep).toEqual([
      { step: 0, floorUnits: 8 },
      { step: 1, floorUnits: 4 },
    ]);
    expect(wordsOf('Answer')).toBe(
      'near: at least 8 units of at most 1,000 in step 1, 2027-06-01 00:00 UTC to 2027-06-01 02:00 UTC; 2 were there. ' +
        'That is $0.80 per hour, $0.60 more than what was there, at $0.10 per unit and hour (price of 2027-01-01, from the fleet file).',
    );
  });

  test('can be followed in words from bookings to units', () => {
    expect(wordsOf('From bookings to demand')).toContain(
      'a: 10 bookings under way, 1,000 users × 0.5 requests/s each = 500 requests/s expected × 1.2 for the 97 % ' +
        'quantile and growth while capacity is made = 600 requests/s to be ready for; 80 % of it here = 480 requests/s.',
    );
    expect(wordsOf('From demand to units')).toBe(
      '540 requests/s / 75 per unit (100 at 75 %) = 7.2 units. + 0.8 to whole units. Floor: 8 units.',
    );
  });

  test('takes no rounding of what is stored for demand of somebody', () => {
    const grounds = twoStepGrounds();
    const requirements = grounds.requirements as NonNullable<PlanGrounds['requirements']>;
    const words = (extra: number) => {
      const demands = requirements.demands.map((one) => ({
        ...one,
        meanByHour: (one.meanByHour ?? []).map((mean) => mean + extra),
      }));
      return wordsOf('From bookings to demand', { ...grounds, requirements: { ...requirements, demands } });
    };
    expect(words(0.0005)).not.toContain('load it otherwise');
    expect(words(5)).toContain('+ 5 of phases that load it otherwise = 505 requests/s expected');
  });

  test('names who carries its markets where it has no floor', () => {
    const why = whyFloor(twoStepGrounds(), 'far', 0);
    expect(why).toMatchObject({ floorUnits: 0, terms: null });
    expect(why?.carriedElsewhere).toEqual([
      { market: 'a', targetId: 'near', share: 0.8 },
      { market: 'b', targetId: 'near', share: 0.5 },
    ]);
    expect(wordsOf('Answer', undefined, 'far')).toMatch(
      /^far is asked for nothing .*near carries 80 % of a; near carries 50 % of b\.$/,
    );
  });

  test('names the constraints that bear on it and on the markets it serves, in its step', () => {
    const content = { ...twoSteps(), optimality: OPTIMALITY };
    const why = whyFloor(twoStepGrounds({ content }), 'near', 0);
    expect(why?.bindingConstraints?.map(({ savesUsd }) => savesUsd)).toEqual([0.4, 0.3, 0.2]);
    expect(wordsOf('What stands in the way of a cheaper plan', twoStepGrounds({ content }))).toMatch(
      /^maximumUnits of near: one unit more would save \$0\.40 over the step\./,
    );
  });

  test.each([
    ['prices of constraints', {}, /no prices of constraints/],
    ['a next best', {}, /the next best cannot be worked out/],
    ['the fleet', { fleet: null }, /Another fleet is in force/],
    ['the requirements', { requirements: null }, /requirements of its run were not kept/],
  ] as const)('says that it does not know %s where it does not', (_what, changes, sentence) => {
    expect(wordsOf('Not known', twoStepGrounds(changes))).toMatch(sentence);
  });

  test('does not claim to know nothing where it knows', () => {
    expect(wordsOf('Not known')).not.toMatch(/quantiles|fleet|requirements/);
  });

  test.each([
    ['a target that plan and fleet do not have', 'nowhere', 0],
    ['a step the plan does not have', 'near', 2],
  ])('is nothing for %s', (_what, targetId, step) => {
    expect(whyFloor(twoStepGrounds(), targetId, step)).toBeNull();
  });

  test('takes the step in which a target costs most, the first of equals', () => {
    expect(costliestStep(twoStepGrounds(), 'near')).toBe(0);
    expect(costliestStep(twoStepGrounds(), 'far')).toBe(1);
    expect(costliestStep(twoStepGrounds(), 'nowhere')).toBe(0);
    const even = twoSteps().floors.map((floor) => ({ ...floor, floorUnits: 4 }));
    expect(costliestStep({ content: twoSteps({ floors: even }) }, 'near')).toBe(0);
  });

  test('can be asked of planned targets even when their fleet is gone', () => {
    expect(explainableTargets(twoStepGrounds({ fleet: null }))).toEqual(['far', 'near']);
    expect(whyFloor(twoStepGrounds({ fleet: null }), 'near', 0)).toMatchObject({
      floorUnits: 8,
      workload: null,
      cell: null,
      cost: null,
    });
  });
});

describe('the next best to a floor', () => {
  /** 1,000 requests/s: ten units of `first`; `zone` has room for four at 0.2 USD, `region` for the rest at 0.3. */
  async function groundsWith(changes: Readonly<Record<string, number>> = {}, live = 0): Promise<PlanGrounds> {
    const fleet = fleetOf([
      target({ id: 'first', maximumUnits: 20, baselineUnits: live }),
      target({ id: 'zone', hourlyUsdPerUnit: 0.2, maximumUnits: 4, ...changes }),
      target({ id: 'region', region: 'r2', hourlyUsdPerUnit: 0.3, maximumUnits: 50, ...changes }),
    ]);
    const input = await inputOf(fleet);
    const content = await contentOf(fleet);
    return { ...input, planId: 'p', content, request: WHOLE_USE };
  }

  test('is the cheapest others, and costs what they cost more over the step', async () => {
    const grounds = await groundsWith();
    const week = 7 * 24;
    expect(nextBest(grounds, 'first', 0)).toEqual({
      status: 'found',
      extraUsd: expect.closeTo((4 * 0.2 + 6 * 0.3 - 10 * 0.1) * week, 3),
      instead: [
        { targetId: 'region', fromUnits: 0, toUnits: 6 },
        { targetId: 'zone', fromUnits: 0, toUnits: 4 },
      ],
    });
    expect(wordsOf('Next best', grounds, 'first')).toMatch(
      /^If nothing were added here: region from 0 to 6, zone from 0 to 4, which costs \$268\.80 more over the step\./,
    );
  });

  test('leaves what was there before where it is', async () => {
    const best = nextBest(await groundsWith({}, 7), 'first', 0);
    expect(best).toMatchObject({
      status: 'found',
      instead: [{ targetId: 'zone', fromUnits: 0, toUnits: 3 }],
    });
  });

  test.each([
    ['others have no room', { maximumUnits: 1 }, 0, 'first', /no room/],
    ['it carries nothing', {}, 0, 'zone', /carries nothing/],
    ['nothing is added', {}, 12, 'first', /enough/],
  ])('is none where %s', async (_why, changes, live, targetId, reason) => {
    const best = nextBest(await groundsWith(changes, live), targetId, 0);
    expect(best).toEqual({ status: 'none', reason: expect.stringMatching(reason) });
  });
});

describe('the nearest ids', () => {
  const ids = [
    'aws.ecs/eu-west-1/api',
    'aws.ecs/eu-west-1/gallery',
    'aws.ecs/us-east-1/api',
    'gcp.mig/eu/api',
  ];
  test.each([
    ['a letter too many', 'aws.ecs/eu-west-1/apii', 'aws.ecs/eu-west-1/api'],
    ['a part of it', 'gallery', 'aws.ecs/eu-west-1/gallery'],
    ['other case', 'GCP.MIG/EU/API', 'gcp.mig/eu/api'],
    ['a letter wrong', 'gcp.meg/eu/api', 'gcp.mig/eu/api'],
  ])('of %s begin with the one meant', (_what, typed, meant) => {
    expect(nearestIds(typed, ids)[0]).toBe(meant);
  });

  test('are five at most, and the same whatever the order of the ids', () => {
    const many = Array.from({ length: 40 }, (_, index) => `target-${index}`);
    expect(nearestIds('target', many)).toHaveLength(5);
    expect(nearestIds('target-x', many.toReversed())).toEqual(nearestIds('target-x', many));
  });
});
