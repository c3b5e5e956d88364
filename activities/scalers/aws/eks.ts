import type { VendorConnection } from '../../../domain/connection.ts';
import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import {
  floorOf,
  type OwnedFields,
  planFloor,
  type RangeFields,
  type SizeFields,
  sameOwned,
  settable,
} from '../../../domain/owned-fields.ts';
import type { QuotaReader } from '../../../domain/quota.ts';
import type { ApplyReceipt, Lack, Progress, Scaler, TargetState } from '../../../domain/scaler.ts';
import type { ScalerOptions } from '../registry.ts';
import { batches } from './_client.ts';
import { createEc2Api } from './_ec2-api.ts';
import {
  createEksApi,
  type EksApi,
  type Nodegroup,
  type NodegroupName,
  type NodegroupSizes,
} from './_eks-api.ts';
import { createEksDirectory, discoverNodegroups } from './_eks-discovery.ts';
import { eksQuotas } from './_eks-quotas.ts';
import { launchFailureKind } from './_launch-failures.ts';
import { createQuotaLimits } from './_quotas.ts';
import { vcpuQuotas } from './_vcpu-quotas.ts';

/** Nodes of one group: what Kubernetes says of a whole cluster. The account's own quota is read apart. */
const MAXIMUM_UNITS = 5_000;

/** Node groups described at the same time; EKS describes one a call. Ours. */
const DESCRIBED_AT_ONCE = 10;

const ENDED: readonly string[] = ['DELETING', 'CREATE_FAILED', 'DELETE_FAILED'];

/** What AWS and the cluster say of one target. */
interface Found {
  readonly nodegroup: Nodegroup;
  readonly readyUnits: number;
}

/**
 * Managed node groups of Amazon EKS. Where the target says that a Cluster Autoscaler owns the desired size, minimum
 * and maximum are owned; else the desired size as well.
 *
 * - EKS refuses a minimum above the desired size and a maximum below it, so an autoscaled group's desired size goes
 *   along when it would lie outside, moved just into the range, and never else.
 * - The end is Ready: nodes that are Ready and not cordoned are counted through the cluster's own API, as EKS is
 *   `ACTIVE` and its update `Successful` long before a node has joined. The identity that scales needs an access
 *   entry of the cluster that may list nodes, and a way to its endpoint.
 * - One update at a time: a group that is not ACTIVE refuses another (`UpdateInProgress`). The key of a write is its
 *   client token, so a repeat has no second effect even while the first is under way.
 * - Health issues are given as reasons. A DEGRADED group that misses nodes for want of capacity or quota has failed.
 * - Spot or not is fixed when a group is made (`capacityType`): it is seen, said in reasons and never set.
 *
 * Protection is read-back: sizes are looked at right before they are set.
 */
export function createEksScaler(
  connection: VendorConnection,
  { guard, cache }: Pick<ScalerOptions, 'guard' | 'cache'>,
): Scaler & QuotaReader {
  const access = { connection, guard };
  const [api, ec2, limits] = [createEksApi(access), createEc2Api(access), createQuotaLimits(access)];
  const nodegroups = (targets: readonly ScalingTarget[], signal: AbortSignal) =>
    nodegroupsOf(api, targets, signal);
  const vcpus = vcpuQuotas(ec2, limits, cache);
  return {
    ...eksScaler(api),
    ...eksQuotas({ nodegroups, ec2, limits, vcpus }),
    discover: discoverNodegroups(createEksDirectory(access)),
  };
}

/** The scaler over given calls of AWS and Kubernetes. */
export function eksScaler(api: EksApi): Scaler {
  return {
    batchSize: 1,
    read: async (targets, signal) => {
      const all = await find(api, targets, signal);
      return new Map(all.map(([target, state]) => [target.id, stateOf(target, state)]));
    },
    plan: (now, ask) => planFloor(now, ask, { maximumUnits: MAXIMUM_UNITS, unitName: 'nodes' }),
    apply: (target, seen, want, key, signal) => applyOwned(api, target, seen, want, key, signal),
    progress: async (targets, wants, signal) => {
      const all = await find(api, targets, signal);
      return new Map(all.map(([target, state]) => [target.id, progressOf(target, wants, state)]));
    },
  };
}

