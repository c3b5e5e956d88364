import type { Allocation } from '../../../domain/allocation.ts';
import { parseRunRequest } from '../../../domain/schemas/run-request.ts';
import type { SeasonRequest } from '../../../domain/season.ts';
import { booking, fleetOf, NOW_MS, planOf, target } from '../../support/planning.ts';

const DAY_MS = 86_400_000;

const fleet = fleetOf([
  target({ id: 'aws-a', baselineUnits: 1 }),
  target({ id: 'gcp-a', service: 'gcp.mig', region: 'r2', hourlyUsdPerUnit: 0.2, baselineUnits: 1 }),
  target({ id: 'aws-b', markets: ['b'], baselineUnits: 1 }),
]);
const bookings = [
  booking({ id: '1', guests: 1_000 }),
  booking({ id: '2', guests: 600, startsAtMs: NOW_MS + 5 * DAY_MS }),
  booking({ id: '3', guests: 400, startsAtMs: NOW_MS + 10 * DAY_MS }),
  booking({ id: '4', guests: 300, market: 'b' }),
];

const BODY = {
  season: {
    id: 's',
    name: 's',
    startsAt: '2027-06-01T00:00',
    endsAt: '2027-06-08T00:00',
    timeZone: 'UTC',
    markets: ['a'],
    stepDays: 7,
  },
  performanceTargets: { utilizationPercent: 100 },
};

/** Runs a body through the schema and phases 1 to 3. */
async function outcomeOf(changes: Readonly<Record<string, unknown>>): Promise<Allocation> {
  const { season, ...settings } = changes;
  const body = { ...BODY, ...settings, season: { ...BODY.season, ...(season as object) } };
  const parsed = parseRunRequest('season', body, { fleet, nowServiceMs: NOW_MS });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  const { season: asked, ...rest } = parsed.request as SeasonRequest;
  return planOf(fleet, {
    bookings,
    settings: { ...rest },
    markets: asked.markets,
    fromMs: parsed.startsAtMs,
    untilMs: parsed.endsAtMs,
    stepDays: asked.stepDays,
  });
}

/** Floors as `target@step units`, or the constraints in the way. */
async function gist(changes: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
  const outcome = await outcomeOf(changes);
  return outcome.status === 'infeasible'
    ? outcome.infeasibilities.map(({ constraint }) => constraint)
    : outcome.content.floors.map(({ targetId, step, floorUnits }) => `${targetId}@${step} ${floorUnits}`);
}

test('the body as it is', async () => {
  // The one unit that gcp-a has today is there anyway, and one less of the cheaper has to be paid for.
  expect(await gist({})).toEqual(['aws-a@0 9', 'gcp-a@0 1']);
});

test.each<[field: string, changes: Readonly<Record<string, unknown>>, becomes: readonly string[]]>([
  ['season.startsAt', { season: { startsAt: '2027-06-04T00:00' } }, ['aws-a@0 5', 'gcp-a@0 1']],
  [
    'season.endsAt',
    { season: { endsAt: '2027-06-15T00:00' } },
    ['aws-a@0 9', 'gcp-a@0 1', 'aws-a@1 3', 'gcp-a@1 1'],
  ],
  [
    'season.timeZone',
    { season: { startsAt: '2027-06-03T12:00', timeZone: 'Pacific/Honolulu' } },
    ['aws-a@0 5', 'gcp-a@0 1'],
  ],
  ['season.markets', { season: { markets: ['a', 'b'] } }, ['aws-a@0 9', 'aws-b@0 3', 'gcp-a@0 1']],
  ['season.stepDays', { season: { stepDays: 3 } }, ['aws-a@0 9', 'gcp-a@0 1', 'aws-a@1 5', 'gcp-a@1 1']],
  ['targets', { targets: ['gcp-a'] }, ['gcp-a@0 9']],
  ['providers', { providers: ['gcp'] }, ['gcp-a@0 9']],
  [
    'performanceTargets.utilizationPercent',
    { performanceTargets: { utilizationPercent: 50 } },
    ['aws-a@0 19', 'gcp-a@0 1'],
  ],
  [
    'performanceTargets.servedPercent',
    { performanceTargets: { utilizationPercent: 100, servedPercent: 95 } },
    ['aws-a@0 11', 'gcp-a@0 1'],
  ],
  [
    'performanceRequirements.maximumProviderSharePercent',
    { performanceRequirements: { maximumProviderSharePercent: 60 } },
    ['aws-a@0 6', 'gcp-a@0 4'],
  ],
  ['costConstraints.maximumHourlyUsd', { costConstraints: { maximumHourlyUsd: 0.5 } }, ['hourlyBudget']],
  ['costConstraints.maximumSeasonUsd', { costConstraints: { maximumSeasonUsd: 10 } }, ['seasonBudget']],
  [
    'complianceRequirements.excludedRegions',
    { complianceRequirements: { excludedRegions: ['r1'] } },
    ['gcp-a@0 10'],
  ],
])('%s changes the plan', async (_, changes, becomes) => {
  expect(await gist(changes)).toEqual(becomes);
});

test.each([
  ['targets', ['aws-a']],
  ['providers', ['aws']],
])('%s also bounds what the plan costs: others are not in its sum', async (field, value) => {
  const costOf = async (changes: Readonly<Record<string, unknown>>) => {
    const outcome = await outcomeOf(changes);
    return outcome.status === 'planned' ? outcome.content.cost.hourlyUsdBefore : null;
  };
  expect(await costOf({})).toBeCloseTo(0.3, 9);
  expect(await costOf({ [field]: value })).toBeCloseTo(0.1, 9);
});
