import type { ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { ProviderError } from '../../../domain/errors.ts';
import { createScalableTargetsApi, type ScalableTargetsApi } from './_app-auto-scaling.ts';
import { type AwsAccess, eachOnce, mapped, regionalClients } from './_client.ts';
import {
  type CacheGroup,
  type CacheNode,
  type NodeCount,
  toGroup,
  toNode,
  toNodeCount,
} from './_elasticache-shapes.ts';
import { everyPage } from './_pages.ts';

/** Node types a group may be changed to from what it is now. */
export interface AllowedNodeTypes {
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/** The calls used. Describing ones follow all pages, every other is one HTTP request. All throw ProviderError. */
export interface ElastiCacheApi {
  /**
   * Replication groups by identifier; one that does not exist is left out. ElastiCache names one or all of them:
   * more than one are picked from all of the region.
   */
  describeGroups(
    region: string,
    groups: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly CacheGroup[]>;
  /** Every node of the region that is in a replication group. */
  describeNodes(region: string, signal: AbortSignal): Promise<readonly CacheNode[]>;
  /** How many nodes every cluster of the region has, whatever its engine and whether in a replication group. */
  countNodes(region: string, signal: AbortSignal): Promise<readonly NodeCount[]>;
  allowedNodeTypes(region: string, group: string, signal: AbortSignal): Promise<AllowedNodeTypes>;
  /**
   * Sets the number of replicas of every shard, from a lower or a higher one. Resolves when accepted, with the
   * request id, and so where ElastiCache says that nothing was to be done; so do the calls below.
   */
  setReplicas(
    region: string,
    group: string,
    change: { readonly from: number; readonly to: number },
    signal: AbortSignal,
  ): Promise<string>;
  /** Sets the number of shards; `remove` names those that go, and must where there are fewer. */
  setShards(
    region: string,
    group: string,
    change: { readonly to: number; readonly remove: readonly string[] },
    signal: AbortSignal,
  ): Promise<string>;
  setNodeType(region: string, group: string, nodeType: string, signal: AbortSignal): Promise<string>;
  /** Scalable targets of groups' replicas, by {@link resourceIdOf}. */
  readonly scalableReplicas: ScalableTargetsApi;
  /** Scalable targets of groups' shards, by {@link resourceIdOf}. */
  readonly scalableShards: ScalableTargetsApi;
}

/** Records of a page. Source: ElastiCache API reference, MaxRecords 20 to 100. */
export const DESCRIBE_LIMIT = 100;

/** Loads the SDK at the first call; one client per region. */
export function createElastiCacheApi(access: AwsAccess): ElastiCacheApi {
  const clients = regionalClients(access, async (options) => {
    const { ElastiCacheClient } = await import('@aws-sdk/client-elasticache');
    return new ElastiCacheClient(options);
  });
  const call: Call = (region, resource, send) =>
    mapped(`ElastiCache ${region}/${resource}`, async () => {
      return send(await clients(region), await import('@aws-sdk/client-elasticache'));
    });
  const dimension = (name: 'NodeGroups' | 'Replicas') =>
    createScalableTargetsApi(access, {
      namespace: 'elasticache',
      dimension: `elasticache:replication-group:${name}`,
    });
  return {
    ...readsOf(call),
    ...countsOf(call),
    setNodeType: (region, group, CacheNodeType, abortSignal) =>
      call(region, group, async (client, { ModifyReplicationGroupCommand }) => {
        const change = { ReplicationGroupId: group, CacheNodeType, ApplyImmediately: true };
        const { $metadata } = await client.send(new ModifyReplicationGroupCommand(change), { abortSignal });
        return $metadata.requestId ?? '';
      }),
    scalableReplicas: dimension('Replicas'),
    scalableShards: dimension('NodeGroups'),
  };
}

/** A replication group's name in Application Auto Scaling. */
export function resourceIdOf(group: string): string {
  return `replication-group/${group}`;
}

/** Runs calls of one region's client, with the SDK that made it. */
type Call = <T>(
  region: string,
  resource: string,
  send: (client: ElastiCacheClient, sdk: typeof import('@aws-sdk/client-elasticache')) => Promise<T>,
) => Promise<T>;

function readsOf(
  call: Call,
): Pick<ElastiCacheApi, 'allowedNodeTypes' | 'countNodes' | 'describeGroups' | 'describeNodes'> {
  const clusters = (region: string, abortSignal: AbortSignal) =>
    call(region, 'nodes', async (client, { DescribeCacheClustersCommand }) => {
      const found = await everyPage('DescribeCacheClusters', async (marker) => {
        const answer = await client.send(new DescribeCacheClustersCommand(pageAt(marker)), { abortSignal });
        return { items: answer.CacheClusters, next: answer.Marker };
      });
      return eachOnce(found, ({ CacheClusterId }) => CacheClusterId ?? '');
    });
  return {
    describeGroups: (region, groups, abortSignal) => {
      const [only, ...others] = groups;
      const one = others.length === 0 && only !== undefined ? { ReplicationGroupId: only } : {};
      return nothingWhereGone(
        call(region, groups.join(','), async (client, { DescribeReplicationGroupsCommand }) => {
          const found = await everyPage('DescribeReplicationGroups', async (marker) => {
            const command = new DescribeReplicationGroupsCommand({ ...one, ...pageAt(marker) });
            const answer = await client.send(command, { abortSignal });
            return { items: answer.ReplicationGroups, next: answer.Marker };
          });
          return eachOnce(found.map(toGroup), ({ group }) => group).filter(({ group }) =>
            groups.includes(group),
          );
        }),
      );
    },
    describeNodes: async (region, signal) => (await clusters(region, signal)).flatMap(toNode),
    countNodes: async (region, signal) => (await clusters(region, signal)).map(toNodeCount),
    allowedNodeTypes: (region, group, abortSignal) =>
      call(region, group, async (client, { ListAllowedNodeTypeModificationsCommand }) => {
        const command = new ListAllowedNodeTypeModificationsCommand({ ReplicationGroupId: group });
        const answer = await client.send(command, { abortSignal });
        return { up: answer.ScaleUpModifications ?? [], down: answer.ScaleDownModifications ?? [] };
      }),
  };
}

function countsOf(call: Call): Pick<ElastiCacheApi, 'setReplicas' | 'setShards'> {
  return {
    setReplicas: (region, group, { from, to }, abortSignal) =>
      doneWhereNothingIs(
        call(region, group, async (client, { DecreaseReplicaCountCommand, IncreaseReplicaCountCommand }) => {
          const change = { ReplicationGroupId: group, NewReplicaCount: to, ApplyImmediately: true };
          const { $metadata } = await (to > from
            ? client.send(new IncreaseReplicaCountCommand(change), { abortSignal })
            : client.send(new DecreaseReplicaCountCommand(change), { abortSignal }));
          return $metadata.requestId ?? '';
        }),
      ),
    setShards: (region, group, { to, remove }, abortSignal) =>
      doneWhereNothingIs(
        call(region, group, async (client, { ModifyReplicationGroupShardConfigurationCommand }) => {
          const command = new ModifyReplicationGroupShardConfigurationCommand({
            ReplicationGroupId: group,
            NodeGroupCount: to,
            // The only value ElastiCache takes.
            ApplyImmediately: true,
            ...(remove.length > 0 && { NodeGroupsToRemove: [...remove] }),
          });
          const { $metadata } = await client.send(command, { abortSignal });
          return $metadata.requestId ?? '';
        }),
      ),
  };
}

function pageAt(marker: string | undefined) {
  return { MaxRecords: DESCRIBE_LIMIT, ...(marker !== undefined && { Marker: marker }) };
}

async function nothingWhereGone<T>(found: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof ProviderError && error.vendorCode === 'ReplicationGroupNotFoundFault') return [];
    throw error;
  }
}

/** "The operation was not performed because no changes were required" is what was wanted. */
async function doneWhereNothingIs(sent: Promise<string>): Promise<string> {
  try {
    return await sent;
  } catch (error) {
    if (error instanceof ProviderError && error.vendorCode === 'NoOperationFault') return '';
    throw error;
  }
}
