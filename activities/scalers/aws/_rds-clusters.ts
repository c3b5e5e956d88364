import type { ScalableTarget } from './_app-auto-scaling.ts';
import { type RdsApi, resourceIdOf } from './_rds-api.ts';
import type { DbCluster, DbInstance } from './_rds-shapes.ts';
import type { ResourceKind } from './_targets.ts';

/** What a target of a cluster names. */
export const CLUSTER: ResourceKind = { title: 'DB cluster', field: 'cluster' };

/** What AWS says of one cluster. */
export interface FoundCluster {
  readonly cluster: DbCluster;
  readonly instances: readonly DbInstance[];
  /** Absent where no autoscaler is registered, or none was asked for. */
  readonly scalable: ScalableTarget | undefined;
}

/** Clusters with their members, by identifier; one that does not exist is left out. */
export function clustersOf(api: Pick<RdsApi, 'describeClusters' | 'describeMembers'>, signal: AbortSignal) {
  return async (region: string, names: readonly string[]): Promise<ReadonlyMap<string, FoundCluster>> => {
    const [clusters, members] = await Promise.all([
      api.describeClusters(region, names, signal),
      api.describeMembers(region, names, signal),
    ]);
    return new Map(
      clusters.map((cluster) => {
        const instances = members.filter((member) => member.cluster === cluster.cluster);
        return [cluster.cluster, { cluster, instances, scalable: undefined }];
      }),
    );
  };
}

/** As {@link clustersOf}, with the scalable target of each cluster's readers. */
export function scalableClustersOf(api: RdsApi, signal: AbortSignal) {
  return async (region: string, names: readonly string[]): Promise<ReadonlyMap<string, FoundCluster>> => {
    const [clusters, scalables] = await Promise.all([
      clustersOf(api, signal)(region, names),
      api.scalableTargets.describe(region, names.map(resourceIdOf), signal),
    ]);
    return new Map(
      [...clusters].map(([name, found]) => [name, { ...found, scalable: scalables.get(resourceIdOf(name)) }]),
    );
  };
}

/** Readers that are there or on their way. */
export function readersOf({ cluster, instances }: FoundCluster): readonly DbInstance[] {
  return instances.filter(
    ({ instance, status }) => !cluster.writers.includes(instance) && status !== 'deleting',
  );
}
