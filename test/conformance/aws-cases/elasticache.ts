import {
  CreateCacheClusterCommand,
  CreateReplicationGroupCommand,
  DeleteCacheClusterCommand,
  DescribeReplicationGroupsCommand,
  ElastiCacheClient,
  type ReplicationGroup,
} from '@aws-sdk/client-elasticache';
import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import type { ScalableTargetsApi } from '../../../activities/scalers/aws/_app-auto-scaling.ts';
import { createElastiCacheApi } from '../../../activities/scalers/aws/_elasticache-api.ts';
import { elastiCacheScaler } from '../../../activities/scalers/aws/elasticache.ts';
import type { Scaler } from '../../../domain/scaler.ts';
import { targetOf } from '../cloud-targets.ts';
import type { LeverCase } from '../contract-moves.ts';
import { observer, only, REGION } from './observer.ts';

const SERVICE = 'aws.elasticache';
const CLASSES = [
  { name: 'cache.r7g.large', units: 10 },
  { name: 'cache.r7g.xlarge', units: 20 },
];

/**
 * Replication groups with replicas, shards and a node type. The counterpart lists new replicas with their shard and
 * never makes nodes of them, nor takes nodes away with a replica: the cases do both. Shards and node types it
 * cannot change in a way whose end could be known, so those are only read and refused.
 */
export async function elastiCacheCases(endpoint: string): Promise<readonly LeverCase[]> {
  const cache = new ElastiCacheClient(observer(endpoint));
  const scaler = scalerAt(endpoint);
  await createGroup(cache, 'uploads', { NumCacheClusters: 2, AutomaticFailoverEnabled: true });
  await createGroup(cache, 'gallery', { NumNodeGroups: 3, ReplicasPerNodeGroup: 1 });
  const live = (name: string) => groupOf(cache, name);
  const shared = { scaler, missing: [{ replicationGroup: 'nobody' }] };
  const target = (name: string, lever: string) =>
    targetOf(SERVICE, REGION, { replicationGroup: name }, false, { lever, classes: CLASSES });
  const members = ['0001', '0002', '0003'];
  return [
    {
      ...shared,
      row: `${SERVICE} replicas`,
      target: target('uploads', 'replicas'),
      before: { kind: 'count', units: 1 },
      want: { kind: 'count', units: 3 },
      live: async () => {
        const { CacheNodeType, NodeGroups = [] } = await live('uploads');
        const units = (only(NodeGroups).NodeGroupMembers?.length ?? 0) - 1;
        return { owned: { kind: 'count', units }, others: { CacheNodeType, shards: NodeGroups.length } };
      },
      serve: () => eachNode(['uploads-0001-003', 'uploads-0001-004'], (id) => createNode(cache, id)),
      release: () => eachNode(['uploads-0001-003', 'uploads-0001-004'], (id) => deleteNode(cache, id)),
    },
    {
      ...shared,
      row: `${SERVICE} shards`,
      target: target('gallery', 'shards'),
      before: { kind: 'count', units: 3, members },
      want: { kind: 'count', units: 5, members },
      live: async () => {
        const { NodeGroups = [] } = await live('gallery');
        const ids = NodeGroups.map(({ NodeGroupId = '' }) => NodeGroupId);
        return { owned: { kind: 'count', units: ids.length, members: ids } };
      },
      unchangeable: true,
    },
    {
      ...shared,
      row: `${SERVICE} node-type`,
      target: target('uploads', 'node-type'),
      before: { kind: 'class', className: 'cache.r7g.large', units: 10 },
      want: { kind: 'class', className: 'cache.r7g.xlarge', units: 20 },
      live: async () => {
        const { CacheNodeType: className = '' } = await live('uploads');
        return { owned: { kind: 'class', className, units: className.endsWith('.xlarge') ? 20 : 10 } };
      },
      unchangeable: true,
    },
  ];
}

/** No stand-in has Application Auto Scaling of ElastiCache: none of its groups is registered, and none is to be. */
function scalerAt(endpoint: string): Scaler {
  const unregistered: ScalableTargetsApi = {
    describe: () => Promise.resolve(new Map()),
    setRange: (_region, { resourceId }) => Promise.reject(new Error(`${resourceId} is not registered`)),
  };
  const api = createElastiCacheApi({ connection: { mode: 'sandbox', endpoint }, guard: UNGUARDED });
  return elastiCacheScaler({ ...api, scalableReplicas: unregistered, scalableShards: unregistered });
}

async function createGroup(
  cache: ElastiCacheClient,
  ReplicationGroupId: string,
  shape: Pick<
    ConstructorParameters<typeof CreateReplicationGroupCommand>[0],
    'AutomaticFailoverEnabled' | 'NumCacheClusters' | 'NumNodeGroups' | 'ReplicasPerNodeGroup'
  >,
): Promise<void> {
  const ReplicationGroupDescription = ReplicationGroupId;
  const kind = { Engine: 'valkey', CacheNodeType: 'cache.r7g.large' };
  await cache.send(
    new CreateReplicationGroupCommand({ ReplicationGroupId, ReplicationGroupDescription, ...kind, ...shape }),
  );
}

async function groupOf(cache: ElastiCacheClient, name: string): Promise<ReplicationGroup> {
  const command = new DescribeReplicationGroupsCommand({ ReplicationGroupId: name });
  return only((await cache.send(command)).ReplicationGroups);
}

async function eachNode(ids: readonly string[], change: (id: string) => Promise<unknown>): Promise<void> {
  for (const id of ids) await change(id);
}

function createNode(cache: ElastiCacheClient, CacheClusterId: string): Promise<unknown> {
  const node = { CacheClusterId, ReplicationGroupId: 'uploads', CacheNodeType: 'cache.r7g.large' };
  return cache.send(new CreateCacheClusterCommand({ ...node, Engine: 'valkey', NumCacheNodes: 1 }));
}

function deleteNode(cache: ElastiCacheClient, CacheClusterId: string): Promise<unknown> {
  return cache.send(new DeleteCacheClusterCommand({ CacheClusterId }));
}
