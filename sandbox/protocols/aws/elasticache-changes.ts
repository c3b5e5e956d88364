import type { Core } from '../../core.ts';
import { resourceKeyOf, sandboxService } from '../../services.ts';
import type { CallContext } from '../../world.ts';
import {
  type Group,
  groupOf,
  groupShape,
  groupsIn,
  keptShards,
  nodesOf,
  nodeTypeOf,
  shardIds,
  statusOf,
} from './elasticache-groups.ts';
import { AwsError } from './errors.ts';
import { type QueryInput, queryMembers } from './query-operations.ts';
import { limitOf } from './quota-table.ts';

/** Source: ElastiCache user guide, at most 5 replicas of a shard. */
const REPLICAS_LIMIT = 5;

/** How long a replica is `deleting`, in service milliseconds; assumed. */
const DELETING_MS = 60_000;

/** Sizes of one family from the smallest on; the sandbox changes a node within its family. */
const SIZES = [
  'micro',
  'small',
  'medium',
  'large',
  'xlarge',
  '2xlarge',
  '4xlarge',
  '8xlarge',
  '12xlarge',
  '16xlarge',
];

const read = queryMembers('InvalidParameterValue');

/** Raises or lowers the replicas of every shard. */
export function changeReplicas(direction: 'increase' | 'decrease') {
  return (core: Core, input: QueryInput, call: CallContext): object => {
    const group = changeable(core, input, call.region);
    const { replicas, shards } = group;
    if (!replicas) throw combination(`The sandbox has no replicas of ${group.name}.`);
    const count = read.count(input, 'NewReplicaCount');
    if (count === undefined) throw combination('The sandbox takes NewReplicaCount only.');
    const live = replicas.desiredUnits;
    if (count === live) throw noOperation();
    if (count > live !== (direction === 'increase')) {
      throw invalid(`The new replica count ${count} is no ${direction} of ${live}.`);
    }
    if (count > REPLICAS_LIMIT) throw invalid(`A shard has at most ${REPLICAS_LIMIT} replicas.`);
    checkQuotas(core, group, (count - live) * shardIds(core, group).length);
    if (count < 1 && !shards && (group.attributes.multiAz ?? 'enabled') === 'enabled') {
      throw combination('A replication group with Multi-AZ must have at least one replica.');
    }
    const deletingUntilMs = core.world.nowMs() + DELETING_MS;
    const attributes = count < live ? { deleting: live - count, deletingUntilMs } : {};
    core.world.change(replicas, { desiredUnits: count, attributes }, call);
    if (count < live) replicas.busyUntilMs = deletingUntilMs;
    return { ReplicationGroup: groupShape(core, groupOf(core, call.region, group.name)) };
  };
}

/** Adds shards, takes named ones away, or spreads the slots of those there are anew. */
export function changeShards(core: Core, input: QueryInput, call: CallContext): object {
  const group = changeable(core, input, call.region);
  const { shards } = group;
  if (!shards) throw combination('The replication group is not cluster mode enabled.');
  const count = read.count(input, 'NodeGroupCount');
  if (count === undefined || count < 1) throw invalid('NodeGroupCount must be 1 at least.');
  const live = keptShards(shards);
  const perShard = nodesOf(core, group).length / shardIds(core, group).length;
  checkQuotas(core, group, (count - live.length) * perShard);
  const leaving = count < live.length ? leavingShards(input, live, count) : [];
  const kept = live.filter((id) => !leaving.includes(id));
  const leavingUntilMs = core.world.nowMs() + shards.provisioningSeconds * 1000;
  core.world.change(shards, { desiredUnits: count, attributes: { kept, leaving, leavingUntilMs } }, call);
  // Fewer shards, or as many: what takes time is moving the slots, not making anything.
  if (count <= live.length) shards.busyUntilMs = leavingUntilMs;
  return { ReplicationGroup: groupShape(core, groupOf(core, call.region, group.name)) };
}

/** Source of the codes: ElastiCache API reference, IncreaseReplicaCount; of the words: assumed. */
function checkQuotas(core: Core, group: Group, added: number): void {
  if (added <= 0) return;
  const { region, shards } = group;
  const limit = (code: string) => limitOf(core, region, 'elasticache', code);
  const own = nodesOf(core, group).length;
  if (shards && own + added > limit('L-AF354865')) {
    throw new AwsError('NodeQuotaForClusterExceeded', 'Node quota for this cluster exceeded');
  }
  const all = groupsIn(core, region).reduce((sum, each) => sum + nodesOf(core, each).length, 0);
  if (all + added > limit('L-DFE45DF3')) {
    throw new AwsError('NodeQuotaForCustomerExceeded', 'Node quota for this customer exceeded');
  }
}

