import { isDeepStrictEqual } from 'node:util';
import type { MixedInstancesPolicy } from '@aws-sdk/client-auto-scaling';
import type { VendorConnection } from '../../../domain/connection.ts';
import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import { floorOf, type OwnedFields, planFloor, sameOwned, settable } from '../../../domain/owned-fields.ts';
import type { QuotaReader } from '../../../domain/quota.ts';
import type { ApplyReceipt, Progress, Scaler, TargetState } from '../../../domain/scaler.ts';
import type { ScalerOptions } from '../registry.ts';
import { createAsgDirectory, discoverGroups } from './_asg-discovery.ts';
import { asgQuotas } from './_asg-quotas.ts';
import {
  type AutoScalingApi,
  createAutoScalingApi,
  DESCRIBE_GROUPS_LIMIT,
  type GroupName,
  type ScalingGroup,
} from './_auto-scaling-api.ts';
import { batches } from './_client.ts';
import { createEc2Api } from './_ec2-api.ts';
import { onDemandPercentOf, withOnDemandPercent } from './_instances-distribution.ts';
import { launchVerdict } from './_launch-failures.ts';
import { createQuotaLimits } from './_quotas.ts';
import { vcpuQuotas } from './_vcpu-quotas.ts';

/** Units of one group: none is published; 10,000 is our own guard. */
const MAXIMUM_UNITS = 10_000;

type GroupKind = 'range' | 'size';

/**
 * EC2 Auto Scaling groups. Where a scaling policy that is enabled moves the desired capacity, or the target says
 * that somebody else does (a Cluster Autoscaler has no policy), minimum and maximum are owned; else the desired
 * capacity as well. With a mixed instances policy the share of on-demand instances above its base is owned too.
 *
 * - The desired capacity of an autoscaled group is never sent: AWS itself moves it into a new minimum and
 *   maximum, and a value of ours could undo what a policy did a moment ago.
 * - Units are those of the group: instances, or their weights. InService and Healthy ones serve; instances on
 *   standby, in a warm pool or still pending do not.
 * - Suspended processes. `Launch`, and `AddToLoadBalancer` on a group behind a load balancer: the group cannot
 *   grow, so a higher floor is refused and one that is not reached has failed. `Terminate`: a lower count is
 *   taken, its instances stay until the process is resumed, and `AZRebalance` may then exceed the maximum by a
 *   tenth. `AlarmNotification`: the group is still its policies', which act again once it is resumed. Nothing
 *   is resumed by us.
 * - A changed share replaces instances step by step, new ones first; no instance refresh is started. The policy
 *   is sent whole, as seen, so one that somebody changed meanwhile is `Stale`. Distribution segments would be
 *   dropped by a share: a group that has them has no share to set.
 * - A group of an EKS node group, or one that AWS reserves for an operator, is refused: see `aws.eks`.
 *
 * Protection is read-back: the call takes neither fence nor token.
 */
export function createAsgScaler(
  connection: VendorConnection,
  { guard, cache }: Pick<ScalerOptions, 'guard' | 'cache'>,
): Scaler & QuotaReader {
  const access = { connection, guard };
  const [api, ec2] = [createAutoScalingApi(access), createEc2Api(access)];
  const vcpus = vcpuQuotas(ec2, createQuotaLimits(access), cache);
  const groups = async (targets: readonly ScalingTarget[], signal: AbortSignal) => {
    const all = await describe(api, targets, signal);
    return targets.map((target) => ({ target, group: found(target, all) }));
  };
  return {
    ...asgScaler(api),
    ...asgQuotas({ groups, ec2, vcpus }),
    discover: discoverGroups(createAsgDirectory(access), api),
  };
}

