import type { Filter, RDSClient } from '@aws-sdk/client-rds';
import { createScalableTargetsApi, type ScalableTargetsApi } from './_app-auto-scaling.ts';
import { type AwsAccess, batches, eachOnce, mapped, regionalClients } from './_client.ts';
import { everyPage, type Page } from './_pages.ts';
import {
  type DbCluster,
  type DbInstance,
  type ServerlessRange,
  toCluster,
  toInstance,
} from './_rds-shapes.ts';

/** A reader to be made: what a cluster does not give its members by itself. */
export interface NewReader {
  readonly instance: string;
  readonly cluster: string;
  readonly className: string;
  readonly engine: string;
  /** 0 to 15; the higher, the later it is promoted. */
  readonly promotionTier: number;
  readonly parameterGroup: string | null;
  readonly publiclyAccessible: boolean | null;
  readonly upgradesMinorVersions: boolean | null;
}

/** A change of one instance, at once and not in its maintenance window. */
export type InstanceChange =
  | { readonly className: string }
  /** `iops` where the volume has them provisioned: RDS refuses one without the other. */
  | { readonly allocatedGib: number; readonly iops: number | null };

/** A quota of the account in a region, as RDS itself counts it. */
export interface AccountQuota {
  readonly used: number;
  readonly limit: number;
}

