import type { CacheGroup, CacheNode } from '../../../../../activities/scalers/aws/_elasticache-shapes.ts';
import { elastiCacheScaler } from '../../../../../activities/scalers/aws/elasticache.ts';
import type { OwnedFields } from '../../../../../domain/owned-fields.ts';
import { cacheTarget, FakeElastiCache } from '../../../../support/fake-elasticache.ts';

const signal = new AbortController().signal;
const target = cacheTarget('replicas', 'sessions');
const count = (units: number): OwnedFields => ({ kind: 'count', units });
const range = (minimumUnits: number, maximumUnits: number): OwnedFields => {
  return { kind: 'range', minimumUnits, maximumUnits };
};

function group(shards: readonly number[], fields: Partial<CacheGroup> = {}): FakeElastiCache {
  const api = new FakeElastiCache();
  api.addGroup('sessions', shards, { clusterEnabled: shards.length > 1, ...fields });
  return api;
}

async function readOne(api: FakeElastiCache) {
  const state = (await elastiCacheScaler(api).read([target], signal)).get(target.id);
  if (!state) throw new Error('not read');
  return state;
}

async function move(api: FakeElastiCache, units: number, seen = 1) {
  const state = { owned: count(seen), servingUnits: seen, fence: null };
  return elastiCacheScaler(api).apply(target, state, count(units), 'key', signal);
}

describe('replicas of a replication group', () => {
  test('are a count of every shard without a scalable target, a range with one', async () => {
    const api = group([3, 3]);
    expect(await readOne(api)).toEqual({ owned: count(2), servingUnits: 2, fence: null });
    const resourceId = 'replication-group/sessions';
    api.replicaRanges.set(resourceId, { resourceId, minimumUnits: 1, maximumUnits: 4 });
    expect(await readOne(api)).toEqual({ owned: range(1, 4), servingUnits: 2, fence: null });
  });

  test('of many groups are read in three calls a region', async () => {
    const api = new FakeElastiCache();
    const targets = Array.from({ length: 30 }, (_, n) => cacheTarget('replicas', `g${n}`));
    for (const { reference } of targets) api.addGroup(reference.replicationGroup as string, [2]);
    expect((await elastiCacheScaler(api).read(targets, signal)).size).toBe(30);
    expect(api.calls).toEqual(['groups eu-west-1 30', 'nodes eu-west-1', 'scalable replicas eu-west-1 30']);
  });

  test.each<[string, readonly number[], string, number]>([
    ['of a group', [2], 'sessions-003', 2],
    ['of a shard', [2, 3], 'sessions-0001-003', 2],
  ])('%s that are being made are asked for, and do not serve', async (_what, shards, node, units) => {
    const api = group(shards);
    api.addNode('sessions', node, { status: 'creating' });
    expect(await readOne(api)).toMatchObject({ owned: count(units), servingUnits: 1 });
  });

  test('that are being deleted are gone', async () => {
    const api = group([4]);
    api.addNode('sessions', 'sessions-004', { status: 'deleting' });
    expect((await readOne(api)).owned).toEqual(count(2));
  });

  test('of which the list of nodes lacks one are not known', async () => {
    const api = group([3, 3]);
    api.nodes.splice(4, 1);
    await expect(readOne(api)).rejects.toMatchObject({ kind: 'UpdateInProgress' });
  });

  test('of shards that differ are no target; while the group is changed they are only not known', async () => {
    await expect(readOne(group([2, 3]))).rejects.toMatchObject({ kind: 'InvalidTarget' });
    await expect(readOne(group([2, 3], { status: 'modifying' }))).rejects.toMatchObject({
      kind: 'UpdateInProgress',
    });
  });

  test.each([
    ['up', 1, 3, 'set replicas sessions 1 3'],
    ['down', 3, 1, 'set replicas sessions 3 1'],
  ])('are moved %s in one call', async (_way, from, to, call) => {
    const api = group([1 + from]);
    await expect(move(api, to, from)).resolves.toEqual({ vendorRequestId: 'req-1' });
    expect(api.writes()).toEqual([call]);
  });

  test.each([
    ['the group itself is read', 'available', ['groups eu-west-1 1']],
    [
      'the nodes are read as well',
      'modifying',
      ['groups eu-west-1 1', 'groups eu-west-1 1', 'nodes eu-west-1'],
    ],
  ])('before they are moved %s while it is %s', async (_what, status, reads) => {
    const api = group([2], { status });
    await move(api, 3);
    expect(api.calls).toEqual([...reads, 'set replicas sessions 1 3']);
  });

  test('that are there already are not asked for, and are Stale where somebody changed them', async () => {
    const api = group([4]);
    await expect(move(api, 3)).resolves.toEqual({ vendorRequestId: '' });
    await expect(move(api, 2)).rejects.toMatchObject({ kind: 'Stale' });
    expect(api.writes()).toEqual([]);
  });

  test.each<[string, readonly number[], Partial<CacheGroup>, boolean]>([
    ['with Multi-AZ keeps one', [2], {}, false],
    ['without Multi-AZ keeps none', [2], { multiAz: false }, true],
    ['in cluster mode keeps none', [2, 2], {}, true],
  ])('a group %s', async (_what, shards, fields, taken) => {
    const api = group(shards, fields);
    const moved = move(api, 0);
    if (taken) await expect(moved).resolves.toEqual({ vendorRequestId: 'req-1' });
    else await expect(moved).rejects.toMatchObject({ kind: 'InvalidTarget' });
  });

  test('owned by an autoscaler are moved by its minimum', async () => {
    const api = group([2]);
    const resourceId = 'replication-group/sessions';
    api.replicaRanges.set(resourceId, { resourceId, minimumUnits: 1, maximumUnits: 4 });
    await elastiCacheScaler(api).apply(target, await readOne(api), range(3, 4), 'key', signal);
    expect(api.writes()).toEqual(['set range of replicas replication-group/sessions 3 4']);
  });

  test.each<[string, Partial<CacheGroup>, Partial<CacheNode>, string, string]>([
    ['everything is available', {}, {}, 'settled', ''],
    ['the group is being changed', { status: 'modifying' }, {}, 'moving', 'the group is modifying'],
    ['something is pending', { pending: ['AuthTokenStatus'] }, {}, 'moving', 'AuthTokenStatus is pending'],
    ['the group says done and a node is being made', {}, { status: 'creating' }, 'moving', '1 of 2 replicas'],
    ['a node is lost', {}, { status: 'restore-failed' }, 'moving', 'sessions-003 is restore-failed'],
    ['a node is to be of another type', {}, { pendingNodeType: 'cache.r7g.xlarge' }, 'moving', 'is to be a'],
  ])('when %s it is what it should be', async (_when, fields, node, status, reason) => {
    const api = group([3], fields);
    api.addNode('sessions', 'sessions-003', node);
    const wants = new Map([[target.id, count(2)]]);
    const progress = (await elastiCacheScaler(api).progress([target], wants, signal)).get(target.id);
    expect(progress).toMatchObject({ status, ...(reason && { reason: expect.stringContaining(reason) }) });
  });

  test('a minimum that is not in force yet is moving although enough replicas serve', async () => {
    const api = group([5]);
    const resourceId = 'replication-group/sessions';
    api.replicaRanges.set(resourceId, { resourceId, minimumUnits: 1, maximumUnits: 4 });
    const wants = new Map([[target.id, range(3, 4)]]);
    const progress = (await elastiCacheScaler(api).progress([target], wants, signal)).get(target.id);
    expect(progress).toMatchObject({ status: 'moving', servingUnits: 4 });
  });
});
