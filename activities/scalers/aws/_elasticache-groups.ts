import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { ScalableTarget, ScalableTargetsApi } from './_app-auto-scaling.ts';
import { type ElastiCacheApi, resourceIdOf } from './_elasticache-api.ts';
import type { CacheGroup, CacheNode, Shard } from './_elasticache-shapes.ts';
import type { Find, ResourceKind } from './_targets.ts';

/** What a target of a replication group names. */
export const GROUP: ResourceKind = { title: 'Replication group', field: 'replicationGroup' };

/** What AWS says of one replication group. */
export interface FoundGroup {
  readonly group: CacheGroup;
  readonly nodes: readonly CacheNode[];
  /** Absent where no autoscaler is registered, or none was asked for. */
  readonly scalable: ScalableTarget | undefined;
}

/**
 * Groups with their nodes, by identifier; one that does not exist is left out.
 * @param scalables where given, asked for the scalable target of each group.
 */
export function groupsOf(
  api: ElastiCacheApi,
  signal: AbortSignal,
  scalables?: ScalableTargetsApi,
): Find<FoundGroup> {
  return async (region, names) => {
    const [groups, nodes, targets] = await Promise.all([
      api.describeGroups(region, names, signal),
      api.describeNodes(region, signal),
      scalables?.describe(region, names.map(resourceIdOf), signal),
    ]);
    return new Map(
      groups.map((group) => {
        const own = nodes.filter((node) => node.group === group.group);
        return [group.group, { group, nodes: own, scalable: targets?.get(resourceIdOf(group.group)) }];
      }),
    );
  };
}

/**
 * Nodes of a shard that are there or on their way. A new one is listed as a node of the group before its shard
 * lists it; in cluster mode its identifier begins with those of group and shard.
 */
export function nodesOf({ group, nodes }: FoundGroup, shard: Shard): readonly CacheNode[] {
  return nodes
    .filter(({ status }) => status !== 'deleting')
    .filter(({ node }) => {
      if (!group.clusterEnabled || shard.nodes.includes(node)) return true;
      return node.startsWith(`${group.group}-${shard.id}-`);
    });
}

/** Shards that are not on their way out. */
export function shardsOf({ group }: Pick<FoundGroup, 'group'>): readonly Shard[] {
  return group.shards.filter(({ status }) => status !== 'deleting');
}

/** What keeps a group from being settled, in words; null where it and all its nodes are available. */
export function blocking({ group, nodes }: FoundGroup): string | null {
  if (group.status !== 'available') {
    const moved = group.reshardedPercent === null ? '' : `, slots are moved by ${group.reshardedPercent} %`;
    return `the group is ${group.status}${moved}`;
  }
  if (group.pending.length > 0) return `${group.pending.join(', ')} is pending`;
  const pending = nodes.find(({ pendingNodeType }) => pendingNodeType !== null);
  if (pending) return `${pending.node} is to be a ${pending.pendingNodeType}`;
  const waiting = nodes.find(({ status }) => status !== 'available');
  return waiting ? `${waiting.node} is ${waiting.status}` : null;
}

/** Shape and node type of a member of a Global Datastore are changed for all of its regions at once. */
export function refuseGlobal(target: ScalingTarget, { group }: FoundGroup): void {
  if (group.globalDatastore === null) return;
  const message = `${group.group} is a member of Global Datastore ${group.globalDatastore}, which is scaled as a whole. Take target ${target.id} out of the fleet.`;
  throw new ProviderError('InvalidTarget', message, { resource: target.id });
}

/** Somebody changed what was seen: ElastiCache has no fence, so the read before the write takes its place. */
export function changedMeanwhile(target: ScalingTarget, seen: unknown, live: unknown): ProviderError {
  const message = `${target.id} was ${seen} and is ${live} now; read it again.`;
  return new ProviderError('Stale', message, { resource: target.id });
}
