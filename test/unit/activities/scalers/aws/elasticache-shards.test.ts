import type { CacheGroup } from '../../../../../activities/scalers/aws/_elasticache-shapes.ts';
import { elastiCacheScaler } from '../../../../../activities/scalers/aws/elasticache.ts';
import type { CountFields, OwnedFields } from '../../../../../domain/owned-fields.ts';
import { cacheTarget, FakeElastiCache } from '../../../../support/fake-elasticache.ts';

const signal = new AbortController().signal;
const target = cacheTarget('shards', 'sessions', { maximumUnits: 90 });
const shards = (units: number, ...members: readonly string[]): CountFields => {
  return { kind: 'count', units, members };
};

function group(count: number, fields: Partial<CacheGroup> = {}): FakeElastiCache {
  const api = new FakeElastiCache();
  api.addGroup('sessions', Array(count).fill(2), { clusterEnabled: true, ...fields });
  return api;
}

/** The group with one shard in another state. */
function withShard(api: FakeElastiCache, position: number, status: string): FakeElastiCache {
  const found = api.groups.get('sessions') as CacheGroup;
  const changed = found.shards.map((shard, at) => (at === position ? { ...shard, status } : shard));
  api.groups.set('sessions', { ...found, shards: changed });
  return api;
}

async function readOne(api: FakeElastiCache) {
  const state = (await elastiCacheScaler(api).read([target], signal)).get(target.id);
  if (!state) throw new Error('not read');
  return state;
}

async function move(api: FakeElastiCache, want: OwnedFields, seen: number) {
  const state = { owned: shards(seen), servingUnits: seen, fence: null };
  return elastiCacheScaler(api).apply(target, state, want, 'key', signal);
}

describe('shards of a replication group', () => {
  test('are a count with the names of those that are there, a range with a scalable target', async () => {
    const api = group(2);
    expect(await readOne(api)).toEqual({ owned: shards(2, '0001', '0002'), servingUnits: 2, fence: null });
    const resourceId = 'replication-group/sessions';
    api.shardRanges.set(resourceId, { resourceId, minimumUnits: 2, maximumUnits: 6 });
    const owned = { kind: 'range', minimumUnits: 2, maximumUnits: 6 };
    expect(await readOne(api)).toEqual({ owned, servingUnits: 2, fence: null });
  });

  test.each<[string, Partial<CacheGroup>]>([
    ['a group without cluster mode', { clusterEnabled: false }],
    ['a member of a Global Datastore', { globalDatastore: 'ldgnf-sessions' }],
  ])('of %s are no target', async (_what, fields) => {
    await expect(readOne(group(1, fields))).rejects.toMatchObject({ kind: 'InvalidTarget' });
  });

  test('while slots are moved are no number, unless new shards say how many there will be', async () => {
    const moved = group(3, { status: 'modifying', reshardedPercent: 40, pending: ['Resharding'] });
    await expect(readOne(moved)).rejects.toMatchObject({
      kind: 'UpdateInProgress',
      message: expect.stringContaining('40 %'),
    });
    expect(await readOne(withShard(moved, 2, 'creating'))).toMatchObject({
      owned: shards(3, '0001', '0002', '0003'),
      servingUnits: null,
    });
    expect((await readOne(withShard(group(3), 2, 'deleting'))).owned).toEqual(shards(2, '0001', '0002'));
  });

  test('are added by their number alone', async () => {
    const api = group(2);
    await move(api, shards(5, '0001', '0002'), 2);
    expect(api.writes()).toEqual(['set shards sessions 5 -']);
  });

  test.each([
    ['those that were added go', ['0001', '0002'], 2, '0005,0004,0003'],
    ['those that were added go, wherever they stand', ['0001', '0004', '0005'], 3, '0003,0002'],
    [
      'originals go last, where fewer are wanted than there were',
      ['0001', '0002', '0003'],
      1,
      '0005,0004,0003,0002',
    ],
    ['what was there is not known any more', [], 4, '0005'],
  ])('are taken away by name: %s', async (_what, members, units, gone) => {
    const api = group(5);
    await move(api, shards(units, ...members), 5);
    expect(api.writes()).toEqual([`set shards sessions ${units} -${gone}`]);
  });

  test('that are there already are not asked for: that would spread the slots anew', async () => {
    const api = group(3);
    await expect(move(api, shards(3), 2)).resolves.toEqual({ vendorRequestId: '' });
    expect(api.writes()).toEqual([]);
  });

  test('are Stale where somebody changed them', async () => {
    const api = group(4);
    await expect(move(api, shards(6), 2)).rejects.toMatchObject({ kind: 'Stale' });
    expect(api.writes()).toEqual([]);
  });

  test.each<[string, (api: FakeElastiCache) => FakeElastiCache, Partial<CacheGroup>, string, number | null]>([
    ['everything is available', (api) => api, {}, 'settled', 3],
    ['slots are being moved', (api) => api, { status: 'modifying', reshardedPercent: 90 }, 'moving', null],
    [
      'the group says done and slots are pending',
      (api) => api,
      { pending: ['Resharding'], reshardedPercent: 99 },
      'moving',
      null,
    ],
    ['a shard is new', (api) => withShard(api, 2, 'creating'), {}, 'moving', 2],
    [
      'a node of a shard is not there',
      (api) => {
        api.addNode('sessions', 'sessions-0002-001', { status: 'rebooting cluster nodes' });
        return api;
      },
      {},
      'moving',
      2,
    ],
  ])('when %s it is what it should be', async (_when, change, fields, status, servingUnits) => {
    const api = change(group(3, fields));
    const wants = new Map([[target.id, shards(3)]]);
    const progress = (await elastiCacheScaler(api).progress([target], wants, signal)).get(target.id);
    expect(progress).toMatchObject({ status, servingUnits });
  });
});
