import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Adapters } from '../../../activities/dependencies.ts';
import { discover } from '../../../activities/discovery.ts';
import type { Attempt } from '../../../activities/place-search.ts';
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

type Look = (region: string, options: object, signal: AbortSignal) => AsyncIterable<DiscoveredTarget>;

/** Adapters of which ECS alone can be looked through, by `look`. */
function adapters(look: Look): Adapters {
  return {
    scaler: async (service: string) =>
      Object.assign(new FakeScaler(), service === 'aws.ecs' ? { discover: look } : {}),
  } as unknown as Adapters;
}

function search(
  look: Look,
  change: Partial<Attempt> & { readonly value?: string; readonly regions?: readonly string[] } = {},
) {
  const { value = null, regions = REGIONS, ...attempt } = change;
  const request = { provider: 'aws', regions, tag: { ...TAG, value } } as const;
  const deps = { db: database.db, adapters: adapters(look) };
  return discover(deps, request, { signal, patientMs: 0, longestMs: 60_000, ...attempt });
}

/** So many regions. */
function regionsOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `region-${n}`);
}

/** Waits for nothing but its end, and says it as a vendor's client does. */
async function untilEnded(ending: AbortSignal): Promise<never> {
  if (!ending.aborted) await once(ending, 'abort');
  throw new ProviderError('Transient', 'AWS: Request aborted');
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
    const outcome = await search(brokenAbroad, { patientMs: 60_000 });
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
    await expect(search(throttled, { patientMs: 60_000 })).rejects.toMatchObject({ kind: 'Throttled' });
    expect((await search(throttled)).failures).toHaveLength(2);
  });

  test('is not begun again for a reason that comes late: what was found is kept', async () => {
    async function* throttledLate(region: string): AsyncGenerator<DiscoveredTarget> {
      yield* twoOfThree(region);
      await sleep(20);
      throw new ProviderError('Throttled', 'too many');
    }
    const outcome = await search(throttledLate, { patientMs: 1 });
    expect(outcome).toMatchObject({
      targets: 4,
      failures: [{ message: 'too many' }, { message: 'too many' }],
    });
  });

  async function* endlessAbroad(
    region: string,
    _options: object,
    ending: AbortSignal,
  ): AsyncGenerator<DiscoveredTarget> {
    yield* twoOfThree(region);
    if (region === 'us-east-1') await untilEnded(ending);
  }

  test('keeps everything that was found by then where a place is not through in its time', async () => {
    const outcome = await search(endlessAbroad, { patientMs: 60_000, longestMs: 50 });
    expect(outcome).toMatchObject({ targets: 4, truncated: false });
    expect(outcome.failures).toEqual([
      {
        service: 'aws.ecs',
        region: 'us-east-1',
        message: expect.stringMatching(/^not read to its end in .* minutes; .*add by hand what is missing/),
      },
    ]);
  });

  test('begins with every place, however many take all of their time', async () => {
    const begun = new Set<string>();
    async function* endless(
      region: string,
      _options: object,
      ending: AbortSignal,
    ): AsyncGenerator<DiscoveredTarget> {
      begun.add(region);
      yield found(region, 'a', { 'wedsync:fleet': '' });
      await untilEnded(ending);
    }
    const outcome = await search(endless, { regions: regionsOf(60), longestMs: 300 });
    expect(begun.size).toBe(60);
    expect(outcome).toMatchObject({ targets: 60, failures: { length: 60 } });
  });

  test('ends with the attempt, and takes that for no failure of a vendor', async () => {
    const cancelled = new AbortController();
    const searching = search(endlessAbroad, { signal: cancelled.signal });
    cancelled.abort(new Error('the search was cancelled'));
    await expect(searching).rejects.toThrow('the search was cancelled');
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
    const begun = new Set<string>();
    async function* many(region: string): AsyncGenerator<DiscoveredTarget> {
      begun.add(region);
      for (let n = 0; ; n += 1) yield found(region, `s${n}`, { 'wedsync:fleet': '' });
    }
    const regions = regionsOf(40);
    const outcome = await search(many, { regions });
    expect(outcome).toMatchObject({ targets: 5_000, truncated: true });
    expect(begun.size).toBeLessThan(40);
    const message = expect.stringMatching(/^not read to its end: more is there than the 5000 targets/);
    expect(outcome.failures).toEqual(regions.map((region) => ({ service: 'aws.ecs', region, message })));
  });

  test('names no place that was looked through before there was too much', async () => {
    async function* manyAbroad(region: string): AsyncGenerator<DiscoveredTarget> {
      const count = region === 'us-east-1' ? Number.POSITIVE_INFINITY : 3;
      for (let n = 0; n < count; n += 1) yield found(region, `s${n}`, { 'wedsync:fleet': '' });
    }
    const { failures, fleet } = await search(manyAbroad);
    expect(failures.map(({ region }) => region)).toEqual(['us-east-1']);
    expect(fleet.targets.filter(({ region }) => region === 'eu-west-1')).toHaveLength(3);
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
