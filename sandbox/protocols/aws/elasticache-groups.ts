import type { Core } from '../../core.ts';
import type { Resource } from '../../world.ts';
import { ACCOUNT_ID, AwsError } from './errors.ts';
import { listOf } from './query-operations.ts';

/** A replication group: one resource of the world per lever, and what is the same whichever lever is looked at. */
export interface Group {
  readonly name: string;
  readonly region: string;
  readonly replicas: Resource | undefined;
  /** Given: the group is in cluster mode. */
  readonly shards: Resource | undefined;
  readonly machine: Resource | undefined;
  /** Attributes of all of them together. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A node of a shard. */
export interface Node {
  readonly id: string;
  readonly shard: string;
  readonly isPrimary: boolean;
  readonly status: 'available' | 'creating' | 'deleting' | 'modifying';
}

/** How long a change of node type that has been accepted does not show in the status; assumed. */
const LATE_STATUS_MS = 10_000;

/** Every group of a region, by name. */
export function groupsIn(core: Core, region: string): readonly Group[] {
  core.world.tick();
  const names = [...core.world.resources.values()]
    .filter((resource) => resource.service === 'aws.elasticache' && resource.region === region)
    .flatMap(({ reference }) => reference.replicationGroup ?? []);
  return [...new Set(names)].sort().map((name) => groupAt(core, region, name));
}

/** @throws AwsError where there is no such group. */
export function groupOf(core: Core, region: string, name: string): Group {
  const group = groupAt(core, region, name);
  if (group.replicas || group.shards || group.machine) return group;
  throw new AwsError('ReplicationGroupNotFoundFault', `ReplicationGroup ${name} not found.`, 404);
}

function groupAt(core: Core, region: string, name: string): Group {
  const at = (lever: string) => core.world.find('aws.elasticache', { replicationGroup: name }, region, lever);
  const [replicas, shards, machine] = [at('replicas'), at('shards'), at('node-type')];
  const attributes = { ...replicas?.attributes, ...shards?.attributes, ...machine?.attributes };
  return { name, region, replicas, shards, machine, attributes };
}

/** Shards that are wanted, and then those whose slots are still moved away. */
export function shardIds(core: Core, group: Group): readonly string[] {
  return group.shards ? [...keptShards(group.shards), ...leavingShards(core, group)] : ['0001'];
}

function leavingShards(core: Core, { attributes }: Group): readonly string[] {
  const leaving = core.world.nowMs() < Number(attributes.leavingUntilMs ?? 0);
  return leaving ? (attributes.leaving as readonly string[]) : [];
}

/** Shards that are wanted: those a call left, and then the lowest numbers that are free. */
export function keptShards({ desiredUnits, attributes }: Resource): readonly string[] {
  const named = (attributes.kept ?? []) as readonly string[];
  const others = Array.from({ length: desiredUnits + named.length }, (_, n) =>
    String(n + 1).padStart(4, '0'),
  );
  return [...named, ...others.filter((id) => !named.includes(id))].slice(0, desiredUnits);
}

/** Nodes of a group. Replicas of a shard become available one after the other, and so do shards. */
export function nodesOf(core: Core, group: Group): readonly Node[] {
  const { replicas, machine, shards } = group;
  const count = replicas?.desiredUnits ?? Number(group.attributes.replicaCount ?? 1);
  const leaving = core.world.nowMs() < Number(group.attributes.deletingUntilMs ?? 0);
  const gone = leaving ? Number(group.attributes.deleting) : 0;
  const replaced = machine !== undefined && phaseOf(core, machine) === 'modifying';
  return shardIds(core, group).flatMap((shard, position) => {
    const serves =
      shards === undefined || position < shards.servingUnits || leavingShards(core, group).includes(shard);
    return Array.from({ length: 1 + count + gone }, (_, n): Node => {
      const there = n === 0 || replicas === undefined || n <= replicas.servingUnits;
      const made = serves && there ? (replaced ? 'modifying' : 'available') : 'creating';
      const status = n > count ? 'deleting' : made;
      return { id: nodeId(group, shard, n), shard, isPrimary: n === 0, status };
    });
  });
}

function nodeId({ name, shards }: Group, shard: string, n: number): string {
  const number = String(n + 1).padStart(3, '0');
  return shards ? `${name}-${shard}-${number}` : `${name}-${number}`;
}

/** What is done to a resource: nothing, or a change that its status does not show yet, or shows. */
function phaseOf(core: Core, resource: Resource): 'none' | 'late' | 'modifying' {
  const nowMs = core.world.nowMs();
  if (nowMs >= resource.busyUntilMs) return 'none';
  const acceptedAtMs = Number(resource.attributes.acceptedAtMs ?? Number.NEGATIVE_INFINITY);
  return nowMs < acceptedAtMs + LATE_STATUS_MS ? 'late' : 'modifying';
}

/** Status of a group; a change of its node type may not show yet. */
export function statusOf(core: Core, { replicas, shards, machine }: Group): 'available' | 'modifying' {
  const busy = [replicas, shards, machine].some((part) => part && phaseOf(core, part) === 'modifying');
  return busy ? 'modifying' : 'available';
}

/** The type in force. */
export function nodeTypeOf({ machine, attributes }: Group): string {
  return machine?.servingClassName ?? String(attributes.nodeType ?? 'cache.r7g.large');
}

/** A group as ElastiCache shows it. */
export function groupShape(core: Core, group: Group): object {
  const { name, region, shards, attributes } = group;
  const nodes = nodesOf(core, group);
  const global = attributes.globalDatastore;
  return {
    ReplicationGroupId: name,
    ARN: `arn:aws:elasticache:${region}:${ACCOUNT_ID}:replicationgroup:${name}`,
    Description: 'weddings',
    Status: statusOf(core, group),
    PendingModifiedValues: pendingShape(core, group),
    MemberClusters: listOf(
      nodes.map(({ id }) => id),
      'ClusterId',
    ),
    NodeGroups: listOf(
      shardIds(core, group).map((id) => shardShape(core, group, id, nodes)),
      'NodeGroup',
    ),
    AutomaticFailover: attributes.automaticFailover ?? 'enabled',
    MultiAZ: attributes.multiAz ?? 'enabled',
    ClusterEnabled: shards !== undefined,
    CacheNodeType: nodeTypeOf(group),
    ...(global !== undefined && { GlobalReplicationGroupInfo: { GlobalReplicationGroupId: global } }),
  };
}

function pendingShape(core: Core, { shards }: Group): object | string {
  if (!shards || phaseOf(core, shards) === 'none') return '';
  return { Resharding: { SlotMigration: { ProgressPercentage: 0 } } };
}

/** A shard lists a node only once it is there. */
function shardShape(core: Core, group: Group, id: string, nodes: readonly Node[]): object {
  const { shards } = group;
  const own = nodes.filter(({ shard, status }) => shard === id && status !== 'creating');
  const isNew = shards !== undefined && own.length === 0;
  const members = own.map(({ id: node, isPrimary }) => ({
    CacheClusterId: node,
    CacheNodeId: '0001',
    ...(!shards && { CurrentRole: isPrimary ? 'primary' : 'replica' }),
  }));
  const status = isNew ? 'creating' : statusOf(core, group);
  return { NodeGroupId: id, Status: status, NodeGroupMembers: listOf(members, 'NodeGroupMember') };
}

/** A node as ElastiCache shows it: a cache cluster of one node. */
export function nodeShape({ machine, name, attributes }: Group, { id, status }: Node): object {
  const changing = machine !== undefined && machine.className !== machine.servingClassName;
  const pending = {
    ...(changing && { CacheNodeType: machine.className }),
    ...(attributes.pendingEngineVersion !== undefined && { EngineVersion: attributes.pendingEngineVersion }),
  };
  return {
    CacheClusterId: id,
    CacheClusterStatus: status,
    CacheNodeType: machine?.servingClassName ?? attributes.nodeType ?? 'cache.r7g.large',
    Engine: 'valkey',
    NumCacheNodes: 1,
    ReplicationGroupId: name,
    PendingModifiedValues: Object.keys(pending).length === 0 ? '' : pending,
  };
}
