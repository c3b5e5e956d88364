import type { Discover, DiscoveredTarget } from '../../../domain/discovery.ts';
import type { ScalableTarget, ScalableTargetsApi } from './_app-auto-scaling.ts';
import { type AwsAccess, mapped, regionalClients } from './_client.ts';
import { everyPage } from './_pages.ts';
import { DESCRIBE_LIMIT, resourceIdOf } from './_rds-api.ts';
import { readersOf } from './_rds-clusters.ts';
import { isServerless } from './_rds-serverless-capacity.ts';
import { type DbCluster, type DbInstance, toCluster, toInstance } from './_rds-shapes.ts';
import { tagsByKey } from './_tags.ts';

/** A cluster or an instance with its tags. */
export type Tagged<T> = T & { readonly tags: Readonly<Record<string, string>> };

/** The calls that look through RDS, one HTTP request per page. All throw ProviderError. */
export interface RdsDirectory {
  /** All clusters of a region, those of Neptune and DocumentDB among them. */
  clusters(region: string, signal: AbortSignal): Promise<readonly Tagged<DbCluster>[]>;
  /** All instances of a region, members of clusters among them. */
  instances(region: string, signal: AbortSignal): Promise<readonly Tagged<DbInstance>[]>;
}

/**
 * Clusters and instances of a region, in one call for 100 of each (RDS puts their tags into the same answer), and
 * scalable targets of what bears the tag in one for 50.
 *
 * - An Aurora cluster gives `readers`, and `serverless-capacity` where it has a range and an instance that follows it.
 *   Clusters whose readers nobody can change (Multi-AZ DB clusters, the first Aurora Serverless, other engines) give
 *   nothing.
 * - An instance gives `instance-class`, and one that stands alone `storage`: which of them a fleet gets is not
 *   decided here (domain/discovery.ts).
 */
export function discoverDatabases(
  directory: RdsDirectory,
  scalableTargets: Pick<ScalableTargetsApi, 'describe'>,
): Discover {
  return async function* discover(region, { tagKey }, signal) {
    const [clusters, instances] = [
      await directory.clusters(region, signal),
      await directory.instances(region, signal),
    ];
    const bearing = clusters.filter(({ tags }) => Object.hasOwn(tags, tagKey)).filter(isScalable);
    const ids = bearing.map(({ cluster }) => resourceIdOf(cluster));
    const scalables = ids.length === 0 ? new Map() : await scalableTargets.describe(region, ids, signal);
    for (const cluster of bearing) {
      const members = instances.filter((instance) => instance.cluster === cluster.cluster);
      yield* clusterTargets(region, cluster, members, scalables.get(resourceIdOf(cluster.cluster)));
    }
    for (const instance of instances) {
      if (Object.hasOwn(instance.tags, tagKey)) yield* instanceTargets(region, instance);
    }
  };
}

function isScalable({ engine, engineMode, status }: DbCluster): boolean {
  return engine.startsWith('aurora') && engineMode !== 'serverless' && status !== 'deleting';
}

function* clusterTargets(
  region: string,
  cluster: Tagged<DbCluster>,
  instances: readonly DbInstance[],
  scalable: ScalableTarget | undefined,
): Generator<DiscoveredTarget> {
  const { tags, serverless } = cluster;
  const target = { service: 'aws.rds', region, reference: { cluster: cluster.cluster }, tags };
  yield {
    ...target,
    autoscaled: scalable !== undefined,
    baselineUnits: scalable?.minimumUnits ?? readersOf({ cluster, instances, scalable }).length,
    maximumUnits: scalable?.maximumUnits ?? null,
  };
  if (serverless === null || !instances.some(isServerless)) return;
  yield {
    ...target,
    lever: 'serverless-capacity',
    autoscaled: true,
    // A fleet counts whole units and Aurora halves: what is guaranteed is rounded down, and so is the most.
    baselineUnits: Math.floor(serverless.minimumUnits),
    maximumUnits: Math.floor(serverless.maximumUnits),
  };
}

function* instanceTargets(region: string, found: Tagged<DbInstance>): Generator<DiscoveredTarget> {
  const { instance, tags, cluster, engine, status, className, allocatedGib, pending } = found;
  if (status === 'deleting') return;
  const target = {
    service: 'aws.rds',
    region,
    reference: { instance },
    tags,
    autoscaled: false,
    maximumUnits: null,
  };
  // A serverless instance has no other class; those of a Multi-AZ DB cluster are changed with their cluster.
  if (!isServerless(found) && (cluster === null || engine.startsWith('aurora'))) {
    const asked = pending.className ?? className;
    yield { ...target, lever: 'instance-class', baselineUnits: null, className: asked };
  }
  if (cluster === null) {
    yield { ...target, lever: 'storage', baselineUnits: pending.allocatedGib ?? allocatedGib };
  }
}

/** Loads the SDK at the first call; one client per region. */
export function createRdsDirectory(access: AwsAccess): RdsDirectory {
  const clients = regionalClients(access, async (options) => {
    const { RDSClient } = await import('@aws-sdk/client-rds');
    return new RDSClient(options);
  });
  return {
    clusters: (region, abortSignal) =>
      mapped(`RDS ${region}/clusters`, async () => {
        const client = await clients(region);
        const { DescribeDBClustersCommand } = await import('@aws-sdk/client-rds');
        const found = await everyPage('DescribeDBClusters', async (marker) => {
          const answer = await client.send(new DescribeDBClustersCommand(pageAt(marker)), { abortSignal });
          return { items: answer.DBClusters, next: answer.Marker };
        });
        return found.map((cluster) => ({ ...toCluster(cluster), tags: tagsByKey(cluster.TagList) }));
      }),
    instances: (region, abortSignal) =>
      mapped(`RDS ${region}/instances`, async () => {
        const client = await clients(region);
        const { DescribeDBInstancesCommand } = await import('@aws-sdk/client-rds');
        const found = await everyPage('DescribeDBInstances', async (marker) => {
          const answer = await client.send(new DescribeDBInstancesCommand(pageAt(marker)), { abortSignal });
          return { items: answer.DBInstances, next: answer.Marker };
        });
        return found.map((instance) => ({ ...toInstance(instance), tags: tagsByKey(instance.TagList) }));
      }),
  };
}

function pageAt(marker: string | undefined) {
  return { MaxRecords: DESCRIBE_LIMIT, ...(marker !== undefined && { Marker: marker }) };
}