/** Every group by a call of its own, the nodes of a cluster by one list. */
async function find(
  api: EksApi,
  targets: readonly ScalingTarget[],
  signal: AbortSignal,
): Promise<readonly (readonly [ScalingTarget, Found])[]> {
  const nodegroups = await nodegroupsOf(api, targets, signal);
  const counts = await readyNodes(api, targets.map(nameOf), signal);
  return nodegroups.flatMap(({ target, nodegroup }) => {
    const readyUnits = counts.get(idOf(nameOf(target)));
    return readyUnits === undefined ? [] : [[target, { nodegroup, readyUnits }] as const];
  });
}

async function nodegroupsOf(
  api: Pick<EksApi, 'describeNodegroup'>,
  targets: readonly ScalingTarget[],
  signal: AbortSignal,
): Promise<readonly { readonly target: ScalingTarget; readonly nodegroup: Nodegroup }[]> {
  const found: { readonly target: ScalingTarget; readonly nodegroup: Nodegroup }[] = [];
  for (const batch of batches(targets, DESCRIBED_AT_ONCE)) {
    const looks = batch.map(async (target) => {
      return { target, nodegroup: await api.describeNodegroup(nameOf(target), signal) };
    });
    found.push(...(await Promise.all(looks)));
  }
  return found;
}

