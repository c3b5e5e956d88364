import type { DbInstance, PendingChange } from '../../../../../activities/scalers/aws/_rds-shapes.ts';
import { rdsScaler } from '../../../../../activities/scalers/aws/rds.ts';
import type { OwnedFields } from '../../../../../domain/owned-fields.ts';
import { FakeRds, rdsTarget } from '../../../../support/fake-rds.ts';

const signal = new AbortController().signal;
const classes = [
  { name: 'db.r6g.large', units: 2 },
  { name: 'db.r6g.xlarge', units: 4 },
  { name: 'db.r6g.2xlarge', units: 8 },
];
const target = rdsTarget('instance-class', { instance: 'orders' }, { classes, mayInterrupt: true });
const rung = (className: string): OwnedFields => {
  return { kind: 'class', className, units: classes.find(({ name }) => name === className)?.units ?? 0 };
};
const pending = (change: Partial<PendingChange>): PendingChange => {
  return { className: null, allocatedGib: null, others: [], ...change };
};

function instance(fields: Partial<DbInstance> = {}): FakeRds {
  const api = new FakeRds();
  api.addInstance('orders', fields);
  return api;
}

async function readOne(api: FakeRds) {
  const state = (await rdsScaler(api).read([target], signal)).get(target.id);
  if (!state) throw new Error('not read');
  return state;
}

async function move(api: FakeRds, className: string, seen = 'db.r6g.large', of = target) {
  const state = { owned: rung(seen), servingUnits: 2, fence: null };
  return rdsScaler(api).apply(of, state, rung(className), 'key', signal);
}

describe('class of a DB instance', () => {
  test('is a rung of the target; one that is pending is what is owned, the one that runs is what serves', async () => {
    expect(await readOne(instance())).toEqual({ owned: rung('db.r6g.large'), servingUnits: 2, fence: null });
    const changing = instance({ pending: pending({ className: 'db.r6g.2xlarge' }) });
    expect(await readOne(changing)).toMatchObject({ owned: rung('db.r6g.2xlarge'), servingUnits: 2 });
    const replaced = instance({ status: 'modifying', pending: pending({ className: 'db.r6g.2xlarge' }) });
    expect(await readOne(replaced)).toMatchObject({ owned: rung('db.r6g.2xlarge'), servingUnits: null });
  });

  test('is refused by its name where it is none of the classes of the target', async () => {
    await expect(readOne(instance({ className: 'db.t3.micro' }))).rejects.toMatchObject({
      kind: 'InvalidTarget',
      message: expect.stringContaining('db.t3.micro'),
    });
  });

  test('is planned by the ladder', () => {
    const { plan } = rdsScaler(new FakeRds());
    const ask = (floorUnits: number) => ({ floorUnits, maximumUnits: 15, lever: 'instance-class', classes });
    expect(plan(rung('db.r6g.large'), ask(3))).toEqual(rung('db.r6g.xlarge'));
    expect(() => plan(rung('db.r6g.large'), ask(9))).toThrow(
      expect.objectContaining({ kind: 'QuotaExceeded', highestAcceptableUnits: 8 }),
    );
  });

  test('is changed only where the target may be interrupted', async () => {
    const api = instance();
    const never = { ...target, mayInterrupt: false };
    await expect(move(api, 'db.r6g.xlarge', 'db.r6g.large', never)).rejects.toMatchObject({
      kind: 'InvalidTarget',
    });
    expect(api.calls).toEqual([]);
    await expect(move(api, 'db.r6g.xlarge')).resolves.toEqual({ vendorRequestId: 'req-1' });
    expect(api.writes()).toEqual(['modify orders db.r6g.xlarge']);
  });

  test('is not asked for again while the change is under way, and is where it was put off', async () => {
    const change = pending({ className: 'db.r6g.xlarge' });
    const under = instance({ status: 'modifying', pending: change });
    await expect(move(under, 'db.r6g.xlarge')).resolves.toEqual({ vendorRequestId: '' });
    expect(under.writes()).toEqual([]);
    const there = instance({ className: 'db.r6g.xlarge' });
    await move(there, 'db.r6g.xlarge');
    expect(there.writes()).toEqual([]);
    const putOff = instance({ pending: change });
    await move(putOff, 'db.r6g.xlarge');
    expect(putOff.writes()).toEqual(['modify orders db.r6g.xlarge']);
  });

  test('is Stale where somebody else has changed it meanwhile', async () => {
    const api = instance({ className: 'db.r6g.2xlarge' });
    await expect(move(api, 'db.r6g.xlarge')).rejects.toMatchObject({ kind: 'Stale' });
    expect(api.writes()).toEqual([]);
  });

  test('does not take along what a person has put off to the maintenance window', async () => {
    const api = instance({ pending: pending({ others: ['EngineVersion'] }) });
    await expect(move(api, 'db.r6g.xlarge')).rejects.toMatchObject({
      kind: 'UpdateInProgress',
      message: expect.stringContaining('EngineVersion'),
    });
    expect(api.writes()).toEqual([]);
  });

  test.each<[string, Partial<DbInstance>, string, number | null]>([
    ['it runs and nothing is pending', { className: 'db.r6g.xlarge' }, 'settled', 4],
    ['a larger one runs', { className: 'db.r6g.2xlarge' }, 'settled', 8],
    [
      'it is pending beside a status that is available too early',
      { pending: pending({ className: 'db.r6g.xlarge' }) },
      'moving',
      2,
    ],
    ['the old one runs and nothing says otherwise', {}, 'moving', 2],
    [
      'it runs and another is pending',
      { className: 'db.r6g.xlarge', pending: pending({ className: 'db.r6g.large' }) },
      'moving',
      4,
    ],
    [
      'it runs and the instance is being changed',
      { className: 'db.r6g.xlarge', status: 'modifying' },
      'moving',
      null,
    ],
    [
      'it runs and the instance is being rebooted',
      { className: 'db.r6g.xlarge', status: 'rebooting' },
      'moving',
      null,
    ],
    ['it runs and a backup is taken', { className: 'db.r6g.xlarge', status: 'backing-up' }, 'moving', 4],
    ['there is no room for it', { status: 'insufficient-capacity' }, 'failed', null],
    [
      'its parameters do not fit',
      { className: 'db.r6g.xlarge', status: 'incompatible-parameters' },
      'failed',
      null,
    ],
  ])('when %s it is what it should be', async (_when, fields, status, servingUnits) => {
    const wants = new Map([[target.id, rung('db.r6g.xlarge')]]);
    const progress = (await rdsScaler(instance(fields)).progress([target], wants, signal)).get(target.id);
    expect(progress).toMatchObject({ status, servingUnits });
  });
});
