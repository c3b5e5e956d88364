import { expect, test } from '@jest/globals';
import { type Fleet, unitPrice } from '../../../domain/fleet.ts';
import { planCost } from '../../../domain/plan-cost.ts';
import {
  type DeclaredTarget,
  declaredFleet,
  newestOf,
  type PriceBook,
  pricedFleet,
  tablePrices,
} from '../../../domain/pricing.ts';
import { parseFleet } from '../../../domain/schemas/fleet.ts';
import { smallFleet } from '../../support/small-fleet.ts';

/** The small fleet with its ECS target changed, and without a price of its own. */
function fleetWith(change: Partial<DeclaredTarget>): unknown {
  const fleet = smallFleet();
  const targets = fleet.targets.map((target) => {
    const { hourlyUsdPerUnit: _, ...rest } = target;
    return target.id === 'ecs' ? { ...rest, ...change } : target;
  });
  return structuredClone({ ...fleet, targets });
}

function parsed(body: unknown, book?: PriceBook): Fleet {
  const result = parseFleet(body, book);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.fleet;
}

function faults(body: unknown) {
  const result = parseFleet(body);
  return result.ok ? [] : result.faults;
}

const ECS_PATH = 'targets.0';

test.each<[what: string, target: Partial<DeclaredTarget>, usd: number, asOf: string]>([
  ['a machine', { instanceType: 'm6i.large' }, 0.107, '2025-04-05'],
  ['a database', { instanceType: 'db.r6g.large', engine: 'aurora-postgresql' }, 0.286, '2024-08-09'],
  ['a cache node', { instanceType: 'cache.r6g.large', engine: 'redis' }, 0.229, '2024-08-09'],
])('the price of %s is looked up, with its day and source', (_, target, usd, asOf) => {
  const [priced] = parsed(fleetWith(target)).targets;
  expect(priced?.hourlyUsdPerUnit).toBeCloseTo(usd, 2);
  expect(priced?.price).toMatchObject({
    asOf,
    of: ['hourlyUsdPerUnit'],
    source: expect.stringContaining('@'),
  });
});

test("a price of the file's own stays, whatever is known", () => {
  const [target] = parsed(fleetWith({ instanceType: 'm6i.large', hourlyUsdPerUnit: 7 })).targets;
  expect(target).toMatchObject({ hourlyUsdPerUnit: 7 });
  expect(target).not.toHaveProperty('price');
});

test('a spot share is priced from the table too', () => {
  const asg = {
    service: 'aws.asg',
    reference: { group: 'weddings' },
    instanceType: 'm6i.large',
    spotPercent: 50,
  };
  const [target] = parsed(fleetWith(asg)).targets;
  const known = tablePrices({ provider: 'aws', region: 'eu-west-1', type: 'm6i.large', engine: '' });
  expect(target?.price?.of).toEqual(['hourlyUsdPerUnit', 'spotHourlyUsdPerUnit']);
  expect(target && unitPrice(target)).toBeCloseTo(
    ((known?.usdPerHour ?? Number.NaN) + (known?.spotUsdPerHour ?? Number.NaN)) / 2,
    10,
  );
});

test.each<[what: string, target: Partial<DeclaredTarget>, path: string, words: RegExp]>([
  [
    'no price and no type',
    {},
    `${ECS_PATH}.hourlyUsdPerUnit`,
    /ecs has no price: put in .* or an instanceType/,
  ],
  [
    'a type no table knows',
    { instanceType: 'm99.huge' },
    `${ECS_PATH}.hourlyUsdPerUnit`,
    /no price of m99\.huge in eu-west-1 is known for ecs; put in the price of a unit in USD per hour/,
  ],
  [
    'a database without its engine',
    { instanceType: 'db.r6g.large' },
    `${ECS_PATH}.engine`,
    /what db\.r6g\.large of ecs runs/,
  ],
  [
    'an engine of a machine',
    { instanceType: 'm6i.large', engine: 'redis' },
    `${ECS_PATH}.engine`,
    /leave it out/,
  ],
  [
    'a spot share of what is never sold as spot',
    {
      service: 'aws.asg',
      reference: { group: 'g' },
      region: 'ap-southeast-7',
      instanceType: 'm6i.nothing',
      hourlyUsdPerUnit: 1,
      spotPercent: 10,
    },
    `${ECS_PATH}.spotHourlyUsdPerUnit`,
    /no spot price of m6i\.nothing/,
  ],
])('%s is refused by name, with what to do', (_, target, path, words) => {
  expect(faults(fleetWith(target))).toContainEqual({ path, message: expect.stringMatching(words) });
});

