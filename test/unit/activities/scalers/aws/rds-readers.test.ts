import { readerIndex, readerName } from '../../../../../activities/scalers/aws/_rds-reader-names.ts';
import type { DbCluster } from '../../../../../activities/scalers/aws/_rds-shapes.ts';
import { rdsScaler } from '../../../../../activities/scalers/aws/rds.ts';
import type { ProviderError } from '../../../../../domain/errors.ts';
import type { OwnedFields } from '../../../../../domain/owned-fields.ts';
import { FakeRds, rdsTarget, refusal } from '../../../../support/fake-rds.ts';

const signal = new AbortController().signal;
const target = rdsTarget('readers', { cluster: 'gallery' });
const count = (units: number): OwnedFields => ({ kind: 'count', units });
const range = (minimumUnits: number, maximumUnits: number): OwnedFields => ({
  kind: 'range',
  minimumUnits,
  maximumUnits,
});

async function readOne(api: FakeRds) {
  const state = (await rdsScaler(api).read([target], signal)).get(target.id);
  if (!state) throw new Error('not read');
  return state;
}

async function move(api: FakeRds, want: OwnedFields) {
  return rdsScaler(api).apply(target, await readOne(api), want, 'key', signal);
}

async function progressOf(api: FakeRds, want: OwnedFields) {
  return (await rdsScaler(api).progress([target], new Map([[target.id, want]]), signal)).get(target.id);
}

