import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import type { Connections } from '../../../activities/connections/stored-credentials.ts';
import { refresh } from '../../../activities/price-refresh.ts';
import { createAwsPriceReader } from '../../../activities/prices/aws-price-list.ts';
import { createAzurePriceReader } from '../../../activities/prices/azure-retail-prices.ts';
import type { PricedThing } from '../../../domain/pricing.ts';
import { parseFleet } from '../../../domain/schemas/fleet.ts';
import { currentFleet, importFleet } from '../../../store/fleet.ts';
import { priceBook, readPrices, writePrices } from '../../../store/prices.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';
import { type SandboxProcess, startSandbox } from '../../support/sandbox.ts';
import { smallFleet } from '../../support/small-fleet.ts';

const signal = AbortSignal.timeout(120_000);
const today = new Date().toISOString().slice(0, 10);

let sandbox: SandboxProcess;
let database: TestDatabase;
let connections: Connections;

beforeAll(async () => {
  sandbox = await startSandbox({ timeScale: 600 });
  connections = {
    aws: { mode: 'sandbox', endpoint: sandbox.addresses.aws },
    azure: { mode: 'sandbox', endpoint: sandbox.addresses.azure },
  };
});
beforeEach(async () => {
  database = await testDatabase();
  await sandbox.clearFaults();
});
afterEach(() => database.close());
afterAll(() => sandbox.stop());

const machine: PricedThing = { provider: 'aws', region: 'eu-west-1', type: 'm6i.large', engine: '' };
const thing = (change: Partial<PricedThing>): PricedThing => ({ ...machine, ...change });
const run = (things: readonly PricedThing[], to: Connections = connections) =>
  refresh({ db: database.db }, { connections: to, guard: UNGUARDED }, things, signal);
const priceOf = async (one: PricedThing) => (await priceBook(database.db))(one);

test.each<[what: string, change: Partial<PricedThing>, usdPerHour: number | null]>([
  ['a machine', {}, 0.111],
  ['a database', { type: 'db.r6g.large', engine: 'aurora-postgresql' }, 0.444],
  ['a cache node', { type: 'cache.r6g.large', engine: 'redis' }, 0.555],
  ['a type that is not sold there', { region: 'us-east-1' }, null],
  ['an engine that is not sold', { type: 'db.r6g.large', engine: 'abacus' }, null],
])('AWS states the price of %s', async (_, change, usdPerHour) => {
  const connection = { mode: 'sandbox', endpoint: sandbox.addresses.aws } as const;
  const reader = createAwsPriceReader({ connection, guard: UNGUARDED });
  const stated = await reader.read(thing(change), signal);
  expect(stated).toEqual(usdPerHour === null ? null : { usdPerHour, spotUsdPerHour: null });
});

test.each([
  ['Standard_D2s_v5', { usdPerHour: 0.123, spotUsdPerHour: 0.023 }],
  ['Standard_B2s', { usdPerHour: 0.055, spotUsdPerHour: null }],
  ["Standard_D2s_v5' or 'a' eq 'a", null],
])('Azure states the price of Linux alone: %s', async (type, stated) => {
  const connection = { mode: 'sandbox', endpoint: sandbox.addresses.azure } as const;
  const reader = createAzurePriceReader({ connection, guard: UNGUARDED });
  expect(await reader.read(thing({ provider: 'azure', region: 'westeurope', type }), signal)).toEqual(stated);
});

test('what was read counts in place of the table, with its day and source', async () => {
  expect((await priceOf(machine))?.asOf).toBe('2025-04-05');
  const outcome = await run([machine, machine, thing({ type: 'm9.tiny' })]);
  expect(outcome.providers).toEqual([
    { provider: 'aws', status: 'refreshed', prices: 1, unknown: ['m9.tiny in eu-west-1'] },
  ]);
  expect(await readPrices(database.db)).toMatchObject([
    { type: 'm6i.large', usdPerHour: 0.111, asOf: today, source: 'AWS Price List API (sandbox)' },
  ]);
  // The list has no spot price, so the table's stays, with its own day.
  const spotOrigin = { asOf: '2025-04-05' };
  expect(await priceOf(machine)).toMatchObject({ usdPerHour: 0.111, asOf: today, spotOrigin });
  expect((await priceOf(machine))?.spotUsdPerHour).toBeGreaterThan(0);
});

