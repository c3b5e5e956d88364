import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import { type ClassFields, type OwnedFields, planFloor, settable } from '../../../domain/owned-fields.ts';
import type { Progress, Scaler, TargetState } from '../../../domain/scaler.ts';
import { DESCRIBE_LIMIT, type ElastiCacheApi } from './_elasticache-api.ts';
import {
  blocking,
  changedMeanwhile,
  type FoundGroup,
  GROUP,
  groupsOf,
  refuseGlobal,
} from './_elasticache-groups.ts';
import { rungOf } from './_rungs.ts';
import { foundOne, perTarget, wantedOf } from './_targets.ts';

/** No vendor's limit: units are the ladder's own, and a fleet file takes no more. */
const MAXIMUM_UNITS = 1_000_000;

/**
 * Node type of a replication group, a rung of the target's own ladder, changed at once and not in the maintenance
 * window.
 *
 * The way back is asked for before anything is touched. ListAllowedNodeTypeModifications says what the group may
 * become from what it is now: the wanted type must be among ScaleUpModifications, and the type in use among
 * ScaleDownModifications. For a type it would have to come back from later the API has no answer, so this one
 * stands in for it: what AWS does not list now, it has not promised to allow then (whether it lists the type in
 * use is assumed). Where it is not listed, and where no replica takes over while the primary is replaced, the
 * change is refused unless the target's `mayInterrupt` says that its owner takes both upon himself: a smaller type
 * that is refused on the way back is then reported as what remains.
 */
export function nodeTypeScaler(api: ElastiCacheApi): Scaler {
  return {
    batchSize: DESCRIBE_LIMIT,
    read: (targets, signal) => perTarget(targets, GROUP, groupsOf(api, signal), stateOf),
    plan: (now, ask) => planFloor(now, ask, { maximumUnits: MAXIMUM_UNITS, unitName: 'units' }),
    apply: async (target, seen, wanted, _key, signal) => {
      const want = settable(target.id, seen.owned, wanted, ['class']);
      return { vendorRequestId: await setType(api, target, seen.owned as ClassFields, want, signal) };
    },
    progress: (targets, wants, signal) =>
      perTarget(targets, GROUP, groupsOf(api, signal), (target, found) =>
        progressOf(target, wantedOf(target, wants), found),
      ),
  };
}

function stateOf(target: ScalingTarget, found: FoundGroup): TargetState {
  refuseGlobal(target, found);
  refuseTorn(target, found);
  return { owned: ownedOf(target, found), servingUnits: serving(target, found), fence: null };
}

/** Group and nodes are asked for by a call each. Where a change ends in between, neither says what was asked for. */
function refuseTorn({ id }: ScalingTarget, { group, nodes }: FoundGroup): void {
  if (nodes.some(({ pendingNodeType }) => pendingNodeType !== null)) return;
  const other = nodes.find(({ nodeType }) => nodeType !== group.nodeType);
  if (other === undefined) return;
  const message = `${group.group} is said to be of ${group.nodeType} and its node ${other.node} of ${other.nodeType}; read both again.`;
  throw new ProviderError('UpdateInProgress', message, { resource: id });
}

/** A type that was asked for shows with the nodes before it shows with the group. */
function ownedOf(target: ScalingTarget, { group, nodes }: FoundGroup): ClassFields {
  const asked = nodes.find(({ pendingNodeType }) => pendingNodeType !== null)?.pendingNodeType;
  return rungOf(target, asked ?? group.nodeType);
}

/** What the smallest node is; not known while nodes are being replaced. */
function serving(target: ScalingTarget, { group, nodes }: FoundGroup): number | null {
  if (group.status !== 'available' || nodes.some(({ status }) => status !== 'available')) return null;
  const types = new Set(nodes.map(({ nodeType }) => nodeType));
  return Math.min(...[...types].map((nodeType) => rungOf(target, nodeType).units));
}

async function setType(
  api: ElastiCacheApi,
  target: ScalingTarget,
  seen: ClassFields,
  want: ClassFields,
  signal: AbortSignal,
): Promise<string> {
  const found = await foundOne(target, GROUP, groupsOf(api, signal));
  const { group, nodeType, status } = found.group;
  refusePending(target, found);
  const asked = ownedOf(target, found);
  // Put off to the maintenance window it is asked for and not under way: asking again begins it.
  const underWay = asked.className === nodeType || status !== 'available';
  if (asked.className === want.className && underWay) return '';
  if (asked.className !== want.className && asked.className !== seen.className) {
    throw changedMeanwhile(target, seen.className, asked.className);
  }
  await refuseOneWay(api, target, found, want, signal);
  return api.setNodeType(target.region, group, want.className, signal);
}

/** ElastiCache applies with a change everything else that is pending, at once. */
function refusePending(target: ScalingTarget, { group, nodes }: FoundGroup): void {
  const others = [...new Set(nodes.flatMap(({ otherPending }) => otherPending))];
  if (others.length === 0) return;
  const message = `${group.group} has ${others.join(', ')} pending, which a change would apply at once. Let it be applied or withdraw it.`;
  throw new ProviderError('UpdateInProgress', message, { resource: target.id });
}

/** @throws ProviderError `InvalidTarget` for a type the group may not become, or might not come back from. */
async function refuseOneWay(
  api: ElastiCacheApi,
  target: ScalingTarget,
  { group }: FoundGroup,
  want: ClassFields,
  signal: AbortSignal,
): Promise<void> {
  const { up, down } = await api.allowedNodeTypes(target.region, group.group, signal);
  const refuse = (why: string, then: string) => {
    const message = `${group.group} is a ${group.nodeType} and is not changed to ${want.className}: ${why}. ${then}`;
    return new ProviderError('InvalidTarget', message, { resource: target.id });
  };
  const larger = want.units > rungOf(target, group.nodeType).units;
  const allowed = larger ? up : down;
  if (!allowed.includes(want.className)) {
    throw refuse(`AWS allows ${allowed.join(', ') || 'nothing'} there`, 'Change the classes of the target.');
  }
  if (target.mayInterrupt) return;
  const accept = 'Declare mayInterrupt in the fleet to do it all the same.';
  if (!group.failsOver) throw refuse('no replica takes over while its nodes are replaced', accept);
  if (larger && !down.includes(group.nodeType)) {
    throw refuse(`AWS does not list ${group.nodeType} among what it may come back to`, accept);
  }
}

function progressOf(target: ScalingTarget, want: OwnedFields, found: FoundGroup): Progress {
  const servingUnits = serving(target, found);
  const moving = (reason: string): Progress => ({ status: 'moving', servingUnits, reason });
  if (want.kind !== 'class') return moving(`a class is set here, not a ${want.kind}`);
  const blocked = blocking(found);
  if (blocked !== null || servingUnits === null) return moving(blocked ?? 'what serves is not known');
  if (servingUnits < want.units)
    return moving(`the group is a ${found.group.nodeType}, ${want.className} is wanted`);
  return { status: 'settled', servingUnits };
}
