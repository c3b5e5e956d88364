import type { Fleet, ScalingTarget } from '../../../domain/fleet.ts';
import { bookingsOf, fleetOf, type Planning, planOf, target } from '../../support/planning.ts';

async function faultsOf(fleet: Fleet, planning: Planning = {}) {
  const outcome = await planOf(fleet, planning);
  return outcome.status === 'infeasible' ? outcome.infeasibilities : [];
}

const one = (changes: Partial<ScalingTarget> = {}) => fleetOf([target({ id: 't', ...changes })]);

describe('a plan that cannot be', () => {
  test('a maximum too low: the workload, the market and what is missing in its unit', async () => {
    const faults = await faultsOf(one({ maximumUnits: 7 }));
    expect(faults).toEqual([
      {
        constraint: 'maximumUnits',
        resource: 'a/api',
        shortfall: expect.closeTo(300, 6),
        unit: 'requests/s',
        message: expect.stringMatching(
          /300 requests\/s of api for market a in step 0; t are at their maximum/,
        ),
      },
    ]);
  });

  test('no target of the workload for the market', async () => {
    const [fault] = await faultsOf(fleetOf([target({ id: 't', markets: ['b'] })]));
    expect(fault).toMatchObject({ constraint: 'maximumUnits', resource: 'a/api', shortfall: 1_000 });
    expect(fault?.message).toContain('the request selects no target for it');
  });

  test('a market asked for with targets only where it may not be carried', async () => {
    const [fault, ...more] = await faultsOf(one({ region: 'r9' }));
    expect(more).toEqual([]);
    expect(fault).toMatchObject({
      constraint: 'residency',
      resource: 'a/api',
      shortfall: 1_000,
      unit: 'requests/s',
    });
    expect(fault?.message).toMatch(/api for market a.*targets are in r9/);
  });

  test('an excluded region takes the last target away', async () => {
    const settings = { complianceRequirements: { excludedRegions: ['r1'] } };
    expect(await faultsOf(one(), { settings })).toMatchObject([
      { constraint: 'residency', resource: 'a/api' },
    ]);
  });

  test('a target named though its region may not carry its market', async () => {
    const fleet = fleetOf([target({ id: 'near' }), target({ id: 'far', region: 'r9' })]);
    const faults = await faultsOf(fleet, { settings: { targets: ['near', 'far'] } });
    expect(faults).toMatchObject([{ constraint: 'residency', resource: 'far', shortfall: 1 }]);
    expect(faults[0]?.message).toContain('far is in r9, which may not carry market a');
  });

  test("a provider's share that leaves something over", async () => {
    const settings = { performanceRequirements: { maximumProviderSharePercent: 40 } };
    const faults = await faultsOf(one(), { settings });
    expect(faults).toMatchObject([{ constraint: 'providerShare', shortfall: expect.closeTo(600, 6) }]);
    expect(faults[0]?.message).toContain('at most 40 % on one provider');
  });

  test('an hourly budget too small, by how much', async () => {
    const settings = { costConstraints: { maximumHourlyUsd: 0.75 } };
    expect(await faultsOf(one(), { settings })).toMatchObject([
      { constraint: 'hourlyBudget', shortfall: expect.closeTo(0.25, 6), unit: 'USD/h' },
    ]);
  });

  test('a season budget too small, by how much', async () => {
    const settings = { costConstraints: { maximumSeasonUsd: 100 } };
    expect(await faultsOf(one(), { settings })).toMatchObject([
      { constraint: 'seasonBudget', shortfall: expect.closeTo(7 * 24 - 100, 6), unit: 'USD' },
    ]);
  });

  test('all constraints are named at once, for every step and market', async () => {
    const fleet = fleetOf([target({ id: 't', markets: ['a', 'b'], maximumUnits: 5 })]);
    const settings = { costConstraints: { maximumHourlyUsd: 0.1, maximumSeasonUsd: 1 } };
    const faults = await faultsOf(fleet, { settings, bookings: bookingsOf({ a: 600, b: 700 }) });
    expect(faults.map(({ constraint, resource }) => `${constraint} ${resource}`)).toEqual([
      'maximumUnits a/api',
      'maximumUnits b/api',
      'hourlyBudget costConstraints.maximumHourlyUsd',
      'seasonBudget costConstraints.maximumSeasonUsd',
    ]);
    expect(faults.slice(0, 2).reduce((sum, { shortfall }) => sum + shortfall, 0)).toBeCloseTo(800, 6);
  });

  test('a budget that is met to the cent is kept', async () => {
    const settings = { costConstraints: { maximumHourlyUsd: 1, maximumSeasonUsd: 168 } };
    expect(await faultsOf(one(), { settings })).toEqual([]);
  });

  test('demand of a market that was not asked for is no reason to refuse', async () => {
    const fleet = fleetOf([target({ id: 't' }), target({ id: 'u', markets: ['b'], maximumUnits: 1 })]);
    const bookings = bookingsOf({ a: 100, b: 9_000 });
    expect(await faultsOf(fleet, { bookings, markets: ['a'] })).toEqual([]);
    expect(await faultsOf(fleet, { bookings, markets: ['a', 'b'] })).toHaveLength(1);
  });
});