/** Source: ElastiCache API reference: one of both lists is required where there are to be fewer. */
function leavingShards(input: QueryInput, live: readonly string[], count: number): readonly string[] {
  const [remove, retain] = [read.list(input, 'NodeGroupsToRemove'), read.list(input, 'NodeGroupsToRetain')];
  if ((remove === undefined) === (retain === undefined)) {
    throw combination(
      'Either NodeGroupsToRemove or NodeGroupsToRetain must be given to decrease the number of node groups.',
    );
  }
  const unknown = [...(remove ?? []), ...(retain ?? [])].find((id) => !live.includes(id));
  if (unknown !== undefined)
    throw new AwsError('NodeGroupNotFoundFault', `NodeGroup ${unknown} not found.`, 404);
  const leaving = remove ?? live.filter((id) => !retain?.includes(id));
  if (live.length - leaving.length === count) return leaving;
  throw combination(`${live.length - leaving.length} node groups would be left, not ${count}.`);
}

/** Changes the node type, at once. */
export function changeNodeType(core: Core, input: QueryInput, call: CallContext): object {
  const group = changeable(core, input, call.region);
  const { machine } = group;
  const nodeType = read.required(input, 'CacheNodeType');
  if (!machine) throw combination(`The sandbox has no node type of ${group.name}.`);
  const { up, down } = allowedFor(group);
  if (nodeType !== nodeTypeOf(group) && ![...up, ...down].includes(nodeType)) {
    throw combination(`${group.name} cannot be changed from ${nodeTypeOf(group)} to ${nodeType}.`);
  }
  const attributes = { acceptedAtMs: core.world.nowMs() };
  core.world.change(machine, { className: nodeType, attributes }, call);
  return { ReplicationGroup: groupShape(core, groupOf(core, call.region, group.name)) };
}

/** Node types the group may be changed to. */
export function allowedNodeTypes(core: Core, input: QueryInput, { region }: CallContext): object {
  const { up, down } = allowedFor(groupOf(core, region, read.required(input, 'ReplicationGroupId')));
  const list = (types: readonly string[]) => (types.length === 0 ? '' : { member: types });
  return { ScaleUpModifications: list(up), ScaleDownModifications: list(down) };
}

/**
 * Larger types of the same family, and smaller ones with the type in use (assumed). A group whose attribute
 * `scalesDown` is false cannot be made smaller.
 */
function allowedFor(group: Group): { readonly up: readonly string[]; readonly down: readonly string[] } {
  const [, family = '', size = ''] = nodeTypeOf(group).split('.');
  const rank = SIZES.indexOf(size);
  const named = (sizes: readonly string[]) => sizes.map((name) => `cache.${family}.${name}`);
  const down = group.attributes.scalesDown === false ? [] : named(SIZES.slice(0, rank + 1));
  return { up: named(SIZES.slice(rank + 1)), down };
}

function changeable(core: Core, input: QueryInput, region: string): Group {
  const group = groupOf(core, region, read.required(input, 'ReplicationGroupId'));
  if (read.flag(input, 'ApplyImmediately') !== true) throw invalid('ApplyImmediately must be true.');
  if (group.attributes.globalDatastore !== undefined) {
    throw invalidState(`${group.name} is a member of a Global Datastore.`);
  }
  if (statusOf(core, group) === 'available' && shardIds(core, group).length > 0) return group;
  throw invalidState(`Replication group ${group.name} must be in available state to modify.`);
}

/** Key of the one resource a change is about, for fault rules. */
export function keyFor(lever: 'node-type' | 'replicas' | 'shards') {
  return (input: QueryInput, region: string): string | undefined => {
    const line = sandboxService('aws.elasticache', lever);
    const replicationGroup = read.text(input, 'ReplicationGroupId');
    return line && replicationGroup && resourceKeyOf(line, region, { replicationGroup });
  };
}

function noOperation(): AwsError {
  return new AwsError(
    'NoOperationFault',
    'The operation was not performed because no changes were required.',
  );
}

function invalidState(message: string): AwsError {
  return new AwsError('InvalidReplicationGroupState', message);
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}

function combination(message: string): AwsError {
  return new AwsError('InvalidParameterCombination', message);
}
