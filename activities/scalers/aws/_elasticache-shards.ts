import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import {
  type CountFields,
  floorOf,
  type OwnedFields,
  planFloor,
  settable,
} from '../../../domain/owned-fields.ts';
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
  refuseGlobal,
  shardsOf,
} from './_elasticache-groups.ts';
import { foundOne, identifierIn, perTarget, wantedOf } from './_targets.ts';

/** Shards of one group. Source: ElastiCache user guide, up to 500 from Valkey 7.2 or Redis OSS 5.0.6 on. */
const MAXIMUM_UNITS = 500;

/**
 * Shards of a replication group in cluster mode. With a scalable target of Application Auto Scaling its minimum
 * and maximum are owned; without one the number of shards, and the names of those that were there: taking away
 * has to name what goes, and a restore keeps the original ones.
 *
 * Asking for the number that is there is no repeat without effect: ElastiCache takes it for a request to spread
 * the slots anew. So nothing is sent where nothing differs. While slots are moved towards fewer shards the API
 * does not say how many there will be: a read is UpdateInProgress then, not a number.
 */
export function shardsScaler(api: ElastiCacheApi): Scaler {
  const find = (signal: AbortSignal) => groupsOf(api, signal, api.scalableShards);
  return {
    batchSize: DESCRIBE_TARGETS_LIMIT,
    read: (targets, signal) => perTarget(targets, GROUP, find(signal), stateOf),
    plan: (now, ask) => planFloor(now, ask, { maximumUnits: MAXIMUM_UNITS, unitName: 'shards' }),
    apply: async (target, seen, wanted, _key, signal) => {
      const want = settable(target.id, seen.owned, wanted, ['count', 'range']);
      if (want.kind === 'count') {
        return { vendorRequestId: await setCount(api, target, floorOf(seen.owned), want, signal) };
      }
      const { minimumUnits, maximumUnits } = want;
      const range = { resourceId: resourceIdOf(identifierIn(target, GROUP)), minimumUnits, maximumUnits };
      return { vendorRequestId: await api.scalableShards.setRange(target.region, range, signal) };
    },
    progress: (targets, wants, signal) =>
      perTarget(targets, GROUP, find(signal), (target, found) => progressOf(wantedOf(target, wants), found)),
  };
}

function stateOf(target: ScalingTarget, found: FoundGroup): TargetState {
  refuseGlobal(target, found);
  if (!found.group.clusterEnabled) {
    const message = `${found.group.group} is not in cluster mode, so it has no shards to add. Give target ${target.id} another lever.`;
    throw new ProviderError('InvalidTarget', message, { resource: target.id });
  }
  return { owned: ownedOf(target, found), servingUnits: serving(found), fence: null };
}

function ownedOf(target: ScalingTarget, found: FoundGroup): OwnedFields {
  if (found.scalable === undefined) return countOf(target, found);
  const { minimumUnits, maximumUnits } = found.scalable;
  return { kind: 'range', minimumUnits, maximumUnits };
}

/** @throws ProviderError `UpdateInProgress` while the number that was asked for cannot be told. */
function countOf(target: ScalingTarget, found: FoundGroup): CountFields {
  const members = shardsOf(found).map(({ id }) => id);
  const { group, reshardedPercent } = found.group;
  const growing = shardsOf(found).some(({ status }) => status === 'creating');
  if (reshardedPercent === null || growing) return { kind: 'count', units: members.length, members };
  const message = `Slots of ${group} are being moved (${reshardedPercent} %); how many shards it will have cannot be told until they are.`;
  throw new ProviderError('UpdateInProgress', message, { resource: target.id });
}

/** Shards all of whose nodes are available; not known while slots are on their way from one to another. */
function serving(found: FoundGroup): number | null {
  if (found.group.reshardedPercent !== null) return null;
  return shardsOf(found).filter((shard) => {
    const nodes = nodesOf(found, shard);
    return (
      shard.status !== 'creating' && nodes.length > 0 && nodes.every(({ status }) => status === 'available')
    );
  }).length;
}

async function setCount(
  api: ElastiCacheApi,
  target: ScalingTarget,
  seen: number,
  want: CountFields,
  signal: AbortSignal,
): Promise<string> {
  const found = await foundOne(target, GROUP, groupsOf(api, signal));
  const live = countOf(target, found);
  if (live.units === want.units) return '';
  if (live.units !== seen) throw changedMeanwhile(target, `${seen} shards`, live.units);
  const change = { to: want.units, remove: leaving(live.members ?? [], want) };
  return api.setShards(target.region, found.group.group, change, signal);
}

/** Which shards go: those that were not there first, the highest identifier before the others. */
function leaving(live: readonly string[], { units, members = [] }: CountFields): readonly string[] {
  const descending = live.toSorted().toReversed();
  const added = descending.filter((id) => !members.includes(id));
  const original = descending.filter((id) => members.includes(id));
  return [...added, ...original].slice(0, Math.max(0, live.length - units));
}

function progressOf(want: OwnedFields, found: FoundGroup): Progress {
  const [servingUnits, floor] = [serving(found), floorOf(want)];
  const moving = (reason: string): Progress => ({ status: 'moving', servingUnits, reason });
  const blocked = blocking(found);
  if (blocked !== null) return moving(blocked);
  const live = found.scalable?.minimumUnits ?? shardsOf(found).length;
  if (live < floor) return moving(`the group guarantees ${live} shards, ${floor} are wanted`);
  if (servingUnits === null || servingUnits < floor) {
    return moving(`${servingUnits ?? 'an unknown number'} of ${floor} shards are available`);
  }
  return { status: 'settled', servingUnits };
}
