import { describe, expect, test } from '@jest/globals';
import { costByStep } from '../../../../domain/explanation/cost-by-step.ts';
import { headlineOf, planTitle } from '../../../../domain/explanation/headline.ts';
import type { PlanGrounds } from '../../../../domain/explanation/plan-grounds.ts';
import { workloadOutlooks } from '../../../../domain/explanation/workload-outlook.ts';
import { marketsOf } from '../../../../domain/season.ts';
import { FROM_MS, twoStepGrounds, twoSteps } from '../../../support/plan-grounds.ts';
import { bookingsOf, contentOf, fleetOf, inputOf, target } from '../../../support/planning.ts';

const HOUR_MS = 3_600_000;
const GONE: readonly (readonly [string, Partial<PlanGrounds>])[] = [
  ['fleet', { fleet: null }],
  ['requirements', { requirements: null }],
];

describe('cost by step', () => {
  test('is the higher of what was there and the floor, by provider and by region', () => {
    const costs = costByStep(twoStepGrounds());
    expect(costs?.map(({ hourlyUsd }) => hourlyUsd)).toEqual([
      expect.closeTo(1.1, 9),
      expect.closeTo(1.3, 9),
    ]);
    expect(costs?.map(({ addedHourlyUsd }) => addedHourlyUsd)).toEqual([
      expect.closeTo(0.6, 9),
      expect.closeTo(0.8, 9),
    ]);
    expect(costs?.[0]?.hourlyUsdByProvider).toEqual({
      aws: expect.closeTo(0.8, 9),
      gcp: expect.closeTo(0.3, 9),
    });
    expect(costs?.[1]?.hourlyUsdByCell).toEqual({
      'aws/r1': expect.closeTo(0.4, 9),
      'gcp/r2': expect.closeTo(0.9, 9),
    });
  });

  test('leaves out targets that the request does not select', () => {
    const grounds = twoStepGrounds();
    const request = { ...grounds.request, request: { ...grounds.request?.request, providers: ['gcp'] } };
    const costs = costByStep({ ...grounds, request: request as PlanGrounds['request'] });
    expect(costs?.map(({ hourlyUsdByProvider }) => Object.keys(hourlyUsdByProvider))).toEqual([
      ['gcp'],
      ['gcp'],
    ]);
  });

  test('has the figures of the plan as it is made', async () => {
    const fleet = fleetOf([
      target({ id: 'x', markets: ['a', 'b'], maximumUnits: 7, baselineUnits: 1 }),
      target({ id: 'y', markets: ['a', 'b'], hourlyUsdPerUnit: 0.2, service: 'gcp.mig', baselineUnits: 2 }),
    ]);
    const planning = { bookings: bookingsOf({ a: 1_234, b: 300 }), stepDays: 1 };
    const content = await contentOf(fleet, planning);
    const input = await inputOf(fleet, planning);
    const { request } = twoStepGrounds();
    expect(request && marketsOf(request)).toEqual(['a', 'b']);
    const costs = costByStep({ ...input, planId: 'p', content, request });
    const most = Math.max(...(costs ?? []).map(({ hourlyUsd }) => hourlyUsd));
    expect(most).toBeCloseTo(content.cost.hourlyUsdAfter, 4);
    const added = (costs ?? []).map(
      ({ addedHourlyUsd, fromMs, untilMs }) => (addedHourlyUsd * (untilMs - fromMs)) / HOUR_MS,
    );
    expect(added.reduce((a, b) => a + b, 0)).toBeCloseTo(content.cost.seasonUsd, 3);
  });

  test.each([...GONE, ['request', { request: null }]] as const)(
    'is not guessed without the %s',
    (_what, gone) => {
      expect(costByStep(twoStepGrounds(gone))).toBeNull();
    },
  );
});