/** The calls used. Describing ones follow all pages, every other is one HTTP request. All throw ProviderError. */
export interface RdsApi {
  /** Quotas by RDS's own names, e.g. `DBInstances`; one HTTP request. */
  accountQuotas(region: string, signal: AbortSignal): Promise<ReadonlyMap<string, AccountQuota>>;
  /** Clusters by identifier; one that does not exist is left out. */
  describeClusters(
    region: string,
    clusters: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly DbCluster[]>;
  /** Instances by identifier; one that does not exist is left out. */
  describeInstances(
    region: string,
    instances: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly DbInstance[]>;
  /** Instances that are members of the clusters. */
  describeMembers(
    region: string,
    clusters: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly DbInstance[]>;
  /** Resolves when accepted, with the request id; so do the calls below. */
  createReader(region: string, reader: NewReader, signal: AbortSignal): Promise<string>;
  /** Deletes a member of a cluster, without a final snapshot: the data is the cluster's. */
  deleteReader(region: string, instance: string, signal: AbortSignal): Promise<string>;
  modifyInstance(
    region: string,
    instance: string,
    change: InstanceChange,
    signal: AbortSignal,
  ): Promise<string>;
  setServerlessRange(
    region: string,
    cluster: string,
    range: ServerlessRange,
    signal: AbortSignal,
  ): Promise<string>;
  /** Scalable targets of clusters, by {@link resourceIdOf}. */
  readonly scalableTargets: ScalableTargetsApi;
}

/** Records of a page, and values of a filter. Source: RDS API reference, MaxRecords at most 100; values assumed. */
export const DESCRIBE_LIMIT = 100;

/** Loads the SDK at the first call; one client per region. */
export function createRdsApi(access: AwsAccess): RdsApi {
  const clients = regionalClients(access, async (options) => {
    const { RDSClient } = await import('@aws-sdk/client-rds');
    return new RDSClient(options);
  });
  const call: Call = (region, resource, send) =>
    mapped(`RDS ${region}/${resource}`, async () => {
      return send(await clients(region), await import('@aws-sdk/client-rds'));
    });
  const kind = { namespace: 'rds', dimension: 'rds:cluster:ReadReplicaCount' } as const;
  return {
    ...readsOf(call),
    ...readerCalls(call),
    ...changesOf(call),
    scalableTargets: createScalableTargetsApi(access, kind),
  };
}

/** Runs calls of one region's client, with the SDK that made it. */
type Call = <T>(
  region: string,
  resource: string,
  send: (client: RDSClient, sdk: typeof import('@aws-sdk/client-rds')) => Promise<T>,
) => Promise<T>;

function readsOf(
  call: Call,
): Pick<RdsApi, 'accountQuotas' | 'describeClusters' | 'describeInstances' | 'describeMembers'> {
  const instancesBy =
    (filter: string): RdsApi['describeInstances'] =>
    (region, values, abortSignal) =>
      call(region, values.join(','), async (client, { DescribeDBInstancesCommand }) => {
        const found = await everyPageOf('DescribeDBInstances', filter, values, async (page) => {
          const answer = await client.send(new DescribeDBInstancesCommand(page), { abortSignal });
          return { items: answer.DBInstances, next: answer.Marker };
        });
        return eachOnce(found.map(toInstance), ({ instance }) => instance);
      });
  return {
    accountQuotas: (region, abortSignal) =>
      call(region, 'account', async (client, { DescribeAccountAttributesCommand }) => {
        const answer = await client.send(new DescribeAccountAttributesCommand({}), { abortSignal });
        const quotas = answer.AccountQuotas ?? [];
        return new Map(
          quotas.flatMap(({ AccountQuotaName: name, Used: used, Max: limit }): [string, AccountQuota][] =>
            name === undefined || used === undefined || limit === undefined ? [] : [[name, { used, limit }]],
          ),
        );
      }),
    describeInstances: instancesBy('db-instance-id'),
    describeMembers: instancesBy('db-cluster-id'),
    describeClusters: (region, clusters, abortSignal) =>
      call(region, clusters.join(','), async (client, { DescribeDBClustersCommand }) => {
        const found = await everyPageOf('DescribeDBClusters', 'db-cluster-id', clusters, async (page) => {
          const answer = await client.send(new DescribeDBClustersCommand(page), { abortSignal });
          return { items: answer.DBClusters, next: answer.Marker };
        });
        return eachOnce(found.map(toCluster), ({ cluster }) => cluster);
      }),
  };
}

function readerCalls(call: Call): Pick<RdsApi, 'createReader' | 'deleteReader'> {
  return {
    createReader: (region, reader, abortSignal) =>
      call(region, reader.instance, async (client, { CreateDBInstanceCommand }) => {
        const { $metadata } = await client.send(new CreateDBInstanceCommand(creationOf(reader)), {
          abortSignal,
        });
        return $metadata.requestId ?? '';
      }),
    deleteReader: (region, DBInstanceIdentifier, abortSignal) =>
      call(region, DBInstanceIdentifier, async (client, { DeleteDBInstanceCommand }) => {
        const command = new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true });
        const { $metadata } = await client.send(command, { abortSignal });
        return $metadata.requestId ?? '';
      }),
  };
}

function changesOf(call: Call): Pick<RdsApi, 'modifyInstance' | 'setServerlessRange'> {
  return {
    modifyInstance: (region, instance, change, abortSignal) =>
      call(region, instance, async (client, { ModifyDBInstanceCommand }) => {
        const names = { DBInstanceIdentifier: instance, ApplyImmediately: true };
        const command = new ModifyDBInstanceCommand({ ...names, ...modificationOf(change) });
        const { $metadata } = await client.send(command, { abortSignal });
        return $metadata.requestId ?? '';
      }),
    setServerlessRange: (region, cluster, range, abortSignal) =>
      call(region, cluster, async (client, { ModifyDBClusterCommand }) => {
        const { minimumUnits: MinCapacity, maximumUnits: MaxCapacity, pauseAfterSeconds } = range;
        const pause = pauseAfterSeconds === undefined ? {} : { SecondsUntilAutoPause: pauseAfterSeconds };
        const command = new ModifyDBClusterCommand({
          DBClusterIdentifier: cluster,
          ServerlessV2ScalingConfiguration: { MinCapacity, MaxCapacity, ...pause },
          ApplyImmediately: true,
        });
        const { $metadata } = await client.send(command, { abortSignal });
        return $metadata.requestId ?? '';
      }),
  };
}

/** A cluster's name in Application Auto Scaling. */
export function resourceIdOf(cluster: string): string {
  return `cluster:${cluster}`;
}

/** Asks for what a filter names, in batches of its values, and follows every page. */
async function everyPageOf<T>(
  operation: string,
  filter: string,
  values: readonly string[],
  ask: (page: {
    readonly Filters: Filter[];
    readonly MaxRecords: number;
    readonly Marker?: string;
  }) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const found: T[] = [];
  for (const batch of batches(values, DESCRIBE_LIMIT)) {
    const page = { Filters: [{ Name: filter, Values: [...batch] }], MaxRecords: DESCRIBE_LIMIT };
    const listed = await everyPage(operation, (marker) =>
      ask(marker === undefined ? page : { ...page, Marker: marker }),
    );
    found.push(...listed);
  }
  return found;
}

function creationOf(reader: NewReader) {
  const { parameterGroup, publiclyAccessible, upgradesMinorVersions } = reader;
  return {
    DBInstanceIdentifier: reader.instance,
    DBClusterIdentifier: reader.cluster,
    DBInstanceClass: reader.className,
    Engine: reader.engine,
    PromotionTier: reader.promotionTier,
    ...(parameterGroup !== null && { DBParameterGroupName: parameterGroup }),
    ...(publiclyAccessible !== null && { PubliclyAccessible: publiclyAccessible }),
    ...(upgradesMinorVersions !== null && { AutoMinorVersionUpgrade: upgradesMinorVersions }),
  };
}

function modificationOf(change: InstanceChange) {
  if ('className' in change) return { DBInstanceClass: change.className };
  const { allocatedGib, iops } = change;
  return { AllocatedStorage: allocatedGib, ...(iops !== null && { Iops: iops }) };
}
