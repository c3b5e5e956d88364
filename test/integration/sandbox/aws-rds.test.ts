import {
  CreateDBInstanceCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  ModifyDBClusterCommand,
  ModifyDBInstanceCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { createRdsScaler } from '../../../activities/scalers/aws/rds.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import { floorOf, type OwnedFields } from '../../../domain/owned-fields.ts';
import type { Scaler } from '../../../domain/scaler.ts';
import { rdsTarget } from '../../support/fake-rds.ts';
import { type SandboxProcess, setPace, startSandbox } from '../../support/sandbox.ts';

const TIME_SCALE = 1_000;
const signal = new AbortController().signal;

const classes = [
  { name: 'db.r6g.large', units: 2 },
  { name: 'db.r6g.2xlarge', units: 8 },
];
const readers = rdsTarget('readers', { cluster: 'gallery' });
const followed = rdsTarget('readers', { cluster: 'albums' }, { autoscaled: true });
const capacity = rdsTarget('serverless-capacity', { cluster: 'albums' }, { maximumUnits: 64 });
const machine = rdsTarget('instance-class', { instance: 'orders' }, { classes, mayInterrupt: true });
const volume = rdsTarget('storage', { instance: 'orders' }, { maximumUnits: 1_000 });

const common = { service: 'aws.rds', region: 'eu-west-1' };
const WORLD = {
  resources: [
    { ...common, lever: 'readers', reference: readers.reference, autoscaled: false, units: 2 },
    {
      ...common,
      lever: 'readers',
      reference: followed.reference,
      ...{ autoscaled: true, units: 1, minimumUnits: 1, maximumUnits: 4 },
    },
    {
      ...common,
      lever: 'serverless-capacity',
      reference: capacity.reference,
      ...{ autoscaled: true, units: 0, minimumUnits: 0, maximumUnits: 16 },
      attributes: { secondsUntilAutoPause: 900 },
    },
    {
      ...common,
      lever: 'instance-class',
      reference: machine.reference,
      ...{ autoscaled: false, units: 2, className: 'db.r6g.large' },
    },
    {
      ...common,
      lever: 'storage',
      reference: volume.reference,
      ...{ autoscaled: false, units: 100, provisioningSeconds: 30 },
      attributes: { storageType: 'io1', iops: 3_000 },
    },
  ],
};

let sandbox: SandboxProcess;
let scaler: Scaler;
/** Somebody else, with the vendor's own client. */
let person: RDSClient;

beforeAll(async () => {
  sandbox = await startSandbox({ timeScale: TIME_SCALE });
  scaler = createRdsScaler({ mode: 'sandbox', endpoint: sandbox.addresses.aws }, { guard: UNGUARDED });
  person = new RDSClient({
    region: 'eu-west-1',
    endpoint: sandbox.addresses.aws,
    credentials: { accessKeyId: 'PERSON', secretAccessKey: 'person' },
  });
});

afterAll(() => sandbox?.stop());

beforeEach(async () => {
  await setPace(sandbox, TIME_SCALE);
  await sandbox.loadWorld(WORLD);
});

async function read(target: ScalingTarget) {
  const state = (await scaler.read([target], signal)).get(target.id);
  if (!state) throw new Error('not read');
  return state;
}

async function apply(target: ScalingTarget, want: OwnedFields) {
  return scaler.apply(target, await read(target), want, 'key', signal);
}

async function progressOf(target: ScalingTarget, want: OwnedFields) {
  return (await scaler.progress([target], new Map([[target.id, want]]), signal)).get(target.id);
}

/** Looks again until it is settled; fails by the test's time limit. */
async function settled(target: ScalingTarget, want: OwnedFields) {
  for (;;) {
    const progress = await progressOf(target, want);
    if (progress?.status === 'settled') return progress.servingUnits;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function membersOf(cluster: string): Promise<readonly string[]> {
  const answer = await person.send(
    new DescribeDBInstancesCommand({ Filters: [{ Name: 'db-cluster-id', Values: [cluster] }] }),
  );
  return (answer.DBInstances ?? []).map(
    ({ DBInstanceIdentifier, DBInstanceStatus }) => `${DBInstanceIdentifier} ${DBInstanceStatus}`,
  );
}

async function orders() {
  const answer = await person.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: 'orders' }));
  return answer.DBInstances?.[0];
}

const count = (units: number): OwnedFields => ({ kind: 'count', units });
const range = (minimumUnits: number, maximumUnits: number) => {
  return { kind: 'range', minimumUnits, maximumUnits } as const;
};
const large: OwnedFields = { kind: 'class', className: 'db.r6g.large', units: 2 };
const larger: OwnedFields = { kind: 'class', className: 'db.r6g.2xlarge', units: 8 };

