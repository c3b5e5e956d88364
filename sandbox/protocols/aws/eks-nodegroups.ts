import { createHash } from 'node:crypto';
import type { Resource } from '../../world.ts';
import { ACCOUNT_ID } from './errors.ts';
import { groupNameOf, launchTemplateOf, machineTypeOf } from './machines.ts';
import { tagsOf } from './tags.ts';

type Json = Readonly<Record<string, unknown>>;

/** From accepted until an update of sizes is through, in service milliseconds; nodes come later. Assumed. */
const UPDATE_MS = 20_000;

/** When everything here is said to have been made, in seconds since the epoch. */
const CREATED = 1_767_571_200;

/** One update of a node group, kept in its attribute `updates`, newest last. */
export interface NodegroupUpdate {
  readonly id: string;
  readonly token: string | null;
  /** Sizes as asked for, to tell a repeat from another request under the same token. */
  readonly asked: string;
  readonly params: readonly { readonly type: string; readonly value: string }[];
  /** Service time, in milliseconds. */
  readonly acceptedMs: number;
}

/** ARN of a cluster; also its name among the clusters of the Kubernetes protocol. */
export function clusterArn(region: string, cluster: string): string {
  return `arn:aws:eks:${region}:${ACCOUNT_ID}:cluster/${cluster}`;
}

/** Updates of a node group since it is in the world. */
export function updatesOf({ attributes }: Resource): readonly NodegroupUpdate[] {
  return (attributes.updates as readonly NodegroupUpdate[] | undefined) ?? [];
}

/** `ACTIVE`, `UPDATING` while an update is under way, `DEGRADED` where its nodes do not come. */
export function statusOf(nodegroup: Resource, nowMs: number): string {
  const newest = updatesOf(nodegroup).at(-1);
  if (newest !== undefined && nowMs < newest.acceptedMs + UPDATE_MS) return 'UPDATING';
  return issuesOf(nodegroup).length > 0 ? 'DEGRADED' : 'ACTIVE';
}

/** A node group as EKS shows it. */
export function nodegroupShape(nodegroup: Resource, nowMs: number): Json {
  const { region, reference, attributes } = nodegroup;
  const { cluster, nodegroup: name = '' } = reference;
  const status = statusOf(nodegroup, nowMs);
  const id = digest(nodegroup.key);
  return {
    nodegroupName: name,
    nodegroupArn: `arn:aws:eks:${region}:${ACCOUNT_ID}:nodegroup/${cluster}/${name}/${id}`,
    clusterName: cluster,
    version: '1.36',
    releaseVersion: '1.36.2-20260801',
    createdAt: CREATED,
    modifiedAt: CREATED,
    status,
    capacityType: attributes.capacityType ?? 'ON_DEMAND',
    scalingConfig: {
      minSize: nodegroup.minimumUnits,
      maxSize: nodegroup.maximumUnits,
      desiredSize: nodegroup.desiredUnits,
    },
    // A group whose template names the type shows none. Source: EKS API reference, Nodegroup, instanceTypes.
    ...(attributes.launchTemplate === true
      ? { launchTemplate: { ...launchTemplateOf(nodegroup), version: '1' } }
      : { instanceTypes: [machineTypeOf(nodegroup)] }),
    subnets: ['subnet-0a1b2c3d4e5f60718'],
    amiType: 'AL2023_ARM_64_STANDARD',
    nodeRole: `arn:aws:iam::${ACCOUNT_ID}:role/${cluster}-node`,
    resources: { autoScalingGroups: [{ name: groupNameOf(nodegroup) }] },
    diskSize: 20,
    health: { issues: status === 'UPDATING' ? [] : issuesOf(nodegroup) },
    updateConfig: { maxUnavailable: 1 },
    tags: tagsOf([nodegroup]),
  };
}

/** An update as EKS shows it: through when its time is, whatever has become of the nodes. */
export function updateShape({ id, params, acceptedMs }: NodegroupUpdate, nowMs: number): Json {
  const status = nowMs < acceptedMs + UPDATE_MS ? 'InProgress' : 'Successful';
  return { id, status, type: 'ConfigUpdate', params, createdAt: acceptedMs / 1000, errors: [] };
}

/**
 * Nodes that cannot be launched, or the issues of the attribute `issues`. Source of the words: EKS API reference,
 * Issue, and what EC2 Auto Scaling says of a launch that failed.
 */
function issuesOf({
  attributes,
  busyUntilMs,
  servingUnits,
  desiredUnits,
  reference,
}: Resource): readonly Json[] {
  const stuck = busyUntilMs === Number.POSITIVE_INFINITY && servingUnits < desiredUnits;
  const given = (attributes.issues as readonly Json[] | undefined) ?? [];
  if (!stuck) return given;
  const message =
    'Could not launch On-Demand Instances. InsufficientInstanceCapacity - We currently do not have sufficient m7g.large capacity in the Availability Zone you requested. Launching EC2 instance failed.';
  return [...given, { code: 'AsgInstanceLaunchFailures', message, resourceIds: [reference.nodegroup] }];
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
