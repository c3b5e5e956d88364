import type { CacheCluster, NodeGroup, ReplicationGroup } from '@aws-sdk/client-elasticache';
import { ProviderError } from '../../../domain/errors.ts';

/** A shard (node group) of a replication group. */
export interface Shard {
  readonly id: string;
  /** `available`, `creating`, `modifying` or `deleting`. */
  readonly status: string;
  /** Nodes listed for it; a new one may not be yet. */
  readonly nodes: readonly string[];
}

/** A replication group of Valkey or Redis OSS, narrowed to what scaling needs. */
export interface CacheGroup {
  readonly group: string;
  /** `available`, `modifying`, `snapshotting` and others. */
  readonly status: string;
  readonly nodeType: string;
  /** Cluster mode: its data is spread over shards. */
  readonly clusterEnabled: boolean;
  readonly multiAz: boolean;
  /** A replica takes over from a lost primary by itself. */
  readonly failsOver: boolean;
  /** The Global Datastore it is a member of; null for none. */
  readonly globalDatastore: string | null;
  readonly shards: readonly Shard[];
  /** Names of what has been asked for and is not in force yet. */
  readonly pending: readonly string[];
  /** How far slots have been moved between shards, in percent; null while none are. */
  readonly reshardedPercent: number | null;
}

/** A node of a replication group (a cache cluster, as ElastiCache has it). */
export interface CacheNode {
  readonly node: string;
  readonly group: string;
  readonly status: string;
  readonly nodeType: string;
  readonly pendingNodeType: string | null;
  /** Names of everything else that is pending. */
  readonly otherPending: readonly string[];
}

/** How many nodes a cache cluster has. */
export interface NodeCount {
  /** Null for one that is in no replication group, e.g. of Memcached. */
  readonly group: string | null;
  readonly nodes: number;
}

/** @throws ProviderError `Transient` for an answer that lacks what every group has. */
export function toGroup(found: ReplicationGroup): CacheGroup {
  const { ReplicationGroupId, Status, CacheNodeType, PendingModifiedValues = {}, NodeGroups = [] } = found;
  if (ReplicationGroupId === undefined || Status === undefined || CacheNodeType === undefined) {
    const message = 'ElastiCache gave a replication group without identifier, status or node type.';
    throw new ProviderError('Transient', message);
  }
  const resharding = PendingModifiedValues.Resharding;
  return {
    group: ReplicationGroupId,
    status: Status,
    nodeType: CacheNodeType,
    clusterEnabled: found.ClusterEnabled ?? false,
    multiAz: found.MultiAZ === 'enabled',
    failsOver: found.AutomaticFailover === 'enabled',
    globalDatastore: found.GlobalReplicationGroupInfo?.GlobalReplicationGroupId ?? null,
    shards: NodeGroups.map(toShard),
    pending: namesOf(PendingModifiedValues),
    reshardedPercent: resharding === undefined ? null : (resharding.SlotMigration?.ProgressPercentage ?? 0),
  };
}

function toShard({ NodeGroupId, Status, NodeGroupMembers = [] }: NodeGroup): Shard {
  if (NodeGroupId === undefined || Status === undefined) {
    throw new ProviderError('Transient', 'ElastiCache gave a shard without identifier or status.');
  }
  const nodes = NodeGroupMembers.flatMap(({ CacheClusterId }) => CacheClusterId ?? []);
  return { id: NodeGroupId, status: Status, nodes };
}

/** @returns none for a cache cluster that is in no replication group. @throws ProviderError `Transient` */
export function toNode(found: CacheCluster): readonly CacheNode[] {
  const { CacheClusterId, ReplicationGroupId, CacheClusterStatus, CacheNodeType } = found;
  if (ReplicationGroupId === undefined) return [];
  if (CacheClusterId === undefined || CacheClusterStatus === undefined || CacheNodeType === undefined) {
    throw new ProviderError('Transient', 'ElastiCache gave a node without identifier, status or type.');
  }
  const { CacheNodeType: pendingNodeType, ...rest } = found.PendingModifiedValues ?? {};
  return [
    {
      node: CacheClusterId,
      group: ReplicationGroupId,
      status: CacheClusterStatus,
      nodeType: CacheNodeType,
      pendingNodeType: pendingNodeType ?? null,
      otherPending: namesOf(rest),
    },
  ];
}

/** @throws ProviderError `Transient` for an answer that does not say it. */
export function toNodeCount({ CacheClusterId, NumCacheNodes, ReplicationGroupId }: CacheCluster): NodeCount {
  if (NumCacheNodes !== undefined) return { group: ReplicationGroupId ?? null, nodes: NumCacheNodes };
  throw new ProviderError('Transient', `ElastiCache did not say how many nodes ${CacheClusterId} has.`);
}

function namesOf(pending: object): readonly string[] {
  const given = Object.entries(pending).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return given.map(([name]) => name);
}
