import type { Nodegroup as SdkNodegroup } from '@aws-sdk/client-eks';
import { ProviderError } from '../../../domain/errors.ts';
import { type AwsAccess, mapped, regionalClients } from './_client.ts';
import type { LaunchTemplateVersion } from './_ec2-api.ts';
import { type ClusterName, createNodeCounter, type NodeCounter } from './_eks-nodes.ts';

/** A managed node group, by the names it is found under. */
export interface NodegroupName extends ClusterName {
  readonly nodegroup: string;
}

/** A managed node group, narrowed to what scaling needs. */
export interface Nodegroup {
  /** `ACTIVE`, `UPDATING`, `DEGRADED`, `CREATING`, `DELETING`, `CREATE_FAILED` or `DELETE_FAILED`. */
  readonly status: string;
  /** `ON_DEMAND`, `SPOT` or `CAPACITY_BLOCK`; fixed when the group is made. */
  readonly capacityType: string;
  /** Types a node may be of; empty where the launch template says it. */
  readonly instanceTypes: readonly string[];
  /** Null for a group without one of its own. */
  readonly launchTemplate: LaunchTemplateVersion | null;
  readonly minimumUnits: number;
  readonly desiredUnits: number;
  readonly maximumUnits: number;
  /** Health issues as EKS tells them, `Code: message`. */
  readonly issues: readonly string[];
  /** Names of the Auto Scaling groups behind it, for people. */
  readonly autoScalingGroups: readonly string[];
}

/** What one update sets; a desired size that is absent stays. */
export interface NodegroupSizes {
  readonly minimumUnits: number;
  readonly maximumUnits: number;
  readonly desiredUnits?: number;
}

/** The calls used, one HTTP request each but for pages. All throw ProviderError. */
export interface EksApi {
  /** @throws ProviderError `NotFound` for one that does not exist. */
  describeNodegroup(name: NodegroupName, signal: AbortSignal): Promise<Nodegroup>;
  /** Sets sizes once per token; resolves when accepted, with the update's id. */
  updateSizes(
    name: NodegroupName,
    sizes: NodegroupSizes,
    token: string,
    signal: AbortSignal,
  ): Promise<string>;
  readonly readyNodes: NodeCounter;
}

/** Loads the SDK at the first call; one client per region, and one of Kubernetes per cluster. */
export function createEksApi(access: AwsAccess): EksApi {
  const clients = regionalClients(access, async (options) => {
    const { EKSClient } = await import('@aws-sdk/client-eks');
    return new EKSClient(options);
  });
  const countNodes = createNodeCounter(access, clients);
  return {
    describeNodegroup: (name, abortSignal) =>
      mapped(resourceOf(name), async () => {
        const client = await clients(name.region);
        const { DescribeNodegroupCommand } = await import('@aws-sdk/client-eks');
        const { cluster: clusterName, nodegroup: nodegroupName } = name;
        const command = new DescribeNodegroupCommand({ clusterName, nodegroupName });
        const { nodegroup } = await client.send(command, { abortSignal });
        return toNodegroup(nodegroup ?? {});
      }),
    updateSizes: (name, { minimumUnits, maximumUnits, desiredUnits }, clientRequestToken, abortSignal) =>
      mapped(resourceOf(name), async () => {
        const client = await clients(name.region);
        const { UpdateNodegroupConfigCommand } = await import('@aws-sdk/client-eks');
        const command = new UpdateNodegroupConfigCommand({
          clusterName: name.cluster,
          nodegroupName: name.nodegroup,
          clientRequestToken,
          scalingConfig: {
            minSize: minimumUnits,
            maxSize: maximumUnits,
            ...(desiredUnits === undefined ? {} : { desiredSize: desiredUnits }),
          },
        });
        const { update } = await client.send(command, { abortSignal });
        return update?.id ?? '';
      }),
    readyNodes: (name, nodegroups, signal) =>
      mapped(`EKS ${name.region}/${name.cluster}`, () => countNodes(name, nodegroups, signal)),
  };
}

function resourceOf({ region, cluster, nodegroup }: NodegroupName): string {
  return `EKS ${region}/${cluster}/${nodegroup}`;
}

/** @throws ProviderError `Transient` for an answer that lacks what every node group has. */
export function toNodegroup(found: SdkNodegroup): Nodegroup {
  const { status, capacityType, scalingConfig, health, resources, launchTemplate } = found;
  const { minSize, desiredSize, maxSize } = scalingConfig ?? {};
  if (status === undefined || minSize === undefined || desiredSize === undefined || maxSize === undefined) {
    throw new ProviderError('Transient', 'EKS gave a node group without its status or its sizes.');
  }
  return {
    status,
    capacityType: capacityType ?? 'ON_DEMAND',
    instanceTypes: found.instanceTypes ?? [],
    launchTemplate: launchTemplate
      ? { id: launchTemplate.id, name: launchTemplate.name, version: launchTemplate.version ?? '$Default' }
      : null,
    minimumUnits: minSize,
    desiredUnits: desiredSize,
    maximumUnits: maxSize,
    issues: (health?.issues ?? []).map(({ code, message }) => `${code}: ${message ?? ''}`),
    autoScalingGroups: (resources?.autoScalingGroups ?? []).flatMap(({ name }) => name ?? []),
  };
}
