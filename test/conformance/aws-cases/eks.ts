import {
  CreateClusterCommand,
  CreateNodegroupCommand,
  DescribeNodegroupCommand,
  EKSClient,
} from '@aws-sdk/client-eks';
import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { createEksApi } from '../../../activities/scalers/aws/_eks-api.ts';
import { eksScaler } from '../../../activities/scalers/aws/eks.ts';
import type { OwnedFields } from '../../../domain/owned-fields.ts';
import { targetOf } from '../cloud-targets.ts';
import type { LeverCase } from '../contract-moves.ts';
import { observer, only, REGION } from './observer.ts';

const SERVICE = 'aws.eks';
const CLUSTER = 'weddings';
const FLOOR = 12;

/**
 * Two node groups of EKS, one of which a Cluster Autoscaler owns. There is no cluster behind them, so that the
 * number of Ready nodes is ours to say: three, until the case says that the others have joined.
 */
export async function eksCases(endpoint: string): Promise<readonly LeverCase[]> {
  const eks = new EKSClient(observer(endpoint));
  await createNodegroups(eks, ['uploads', 'gallery']);
  const ready = new Map<string, number>();
  const scaler = eksScaler({
    ...createEksApi({ connection: { mode: 'sandbox', endpoint }, guard: UNGUARDED }),
    readyNodes: (_cluster, names) =>
      Promise.resolve(new Map(names.map((name) => [name, ready.get(name) ?? 3]))),
  });
  const live = async (name: string, kind: 'range' | 'size') => {
    const command = new DescribeNodegroupCommand({ clusterName: CLUSTER, nodegroupName: name });
    const { scalingConfig: sizes = {}, ...others } = only([(await eks.send(command)).nodegroup]);
    const { minSize: minimumUnits = -1, desiredSize: units = -1, maxSize: maximumUnits = -1 } = sizes;
    const owned: OwnedFields =
      kind === 'range' ? { kind, minimumUnits, maximumUnits } : { kind, minimumUnits, units, maximumUnits };
    return { owned, others: { ...others, modifiedAt: null } };
  };
  const shared = {
    row: SERVICE,
    scaler,
    missing: [
      { cluster: CLUSTER, nodegroup: 'nobody' },
      { cluster: 'nowhere', nodegroup: 'uploads' },
    ],
  };
  return [
    {
      ...shared,
      target: targetOf(SERVICE, REGION, { cluster: CLUSTER, nodegroup: 'uploads' }, false),
      before: { kind: 'size', minimumUnits: 3, units: 3, maximumUnits: 8 },
      want: { kind: 'size', minimumUnits: FLOOR, units: FLOOR, maximumUnits: FLOOR },
      live: () => live('uploads', 'size'),
      serve: () => Promise.resolve(ready.set('uploads', FLOOR)),
    },
    {
      ...shared,
      variant: 'autoscaled',
      target: targetOf(SERVICE, REGION, { cluster: CLUSTER, nodegroup: 'gallery' }, true),
      before: { kind: 'range', minimumUnits: 3, maximumUnits: 8 },
      want: { kind: 'range', minimumUnits: FLOOR, maximumUnits: FLOOR },
      live: () => live('gallery', 'range'),
      serve: () => Promise.resolve(ready.set('gallery', FLOOR)),
    },
  ];
}

async function createNodegroups(eks: EKSClient, names: readonly string[]): Promise<void> {
  const roleArn = 'arn:aws:iam::123456789012:role/weddings';
  const resourcesVpcConfig = { subnetIds: ['subnet-0a1b2c3d'] };
  await eks.send(new CreateClusterCommand({ name: CLUSTER, roleArn, resourcesVpcConfig }));
  for (const nodegroupName of names) {
    await eks.send(
      new CreateNodegroupCommand({
        clusterName: CLUSTER,
        nodegroupName,
        nodeRole: roleArn,
        subnets: ['subnet-0a1b2c3d'],
        scalingConfig: { minSize: 3, desiredSize: 3, maxSize: 8 },
      }),
    );
  }
}