describe('readers of an Aurora cluster against the sandbox', () => {
  test('become available one after the other, and are settled only when enough are', async () => {
    await apply(readers, count(4));
    expect(await progressOf(readers, count(4))).toMatchObject({ status: 'moving' });
    expect(await settled(readers, count(4))).toBe(4);
    expect(await membersOf('gallery')).toEqual([
      'gallery-reader-1 available',
      'gallery-reader-2 available',
      'gallery-wedsync-1 available',
      'gallery-wedsync-2 available',
      'gallery-writer available',
    ]);
  });

  test('are taken away by our names only; those of a person stay', async () => {
    await apply(readers, count(4));
    await settled(readers, count(4));
    const theirs = { DBInstanceIdentifier: 'gallery-of-a-person', DBClusterIdentifier: 'gallery' };
    const like = { DBInstanceClass: 'db.r6g.large', Engine: 'aurora-postgresql' };
    await person.send(new CreateDBInstanceCommand({ ...theirs, ...like }));
    await apply(readers, count(0));
    expect((await read(readers)).owned).toEqual(count(3));
    const deleted = (await sandbox.ledger()).filter(({ operation }) => operation === 'DeleteDBInstance');
    expect(deleted).toHaveLength(2);
    await expect(apply(readers, count(0))).rejects.toMatchObject({ kind: 'InvalidTarget' });
    const left = (await membersOf('gallery')).filter((member) => !member.endsWith('deleting'));
    expect(left.map((member) => member.split(' ')[0])).toEqual([
      'gallery-of-a-person',
      'gallery-reader-1',
      'gallery-reader-2',
      'gallery-writer',
    ]);
  });

  test('one that an old answer does not show yet is made once: it exists already', async () => {
    await apply(readers, count(3));
    const stale = { kind: 'staleRead', times: 1 };
    await sandbox.faults(
      { match: { operation: 'DescribeDBInstances' }, ...stale },
      { match: { operation: 'DescribeDBClusters' }, ...stale },
    );
    await scaler.apply(readers, { owned: count(2), servingUnits: 2, fence: null }, count(3), 'key', signal);
    const { requests } = await sandbox.send('GET', '/requests');
    expect(requests).toContainEqual({ vendor: 'aws', operation: 'CreateDBInstance', status: 400, count: 1 });
    expect((await read(readers)).owned).toEqual(count(3));
  });

  test('a quota that ends half-way leaves nothing behind, and says what could be had', async () => {
    const [first, ...others] = WORLD.resources;
    await sandbox.loadWorld({ resources: [{ ...first, quotaUnits: 4 }, ...others] });
    const refused = { kind: 'QuotaExceeded', vendorCode: 'InstanceQuotaExceeded', highestAcceptableUnits: 4 };
    await expect(apply(readers, count(6))).rejects.toMatchObject(refused);
    expect((await read(readers)).owned).toEqual(count(2));
  });

  test('of a cluster with a scalable target follow its minimum, and are left when it is lowered', async () => {
    const want = range(3, 4);
    await apply(followed, want);
    expect(await settled(followed, want)).toBe(3);
    await apply(followed, range(1, 4));
    expect(await read(followed)).toMatchObject({ owned: range(1, 4), servingUnits: 3 });
    const operations = (await sandbox.ledger()).map(({ operation }) => operation);
    expect(operations).toEqual(['RegisterScalableTarget', 'autoscale', 'RegisterScalableTarget']);
  });
});

describe('capacity of an Aurora Serverless v2 cluster against the sandbox', () => {
  test('is raised, settles when the cluster is available, and gets its pause back with its minimum of 0', async () => {
    const before = (await read(capacity)).owned;
    expect(before).toEqual({ ...range(0, 16), pauseAfterSeconds: 900 });
    const ask = { floorUnits: 8, maximumUnits: 64, lever: 'serverless-capacity' };
    const raised = scaler.plan(before, ask);
    await apply(capacity, raised);
    expect(await progressOf(capacity, raised)).toMatchObject({ status: 'moving', servingUnits: null });
    expect(await settled(capacity, raised)).toBe(8);
    expect((await read(capacity)).owned).toEqual(range(8, 16));
    await apply(capacity, before);
    expect((await read(capacity)).owned).toEqual(before);
  });

  test('of half a unit that a person set is read as it is', async () => {
    const half = { MinCapacity: 0.5, MaxCapacity: 16 };
    const names = { DBClusterIdentifier: 'albums' };
    await person.send(new ModifyDBClusterCommand({ ...names, ServerlessV2ScalingConfiguration: half }));
    expect((await read(capacity)).owned).toEqual(range(0.5, 16));
  });

  test('is shown with the readers of the same cluster, whichever is changed', async () => {
    const raised = range(4, 16);
    await Promise.all([apply(capacity, raised), apply(followed, range(2, 4))]);
    await Promise.all([settled(capacity, raised), settled(followed, range(2, 4))]);
    const answer = await person.send(new DescribeDBClustersCommand({ DBClusterIdentifier: 'albums' }));
    const [cluster] = answer.DBClusters ?? [];
    expect(cluster?.ServerlessV2ScalingConfiguration).toMatchObject({ MinCapacity: 4, MaxCapacity: 16 });
    expect(cluster?.DBClusterMembers?.map((member) => member.IsClusterWriter)).toEqual([true, false, false]);
    const states = await scaler.read([capacity, followed], signal);
    expect([...states.values()].map(({ owned }) => floorOf(owned))).toEqual([4, 2]);
  });
});