test('a vendor that refuses leaves every price as it was, and is named with its reason', async () => {
  await run([machine]);
  const before = await readPrices(database.db);
  await sandbox.faults({ match: { service: 'aws.price-list' }, kind: 'denied' });
  const azure = thing({ provider: 'azure', region: 'westeurope', type: 'Standard_B2s' });
  const { providers } = await run([machine, azure]);
  expect(providers).toMatchObject([
    { provider: 'aws', status: 'failed', prices: 0, message: expect.stringMatching(/keeps its price$/) },
    { provider: 'azure', status: 'refreshed', prices: 1 },
  ]);
  expect((await readPrices(database.db)).filter(({ provider }) => provider === 'aws')).toEqual(before);
});

test('a vendor that fails in between keeps what was read until then', async () => {
  const things = [machine, thing({ type: 'm6i.xlarge' })];
  await run([machine]);
  await sandbox.faults({ match: { service: 'azure.retail-prices' }, kind: 'serverError' });
  const azure = ['Standard_B2s', 'Standard_D2s_v5'].map((type) =>
    thing({ provider: 'azure', region: 'westeurope', type }),
  );
  const { providers } = await run([...things, ...azure]);
  expect(providers).toMatchObject([
    { provider: 'aws', status: 'refreshed', prices: 2 },
    { provider: 'azure', status: 'failed', prices: 0, message: expect.stringContaining('status 500') },
  ]);
});

test('a provider without a reader, and one that is not connected, are said to be so', async () => {
  const things = [machine, thing({ provider: 'gcp', region: 'europe-west1', type: 'e2-standard-2' })];
  expect((await run(things, {})).providers).toMatchObject([
    { provider: 'aws', status: 'unconnected', message: expect.stringContaining('WEDSCALE_REAL_VENDORS') },
    { provider: 'gcp', status: 'unsupported' },
  ]);
  expect(await readPrices(database.db)).toEqual([]);
});

test('an older price never takes the place of a newer one', async () => {
  const read = { ...machine, spotUsdPerHour: null, source: 'test' };
  await writePrices(database.db, [{ ...read, usdPerHour: 2, asOf: '2026-02-02' }]);
  await writePrices(database.db, [{ ...read, usdPerHour: 1, asOf: '2026-01-01' }]);
  expect(await readPrices(database.db)).toMatchObject([{ usdPerHour: 2, asOf: '2026-02-02' }]);
});

test('a fleet is priced anew without being imported again, and its hash stays', async () => {
  const targets = smallFleet().targets.map(({ hourlyUsdPerUnit, ...target }) =>
    target.id === 'ecs' ? { ...target, instanceType: 'm6i.large' } : { ...target, hourlyUsdPerUnit },
  );
  const parsed = parseFleet({ ...smallFleet(), targets });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  const { hash } = await importFleet(database.db, parsed.fleet, 'test');
  const before = (await currentFleet(database.db))?.fleet.targets.find(({ id }) => id === 'ecs');
  expect(before).toMatchObject({ price: { asOf: '2025-04-05' } });
  await run([machine]);
  const stored = await currentFleet(database.db);
  const spec = await database.db
    .selectFrom('targets')
    .select('spec')
    .where('id', '=', 'ecs')
    .executeTakeFirst();
  expect(stored?.hash).toBe(hash);
  expect(stored?.fleet.targets.find(({ id }) => id === 'ecs')).toMatchObject({ hourlyUsdPerUnit: 0.111 });
  expect(spec?.spec).toMatchObject({ hourlyUsdPerUnit: 0.111 });
});