/** The scaler over given calls of AWS. @param nowMs the vendor's time, to tell a new failure from an old one. */
export function asgScaler(api: AutoScalingApi, nowMs: () => number = Date.now): Scaler {
  return {
    batchSize: DESCRIBE_GROUPS_LIMIT,
    read: async (targets, signal) => {
      const [all, autoscaled] = await Promise.all([
        describe(api, targets, signal),
        autoscaledOf(api, targets, signal),
      ]);
      return new Map(targets.map((target) => [target.id, stateOf(target, found(target, all), autoscaled)]));
    },
    plan: (now, ask) => planFloor(now, ask, { maximumUnits: MAXIMUM_UNITS, unitName: 'instances' }),
    apply: (target, seen, want, _key, signal) => applyOwned(api, target, seen, want, signal),
    progress: async (targets, wants, signal) => {
      const all = await describe(api, targets, signal);
      const each = targets.map(async (target): Promise<[string, Progress]> => {
        return [
          target.id,
          await progressOf(api, target, wantOf(target, wants), found(target, all), nowMs, signal),
        ];
      });
      return new Map(await Promise.all(each));
    },
  };
}

/** What exists of the targets, by `region/group`; regions at once, one region's calls in turn. */
async function describe(
  api: AutoScalingApi,
  targets: readonly ScalingTarget[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ScalingGroup>> {
  const lists = [...groupsByRegion(targets)].map(async ([region, groups]) => {
    const all: [string, ScalingGroup][] = [];
    for (const batch of batches(groups, DESCRIBE_GROUPS_LIMIT)) {
      const described = await api.describeGroups(region, batch, signal);
      all.push(
        ...described.map((group): [string, ScalingGroup] => [idOf({ region, group: group.group }), group]),
      );
    }
    return all;
  });
  return new Map((await Promise.all(lists)).flat());
}

/** Groups among the targets' that a policy moves, by `region/group`. */
async function autoscaledOf(
  api: AutoScalingApi,
  targets: readonly ScalingTarget[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const lists = [...groupsByRegion(targets)].map(async ([region, groups]) => {
    const moved = await api.autoscaledGroups(region, groups, signal);
    return [...moved].map((group) => idOf({ region, group }));
  });
  return new Set((await Promise.all(lists)).flat());
}

function groupsByRegion(targets: readonly ScalingTarget[]): ReadonlyMap<string, readonly string[]> {
  const regions = Map.groupBy(targets.map(nameOf), ({ region }) => region);
  return new Map(
    [...regions].map(([region, names]) => [region, [...new Set(names.map(({ group }) => group))]]),
  );
}

function found(target: ScalingTarget, all: ReadonlyMap<string, ScalingGroup>): ScalingGroup {
  const name = nameOf(target);
  const group = all.get(idOf(name));
  if (group !== undefined && !group.deleting) return group;
  const what = group === undefined ? 'does not exist' : 'is being deleted';
  const message = `Auto Scaling group ${name.group} ${what} in ${name.region}. Correct the reference of target ${target.id}.`;
  throw new ProviderError('NotFound', message, { resource: target.id });
}

function stateOf(target: ScalingTarget, group: ScalingGroup, autoscaled: ReadonlySet<string>): TargetState {
  const kind = target.autoscaled || autoscaled.has(idOf(nameOf(target))) ? 'range' : 'size';
  return {
    owned: ownedOf(group, kind),
    servingUnits: group.servingUnits,
    fence: null,
    body: { policy: group.policy },
  };
}

function ownedOf(group: ScalingGroup, kind: GroupKind): OwnedFields {
  const { minimumUnits, desiredUnits: units, maximumUnits, policy } = group;
  const onDemandPercent = onDemandPercentOf(policy);
  const share = onDemandPercent === null ? {} : { onDemandPercent };
  if (kind === 'range') return { kind, minimumUnits, maximumUnits, ...share };
  return { kind, minimumUnits, units, maximumUnits, ...share };
}

async function progressOf(
  api: AutoScalingApi,
  target: ScalingTarget,
  want: OwnedFields,
  group: ScalingGroup,
  nowMs: () => number,
  signal: AbortSignal,
): Promise<Progress> {
  const { servingUnits, presentUnits, zones } = group;
  const floor = floorOf(want);
  const live = want.kind === 'range' ? group.minimumUnits : group.desiredUnits;
  if (live < floor) {
    return { status: 'moving', servingUnits, reason: `the group guarantees ${live}, ${floor} is wanted` };
  }
  if (servingUnits >= floor) return { status: 'settled', servingUnits };
  const blocked = blockedBy(group);
  if (blocked !== null) return { status: 'failed', servingUnits, reason: blocked };
  const reason = `${servingUnits} of ${floor} units are in service and healthy`;
  if (presentUnits >= floor) return { status: 'moving', servingUnits, reason };
  const launches = await api.lastLaunches(nameOf(target), signal);
  const verdict = launchVerdict(launches, zones, nowMs());
  const { status, lacks } = verdict;
  return { status, servingUnits, reason: `${reason}${verdict.reason}`, ...(lacks && { lacks }) };
}

/** Why a group cannot serve more than it does, null where it can. */
function blockedBy({ group, suspended, loadBalanced }: ScalingGroup): string | null {
  const process = suspended.find(
    (name) => name === 'Launch' || (name === 'AddToLoadBalancer' && loadBalanced),
  );
  return process === undefined
    ? null
    : `process ${process} of Auto Scaling group ${group} is suspended, so the group cannot grow; resume it`;
}

async function applyOwned(
  api: AutoScalingApi,
  target: ScalingTarget,
  seen: TargetState,
  wanted: OwnedFields,
  signal: AbortSignal,
): Promise<ApplyReceipt> {
  const want = settable(target.id, seen.owned, wanted, ['range', 'size']);
  const name = nameOf(target);
  const group = found(target, await describe(api, [target], signal));
  const live = ownedOf(group, want.kind);
  if (sameOwned(live, want)) return { vendorRequestId: '' };
  refuseUnlessOurs(target, group, floorOf(want) > floorOf(live));
  const policy = policySeen(target, seen);
  const { minimumUnits, maximumUnits, onDemandPercent: percent } = want;
  const mixed = policy !== null && percent !== undefined && percent !== onDemandPercentOf(policy);
  if (!sameOwned(live, seen.owned) || (mixed && !isDeepStrictEqual(group.policy, policy))) {
    const message = `${target.id} was changed by somebody else since it was read. Read it again.`;
    throw new ProviderError('Stale', message, { resource: target.id });
  }
  const change = {
    minimumUnits,
    maximumUnits,
    ...(want.kind === 'size' && { desiredUnits: want.units }),
    ...(mixed && { policy: withOnDemandPercent(policy, percent) }),
  };
  return { vendorRequestId: await api.update(name, change, signal) };
}

/** @throws ProviderError `InvalidTarget` where the group is somebody else's, or cannot grow and should. */
function refuseUnlessOurs(target: ScalingTarget, group: ScalingGroup, grows: boolean): void {
  const managed = group.managedBy && `Auto Scaling group ${group.group} is managed by ${group.managedBy}`;
  const reason = managed || (grows ? blockedBy(group) : null);
  if (reason) throw new ProviderError('InvalidTarget', `${target.id}: ${reason}.`, { resource: target.id });
}

/** The policy as it was read, from {@link TargetState.body}. */
function policySeen(target: ScalingTarget, { body }: TargetState): MixedInstancesPolicy | null {
  if (typeof body === 'object' && body !== null && 'policy' in body) {
    return body.policy as MixedInstancesPolicy | null;
  }
  const message = `${target.id} was read without its mixed instances policy, so it cannot be changed safely.`;
  throw new ProviderError('InvalidTarget', message, { resource: target.id });
}

function wantOf(target: ScalingTarget, wants: ReadonlyMap<string, OwnedFields>): OwnedFields {
  const want = wants.get(target.id);
  if (want !== undefined) return want;
  throw new ProviderError('InvalidTarget', `Nothing is wanted of ${target.id}.`, { resource: target.id });
}

function nameOf({ id, region, reference }: ScalingTarget): GroupName {
  if (reference.group) return { region, group: reference.group };
  throw new ProviderError('InvalidTarget', `Target ${id} needs reference.group.`, { resource: id });
}

function idOf({ region, group }: GroupName): string {
  return `${region}/${group}`;
}
