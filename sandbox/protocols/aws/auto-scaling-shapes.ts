import { createHash } from 'node:crypto';
import type { Resource } from '../../world.ts';
import { ACCOUNT_ID } from './errors.ts';
import { launchTemplateOf, machineTypeOf } from './machines.ts';
import { mixedInstancesShape } from './mixed-instances.ts';
import { tagList } from './tags.ts';

type Json = Readonly<Record<string, unknown>>;

/** When everything here is said to have been made. */
const CREATED = '2026-01-05T00:00:00Z';

/**
 * Words of EC2 for what it could not launch, by its own code; a world picks one with the attribute
 * `launchFailure`. Source: EC2 Auto Scaling user guide, "Troubleshoot: EC2 instance launch failures".
 */
const LAUNCH_FAILURES: Readonly<Record<string, (zone: string) => string>> = {
  InsufficientInstanceCapacity: (zone) =>
    `We currently do not have sufficient m7g.large capacity in the Availability Zone you requested (${zone}). Our system will be working on provisioning additional capacity. Launching EC2 instance failed.`,
  UnfulfillableCapacity: () =>
    'Could not launch Spot Instances. UnfulfillableCapacity - Unable to fulfill capacity due to your request configuration. Please adjust your request and try again. Launching EC2 instance failed.',
  VcpuLimitExceeded: () =>
    'Could not launch On-Demand Instances. VcpuLimitExceeded - You have requested more vCPU capacity than your current vCPU limit of 32 allows for the instance bucket that the specified instance type belongs to. Launching EC2 instance failed.',
};

/** A group as AWS shows it. */
export function groupShape(group: Resource, nowMs: number): Json {
  const { region, reference, attributes } = group;
  const name = reference.group ?? '';
  const mixed = mixedInstancesShape(group);
  const { id, name: templateName } = launchTemplateOf(group);
  const template = { LaunchTemplateId: id, LaunchTemplateName: templateName, Version: '1' };
  return {
    AutoScalingGroupName: name,
    AutoScalingGroupARN: arn(group, `autoScalingGroup:${digest(group.key, 12)}:autoScalingGroupName/${name}`),
    ...(mixed ? { MixedInstancesPolicy: mixed } : { LaunchTemplate: template }),
    MinSize: group.minimumUnits,
    MaxSize: group.maximumUnits,
    DesiredCapacity: group.desiredUnits,
    DefaultCooldown: 300,
    AvailabilityZones: zonesOf(region),
    LoadBalancerNames: [],
    TargetGroupARNs: attributes.targetGroups ?? [],
    HealthCheckType: 'EC2',
    HealthCheckGracePeriod: 300,
    Instances: instancesOf(group, nowMs),
    CreatedTime: CREATED,
    SuspendedProcesses: suspendedOf(group).map((process) => ({
      ProcessName: process,
      SuspensionReason: `User suspended at ${CREATED}`,
    })),
    VPCZoneIdentifier: 'subnet-0a1b2c3d4e5f60718',
    EnabledMetrics: [],
    Tags: tagList([group]).map((tag) => ({
      ...tag,
      PropagateAtLaunch: false,
      ResourceId: name,
      ResourceType: 'auto-scaling-group',
    })),
    TerminationPolicies: ['Default'],
    NewInstancesProtectedFromScaleIn: false,
    CapacityRebalance: false,
  };
}

/** Processes a world's attribute `suspendedProcesses` names. */
export function suspendedOf({ attributes }: Resource): readonly string[] {
  return (attributes.suspendedProcesses as readonly string[] | undefined) ?? [];
}

/** Policies: the attribute `scalingPolicies` where a world has it, else one of an autoscaled group. */
export function policiesOf(group: Resource): readonly Json[] {
  const tracking = {
    PolicyName: 'cpu-60',
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingConfiguration: {
      PredefinedMetricSpecification: { PredefinedMetricType: 'ASGAverageCPUUtilization' },
      TargetValue: 60,
      DisableScaleIn: false,
    },
    Enabled: true,
  };
  const otherwise = group.autoscaled ? [tracking] : [];
  const policies = (group.attributes.scalingPolicies as readonly Json[] | undefined) ?? otherwise;
  return policies.map((policy) => ({
    AutoScalingGroupName: group.reference.group,
    PolicyARN: arn(group, `scalingPolicy:${digest(String(policy.PolicyName), 12)}`),
    StepAdjustments: [],
    Alarms: [],
    ...policy,
  }));
}

