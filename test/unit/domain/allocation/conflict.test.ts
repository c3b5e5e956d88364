import { describe, expect, test } from '@jest/globals';
import type { Fleet } from '../../../../domain/fleet.ts';
import type { Conflict } from '../../../../domain/plan.ts';
import { fleetOf, type Planning, planOf, target } from '../../../support/planning.ts';

async function conflictIn(fleet: Fleet, planning: Planning = {}): Promise<Conflict | undefined> {
  const outcome = await planOf(fleet, planning);
  return outcome.status === 'infeasible' ? outcome.conflict : undefined;
}

const TWO = fleetOf([
  target({ id: 'cheap', maximumUnits: 6 }),
  target({ id: 'dear', region: 'r2', service: 'gcp.mig', hourlyUsdPerUnit: 0.2 }),
]);

describe('the smallest set of constraints in conflict, and the cheapest way out', () => {
  test('a maximum alone', async () => {
    const conflict = await conflictIn(fleetOf([target({ id: 't', maximumUnits: 7 })]));
    expect(conflict?.constraints).toEqual(['maximumUnits']);
    expect(conflict?.text).toBe(
      'no plan keeps maximumUnits. The cheapest way out: raise maximumUnits of t from 7 to 10.',
    );
  });

  test('a maximum and a budget that only together are too tight: the cheaper of the two to loosen comes first', async () => {
    // 6 × 0.10 + 4 × 0.20 = 1.40 an hour; with ten of the cheap one 1.00.
    const conflict = await conflictIn(TWO, { settings: { costConstraints: { maximumHourlyUsd: 1.2 } } });
    expect(conflict?.constraints).toEqual(['hourlyBudget', 'maximumUnits']);
    expect(conflict?.relaxations).toEqual([
      { constraint: 'maximumUnits', seasonUsd: 168, text: 'raise maximumUnits of cheap from 6 to 10' },
      {
        constraint: 'hourlyBudget',
        seasonUsd: 235.2,
        text: 'raise costConstraints.maximumHourlyUsd from 1.2 to 1.4',
      },
    ]);
  });

  test("a provider's share where no other provider is", async () => {
    const settings = { performanceRequirements: { maximumProviderSharePercent: 40 } };
    const conflict = await conflictIn(fleetOf([target({ id: 't' })]), { settings });
    expect(conflict?.constraints).toEqual(['providerShare']);
    expect(conflict?.text).toContain(
      'raise performanceRequirements.maximumProviderSharePercent from 40 to 100',
    );
  });

  test('residency, with the region that would have to be allowed', async () => {
    const conflict = await conflictIn(fleetOf([target({ id: 't', region: 'r9' })]));
    expect(conflict?.constraints).toEqual(['residency']);
    expect(conflict?.text).toContain('allow a in r9');
  });

  test('a quota and a budget, each of which could be kept without the other', async () => {
    const fleet = fleetOf([
      target({ id: 'cheap' }),
      target({ id: 'dear', region: 'r2', service: 'gcp.mig', hourlyUsdPerUnit: 0.2 }),
    ]);
    const reading = {
      provider: 'aws',
      quota: 'L-1',
      title: 'vCPU',
      quotaService: 'fargate',
      region: 'r1',
      unit: 'vCPU',
      limit: 4,
      used: 0,
      perUnit: { cheap: 1 },
    } as const;
    const settings = { costConstraints: { maximumHourlyUsd: 1.5 } };
    const conflict = await conflictIn(fleet, { settings, quotas: { readings: [reading], unread: [] } });
    expect(conflict?.constraints).toEqual(['hourlyBudget', 'quota']);
    expect(conflict?.relaxations.map(({ text }) => text)).toEqual([
      'have quota fargate/L-1/r1 raised to 10',
      'raise costConstraints.maximumHourlyUsd from 1.5 to 1.6',
    ]);
  });

  test('nothing that anybody could loosen', async () => {
    expect(await conflictIn(fleetOf([target({ id: 't', markets: ['b'] })]))).toBeUndefined();
  });
});
