import type { CacheGroup, CacheNode } from '../../../../../activities/scalers/aws/_elasticache-shapes.ts';
import { elastiCacheScaler } from '../../../../../activities/scalers/aws/elasticache.ts';
import type { ScalingTarget } from '../../../../../domain/fleet.ts';
import type { OwnedFields } from '../../../../../domain/owned-fields.ts';
import { cacheTarget, FakeElastiCache } from '../../../../support/fake-elasticache.ts';

const signal = new AbortController().signal;
const [LARGE, XLARGE, DOUBLE] = ['cache.r7g.large', 'cache.r7g.xlarge', 'cache.r7g.2xlarge'] as const;
const classes = [
  { name: LARGE, units: 2 },
  { name: XLARGE, units: 4 },
  { name: DOUBLE, units: 8 },
];
const target = cacheTarget('node-type', 'sessions', { classes });
const rung = (className: string): OwnedFields => {
  return { kind: 'class', className, units: classes.find(({ name }) => name === className)?.units ?? 0 };
};

function group(fields: Partial<CacheGroup> = {}, node: Partial<CacheNode> = {}): FakeElastiCache {
  const api = new FakeElastiCache();
  api.addGroup('sessions', [2], fields);
  if (Object.keys(node).length > 0) {
    api.addNode('sessions', 'sessions-002', { nodeType: fields.nodeType ?? LARGE, ...node });
  }
  api.allowed = { up: [XLARGE, DOUBLE], down: [LARGE] };
  return api;
}

async function readOne(api: FakeElastiCache) {
  const state = (await elastiCacheScaler(api).read([target], signal)).get(target.id);
  if (!state) throw new Error('not read');
  return state;
}

async function move(api: FakeElastiCache, to: string, seen: string = LARGE, of: ScalingTarget = target) {
  const state = { owned: rung(seen), servingUnits: 2, fence: null };
  return elastiCacheScaler(api).apply(of, state, rung(to), 'key', signal);
}

