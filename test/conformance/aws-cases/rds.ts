import {
  CreateDBClusterCommand,
  CreateDBInstanceCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  RDSClient,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
} from '@aws-sdk/client-rds';
import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { createRdsScaler } from '../../../activities/scalers/aws/rds.ts';
import { targetOf } from '../cloud-targets.ts';
import type { LeverCase } from '../contract-moves.ts';
import { observer, only, REGION } from './observer.ts';
import { registered } from './scalable-targets.ts';

const SERVICE = 'aws.rds';
const CLASSES = [
  { name: 'db.r6g.large', units: 10 },
  { name: 'db.r6g.xlarge', units: 20 },
];
const PASSWORD = { MasterUsername: 'weddings', MasterUserPassword: 'not-a-secret' };

/** Databases with readers by count and by range, Serverless v2 capacity, a class and a volume. */
export async function rdsCases(endpoint: string): Promise<readonly LeverCase[]> {
  const rds = new RDSClient(observer(endpoint));
  const scaler = createRdsScaler({ mode: 'sandbox', endpoint }, { guard: UNGUARDED });
  return [
    { ...(await readersByCount(rds)), scaler },
    { ...(await readersByRange(rds, endpoint)), scaler },
    { ...(await serverlessCapacity(rds)), scaler },
    { ...(await instanceClass(rds)), scaler },
    { ...(await storage(rds)), scaler },
  ];
}

type Case = Omit<LeverCase, 'scaler'>;

async function readersByCount(rds: RDSClient): Promise<Case> {
  await createCluster(rds, 'uploads', 'db.r6g.large', 2);
  return {
    row: `${SERVICE} readers`,
    target: targetOf(SERVICE, REGION, { cluster: 'uploads' }, false, { lever: 'readers' }),
    before: { kind: 'count', units: 1 },
    want: { kind: 'count', units: 4 },
    live: async () => {
      const members = await membersOf(rds, 'uploads');
      const others = members.filter((id) => ['uploads-1', 'uploads-2'].includes(id));
      return { owned: { kind: 'count', units: members.length - 1 }, others };
    },
    missing: [{ cluster: 'nobody' }],
    hinder: () => stop(rds, 'uploads-2'),
    serve: () => start(rds, 'uploads-2'),
  };
}

async function readersByRange(rds: RDSClient, endpoint: string): Promise<Case> {
  await createCluster(rds, 'gallery', 'db.r6g.large', 2);
  const before = { kind: 'range', minimumUnits: 1, maximumUnits: 3 } as const;
  const name = { namespace: 'rds', dimension: 'rds:cluster:ReadReplicaCount' } as const;
  const scalable = await registered(endpoint, { ...name, resourceId: 'cluster:gallery' }, before);
  return {
    row: `${SERVICE} readers`,
    variant: 'autoscaled',
    target: targetOf(SERVICE, REGION, { cluster: 'gallery' }, true, { lever: 'readers' }),
    before,
    want: { kind: 'range', minimumUnits: 4, maximumUnits: 4 },
    live: async () => ({ owned: await scalable(), others: await membersOf(rds, 'gallery') }),
    missing: [{ cluster: 'nobody' }],
    serve: async () => {
      for (const n of [3, 4, 5]) await createMember(rds, 'gallery', 'db.r6g.large', n);
    },
  };
}

async function serverlessCapacity(rds: RDSClient): Promise<Case> {
  await createCluster(rds, 'streams', 'db.serverless', 1);
  return {
    row: `${SERVICE} serverless-capacity`,
    target: targetOf(SERVICE, REGION, { cluster: 'streams' }, true, { lever: 'serverless-capacity' }),
    before: { kind: 'range', minimumUnits: 2, maximumUnits: 8 },
    want: { kind: 'range', minimumUnits: 12, maximumUnits: 12 },
    live: async () => {
      const command = new DescribeDBClustersCommand({ DBClusterIdentifier: 'streams' });
      const cluster = only((await rds.send(command)).DBClusters);
      const { MinCapacity = -1, MaxCapacity = -1 } = cluster.ServerlessV2ScalingConfiguration ?? {};
      return {
        owned: { kind: 'range', minimumUnits: MinCapacity, maximumUnits: MaxCapacity },
        others: cluster.DBClusterMembers,
      };
    },
    missing: [{ cluster: 'nobody' }],
    hinder: () => stop(rds, 'streams-1'),
    serve: () => start(rds, 'streams-1'),
  };
}

