import type { DbInstance, PendingChange } from '../../../../../activities/scalers/aws/_rds-shapes.ts';
import { rdsScaler } from '../../../../../activities/scalers/aws/rds.ts';
import type { OwnedFields } from '../../../../../domain/owned-fields.ts';
import { FakeRds, rdsTarget } from '../../../../support/fake-rds.ts';

const signal = new AbortController().signal;
const target = rdsTarget('storage', { instance: 'orders' }, { maximumUnits: 4_000 });
const gib = (units: number): OwnedFields => ({ kind: 'count', units });
const pending = (allocatedGib: number): PendingChange => ({ className: null, allocatedGib, others: [] });

function instance(fields: Partial<DbInstance> = {}): FakeRds {
  const api = new FakeRds();
  api.addInstance('orders', fields);
  return api;
}

async function move(api: FakeRds, want: number, seen = 100) {
  const state = { owned: gib(seen), servingUnits: seen, fence: null };
  return rdsScaler(api).apply(target, state, gib(want), 'key', signal);
}

const plan = (now: number, floorUnits: number, maximumUnits = 4_000) =>
  rdsScaler(new FakeRds()).plan(gib(now), { floorUnits, maximumUnits, lever: 'storage' });

describe('storage of a DB instance', () => {
  test('is a count of GiB; one that is pending is what is owned, the allocated is what serves', async () => {
    const read = async (api: FakeRds) => (await rdsScaler(api).read([target], signal)).get(target.id);
    expect(await read(instance())).toEqual({ owned: gib(100), servingUnits: 100, fence: null });
    const growing = instance({ pending: pending(110), status: 'storage-optimization' });
    expect(await read(growing)).toMatchObject({ owned: gib(110), servingUnits: 100 });
    await expect(read(instance({ cluster: 'gallery' }))).rejects.toMatchObject({ kind: 'InvalidTarget' });
  });

  test.each([
    ['nothing is asked for', 100, 100],
    ['a little is asked for', 101, 110],
    ['one step is asked for', 110, 110],
    ['more than a step is asked for', 111, 121],
    ['much is asked for', 130, 134],
  ])('grows in steps of 10 %% from what it was: when %s', (_when, floor, units) => {
    expect(plan(100, floor)).toEqual(gib(units));
  });

  test('every step is 10 % above every lower one, so that a second claim is taken as it is', () => {
    const steps = Array.from({ length: 40 }, (_, n) => plan(20, 20 + n * 17)).map((owned) =>
      owned.kind === 'count' ? owned.units : Number.NaN,
    );
    const distinct = [...new Set(steps)];
    expect(distinct.length).toBeGreaterThan(10);
    for (const [n, step] of distinct.entries()) {
      if (n > 0) expect(step * 10).toBeGreaterThanOrEqual((distinct[n - 1] ?? 0) * 11);
    }
  });

  test('goes up to the maximum where a step would pass it, and no further than a step can', () => {
    expect(plan(100, 185, 190)).toEqual(gib(190));
    expect(() => plan(100, 105, 109)).toThrow(
      expect.objectContaining({ kind: 'QuotaExceeded', highestAcceptableUnits: 100 }),
    );
    expect(() => plan(60_000, 65_537, 99_999)).toThrow(
      expect.objectContaining({ kind: 'QuotaExceeded', highestAcceptableUnits: 65_536 }),
    );
  });

  test('never shrinks, and says so', async () => {
    const api = instance({ allocatedGib: 200 });
    await expect(move(api, 100, 200)).rejects.toMatchObject({
      kind: 'InvalidTarget',
      message: expect.stringContaining('storage never shrinks'),
    });
    expect(api.writes()).toEqual([]);
  });

  test('a size that RDS would round up is not sent', async () => {
    const api = instance({ allocatedGib: 200 });
    const refused = { kind: 'QuotaExceeded', highestAcceptableUnits: 200 };
    await expect(move(api, 210, 200)).rejects.toMatchObject(refused);
    expect(api.writes()).toEqual([]);
  });

  test('stays below what storage autoscaling may go to', async () => {
    const api = instance({ autoscaledToGib: 150 });
    const refused = { kind: 'QuotaExceeded', highestAcceptableUnits: 149 };
    await expect(move(api, 150)).rejects.toMatchObject(refused);
    await move(api, 149);
    expect(api.writes()).toEqual(['modify orders 149 ']);
  });

  test.each<[string, Partial<DbInstance>, string]>([
    ['io1', { storageType: 'io1', iops: 1_000 }, '1000'],
    ['io2', { storageType: 'io2', iops: 2_000 }, '2000'],
    ['gp3 with IOPS of its own', { storageType: 'gp3', iops: 12_000 }, '12000'],
    ['gp3 at the baseline, which refuses them', { storageType: 'gp3', iops: 3_000 }, ''],
    ['gp3 of SQL Server', { storageType: 'gp3', iops: 3_000, engine: 'sqlserver-se' }, '3000'],
    ['gp2', { storageType: 'gp2', iops: 300 }, ''],
  ])('of %s is sent with the IOPS RDS wants beside it', async (_type, fields, iops) => {
    const api = instance(fields);
    await move(api, 200);
    expect(api.writes()).toEqual([`modify orders 200 ${iops}`]);
  });

  test('is not asked for again once it is there or on its way, and is Stale where it is another', async () => {
    const there = instance({ allocatedGib: 110 });
    await expect(move(there, 110)).resolves.toEqual({ vendorRequestId: '' });
    const under = instance({ status: 'modifying', pending: pending(110) });
    await move(under, 110);
    expect([...there.writes(), ...under.writes()]).toEqual([]);
    const other = instance({ allocatedGib: 121 });
    await expect(move(other, 110)).rejects.toMatchObject({ kind: 'Stale' });
    expect(other.writes()).toEqual([]);
  });

  test.each<[string, Partial<DbInstance>, string, number | null]>([
    ['it is there', { allocatedGib: 110 }, 'settled', 110],
    ['it is being optimised', { allocatedGib: 110, status: 'storage-optimization' }, 'settled', 110],
    ['it is pending', { pending: pending(110) }, 'moving', 100],
    ['it is there and more is pending', { allocatedGib: 110, pending: pending(121) }, 'moving', 110],
    ['the instance is being changed', { allocatedGib: 110, status: 'modifying' }, 'moving', null],
    ['the instance is lost', { allocatedGib: 110, status: 'failed' }, 'failed', null],
  ])('when %s it is what it should be', async (_when, fields, status, servingUnits) => {
    const wants = new Map([[target.id, gib(110)]]);
    const progress = (await rdsScaler(instance(fields)).progress([target], wants, signal)).get(target.id);
    expect(progress).toMatchObject({ status, servingUnits });
  });
});
