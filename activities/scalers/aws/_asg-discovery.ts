import type { Discover, DiscoveredTarget } from '../../../domain/discovery.ts';
import {
  type AutoScalingApi,
  DESCRIBE_GROUPS_LIMIT,
  type ScalingGroup,
  toGroup,
} from './_auto-scaling-api.ts';
import { type AwsAccess, mapped, regionalClients } from './_client.ts';
import { onDemandPercentOf } from './_instances-distribution.ts';
import { everyPage } from './_pages.ts';
import { CLUSTER_AUTOSCALER_TAG, tagsByKey } from './_tags.ts';

/** An Auto Scaling group with its tags. */
export interface ListedGroup {
  readonly group: ScalingGroup;
  readonly tags: Readonly<Record<string, string>>;
}

/** The call that looks through EC2 Auto Scaling, one HTTP request per page. Throws ProviderError. */
export interface AsgDirectory {
  /** All groups of a region that bear a tag of this key. */
  groupsWithTag(region: string, tagKey: string, signal: AbortSignal): Promise<readonly ListedGroup[]>;
}

/**
 * Tag of instances that are nodes of a cluster, by the cluster's name. Source: EKS user guide, "Create self-managed
 * Amazon Linux nodes": required on them.
 */
const NODE_TAG = 'kubernetes.io/cluster/';

/**
 * Every group that bears the tag, in one call for 100 of them, and the region's policies in one for 100. Left out is
 * what may not be changed: groups that are being deleted, that belong to an EKS node group (see `aws.eks`) or that
 * AWS reserves for an operator.
 */
export function discoverGroups(
  directory: AsgDirectory,
  api: Pick<AutoScalingApi, 'autoscaledGroups'>,
): Discover {
  return async function* discover(region, { tagKey }, signal) {
    const listed = await directory.groupsWithTag(region, tagKey, signal);
    const ours = listed.filter(({ group }) => !group.deleting && group.managedBy === null);
    if (ours.length === 0) return;
    const names = ours.map(({ group }) => group.group);
    const moved = await api.autoscaledGroups(region, names, signal);
    for (const one of ours) yield targetOf(region, one, moved.has(one.group.group));
  };
}

function targetOf(region: string, { group, tags }: ListedGroup, hasPolicy: boolean): DiscoveredTarget {
  const { minimumUnits, desiredUnits, maximumUnits, policy } = group;
  const autoscaled = hasPolicy || ownerByTags(tags);
  const onDemandPercent = onDemandPercentOf(policy);
  return {
    service: 'aws.asg',
    region,
    reference: { group: group.group },
    tags,
    autoscaled,
    baselineUnits: autoscaled === false ? desiredUnits : minimumUnits,
    ...(autoscaled === null && { countUnits: desiredUnits }),
    maximumUnits,
    ...(onDemandPercent !== null && { spotPercent: 100 - onDemandPercent }),
  };
}

/** Without a policy nothing moves a group but a Cluster Autoscaler, and that only where its instances are nodes. */
function ownerByTags(tags: ListedGroup['tags']): boolean | null {
  if (Object.hasOwn(tags, CLUSTER_AUTOSCALER_TAG)) return true;
  return Object.keys(tags).some((key) => key.startsWith(NODE_TAG)) ? null : false;
}

/** Loads the SDK at the first call; one client per region. */
export function createAsgDirectory(access: AwsAccess): AsgDirectory {
  const clients = regionalClients(access, async (options) => {
    const { AutoScalingClient } = await import('@aws-sdk/client-auto-scaling');
    return new AutoScalingClient(options);
  });
  return {
    groupsWithTag: (region, tagKey, abortSignal) =>
      mapped(`Auto Scaling ${region}`, async () => {
        const client = await clients(region);
        const { DescribeAutoScalingGroupsCommand } = await import('@aws-sdk/client-auto-scaling');
        const found = await everyPage('DescribeAutoScalingGroups', async (NextToken) => {
          const command = new DescribeAutoScalingGroupsCommand({
            Filters: [{ Name: 'tag-key', Values: [tagKey] }],
            MaxRecords: DESCRIBE_GROUPS_LIMIT,
            ...(NextToken !== undefined && { NextToken }),
          });
          const answer = await client.send(command, { abortSignal });
          return { items: answer.AutoScalingGroups, next: answer.NextToken };
        });
        return found.map((group) => ({ group: toGroup(group), tags: tagsByKey(group.Tags) }));
      }),
  };
}
