import { describe, expect, test } from '@jest/globals';
import { compareAlternatives } from '../../../../domain/allocation.ts';
import { planOutlook } from '../../../../domain/plan-outlook.ts';
import { bookingsOf, contentOf, fleetOf, inputOf, target } from '../../../support/planning.ts';
import { solveHere } from '../../../support/solver.ts';

const AWS = target({ id: 'aws', maximumUnits: 6, hourlyUsdPerUnit: 0.1 });
const GCP = target({ id: 'gcp', service: 'gcp.mig', maximumUnits: 10, hourlyUsdPerUnit: 0.2 });
const LOAD = { bookings: bookingsOf({ a: 1_000 }), stepDays: 7, markets: ['a'] };

/** A week: what one unit at so much per hour adds. */
const week = (usd: number) => usd * 168;

describe('what the same demand would cost otherwise', () => {
  test('is the cheapest single cloud whatever its maxima, and the loss of a provider survived in full', async () => {
    const two = fleetOf([AWS, GCP]);
    const { cost } = await contentOf(two, LOAD);
    expect(cost.seasonUsd).toBeCloseTo(week(6 * 0.1 + 4 * 0.2), 6);
    const { singleCloud, survivesProvider } = await compareAlternatives(await inputOf(two, LOAD), solveHere);
    expect(singleCloud).toMatchObject({ status: 'planned', provider: 'aws' });
    expect(singleCloud).toMatchObject({ seasonUsd: expect.closeTo(week(10 * 0.1), 6) });
    // Without gcp the six of aws do not carry all.
    expect(survivesProvider).toMatchObject({
      status: 'planned',
      seasonUsd: expect.closeTo(week(10 * 0.1 + 10 * 0.2), 6),
      withoutRoom: {
        reason: expect.stringContaining('survival'),
        seasonUsd: expect.closeTo(week(10 * 0.1), 6),
      },
    });
    const roomy = fleetOf([{ ...AWS, maximumUnits: 10 }, GCP]);
    const both = await compareAlternatives(await inputOf(roomy, LOAD), solveHere);
    expect(both.survivesProvider).toMatchObject({ seasonUsd: expect.closeTo(week(10 * 0.1 + 10 * 0.2), 6) });
  });

  test('is said where no single cloud can: one may not carry the market, another has nothing for the workload', async () => {
    const far = fleetOf([AWS, { ...GCP, workload: 'uploads' }], {
      workloads: [
        { id: 'api', unit: 'requests', demandPerUser: 0.1 },
        { id: 'uploads', unit: 'uploads', demandPerUser: 0.1 },
      ],
    });
    const { singleCloud } = await compareAlternatives(await inputOf(far, LOAD), solveHere);
    expect(singleCloud).toMatchObject({ status: 'infeasible' });
    expect(JSON.stringify(singleCloud)).toMatch(/aws: .*uploads.*gcp: .*api/);
  });

  test('does not count budgets: what they would refuse is what is to be seen', async () => {
    const settings = {
      performanceTargets: { utilizationPercent: 100 },
      costConstraints: { maximumHourlyUsd: 1.5 },
    };
    const roomy = fleetOf([{ ...AWS, maximumUnits: 10 }, GCP]);
    const { survivesProvider } = await compareAlternatives(
      await inputOf(roomy, { ...LOAD, settings }),
      solveHere,
    );
    expect(survivesProvider).toMatchObject({ status: 'planned', hourlyUsdAfter: expect.closeTo(3, 6) });
  });
});

describe('the outlook of a plan', () => {
  test('is silent about what an older plan does not say', async () => {
    const { expectedUnserved: _unserved, ...old } = await contentOf(fleetOf([AWS, GCP]), LOAD);
    expect(planOutlook(old)).toEqual({ unserved: null, singleCloud: null, survival: null });
  });

  test('says shares, savings and what survival costs', async () => {
    const content = await contentOf(fleetOf([AWS, GCP]), LOAD);
    const { seasonUsd } = content.cost;
    const text = planOutlook({
      ...content,
      expectedUnserved: [{ workload: 'api', share: 0.0123 }],
      alternatives: {
        singleCloud: { status: 'planned', provider: 'aws', hourlyUsdAfter: 1, seasonUsd: seasonUsd * 2 },
        survivesProvider: { status: 'planned', hourlyUsdAfter: 1, seasonUsd: seasonUsd + 12 },
      },
    });
    expect(text.unserved).toBe("Expected to go unserved at most, of each workload's demand: api 1.23 %.");
    expect(text.singleCloud).toMatch(/^On the cheapest single cloud, aws, .* adds 50 % less\.$/);
    expect(text.survival).toMatch(/costs 12 USD more/);
    const cheaper = { status: 'planned', hourlyUsdAfter: 1, seasonUsd: seasonUsd / 2 } as const;
    const alternatives = { singleCloud: cheaper, survivesProvider: cheaper };
    expect(planOutlook({ ...content, alternatives }).singleCloud).toMatch(/adds 100 % more\.$/);
  });
});