test('what was looked up is no part of the declaration', () => {
  const body = fleetWith({ instanceType: 'm6i.large' });
  const declared = declaredFleet(parsed(body));
  expect(declared).toMatchObject(body as object);
  expect(declared.targets[0]).not.toHaveProperty('hourlyUsdPerUnit');
  expect(declared.targets[0]).not.toHaveProperty('price');
  expect(declaredFleet(pricedFleet(declared, tablePrices))).toEqual(declared);
});

test('the newer of two prices counts, and an older spot price keeps its day', () => {
  const book =
    (asOf: string, usdPerHour: number, spotUsdPerHour: number | null): PriceBook =>
    () => ({ asOf, source: asOf, usdPerHour, spotUsdPerHour });
  const thing = { provider: 'aws', region: 'eu-west-1', type: 'm6i.large', engine: '' } as const;
  const old = book('2025-01-01', 1, 0.5);
  expect(newestOf(old, book('2026-01-01', 2, 0.7))(thing)).toMatchObject({
    asOf: '2026-01-01',
    usdPerHour: 2,
  });
  expect(newestOf(book('2026-01-01', 2, 0.7), old)(thing)).toMatchObject({
    asOf: '2026-01-01',
    usdPerHour: 2,
  });
  expect(newestOf(book('2026-01-01', 2, null), old)(thing)).toEqual({
    usdPerHour: 2,
    spotUsdPerHour: 0.5,
    asOf: '2026-01-01',
    source: '2026-01-01',
    spotOrigin: { asOf: '2025-01-01', source: '2025-01-01' },
  });
  expect(newestOf(() => null, old)(thing)).toMatchObject({ usdPerHour: 1 });
});

test('a price that mixes two days is as old as the older one, and one that does not is not', () => {
  const mixed: PriceBook = () => ({
    usdPerHour: 2,
    spotUsdPerHour: 1,
    asOf: '2026-01-01',
    source: 'list',
    spotOrigin: { asOf: '2025-01-01', source: 'advisor' },
  });
  const asg = { service: 'aws.asg', reference: { group: 'weddings' }, instanceType: 'm6i.large' };
  const priceOf = (change: Partial<DeclaredTarget>) =>
    parsed(fleetWith({ ...asg, ...change }), mixed).targets[0]?.price;
  expect(priceOf({})).toMatchObject({ asOf: '2026-01-01', source: 'list' });
  expect(priceOf({ spotPercent: 50 })).toMatchObject({ asOf: '2025-01-01', source: 'list; spot: advisor' });
  expect(priceOf({ spotPercent: 50, hourlyUsdPerUnit: 3 })).toMatchObject({
    asOf: '2025-01-01',
    source: 'advisor',
  });
});

test('a cost says its oldest price and every source of one', () => {
  const fleet = parsed(fleetWith({ instanceType: 'm6i.large' }));
  const requirements = { steps: [], demands: [], live: {}, pastSeasons: [] };
  const cost = (ids: readonly string[]) => planCost({ fleet, requirements, nowMs: 0 }, new Set(ids), []);
  expect(cost(['mig'])).toMatchObject({ priceDate: '2026-01-01' });
  expect(cost(['mig'])).not.toHaveProperty('priceSources');
  expect(cost(['ecs', 'mig', 'aks'])).toMatchObject({
    priceDate: '2025-04-05',
    priceSources: [
      { asOf: '2025-04-05', targets: 1, source: expect.stringContaining('ec2.shop') },
      { asOf: '2026-01-01', targets: 2, source: 'the fleet file' },
    ],
  });
});
