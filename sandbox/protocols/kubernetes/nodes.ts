import { createHash } from 'node:crypto';
import type { Core } from '../../core.ts';
import type { Resource } from '../../world.ts';
import { clusterArn } from '../aws/eks-nodegroups.ts';
import type { KubernetesObject } from './shapes.ts';

/** When everything here is said to have been made. */
const CREATED = '2026-01-05T00:00:00Z';

const UNSCHEDULABLE = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** Node groups of EKS whose cluster this is: such a cluster goes by its ARN. */
export function nodegroupsOf(core: Core, cluster: string): readonly Resource[] {
  core.world.tick();
  return [...core.world.resources.values()].filter(
    ({ service, region, reference }) =>
      service === 'aws.eks' && clusterArn(region, reference.cluster ?? '') === cluster,
  );
}

/**
 * Nodes of a cluster. What a node group serves is Ready; what it still waits for has joined and is not Ready, does not
 * come at all where launching is stuck, and is Unknown where it has stopped serving. The attribute `cordonedNodes`
 * says how many of the Ready ones take no pods.
 */
export function nodesOf(core: Core, cluster: string): readonly KubernetesObject[] {
  const nowMs = core.world.nowMs();
  return nodegroupsOf(core, cluster).flatMap((nodegroup) => {
    const { servingUnits, desiredUnits, busyUntilMs, attributes } = nodegroup;
    const cordoned = Number(attributes.cordonedNodes ?? 0);
    const stuck = busyUntilMs === Number.POSITIVE_INFINITY;
    const missing = stuck ? 0 : Math.max(0, desiredUnits - servingUnits);
    const waiting = busyUntilMs > nowMs ? 'False' : 'Unknown';
    return [
      ...Array.from({ length: servingUnits }, (_, index) =>
        nodeShape(nodegroup, index, 'True', index < cordoned),
      ),
      ...Array.from({ length: missing }, (_, index) =>
        nodeShape(nodegroup, servingUnits + index, waiting, false),
      ),
    ];
  });
}

function nodeShape(nodegroup: Resource, index: number, ready: string, cordoned: boolean): KubernetesObject {
  const { region, reference, attributes, key } = nodegroup;
  const digest = createHash('sha256').update(`${key}/${index}`).digest('hex');
  const [b = 0, c = 0] = Buffer.from(digest, 'hex');
  const name = `ip-10-${index % 250}-${b}-${c}.${region}.compute.internal`;
  const reason = { True: 'KubeletReady', False: 'KubeletNotReady', Unknown: 'NodeStatusUnknown' }[ready];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      uid: digest.slice(0, 32),
      resourceVersion: String(1000 + nodegroup.version),
      creationTimestamp: CREATED,
      labels: {
        'eks.amazonaws.com/nodegroup': reference.nodegroup,
        'eks.amazonaws.com/capacityType': attributes.capacityType ?? 'ON_DEMAND',
        'kubernetes.io/hostname': name,
        'node.kubernetes.io/instance-type': 'm7g.large',
        'topology.kubernetes.io/region': region,
        'topology.kubernetes.io/zone': `${region}${'abc'[index % 3]}`,
      },
    },
    spec: {
      providerID: `aws:///${region}${'abc'[index % 3]}/i-${digest.slice(0, 17)}`,
      ...(cordoned && { unschedulable: true, taints: [UNSCHEDULABLE] }),
    },
    status: {
      conditions: [
        {
          type: 'MemoryPressure',
          status: ready === 'True' ? 'False' : 'Unknown',
          lastTransitionTime: CREATED,
        },
        { type: 'Ready', status: ready, reason, lastTransitionTime: CREATED },
      ],
      nodeInfo: { kubeletVersion: 'v1.36.2-eks', operatingSystem: 'linux', architecture: 'arm64' },
    },
  };
}