describe('readers of an Aurora cluster', () => {
  test('are a range with a scalable target, a count without; serving are those available', async () => {
    const api = new FakeRds();
    api.addReaders('gallery', 'ours-a', 'ours-b');
    api.addInstance('ours-c', { cluster: 'gallery', status: 'creating' });
    api.addInstance('ours-d', { cluster: 'gallery', status: 'deleting' });
    expect(await readOne(api)).toEqual({ owned: count(3), servingUnits: 2, fence: null });
    const resourceId = 'cluster:gallery';
    api.ranges.set(resourceId, { resourceId, minimumUnits: 1, maximumUnits: 6 });
    expect(await readOne(api)).toEqual({ owned: range(1, 6), servingUnits: 2, fence: null });
  });

  test('of many clusters are read in three calls a region', async () => {
    const api = new FakeRds();
    const targets = Array.from({ length: 40 }, (_, n) => rdsTarget('readers', { cluster: `c${n}` }));
    for (const { reference } of targets) api.addReaders(reference.cluster as string);
    const states = await rdsScaler(api).read(targets, signal);
    expect(states.size).toBe(40);
    expect(api.calls).toEqual(['clusters eu-west-1 40', 'members eu-west-1 40', 'targets eu-west-1 40']);
  });

  test.each<[string, Partial<DbCluster>]>([
    ['a Multi-AZ DB cluster', { engine: 'postgres' }],
    ['the first generation of Aurora Serverless', { engineMode: 'serverless' }],
  ])('of %s are no target', async (_name, fields) => {
    const api = new FakeRds();
    api.addReaders('gallery');
    api.addCluster('gallery', fields);
    await expect(readOne(api)).rejects.toMatchObject({ kind: 'InvalidTarget' });
  });

  test('a cluster that does not exist is NotFound, whatever case it is named in', async () => {
    await expect(readOne(new FakeRds())).rejects.toMatchObject({ kind: 'NotFound' });
    const api = new FakeRds();
    api.addReaders('gallery');
    const upper = rdsTarget('readers', { cluster: 'Gallery' });
    expect((await rdsScaler(api).read([upper], signal)).get(upper.id)?.owned).toEqual(count(0));
  });

  test('are made like those that are there, last to be promoted, under names that follow from the cluster', async () => {
    const api = new FakeRds();
    api.addReaders('gallery', 'gallery-by-hand');
    await expect(move(api, count(3))).resolves.toEqual({ vendorRequestId: 'req-gallery-wedsync-2' });
    const like = {
      cluster: 'gallery',
      className: 'db.r6g.large',
      engine: 'aurora-postgresql',
      promotionTier: 15,
      parameterGroup: 'weddings',
      publiclyAccessible: false,
      upgradesMinorVersions: true,
    };
    expect(api.made).toEqual([
      { ...like, instance: 'gallery-wedsync-1' },
      { ...like, instance: 'gallery-wedsync-2' },
    ]);
  });

  test('are made like the writer where there is no reader yet', async () => {
    const api = new FakeRds();
    api.addReaders('gallery');
    await move(api, count(1));
    expect(api.made).toMatchObject([{ instance: 'gallery-wedsync-1', className: 'db.r6g.4xlarge' }]);
  });

  test('one that exists already is made, and a name is not given while it is being deleted', async () => {
    const api = new FakeRds();
    api.addReaders('gallery');
    api.addInstance('gallery-wedsync-1', { cluster: 'gallery', status: 'deleting' });
    // Made by a call whose answer was lost, and not in the cluster's list yet.
    api.addInstance('gallery-wedsync-2', { cluster: null, status: 'creating' });
    await move(api, count(2));
    expect(api.writes()).toEqual(['create gallery-wedsync-2', 'create gallery-wedsync-3']);
  });

  test('are taken away from the highest index on, and a person keeps theirs', async () => {
    const api = new FakeRds();
    api.addReaders('gallery', 'gallery-by-hand', 'application-autoscaling-1', 'gallery-wedsync-x');
    for (const n of [1, 2, 10]) api.addInstance(readerName('gallery', n), { cluster: 'gallery' });
    await move(api, count(4));
    expect(api.writes()).toEqual(['delete gallery-wedsync-10', 'delete gallery-wedsync-2']);
    await move(api, count(0));
    expect(api.writes().slice(2)).toEqual(['delete gallery-wedsync-1']);
    await expect(move(api, count(0))).rejects.toMatchObject({ kind: 'InvalidTarget' });
    expect((await readOne(api)).owned).toEqual(count(3));
  });

  test('one that has become the writer is never deleted, and the reason says what to do', async () => {
    const api = new FakeRds();
    api.addReaders('gallery', 'gallery-by-hand');
    api.addInstance('gallery-wedsync-1', { cluster: 'gallery' });
    api.addCluster('gallery', { writers: ['gallery-wedsync-1'] });
    await expect(move(api, count(1))).rejects.toThrow(/gallery-wedsync-1.* writes now: fail over/);
    expect(api.writes()).toEqual([]);
  });

  test('a refusal for good takes back what was made, and says how many could be had', async () => {
    const api = new FakeRds();
    api.addReaders('gallery', 'gallery-by-hand');
    api.refusals.push({
      call: 'create gallery-wedsync-3',
      error: refusal('QuotaExceeded', 'InstanceQuotaExceeded'),
    });
    await expect(move(api, count(6))).rejects.toMatchObject({
      kind: 'QuotaExceeded',
      vendorCode: 'InstanceQuotaExceeded',
      highestAcceptableUnits: 3,
    });
    expect((await readOne(api)).owned).toEqual(count(1));
  });

  test.each<[string, string, ProviderError]>([
    ['making', 'create gallery-wedsync-2', refusal('Throttled', 'Throttling')],
    ['making', 'create gallery-wedsync-2', refusal('UpdateInProgress', 'InvalidDBClusterStateFault')],
    ['taking away', 'delete gallery-wedsync-1', refusal('Throttled', 'Throttling')],
  ])('%s that breaks off half-way is unknown, and a repeat goes on from there', async (what, call, error) => {
    const api = new FakeRds();
    api.addReaders('gallery');
    if (what === 'taking away') await move(api, count(2));
    api.refusals.push({ call, error });
    const want = count(what === 'making' ? 3 : 0);
    await expect(move(api, want)).rejects.toMatchObject({ kind: 'Transient' });
    expect((await readOne(api)).owned).toEqual(count(1));
    await move(api, want);
    expect((await readOne(api)).owned).toEqual(want);
  });

  test('what is refused at the first call is refused as it is', async () => {
    const api = new FakeRds();
    api.addReaders('gallery');
    api.refusals.push({ call: 'create', error: refusal('Throttled', 'Throttling') });
    await expect(move(api, count(2))).rejects.toMatchObject({ kind: 'Throttled' });
  });

  test('a range is set and no instance is touched', async () => {
    const api = new FakeRds();
    api.addReaders('gallery', 'a');
    const resourceId = 'cluster:gallery';
    api.ranges.set(resourceId, { resourceId, minimumUnits: 1, maximumUnits: 6 });
    await move(api, range(4, 6));
    expect(api.writes()).toEqual(['range cluster:gallery 4 6']);
  });

  test('a floor above 15 is refused, whoever owns the count', () => {
    const { plan } = rdsScaler(new FakeRds());
    for (const now of [count(2), range(1, 3)]) {
      expect(() => plan(now, { floorUnits: 16, maximumUnits: 90, lever: 'readers' })).toThrow(
        expect.objectContaining({ kind: 'QuotaExceeded', highestAcceptableUnits: 15 }),
      );
    }
  });

  test.each<[string, string, OwnedFields, string, string]>([
    [
      'creating',
      'gallery-wedsync-1',
      count(2),
      'moving',
      '1 of 2 readers are available; gallery-wedsync-1 is creating',
    ],
    [
      'insufficient-capacity',
      'gallery-wedsync-1',
      count(2),
      'failed',
      'gallery-wedsync-1 is insufficient-capacity',
    ],
    [
      'incompatible-network',
      'gallery-by-hand-2',
      count(2),
      'moving',
      'gallery-by-hand-2 is incompatible-network',
    ],
    ['available', 'gallery-wedsync-1', count(3), 'moving', 'guarantees 2 readers, 3 are wanted'],
  ])('with a second reader %s it is what it should be', async (status, name, want, expected, reason) => {
    const api = new FakeRds();
    api.addReaders('gallery', 'gallery-by-hand');
    api.addInstance(name, { cluster: 'gallery', status });
    expect(await progressOf(api, want)).toMatchObject({
      status: expected,
      reason: expect.stringContaining(reason),
    });
  });

  test('are settled by what is available, whatever the cluster says of itself', async () => {
    const api = new FakeRds();
    api.addReaders('gallery', 'a', 'b');
    api.addCluster('gallery', { status: 'modifying' });
    expect(await progressOf(api, count(2))).toEqual({ status: 'settled', servingUnits: 2 });
  });
});

test.each([
  ['a short cluster', 'gallery'],
  ['the longest that fits', 'a'.repeat(50)],
  ['the longest there is', 'b'.repeat(63)],
  ['one with a hyphen where it is cut', `${'c'.repeat(40)}-${'d'.repeat(20)}`],
])('the name of a reader of %s is one RDS takes, and is known again', (_what, cluster) => {
  const names = [1, 15, 999].map((index) => readerName(cluster, index));
  for (const name of names) {
    expect(name).toMatch(/^[a-z][a-z0-9-]{0,61}[a-z0-9]$/);
    expect(name).not.toContain('--');
  }
  expect(names.map((name) => readerIndex(cluster, name))).toEqual([1, 15, 999]);
});

test('clusters whose long identifiers begin alike have readers of different names', () => {
  const long = 'g'.repeat(60);
  expect(readerName(`${long}-a`, 1)).not.toBe(readerName(`${long}-b`, 1));
  expect(readerIndex(`${long}-a`, readerName(`${long}-b`, 1))).toBeNull();
});