/** Ready nodes by `region/cluster/nodegroup`; clusters at once. */
async function readyNodes(
  api: EksApi,
  names: readonly NodegroupName[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const clusters = Map.groupBy(names, ({ region, cluster }) => `${region}/${cluster}`);
  const counts = [...clusters].map(async ([id, [first, ...others]]) => {
    if (first === undefined) return [];
    const wanted = new Set([first, ...others].map(({ nodegroup }) => nodegroup));
    const ready = await api.readyNodes(first, [...wanted], signal);
    return [...ready].map(([nodegroup, units]) => [`${id}/${nodegroup}`, units] as const);
  });
  return new Map((await Promise.all(counts)).flat());
}

function stateOf(target: ScalingTarget, { nodegroup, readyUnits }: Found): TargetState {
  const { status, capacityType, autoScalingGroups } = nodegroup;
  if (ENDED.includes(status)) {
    const message = `${idOf(nameOf(target))} is ${status}, so it cannot be scaled.`;
    throw new ProviderError('NotFound', message, { resource: target.id });
  }
  return {
    owned: ownedOf(nodegroup, target.autoscaled ? 'range' : 'size'),
    servingUnits: readyUnits,
    fence: null,
    body: { capacityType, autoScalingGroups },
  };
}

function ownedOf(
  { minimumUnits, desiredUnits, maximumUnits }: Nodegroup,
  kind: 'range' | 'size',
): OwnedFields {
  return kind === 'range'
    ? { kind, minimumUnits, maximumUnits }
    : { kind, minimumUnits, units: desiredUnits, maximumUnits };
}

function progressOf(
  target: ScalingTarget,
  wants: ReadonlyMap<string, OwnedFields>,
  { nodegroup, readyUnits: servingUnits }: Found,
): Progress {
  const want = wants.get(target.id);
  if (want === undefined) {
    throw new ProviderError('InvalidTarget', `Nothing is wanted of ${target.id}.`, { resource: target.id });
  }
  const { status } = nodegroup;
  const moving = (reason: string): Progress => ({ status: 'moving', servingUnits, reason });
  const failed = (reason: string, lacks?: Lack): Progress => ({
    status: 'failed',
    servingUnits,
    reason,
    ...(lacks && { lacks }),
  });
  if (ENDED.includes(status)) return failed(`the node group is ${status}${issuesOf(nodegroup)}`);
  const live = floorOf(ownedOf(nodegroup, want.kind === 'range' ? 'range' : 'size'));
  const floor = floorOf(want);
  if (live < floor) return moving(`the node group guarantees ${live}, ${floor} is wanted`);
  if (servingUnits >= floor) return { status: 'settled', servingUnits };
  const reason = `${servingUnits} of ${floor} nodes are Ready, the node group is ${status}`;
  const kind = shortageOf(nodegroup);
  if (kind === null) return moving(`${reason}${issuesOf(nodegroup)}`);
  return failed(`${reason}: ${kind}${issuesOf(nodegroup)}`, kind);
}

/**
 * What a group that EKS calls DEGRADED lacks; null for anything else. While an update is under way its issues may
 * be those of before.
 */
function shortageOf({ status, issues }: Nodegroup): Lack | null {
  if (status !== 'DEGRADED') return null;
  return issues.map(launchFailureKind).find((kind) => kind !== null) ?? null;
}

/** Health issues and what kind of machines they are about, to go on with after a reason; empty without issues. */
function issuesOf({ issues, capacityType, autoScalingGroups }: Nodegroup): string {
  if (issues.length === 0) return '';
  return `; health issues (${[capacityType, ...autoScalingGroups].join(', ')}): ${issues.join('; ')}`;
}

async function applyOwned(
  api: EksApi,
  target: ScalingTarget,
  seen: TargetState,
  wanted: OwnedFields,
  key: string,
  signal: AbortSignal,
): Promise<ApplyReceipt> {
  const want = settable(target.id, seen.owned, wanted, ['range', 'size']);
  const name = nameOf(target);
  const nodegroup = await api.describeNodegroup(name, signal);
  const live = ownedOf(nodegroup, want.kind);
  if (sameOwned(live, want)) return { vendorRequestId: '' };
  if (!sameOwned(live, seen.owned)) {
    const message = `${target.id} was changed by somebody else since it was read. Read it again.`;
    throw new ProviderError('Stale', message, { resource: target.id });
  }
  try {
    return { vendorRequestId: await api.updateSizes(name, sizesOf(want, nodegroup), key, signal) };
  } catch (error) {
    throw withIssues(error, nodegroup);
  }
}

/** See {@link createEksScaler}: an autoscaled group's desired size is sent only where it would lie outside. */
function sizesOf(want: RangeFields | SizeFields, { desiredUnits }: Nodegroup): NodegroupSizes {
  const { minimumUnits, maximumUnits } = want;
  if (want.kind === 'size') return { minimumUnits, maximumUnits, desiredUnits: want.units };
  const within = Math.min(maximumUnits, Math.max(minimumUnits, desiredUnits));
  return { minimumUnits, maximumUnits, ...(within !== desiredUnits && { desiredUnits: within }) };
}

/** A refusal by a group that is not well says why it is not. */
function withIssues(error: unknown, nodegroup: Nodegroup): unknown {
  if (!(error instanceof ProviderError) || nodegroup.issues.length === 0) return error;
  const { kind, message, vendorCode, resource, retryAfterMs } = error;
  return new ProviderError(kind, `${message}${issuesOf(nodegroup)}`, {
    cause: error,
    ...(vendorCode !== undefined && { vendorCode }),
    ...(resource !== undefined && { resource }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function nameOf({ id, region, reference }: ScalingTarget): NodegroupName {
  const { cluster, nodegroup } = reference;
  if (cluster && nodegroup) return { region, cluster, nodegroup };
  const message = `Target ${id} needs reference.cluster and reference.nodegroup.`;
  throw new ProviderError('InvalidTarget', message, { resource: id });
}

function idOf({ region, cluster, nodegroup }: NodegroupName): string {
  return `${region}/${cluster}/${nodegroup}`;
}
