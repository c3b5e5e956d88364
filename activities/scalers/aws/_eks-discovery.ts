import type { Discover, DiscoveredTarget } from '../../../domain/discovery.ts';
import { type AwsAccess, batches, mapped, regionalClients } from './_client.ts';
import { type Nodegroup, type NodegroupName, toNodegroup } from './_eks-api.ts';
import { everyPage, unlessGone } from './_pages.ts';
import { CLUSTER_AUTOSCALER_TAG } from './_tags.ts';

/** A managed node group with its tags. */
export interface ListedNodegroup extends Nodegroup {
  readonly tags: Readonly<Record<string, string>>;
}

/** The calls that look through EKS, one HTTP request each (lists: one per page). All throw ProviderError. */
export interface EksDirectory {
  /** Names of all clusters. */
  listClusters(region: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Names of all managed node groups of a cluster. @throws ProviderError `NotFound` where it is gone. */
  listNodegroups(region: string, cluster: string, signal: AbortSignal): Promise<readonly string[]>;
  /** @throws ProviderError `NotFound` where it is gone. */
  describe(name: NodegroupName, signal: AbortSignal): Promise<ListedNodegroup>;
}

/** Names of a page. Source: EKS API reference, ListClusters and ListNodegroups, `maxResults`: 1 to 100. */
const PAGE_SIZE = 100;

/** Node groups described at the same time; EKS describes one a call. Ours. */
const DESCRIBED_AT_ONCE = 10;

const ENDED: readonly string[] = ['DELETING', 'CREATE_FAILED', 'DELETE_FAILED'];

/**
 * Every managed node group of a region, cluster by cluster: a list per cluster and a call per node group, which is
 * what EKS takes to say a tag. What is gone since it was listed is left out.
 *
 * EKS cannot tell whether a Cluster Autoscaler moves a node group (it puts that one's tags on every group itself);
 * only the tag on the node group says that somebody means it to.
 */
export function discoverNodegroups(directory: EksDirectory): Discover {
  return async function* discover(region, { atMost }, signal) {
    for (const cluster of (await directory.listClusters(region, signal)).slice(0, atMost)) {
      const names = (await unlessGone(directory.listNodegroups(region, cluster, signal))) ?? [];
      for (const batch of batches(names.slice(0, atMost), DESCRIBED_AT_ONCE)) {
        const listed = batch.map(async (nodegroup): Promise<readonly DiscoveredTarget[]> => {
          const name = { region, cluster, nodegroup };
          const found = await unlessGone(directory.describe(name, signal));
          return found === null || ENDED.includes(found.status) ? [] : [targetOf(name, found)];
        });
        yield* (await Promise.all(listed)).flat();
      }
    }
  };
}

function targetOf({ region, cluster, nodegroup }: NodegroupName, found: ListedNodegroup): DiscoveredTarget {
  const { tags, minimumUnits, desiredUnits, maximumUnits } = found;
  const autoscaled = Object.hasOwn(tags, CLUSTER_AUTOSCALER_TAG) ? true : null;
  return {
    service: 'aws.eks',
    region,
    reference: { cluster, nodegroup },
    tags,
    autoscaled,
    baselineUnits: minimumUnits,
    ...(autoscaled === null && { countUnits: desiredUnits }),
    maximumUnits,
  };
}

/** Loads the SDK at the first call; one client per region. */
export function createEksDirectory(access: AwsAccess): EksDirectory {
  const clients = regionalClients(access, async (options) => {
    const { EKSClient } = await import('@aws-sdk/client-eks');
    return new EKSClient(options);
  });
  return {
    listClusters: (region, abortSignal) =>
      mapped(`EKS ${region}`, async () => {
        const client = await clients(region);
        const { ListClustersCommand } = await import('@aws-sdk/client-eks');
        return everyPage('ListClusters', async (token) => {
          const answer = await client.send(new ListClustersCommand(pageAt(token)), { abortSignal });
          return { items: answer.clusters, next: answer.nextToken };
        });
      }),
    listNodegroups: (region, clusterName, abortSignal) =>
      mapped(`EKS ${region}/${clusterName}`, async () => {
        const client = await clients(region);
        const { ListNodegroupsCommand } = await import('@aws-sdk/client-eks');
        return everyPage('ListNodegroups', async (token) => {
          const command = new ListNodegroupsCommand({ clusterName, ...pageAt(token) });
          const answer = await client.send(command, { abortSignal });
          return { items: answer.nodegroups, next: answer.nextToken };
        });
      }),
    describe: ({ region, cluster: clusterName, nodegroup: nodegroupName }, abortSignal) =>
      mapped(`EKS ${region}/${clusterName}/${nodegroupName}`, async () => {
        const client = await clients(region);
        const { DescribeNodegroupCommand } = await import('@aws-sdk/client-eks');
        const command = new DescribeNodegroupCommand({ clusterName, nodegroupName });
        const { nodegroup = {} } = await client.send(command, { abortSignal });
        return { ...toNodegroup(nodegroup), tags: nodegroup.tags ?? {} };
      }),
  };
}

function pageAt(nextToken: string | undefined) {
  return { maxResults: PAGE_SIZE, ...(nextToken !== undefined && { nextToken }) };
}