describe('class of a DB instance against the sandbox', () => {
  test('is not settled by a status that is available too early', async () => {
    await setPace(sandbox, 0.001);
    await apply(machine, larger);
    expect(await orders()).toMatchObject({
      DBInstanceStatus: 'available',
      DBInstanceClass: 'db.r6g.large',
      PendingModifiedValues: { DBInstanceClass: 'db.r6g.2xlarge' },
    });
    expect(await progressOf(machine, larger)).toMatchObject({ status: 'moving', servingUnits: 2 });
    expect((await read(machine)).owned).toEqual(larger);
    await setPace(sandbox, TIME_SCALE);
    expect(await settled(machine, larger)).toBe(8);
    expect(await orders()).toMatchObject({
      DBInstanceStatus: 'available',
      DBInstanceClass: 'db.r6g.2xlarge',
    });
  });

  test('that a person put off is pending, not settled, and begins when it is asked for', async () => {
    const names = { DBInstanceIdentifier: 'orders' };
    await person.send(new ModifyDBInstanceCommand({ ...names, DBInstanceClass: 'db.r6g.2xlarge' }));
    expect(await progressOf(machine, larger)).toMatchObject({ status: 'moving', servingUnits: 2 });
    await apply(machine, larger);
    expect(await settled(machine, larger)).toBe(8);
  });

  test('does not carry out what a person has put off', async () => {
    const names = { DBInstanceIdentifier: 'orders' };
    await person.send(new ModifyDBInstanceCommand({ ...names, EngineVersion: '17.2' }));
    await expect(apply(machine, larger)).rejects.toMatchObject({ kind: 'UpdateInProgress' });
    expect(await orders()).toMatchObject({ EngineVersion: '16.4', DBInstanceClass: 'db.r6g.large' });
  });

  test('is given back by the same verb', async () => {
    await apply(machine, larger);
    await settled(machine, larger);
    await apply(machine, large);
    expect(await settled(machine, large)).toBe(2);
  });

  test('and storage of one instance are shown together', async () => {
    await apply(machine, larger);
    await settled(machine, larger);
    const want = count(110);
    await apply(volume, want);
    await settled(volume, want);
    expect(await orders()).toMatchObject({
      DBInstanceClass: 'db.r6g.2xlarge',
      AllocatedStorage: 110,
      Iops: 3_000,
    });
  });
});

describe('storage of a DB instance against the sandbox', () => {
  test('grows, is usable while it is optimised, and then takes no further change for hours', async () => {
    // Half an hour of optimising is not to pass between two calls.
    await setPace(sandbox, 100);
    const ask = { floorUnits: 105, maximumUnits: 1_000, lever: 'storage' };
    const want = scaler.plan((await read(volume)).owned, ask);
    await apply(volume, want);
    expect(await progressOf(volume, want)).toMatchObject({ status: 'moving' });
    expect(await settled(volume, want)).toBe(110);
    expect(await orders()).toMatchObject({ DBInstanceStatus: 'storage-optimization', AllocatedStorage: 110 });
    await expect(apply(volume, count(121))).rejects.toMatchObject({
      kind: 'UpdateInProgress',
      vendorCode: 'InvalidParameterCombination',
    });
    expect((await read(volume)).owned).toEqual(want);
  });

  test('never shrinks: the smaller size is refused before RDS is asked', async () => {
    await apply(volume, count(200));
    await settled(volume, count(200));
    const before = await sandbox.ledger();
    await expect(apply(volume, count(100))).rejects.toMatchObject({
      kind: 'InvalidTarget',
      message: expect.stringContaining('never shrinks'),
    });
    expect(await sandbox.ledger()).toEqual(before);
    expect((await read(volume)).owned).toEqual(count(200));
  });

  test('above what the account may have is QuotaExceeded', async () => {
    const [last] = WORLD.resources.slice(-1);
    await sandbox.loadWorld({ resources: [{ ...last, quotaUnits: 150 }] });
    const refused = { kind: 'QuotaExceeded', vendorCode: 'StorageQuotaExceeded' };
    await expect(apply(volume, count(200))).rejects.toMatchObject(refused);
  });
});