async function instanceClass(rds: RDSClient): Promise<Case> {
  await createInstance(rds, 'orders');
  const [small, large] = CLASSES.map(
    ({ name, units }) => ({ kind: 'class', className: name, units }) as const,
  );
  if (!small || !large) throw new Error('the ladder has two rungs');
  const more = { lever: 'instance-class', classes: CLASSES, mayInterrupt: true };
  return {
    row: `${SERVICE} instance-class`,
    target: targetOf(SERVICE, REGION, { instance: 'orders' }, false, more),
    before: small,
    want: large,
    live: async () => {
      const { DBInstanceClass: name, AllocatedStorage, StorageType } = await instanceOf(rds, 'orders');
      return { owned: name === large.className ? large : small, others: { AllocatedStorage, StorageType } };
    },
    missing: [{ instance: 'nobody' }],
    hinder: () => stop(rds, 'orders'),
    serve: () => start(rds, 'orders'),
  };
}

async function storage(rds: RDSClient): Promise<Case> {
  await createInstance(rds, 'ledger');
  return {
    row: `${SERVICE} storage`,
    target: targetOf(SERVICE, REGION, { instance: 'ledger' }, false, { lever: 'storage' }),
    before: { kind: 'count', units: 100 },
    want: { kind: 'count', units: 121 },
    live: async () => {
      const { AllocatedStorage = -1, DBInstanceClass, StorageType } = await instanceOf(rds, 'ledger');
      return { owned: { kind: 'count', units: AllocatedStorage }, others: { DBInstanceClass, StorageType } };
    },
    missing: [{ instance: 'nobody' }],
    hinder: () => stop(rds, 'ledger'),
    serve: () => start(rds, 'ledger'),
  };
}

async function createCluster(rds: RDSClient, id: string, className: string, members: number): Promise<void> {
  const capacity = { ServerlessV2ScalingConfiguration: { MinCapacity: 2, MaxCapacity: 8 } };
  await rds.send(
    new CreateDBClusterCommand({
      DBClusterIdentifier: id,
      Engine: 'aurora-postgresql',
      ...PASSWORD,
      ...(className === 'db.serverless' && capacity),
    }),
  );
  for (let n = 1; n <= members; n += 1) await createMember(rds, id, className, n);
}

async function createMember(rds: RDSClient, cluster: string, className: string, n: number): Promise<void> {
  await rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: `${cluster}-${n}`,
      DBClusterIdentifier: cluster,
      DBInstanceClass: className,
      Engine: 'aurora-postgresql',
    }),
  );
}

async function createInstance(rds: RDSClient, id: string): Promise<void> {
  await rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: id,
      DBInstanceClass: 'db.r6g.large',
      Engine: 'postgres',
      AllocatedStorage: 100,
      StorageType: 'gp3',
      ...PASSWORD,
    }),
  );
}

async function membersOf(rds: RDSClient, id: string): Promise<readonly string[]> {
  const command = new DescribeDBClustersCommand({ DBClusterIdentifier: id });
  const { DBClusterMembers = [] } = only((await rds.send(command)).DBClusters);
  return DBClusterMembers.map(({ DBInstanceIdentifier = '' }) => DBInstanceIdentifier).toSorted();
}

async function instanceOf(rds: RDSClient, id: string) {
  const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: id });
  return only((await rds.send(command)).DBInstances);
}

function stop(rds: RDSClient, DBInstanceIdentifier: string): Promise<unknown> {
  return rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier }));
}

function start(rds: RDSClient, DBInstanceIdentifier: string): Promise<unknown> {
  return rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier }));
}
