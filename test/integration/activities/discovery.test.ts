import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Adapters } from '../../../activities/dependencies.ts';
import { discover } from '../../../activities/discovery.ts';
import type { DiscoveredTarget } from '../../../domain/discovery.ts';
import { ProviderError } from '../../../domain/errors.ts';
import { SERVICES } from '../../../domain/services.ts';
import { createDiscovery, finishDiscovery, getDiscovery } from '../../../store/discoveries.ts';
import { FakeScaler } from '../../support/fake-scaler.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';

const REGIONS = ['eu-west-1', 'us-east-1'];
const TAG = { key: 'wedsync:fleet', value: null };
const signal = AbortSignal.timeout(60_000);

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const found = (region: string, name: string, tags: Record<string, string>): DiscoveredTarget => ({
  service: 'aws.ecs',
  region,
  reference: { cluster: 'weddings', service: name },
  tags,
  autoscaled: false,
  baselineUnits: 2,
  maximumUnits: null,
});

/** Adapters of which ECS alone can be looked through, by `look`. */
function adapters(look: (region: string) => AsyncIterable<DiscoveredTarget>): Adapters {
  return {
    scaler: async (service: string) =>
      Object.assign(new FakeScaler(), service === 'aws.ecs' ? { discover: look } : {}),
  } as unknown as Adapters;
}

function search(
  look: (region: string) => AsyncIterable<DiscoveredTarget>,
  change: { readonly patient?: boolean; readonly value?: string } = {},
) {
  const { patient = false, value = null } = change;
  const request = { provider: 'aws', regions: REGIONS, tag: { ...TAG, value } } as const;
  return discover({ db: database.db, adapters: adapters(look) }, request, { signal, patient });
}

async function* twoOfThree(region: string): AsyncGenerator<DiscoveredTarget> {
  yield found(region, 'a', { 'wedsync:fleet': 'summer' });
  yield found(region, 'b', { team: 'photos' });
  yield found(region, 'c', { 'wedsync:fleet': 'winter' });
}

describe('looking through a provider', () => {
  test('keeps what bears the tag, of every region, and names services it cannot look through', async () => {
    const outcome = await search(twoOfThree);
    expect(outcome.fleet.targets.map(({ id }) => id)).toEqual(
      REGIONS.flatMap((region) => ['a', 'c'].map((name) => `aws.ecs/${region}/weddings/${name}`)),
    );
    expect(outcome).toMatchObject({ targets: 4, leftOut: [], failures: [], truncated: false });
    expect(outcome.gaps).toBeGreaterThan(0);
    const others = SERVICES.filter(({ id, provider }) => provider === 'aws' && id !== 'aws.ecs');
    expect(outcome.notDiscoverable).toEqual(others.map(({ id }) => id));
  });

  test('keeps only one value of the tag where that is asked for', async () => {
    expect((await search(twoOfThree, { value: 'winter' })).targets).toBe(2);
  });

  async function* brokenAbroad(region: string): AsyncGenerator<DiscoveredTarget> {
    if (region === 'us-east-1') throw new ProviderError('PermissionDenied', 'no ecs:ListClusters');
    yield* twoOfThree(region);
  }

  test('says where it failed for good, and what it found elsewhere', async () => {
    const outcome = await search(brokenAbroad, { patient: true });
    expect(outcome.targets).toBe(2);
    expect(outcome.failures).toEqual([
      { service: 'aws.ecs', region: 'us-east-1', message: 'no ecs:ListClusters' },
    ]);
  });

  test('is tried again where the reason may pass, and says so only in the end', async () => {
    async function* throttled(region: string): AsyncGenerator<DiscoveredTarget> {
      yield found(region, 'a', {});
      throw new ProviderError('Throttled', 'too many');
    }
    await expect(search(throttled, { patient: true })).rejects.toMatchObject({ kind: 'Throttled' });
    expect((await search(throttled)).failures).toHaveLength(2);
  });

  test('names a lever that nobody gets unasked, where it bears the tag', async () => {
    async function* databases(region: string): AsyncGenerator<DiscoveredTarget> {
      const names = { service: 'aws.rds', lever: 'storage', reference: { instance: 'orders' } };
      yield { ...found(region, '', { 'wedsync:fleet': 'summer' }), ...names };
      yield { ...found(region, '', {}), ...names, reference: { instance: 'billing' } };
    }
    const outcome = await search(databases);
    expect(outcome).toMatchObject({ targets: 0, gaps: expect.any(Number) });
    expect(outcome.leftOut).toEqual(
      REGIONS.map((region) => {
        return { service: 'aws.rds', region, reference: { instance: 'orders' }, lever: 'storage' };
      }),
    );
  });

  test('ends at as many as a fleet may hold, and says that there is more', async () => {
    async function* many(region: string): AsyncGenerator<DiscoveredTarget> {
      for (let n = 0; ; n += 1) yield found(region, `s${n}`, { 'wedsync:fleet': '' });
    }
    expect(await search(many)).toMatchObject({ targets: 5_000, truncated: true });
  });
});

test('what was found is kept for a day', async () => {
  const request = { provider: 'aws', regions: REGIONS, tag: TAG } as const;
  const id = await createDiscovery(database.db, request, 'key_test');
  expect(await getDiscovery(database.db, id)).toEqual({ id, ...request, outcome: null });
  const outcome = await search(twoOfThree);
  await finishDiscovery(database.db, id, outcome);
  expect((await getDiscovery(database.db, id))?.outcome).toEqual(outcome);
  const yesterday = new Date(Date.now() - 25 * 3_600_000);
  await database.db.updateTable('discoveries').set({ created_at: yesterday }).where('id', '=', id).execute();
  await createDiscovery(database.db, request, 'key_test');
  expect(await getDiscovery(database.db, id)).toBeNull();
});