describe('node type of a replication group', () => {
  test('is a rung of the target; one that its nodes are to be is what is owned', async () => {
    expect(await readOne(group())).toEqual({ owned: rung(LARGE), servingUnits: 2, fence: null });
    const asked = group({}, { pendingNodeType: XLARGE });
    expect(await readOne(asked)).toMatchObject({ owned: rung(XLARGE), servingUnits: 2 });
    const replaced = group({ status: 'modifying' }, { pendingNodeType: XLARGE, status: 'modifying' });
    expect(await readOne(replaced)).toMatchObject({ owned: rung(XLARGE), servingUnits: null });
    await expect(readOne(group({ nodeType: 'cache.t4g.small' }))).rejects.toMatchObject({
      kind: 'InvalidTarget',
      message: expect.stringContaining('cache.t4g.small'),
    });
    await expect(readOne(group({ globalDatastore: 'ldgnf' }))).rejects.toMatchObject({
      kind: 'InvalidTarget',
    });
  });

  test('is changed once the way there and back has been looked up', async () => {
    const api = group();
    await expect(move(api, XLARGE)).resolves.toEqual({ vendorRequestId: 'req-1' });
    expect(api.calls.slice(-2)).toEqual(['allowed sessions', `set type sessions ${XLARGE}`]);
  });

  test.each<[string, Partial<CacheGroup>, FakeElastiCache['allowed'], RegExp]>([
    ['AWS does not allow it', {}, { up: [DOUBLE], down: [LARGE] }, /AWS allows cache.r7g.2xlarge there/],
    ['there is no way back', {}, { up: [XLARGE], down: [] }, /come back to/],
    ['there is a way to smaller ones only', {}, { up: [XLARGE], down: ['cache.t4g.small'] }, /come back to/],
    ['no replica takes over', { failsOver: false }, { up: [XLARGE], down: [LARGE] }, /no replica takes over/],
  ])('is refused before anything is touched where %s', async (_where, fields, allowed, why) => {
    const api = group(fields);
    api.allowed = allowed;
    const refused = move(api, XLARGE);
    await expect(refused).rejects.toMatchObject({ kind: 'InvalidTarget' });
    await expect(refused).rejects.toThrow(why);
    expect(api.writes()).toEqual([]);
  });

  test('is changed without a way back where the target may be interrupted, but never to what AWS forbids', async () => {
    const bold = { ...target, mayInterrupt: true };
    const api = group({ failsOver: false });
    api.allowed = { up: [XLARGE], down: [] };
    await move(api, XLARGE, LARGE, bold);
    expect(api.writes()).toEqual([`set type sessions ${XLARGE}`]);
    await expect(move(api, DOUBLE, LARGE, bold)).rejects.toMatchObject({ kind: 'InvalidTarget' });
  });

  test('is given back where AWS lists the smaller one, and said to remain where it does not', async () => {
    const api = group({ nodeType: DOUBLE });
    await move(api, LARGE, DOUBLE);
    expect(api.writes()).toEqual([`set type sessions ${LARGE}`]);
    api.allowed = { up: [], down: [XLARGE] };
    await expect(move(api, LARGE, DOUBLE)).rejects.toThrow(/AWS allows cache.r7g.xlarge there/);
  });

  test('is not asked for again while it is under way or there, is where it was put off, and is Stale else', async () => {
    const there = group({ nodeType: XLARGE });
    const under = group({ status: 'modifying' }, { pendingNodeType: XLARGE, status: 'modifying' });
    for (const api of [there, under]) {
      await expect(move(api, XLARGE)).resolves.toEqual({ vendorRequestId: '' });
      expect(api.writes()).toEqual([]);
    }
    const putOff = group({}, { pendingNodeType: XLARGE });
    await move(putOff, XLARGE);
    expect(putOff.writes()).toEqual([`set type sessions ${XLARGE}`]);
    await expect(move(group({ nodeType: DOUBLE }), XLARGE)).rejects.toMatchObject({ kind: 'Stale' });
  });

  test('does not take along what a person has put off to the maintenance window', async () => {
    const api = group({}, { otherPending: ['EngineVersion'] });
    await expect(move(api, XLARGE)).rejects.toMatchObject({
      kind: 'UpdateInProgress',
      message: expect.stringContaining('EngineVersion'),
    });
    expect(api.writes()).toEqual([]);
  });

  test.each<[string, Partial<CacheGroup>, Partial<CacheNode>]>([
    ['before', {}, { nodeType: XLARGE }],
    ['after', { nodeType: XLARGE }, { nodeType: LARGE }],
  ])(
    'is not known where the group is asked %s a change is over, and its nodes are not',
    async (_when, fields, node) => {
      const read = elastiCacheScaler(group(fields, node)).read([target], signal);
      await expect(read).rejects.toMatchObject({ kind: 'UpdateInProgress' });
    },
  );

  test.each<[string, Partial<CacheGroup>, Partial<CacheNode>, string, number | null]>([
    ['group and nodes are of it', { nodeType: XLARGE }, {}, 'settled', 4],
    ['they are of a larger one', { nodeType: DOUBLE }, {}, 'settled', 8],
    ['the status is available too early', {}, { pendingNodeType: XLARGE }, 'moving', 2],
    ['the group says so and a node is not of it', { nodeType: XLARGE }, { nodeType: LARGE }, 'moving', 2],
    ['a node is being replaced', { nodeType: XLARGE }, { status: 'modifying' }, 'moving', null],
    ['the group is being changed', { nodeType: XLARGE, status: 'modifying' }, {}, 'moving', null],
  ])('when %s it is what it should be', async (_when, fields, node, status, servingUnits) => {
    const wants = new Map([[target.id, rung(XLARGE)]]);
    const api = group(fields, node);
    const progress = (await elastiCacheScaler(api).progress([target], wants, signal)).get(target.id);
    expect(progress).toMatchObject({ status, servingUnits });
  });
});
