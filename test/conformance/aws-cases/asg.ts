import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  CreateLaunchConfigurationCommand,
  DescribeAutoScalingGroupsCommand,
  type MixedInstancesPolicy,
  PutScalingPolicyCommand,
  SetInstanceHealthCommand,
} from '@aws-sdk/client-auto-scaling';
import { CreateLaunchTemplateCommand, EC2Client } from '@aws-sdk/client-ec2';
import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { UNCACHED } from '../../../activities/calls/read-cache.ts';
import { createAsgScaler } from '../../../activities/scalers/aws/asg.ts';
import type { OwnedFields } from '../../../domain/owned-fields.ts';
import { targetOf } from '../cloud-targets.ts';
import type { LeverCase } from '../contract-moves.ts';
import { observer, only, REGION } from './observer.ts';

const SERVICE = 'aws.asg';
const FLOOR = 6;
const SIZES = { MinSize: 2, DesiredCapacity: 2, MaxSize: 4 };

/** Three Auto Scaling groups: one by itself, one that a policy moves, and one with a share of spot instances. */
export async function asgCases(endpoint: string): Promise<readonly LeverCase[]> {
  const groups = new AutoScalingClient(observer(endpoint));
  await createGroups(groups, new EC2Client(observer(endpoint)));
  const scaler = createAsgScaler({ mode: 'sandbox', endpoint }, { guard: UNGUARDED, cache: UNCACHED });
  const caseOf = (name: string, before: GroupFields, want: GroupFields, spotPercent?: number): LeverCase => ({
    row: SERVICE,
    scaler,
    target: targetOf(SERVICE, REGION, { group: name }, false, {
      ...(spotPercent !== undefined && { spotPercent }),
    }),
    before,
    want,
    missing: [{ group: 'nobody' }],
    live: () => liveOf(groups, name, before.kind),
    hinder: () => sicken(groups, name, 'Unhealthy'),
    serve: () => sicken(groups, name, 'Healthy'),
  });
  const size = { kind: 'size', minimumUnits: 2, units: 2, maximumUnits: 4 } as const;
  const larger = { kind: 'size', minimumUnits: FLOOR, units: FLOOR, maximumUnits: FLOOR } as const;
  return [
    caseOf('uploads', size, larger),
    {
      ...caseOf(
        'gallery',
        { kind: 'range', minimumUnits: 2, maximumUnits: 4 },
        { kind: 'range', minimumUnits: FLOOR, maximumUnits: FLOOR },
      ),
      variant: 'autoscaled',
    },
    {
      ...caseOf('streams', { ...size, onDemandPercent: 100 }, { ...larger, onDemandPercent: 40 }, 60),
      variant: 'spot',
    },
  ];
}

type GroupFields = Extract<OwnedFields, { readonly kind: 'range' | 'size' }>;

async function createGroups(groups: AutoScalingClient, ec2: EC2Client): Promise<void> {
  const launched = { ImageId: 'ami-12c6146b', InstanceType: 'm7g.large' } as const;
  const configuration = { LaunchConfigurationName: 'web', ...launched };
  await groups.send(new CreateLaunchConfigurationCommand(configuration));
  await ec2.send(
    new CreateLaunchTemplateCommand({ LaunchTemplateName: 'web', LaunchTemplateData: launched }),
  );
  const AvailabilityZones = [`${REGION}a`];
  for (const AutoScalingGroupName of ['uploads', 'gallery']) {
    const made = { AutoScalingGroupName, LaunchConfigurationName: 'web', AvailabilityZones, ...SIZES };
    await groups.send(new CreateAutoScalingGroupCommand(made));
  }
  const MixedInstancesPolicy: MixedInstancesPolicy = {
    LaunchTemplate: {
      LaunchTemplateSpecification: { LaunchTemplateName: 'web', Version: '$Latest' },
      Overrides: [{ InstanceType: 'm7g.large' }, { InstanceType: 'm6g.large' }],
    },
    InstancesDistribution: { OnDemandBaseCapacity: 1, OnDemandPercentageAboveBaseCapacity: 100 },
  };
  const mixed = { AutoScalingGroupName: 'streams', AvailabilityZones, MixedInstancesPolicy, ...SIZES };
  await groups.send(new CreateAutoScalingGroupCommand(mixed));
  const policy = { PolicyName: 'cpu', PolicyType: 'SimpleScaling', AdjustmentType: 'ChangeInCapacity' };
  await groups.send(
    new PutScalingPolicyCommand({ AutoScalingGroupName: 'gallery', ...policy, ScalingAdjustment: 1 }),
  );
}

async function groupOf(groups: AutoScalingClient, name: string) {
  const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] });
  return only((await groups.send(command)).AutoScalingGroups);
}

async function liveOf(groups: AutoScalingClient, name: string, kind: 'range' | 'size') {
  const group = await groupOf(groups, name);
  const { MinSize: minimumUnits = -1, DesiredCapacity: units = -1, MaxSize: maximumUnits = -1 } = group;
  const { InstancesDistribution: distribution, ...policy } = group.MixedInstancesPolicy ?? {};
  const { OnDemandPercentageAboveBaseCapacity: onDemandPercent, ...rest } = distribution ?? {};
  const share = onDemandPercent === undefined ? {} : { onDemandPercent };
  const owned: OwnedFields =
    kind === 'range'
      ? { kind, minimumUnits, maximumUnits, ...share }
      : { kind, minimumUnits, units, maximumUnits, ...share };
  return { owned, others: { policy, rest, launched: group.LaunchConfigurationName } };
}

/** The counterpart's instances are in service at once; one of them says now how it is. */
async function sicken(groups: AutoScalingClient, name: string, HealthStatus: 'Healthy' | 'Unhealthy') {
  const { Instances = [] } = await groupOf(groups, name);
  const InstanceId = Instances[0]?.InstanceId ?? '';
  await groups.send(new SetInstanceHealthCommand({ InstanceId, HealthStatus }));
}
