import type { Core } from '../../core.ts';
import type { CallContext } from '../../world.ts';
import { AwsError, answersOf } from './errors.ts';
import { listOf, type QueryInput, type QueryService, queryError, queryMembers } from './query-operations.ts';
import { pageOf } from './query-pages.ts';
import { limitOf } from './quota-table.ts';
import { changedKey, createInstance, deleteInstance, modifyCluster, modifyInstance } from './rds-changes.ts';
import { clusterOf, clusterShape, clustersIn } from './rds-clusters.ts';
import { allocatedIn, instanceOf, instanceShape, instancesIn } from './rds-instances.ts';

const BUCKET = 'aws.rds';

/** Codes of Amazon RDS. Source: RDS API reference, errors of CreateDBInstance and common errors. */
const CODES = {
  throttle: 'Throttling',
  serverError: ['InternalFailure', 500],
  denied: ['AccessDenied', 403],
  capacity: 'InsufficientDBInstanceCapacity',
  quota: 'InstanceQuotaExceeded',
  invalid: 'InvalidParameterValue',
} as const;

const read = queryMembers('InvalidParameterValue');

/** Amazon RDS: Aurora clusters with their members, and instances that stand alone. */
export const rds: QueryService = {
  signingName: 'rds',
  service: 'aws.rds',
  namespace: 'http://rds.amazonaws.com/doc/2014-10-31/',
  version: '2014-10-31',
  answers: answersOf(CODES, queryError),
  operations: {
    CreateDBInstance: { write: true, bucket: BUCKET, resourceKey: changedKey, run: createInstance },
    DeleteDBInstance: { write: true, bucket: BUCKET, resourceKey: changedKey, run: deleteInstance },
    DescribeAccountAttributes: { write: false, bucket: BUCKET, run: describeAccount },
    DescribeDBClusters: { write: false, bucket: BUCKET, run: describeClusters },
    DescribeDBInstances: { write: false, bucket: BUCKET, run: describeInstances },
    ModifyDBCluster: { write: true, bucket: BUCKET, resourceKey: changedKey, run: modifyCluster },
    ModifyDBInstance: { write: true, bucket: BUCKET, resourceKey: changedKey, run: modifyInstance },
  },
};

/** Quotas under RDS's own names, those of Service Quotas that the sandbox has. */
function describeAccount(core: Core, _input: QueryInput, { region }: CallContext): object {
  const quotas = [
    ['DBInstances', 'L-7B6409FD', instancesIn(core, region).length],
    ['AllocatedStorage', 'L-7ADDB58A', allocatedIn(core, region)],
  ] as const;
  const shapes = quotas.map(([name, code, used]) => {
    return { AccountQuotaName: name, Used: used, Max: limitOf(core, region, 'rds', code) };
  });
  return { AccountQuotas: listOf(shapes, 'AccountQuota') };
}

function describeClusters(core: Core, input: QueryInput, { region }: CallContext): object {
  const name = read.text(input, 'DBClusterIdentifier');
  const only = filtersOf(input, ['db-cluster-id']).get('db-cluster-id');
  const all = name === undefined ? clustersIn(core, region) : [clusterOf(core, region, name)];
  const found = all.filter((cluster) => only?.includes(cluster.name) ?? true);
  const { items, marker } = pageOf(input, found);
  const shapes = items.map((cluster) => clusterShape(core, cluster));
  return { DBClusters: listOf(shapes, 'DBCluster'), ...marker };
}

function describeInstances(core: Core, input: QueryInput, { region }: CallContext): object {
  const id = read.text(input, 'DBInstanceIdentifier');
  const filters = filtersOf(input, ['db-cluster-id', 'db-instance-id']);
  const [clusters, ids] = [filters.get('db-cluster-id'), filters.get('db-instance-id')];
  const all = id === undefined ? instancesIn(core, region) : [instanceOf(core, region, id)];
  const found = all
    .filter((instance) => ids?.includes(instance.id) ?? true)
    .filter(({ member }) => clusters?.includes(member?.cluster ?? '') ?? true);
  const { items, marker } = pageOf(input, found);
  const shapes = items.map((instance) => instanceShape(core, instance));
  return { DBInstances: listOf(shapes, 'DBInstance'), ...marker };
}

function filtersOf(input: QueryInput, known: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const given = input.Filters ?? [];
  if (!Array.isArray(given)) throw new AwsError('InvalidParameterValue', 'Filters must be a list.');
  return new Map(
    given.map((filter: QueryInput) => {
      const name = read.required(filter, 'Name');
      if (!known.includes(name))
        throw new AwsError('InvalidParameterValue', `Unrecognized filter name: ${name}`);
      return [name, read.list(filter, 'Values') ?? []];
    }),
  );
}