describe('the outlook of a workload', () => {
  test('has a value for every hour, of all markets together', () => {
    const [outlook, ...others] = workloadOutlooks(twoStepGrounds()) ?? [];
    expect(others).toEqual([]);
    expect(outlook).toMatchObject({ workload: 'api', unit: 'requests', startMs: FROM_MS });
    expect(outlook?.expected).toEqual([300, 600, 150, 300]);
    expect(outlook?.design).toEqual([360, 720, 180, 360].map((value) => expect.closeTo(value, 9)));
    // At 75 %: 8 units of 100 and 1 of 50, then 4 and 3.
    expect(outlook?.carried).toEqual([637.5, 637.5, 412.5, 412.5]);
  });

  test('names the highest hour of each step', () => {
    const [outlook] = workloadOutlooks(twoStepGrounds()) ?? [];
    expect(outlook?.steps).toEqual([
      {
        step: 0,
        fromMs: FROM_MS,
        untilMs: FROM_MS + 2 * HOUR_MS,
        peakAtMs: FROM_MS + HOUR_MS,
        expectedAtPeak: 600,
        designAtPeak: expect.closeTo(720, 9),
        carried: 637.5,
      },
      expect.objectContaining({
        step: 1,
        peakAtMs: FROM_MS + 3 * HOUR_MS,
        expectedAtPeak: 300,
        carried: 412.5,
      }),
    ]);
  });

  test('has zero where no hour of the plan has demand, and no expected demand where none was kept', () => {
    const steps = twoSteps().steps.map((step) => ({ ...step, hoursMs: step.hoursMs.slice(1) }));
    const grounds = twoStepGrounds({ content: twoSteps({ steps }) });
    const demands = (grounds.requirements?.demands ?? []).map(({ demandByHour, ...demand }) => {
      const { meanByHour, ...rest } = demand as typeof demand & { readonly meanByHour?: unknown };
      expect(meanByHour).toBeDefined();
      return { ...rest, demandByHour: demandByHour.slice(1) };
    });
    const requirements = { ...(grounds.requirements as NonNullable<PlanGrounds['requirements']>), demands };
    const [outlook] = workloadOutlooks({ ...grounds, requirements }) ?? [];
    expect(outlook?.expected).toBeNull();
    expect(outlook?.design).toEqual([0, expect.closeTo(720, 9), 0, expect.closeTo(360, 9)]);
    expect(outlook?.steps.map(({ expectedAtPeak }) => expectedAtPeak)).toEqual([null, null]);
  });

  test.each(GONE)('is not guessed without the %s', (_what, gone) => {
    expect(workloadOutlooks(twoStepGrounds(gone))).toBeNull();
  });
});

describe('the headline of a plan', () => {
  test('says every cost with the date of its prices', () => {
    const facts = headlineOf(twoStepGrounds());
    const costs = facts.filter(({ note }) => note === 'prices of 2027-01-01');
    expect(costs.map(({ value }) => value)).toEqual(['$0.50', '$1.30', '$2.80']);
  });

  test.each([
    [0, 'none'],
    [0.00004, 'at most 0.01 %'],
    [0.023, 'at most 2.3 %'],
  ])('says how far from the least cost a plan with a gap of %s may be', (gap, value) => {
    const content = twoSteps({ optimality: { costUsd: 1, boundUsd: 1 - gap, gap, binding: [] } });
    const facts = headlineOf(twoStepGrounds({ content }));
    expect(facts.find(({ label }) => label.startsWith('Distance'))?.value).toBe(value);
  });

  test('leaves open what the plan was made without', () => {
    const open = headlineOf(twoStepGrounds()).filter(({ value }) => value === null);
    expect(open.map(({ label }) => label)).toEqual([
      'Expected unserved share',
      'On one cloud alone',
      'Distance from the least cost possible',
    ]);
  });

  test('says what the loss of a provider costs, in the step in which it costs most', () => {
    const { request, ...grounds } = twoStepGrounds();
    const lossOf = (survivesLossOf: string) => {
      const performanceRequirements = {
        maximumProviderSharePercent: 100,
        survivesLossOf,
        promisedSharePercent: 80,
      };
      const asked = { ...request, request: { ...request?.request, performanceRequirements } };
      const floors = twoSteps().floors.map((floor) => ({ ...floor, reserveUnits: floor.step + 1 }));
      const content = twoSteps({ floors });
      const facts = headlineOf({ ...grounds, content, request: asked as PlanGrounds['request'] });
      return facts.find(({ label }) => label.includes('N-1'));
    };
    expect(lossOf('provider')).toMatchObject({ value: 'any provider, 80 % served' });
    // One unit of `near`, then two of each: 2 × 0.1 + 2 × 0.3.
    expect(lossOf('region')?.note).toBe('at most $0.80 per hour only for that');
    expect(lossOf('none')?.value).toBe('not planned for');
  });

  test.each([
    ['a season', twoStepGrounds(), 'Two steps'],
    ['nothing known', twoStepGrounds({ request: null }), 'Plan 0123456789ab'],
    [
      'a wedding day',
      twoStepGrounds({
        request: {
          kind: 'weddingDay',
          request: {
            weddingDay: { id: 'd', date: '2027-06-05', timeZone: 'UTC', markets: ['a'], bufferMinutes: 60 },
          },
        } as unknown as PlanGrounds['request'],
      }),
      'Wedding day 2027-06-05, a',
    ],
  ])('is called after %s', (_what, grounds, title) => {
    expect(planTitle(grounds)).toBe(title);
  });
});
