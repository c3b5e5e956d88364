import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import { floorOf, type OwnedFields, planFloor, settable } from '../../../domain/owned-fields.ts';
import type { Progress, Scaler, TargetState } from '../../../domain/scaler.ts';
import { DESCRIBE_TARGETS_LIMIT } from './_app-auto-scaling.ts';
import { type ElastiCacheApi, resourceIdOf } from './_elasticache-api.ts';
import {
  blocking,
  changedMeanwhile,
  type FoundGroup,
  GROUP,
  groupsOf,
  nodesOf,
  shardsOf,
} from './_elasticache-groups.ts';
import type { CacheGroup, Shard } from './_elasticache-shapes.ts';
import { foundOne, identifierIn, perTarget, wantedOf } from './_targets.ts';

/** Replicas of one shard. Source: ElastiCache user guide, "up to a maximum of 5" read replicas. */
const MAXIMUM_UNITS = 5;

/**
 * Replicas of every shard of a replication group (of the group, without cluster mode). With a scalable target of
 * Application Auto Scaling its minimum and maximum are owned; without one the number of replicas, which is one
 * for all shards: a group whose shards differ is no target, because it could not be given back.
 *
 * What serves is the shard that has the fewest available replicas, by the nodes' own status. A group with
 * Multi-AZ and without cluster mode keeps one replica at least.
 */
export function replicasScaler(api: ElastiCacheApi): Scaler {
  const find = (signal: AbortSignal) => groupsOf(api, signal, api.scalableReplicas);
  return {
    batchSize: DESCRIBE_TARGETS_LIMIT,
    read: (targets, signal) => perTarget(targets, GROUP, find(signal), stateOf),
    plan: (now, ask) => planFloor(now, ask, { maximumUnits: MAXIMUM_UNITS, unitName: 'replicas' }),
    apply: async (target, seen, wanted, _key, signal) => {
      const want = settable(target.id, seen.owned, wanted, ['count', 'range']);
      if (want.kind === 'count') {
        return { vendorRequestId: await setCount(api, target, floorOf(seen.owned), want.units, signal) };
      }
      const { minimumUnits, maximumUnits } = want;
      const range = { resourceId: resourceIdOf(identifierIn(target, GROUP)), minimumUnits, maximumUnits };
      return { vendorRequestId: await api.scalableReplicas.setRange(target.region, range, signal) };
    },
    progress: (targets, wants, signal) =>
      perTarget(targets, GROUP, find(signal), (target, found) =>
        progressOf(target, wantedOf(target, wants), found),
      ),
  };
}

function stateOf(target: ScalingTarget, found: FoundGroup): TargetState {
  return { owned: ownedOf(target, found), servingUnits: serving(found), fence: null };
}

function ownedOf(target: ScalingTarget, found: FoundGroup): OwnedFields {
  if (found.scalable === undefined) return { kind: 'count', units: replicasOf(target, found) };
  const { minimumUnits, maximumUnits } = found.scalable;
  return { kind: 'range', minimumUnits, maximumUnits };
}

/**
 * @throws ProviderError where the shards do not agree, and `UpdateInProgress` where a shard has a node that the list of
 * nodes lacks: that list may change from page to page.
 */
function replicasOf(target: ScalingTarget, found: FoundGroup): number {
  const shards = standing(found.group);
  const listed = new Set(found.nodes.map(({ node }) => node));
  const missing = shards.flatMap(({ nodes }) => nodes).find((node) => !listed.has(node));
  if (missing !== undefined) {
    const message = `${missing} is a node of ${found.group.group} and was not listed; read them again.`;
    throw new ProviderError('UpdateInProgress', message, { resource: target.id });
  }
  return agreed(
    target,
    found.group,
    shards.map((shard) => nodesOf(found, shard).length),
  );
}

/**
 * @param nodes how many every shard has, its primary among them.
 * @throws ProviderError where the shards do not agree: for good, or while the group is being changed.
 */
function agreed(target: ScalingTarget, { group, status }: CacheGroup, nodes: readonly number[]): number {
  const counts = nodes.map((count) => Math.max(0, count - 1));
  const [first, ...others] = new Set(counts);
  if (first !== undefined && others.length === 0) return first;
  const settled = status === 'available' && first !== undefined;
  const message = `The shards of ${group} have different numbers of replicas (${counts.join(', ')}), the group is ${status}. ${settled ? 'Give them the same number.' : 'Wait until it is available.'}`;
  throw new ProviderError(settled ? 'InvalidTarget' : 'UpdateInProgress', message, { resource: target.id });
}

/** Shards that are neither new nor on their way out. */
function standing(group: CacheGroup): readonly Shard[] {
  return shardsOf({ group }).filter(({ status }) => status !== 'creating');
}

function serving(found: FoundGroup): number {
  const available = standing(found.group).map(
    (shard) => nodesOf(found, shard).filter(({ status }) => status === 'available').length - 1,
  );
  return available.length === 0 ? 0 : Math.max(0, Math.min(...available));
}

async function setCount(
  api: ElastiCacheApi,
  target: ScalingTarget,
  seen: number,
  want: number,
  signal: AbortSignal,
): Promise<string> {
  const { group: found, live } = await lookAgain(api, target, signal);
  if (live === want) return '';
  if (live !== seen) throw changedMeanwhile(target, `${seen} replicas`, live);
  const { group, multiAz, clusterEnabled } = found;
  if (want < 1 && multiAz && !clusterEnabled) {
    const message = `${group} has Multi-AZ, which needs a replica: ${want} cannot be set. Turn Multi-AZ off first.`;
    throw new ProviderError('InvalidTarget', message, { resource: target.id });
  }
  return api.setReplicas(target.region, group, { from: live, to: want }, signal);
}

/** A group that is available lists all of its nodes itself; else the nodes of the whole region are read. */
async function lookAgain(
  api: ElastiCacheApi,
  target: ScalingTarget,
  signal: AbortSignal,
): Promise<{ readonly group: CacheGroup; readonly live: number }> {
  const group = await foundOne(target, GROUP, async (region, names) => {
    const groups = await api.describeGroups(region, names, signal);
    return new Map(groups.map((one) => [one.group, one]));
  });
  if (group.status === 'available') {
    const nodes = standing(group).map((shard) => shard.nodes.length);
    return { group, live: agreed(target, group, nodes) };
  }
  const found = await foundOne(target, GROUP, groupsOf(api, signal));
  return { group: found.group, live: replicasOf(target, found) };
}

function progressOf(target: ScalingTarget, want: OwnedFields, found: FoundGroup): Progress {
  const [servingUnits, floor] = [serving(found), floorOf(want)];
  const moving = (reason: string): Progress => ({ status: 'moving', servingUnits, reason });
  const blocked = blocking(found);
  if (servingUnits < floor) {
    return moving(`${servingUnits} of ${floor} replicas of every shard are available; ${blocked ?? ''}`);
  }
  if (blocked !== null) return moving(blocked);
  const live = floorOf(ownedOf(target, found));
  if (live < floor) return moving(`the group guarantees ${live} replicas, ${floor} are wanted`);
  return { status: 'settled', servingUnits };
}
