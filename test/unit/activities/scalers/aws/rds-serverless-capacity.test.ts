import type { DbCluster, DbInstance } from '../../../../../activities/scalers/aws/_rds-shapes.ts';
import { rdsScaler } from '../../../../../activities/scalers/aws/rds.ts';
import type { OwnedFields, RangeFields } from '../../../../../domain/owned-fields.ts';
import { FakeRds, rdsTarget } from '../../../../support/fake-rds.ts';

const signal = new AbortController().signal;
const target = rdsTarget(
  'serverless-capacity',
  { cluster: 'gallery' },
  { autoscaled: true, maximumUnits: 64 },
);
const range = (minimumUnits: number, maximumUnits: number): RangeFields => {
  return { kind: 'range', minimumUnits, maximumUnits };
};

function clusterOf(serverless: DbCluster['serverless'], member: Partial<DbInstance> = {}): FakeRds {
  const api = new FakeRds();
  api.addCluster('gallery', { serverless });
  api.addInstance('gallery-writer', { cluster: 'gallery', className: 'db.serverless', ...member });
  return api;
}

async function readOne(api: FakeRds) {
  const state = (await rdsScaler(api).read([target], signal)).get(target.id);
  if (!state) throw new Error('not read');
  return state;
}

describe('capacity of an Aurora Serverless v2 cluster', () => {
  test('is a range in capacity units, by halves; what serves is the minimum in force', async () => {
    const api = clusterOf({ minimumUnits: 0.5, maximumUnits: 16 });
    expect(await readOne(api)).toEqual({ owned: range(0.5, 16), servingUnits: 0.5, fence: null });
    const { plan } = rdsScaler(api);
    const ask = (floorUnits: number) => ({ floorUnits, maximumUnits: 64, lever: 'serverless-capacity' });
    expect(plan(range(0.5, 16), ask(8))).toEqual(range(8, 16));
    expect(plan(range(0.5, 16), ask(32))).toEqual(range(32, 32));
    expect(plan(range(0.5, 16), ask(0))).toEqual(range(0.5, 16));
    expect(() => plan(range(0.5, 16), { ...ask(257), maximumUnits: 999 })).toThrow(
      expect.objectContaining({ highestAcceptableUnits: 256 }),
    );
  });

  test('keeps the pause beside a raised minimum, and sends it only with a minimum of 0', async () => {
    const api = clusterOf({ minimumUnits: 0, maximumUnits: 16, pauseAfterSeconds: 600 });
    const scaler = rdsScaler(api);
    const before = await readOne(api);
    const ask = { floorUnits: 8, maximumUnits: 64, lever: 'serverless-capacity' };
    const raised: OwnedFields = scaler.plan(before.owned, ask);
    await scaler.apply(target, before, raised, 'key', signal);
    await scaler.apply(target, await readOne(api), before.owned, 'key', signal);
    expect(api.writes()).toEqual([
      'capacity gallery {"minimumUnits":8,"maximumUnits":16}',
      'capacity gallery {"minimumUnits":0,"maximumUnits":16,"pauseAfterSeconds":600}',
    ]);
  });

  test.each<[string, DbCluster['serverless'], string]>([
    ['without a capacity range', null, 'db.serverless'],
    ['whose instances are all of a fixed class', { minimumUnits: 1, maximumUnits: 8 }, 'db.r6g.large'],
  ])('of a cluster %s is no target', async (_what, serverless, className) => {
    await expect(readOne(clusterOf(serverless, { className }))).rejects.toMatchObject({
      kind: 'InvalidTarget',
    });
  });

  test.each<[string, Partial<DbCluster>, Partial<DbInstance>, string, number | null]>([
    ['everything is available', {}, {}, 'settled', 8],
    ['the cluster is being changed', { status: 'modifying' }, {}, 'moving', null],
    ['its instance is being changed', {}, { status: 'modifying' }, 'moving', null],
    ['its only instance is not there yet', {}, { status: 'creating' }, 'moving', null],
    ['the minimum is not in force', { serverless: { minimumUnits: 2, maximumUnits: 16 } }, {}, 'moving', 2],
  ])('when %s it is what it should be', async (_when, cluster, member, status, servingUnits) => {
    const api = clusterOf({ minimumUnits: 8, maximumUnits: 16 }, member);
    api.addCluster('gallery', { serverless: { minimumUnits: 8, maximumUnits: 16 }, ...cluster });
    const wants = new Map([[target.id, range(8, 16)]]);
    const progress = (await rdsScaler(api).progress([target], wants, signal)).get(target.id);
    expect(progress).toMatchObject({ status, servingUnits });
  });

  test('does not wait for a reader that is only being made', async () => {
    const api = clusterOf({ minimumUnits: 8, maximumUnits: 16 });
    const fields = { cluster: 'gallery', className: 'db.serverless', status: 'creating' };
    api.addInstance('gallery-wedsync-1', fields);
    expect((await readOne(api)).servingUnits).toBe(8);
  });
});