/** Activities, newest first: what failed or is under way now, and the launch of every instance that is there. */
export function activitiesOf(group: Resource, nowMs: number): readonly Json[] {
  const now = new Date(nowMs).toISOString();
  const launch = (index: number, fields: Json): Json => ({
    ActivityId: `${digest(`${group.key}/${group.version}`, 8)}-${index}`,
    AutoScalingGroupName: group.reference.group,
    Cause: 'An instance was started in response to a difference between desired and actual capacity.',
    Details: '{}',
    ...fields,
  });
  const failures = isStuck(group)
    ? zonesOf(group.region).map((zone) => ({
        Description: 'Launching a new EC2 instance',
        StatusCode: 'Failed',
        StatusMessage: failureIn(group, zone),
        StartTime: now,
        EndTime: now,
        Progress: 100,
      }))
    : [];
  const launches = instancesOf(group, nowMs).map(({ InstanceId, LifecycleState }) => {
    const Description = `Launching a new EC2 instance: ${InstanceId}`;
    return LifecycleState === 'Pending'
      ? { Description, StatusCode: 'InProgress', StartTime: now, Progress: 30 }
      : { Description, StatusCode: 'Successful', StartTime: CREATED, EndTime: CREATED, Progress: 100 };
  });
  const newestFirst = [...failures, ...launches].sort((a, b) => (a.StartTime > b.StartTime ? -1 : 1));
  return newestFirst.map((fields, index) => launch(index, fields));
}

/**
 * Instances of a group: what serves is InService and Healthy. What is missing is Pending while it is being
 * launched, not there where launching does not come through, and Unhealthy where it has stopped serving.
 */
function instancesOf(group: Resource, nowMs: number): readonly Json[] {
  const { desiredUnits, servingUnits, busyUntilMs } = group;
  const weight = Number(group.attributes.weightedCapacity ?? 1);
  const whole = Math.ceil(desiredUnits / weight);
  const serving =
    servingUnits >= desiredUnits ? Math.ceil(servingUnits / weight) : Math.floor(servingUnits / weight);
  const launching = busyUntilMs > nowMs;
  const missing = isStuck(group) || isSuspended(group) ? 0 : Math.max(0, whole - serving);
  const one = (index: number, LifecycleState: string, HealthStatus: string): Json => ({
    InstanceId: `i-${digest(`${group.key}/${index}`, 17)}`,
    InstanceType: machineTypeOf(group),
    AvailabilityZone: zonesOf(group.region)[index % 3],
    LifecycleState,
    HealthStatus,
    ProtectedFromScaleIn: false,
    ...(weight !== 1 && { WeightedCapacity: String(weight) }),
  });
  return [
    ...Array.from({ length: serving }, (_, index) => one(index, 'InService', 'Healthy')),
    ...Array.from({ length: missing }, (_, index) =>
      launching ? one(serving + index, 'Pending', 'Healthy') : one(serving + index, 'InService', 'Unhealthy'),
    ),
  ];
}

function isStuck({ busyUntilMs, servingUnits, desiredUnits }: Resource): boolean {
  return busyUntilMs === Number.POSITIVE_INFINITY && servingUnits < desiredUnits;
}

function isSuspended(group: Resource): boolean {
  return suspendedOf(group).includes('Launch');
}

function failureIn({ attributes }: Resource, zone: string): string {
  const code = String(attributes.launchFailure ?? 'InsufficientInstanceCapacity');
  return LAUNCH_FAILURES[code]?.(zone) ?? code;
}

function zonesOf(region: string): readonly string[] {
  return ['a', 'b', 'c'].map((letter) => `${region}${letter}`);
}

function arn({ region }: Resource, name: string): string {
  return `arn:aws:autoscaling:${region}:${ACCOUNT_ID}:${name}`;
}

function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}
