import type {
  Activity,
  AutoScalingClient,
  Instance,
  LaunchTemplateSpecification,
  MixedInstancesPolicy,
  ScalingPolicy,
  AutoScalingGroup as SdkGroup,
} from '@aws-sdk/client-auto-scaling';
import { ProviderError } from '../../../domain/errors.ts';
import { type AwsAccess, mapped, regionalClients } from './_client.ts';
import { everyPage } from './_pages.ts';

/** An Auto Scaling group, by the name it is found under. */
export interface GroupName {
  readonly region: string;
  readonly group: string;
}

/** An Auto Scaling group, narrowed to what scaling needs. A unit is an instance, or its weight where it has one. */
export interface ScalingGroup {
  readonly group: string;
  readonly minimumUnits: number;
  readonly desiredUnits: number;
  readonly maximumUnits: number;
  /** Units that are InService and Healthy. */
  readonly servingUnits: number;
  /** Units that serve or are on their way in; what a group lacks of its desired units it could not launch. */
  readonly presentUnits: number;
  /** Availability Zones a launch is tried in. */
  readonly zones: number;
  /** Names of suspended processes, e.g. `Launch`. */
  readonly suspended: readonly string[];
  /** Whether a load balancer sends it traffic. */
  readonly loadBalanced: boolean;
  /** Who alone may change it (an operator, an EKS node group), in words; null where nobody else does. */
  readonly managedBy: string | null;
  readonly deleting: boolean;
  /** The mixed instances policy as plain JSON; null where the group has none. */
  readonly policy: MixedInstancesPolicy | null;
  /** Null where a policy or a launch configuration takes its place. */
  readonly launchTemplate: LaunchTemplateSpecification | null;
}

/** One attempt of a group to launch. */
export interface Launch {
  readonly status: 'failed' | 'successful' | 'under way';
  /** What EC2 said; empty where it said nothing. */
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly startedMs: number;
}

/** What one update sets; what is absent stays. */
export interface GroupChange {
  readonly minimumUnits: number;
  readonly maximumUnits: number;
  readonly desiredUnits?: number;
  readonly policy?: MixedInstancesPolicy;
}

/** The calls used, one HTTP request each but for pages. All throw ProviderError. */
export interface AutoScalingApi {
  /** Groups by name, at most {@link DESCRIBE_GROUPS_LIMIT}; one that does not exist is left out. */
  describeGroups(
    region: string,
    groups: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly ScalingGroup[]>;
  /** Those of the groups whose desired capacity an enabled scaling policy moves. */
  autoscaledGroups(
    region: string,
    groups: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlySet<string>>;
  /** The newest attempts of a group to launch, newest first. */
  lastLaunches(name: GroupName, signal: AbortSignal): Promise<readonly Launch[]>;
  /** Sets sizes and, where given, the whole policy; resolves when accepted, with the request id. */
  update(name: GroupName, change: GroupChange, signal: AbortSignal): Promise<string>;
}

/** Names of one DescribeAutoScalingGroups that asks for as many records. Source: API reference, 50 by default. */
export const DESCRIBE_GROUPS_LIMIT = 100;

/** Policies of a page. Source: API reference, DescribePolicies, "the maximum value is 100". */
const POLICIES_LIMIT = 100;

/** Activities that are looked at: more than any group has zones. Ours. */
const LAUNCHES_LIMIT = 20;

/** Units in whose place something else comes or nothing. Source: user guide, "instance lifecycle". */
const LEAVING = /^(Terminat|Detach|EnteringStandby|Standby|Warmed)/;

/** Loads the SDK at the first call; one client per region. */
export function createAutoScalingApi(access: AwsAccess): AutoScalingApi {
  const clients = regionalClients(access, async (options) => {
    const { AutoScalingClient } = await import('@aws-sdk/client-auto-scaling');
    return new AutoScalingClient(options);
  });
  return {
    describeGroups: (region, groups, signal) =>
      mapped(`Auto Scaling ${region}`, async () => groupsOf(await clients(region), groups, signal)),
    autoscaledGroups: (region, groups, signal) =>
      mapped(`Auto Scaling ${region}`, async () => {
        const policies = await policiesOf(await clients(region), groups, signal);
        const owners = policies.filter(movesDesired).map((policy) => policy.AutoScalingGroupName);
        return new Set(groups.filter((group) => owners.includes(group)));
      }),
    lastLaunches: ({ region, group }, abortSignal) =>
      mapped(`Auto Scaling ${region}/${group}`, async () => {
        const client = await clients(region);
        const { DescribeScalingActivitiesCommand } = await import('@aws-sdk/client-auto-scaling');
        const input = { AutoScalingGroupName: group, MaxRecords: LAUNCHES_LIMIT };
        const answer = await client.send(new DescribeScalingActivitiesCommand(input), { abortSignal });
        return (answer.Activities ?? []).filter(isLaunch).map(toLaunch).toSorted(byNewest);
      }),
    update: ({ region, group }, { minimumUnits, maximumUnits, desiredUnits, policy }, abortSignal) =>
      mapped(`Auto Scaling ${region}/${group}`, async () => {
        const client = await clients(region);
        const { UpdateAutoScalingGroupCommand } = await import('@aws-sdk/client-auto-scaling');
        const command = new UpdateAutoScalingGroupCommand({
          AutoScalingGroupName: group,
          MinSize: minimumUnits,
          MaxSize: maximumUnits,
          ...(desiredUnits === undefined ? {} : { DesiredCapacity: desiredUnits }),
          ...(policy === undefined ? {} : { MixedInstancesPolicy: policy }),
        });
        const { $metadata } = await client.send(command, { abortSignal });
        return $metadata.requestId ?? '';
      }),
  };
}

/** A page may hold less than asked for though there is more, so every one is followed. */
async function groupsOf(
  client: AutoScalingClient,
  groups: readonly string[],
  abortSignal: AbortSignal,
): Promise<readonly ScalingGroup[]> {
  const { DescribeAutoScalingGroupsCommand } = await import('@aws-sdk/client-auto-scaling');
  const found = await everyPage('DescribeAutoScalingGroups', async (NextToken) => {
    const command = new DescribeAutoScalingGroupsCommand({
      AutoScalingGroupNames: [...groups],
      MaxRecords: DESCRIBE_GROUPS_LIMIT,
      ...(NextToken !== undefined && { NextToken }),
    });
    const answer = await client.send(command, { abortSignal });
    return { items: answer.AutoScalingGroups, next: answer.NextToken };
  });
  return found.map(toGroup);
}

/** A call takes one group or all of the region, so one group is asked for alone and several by the region's pages. */
async function policiesOf(
  client: AutoScalingClient,
  groups: readonly string[],
  abortSignal: AbortSignal,
): Promise<readonly ScalingPolicy[]> {
  const { DescribePoliciesCommand } = await import('@aws-sdk/client-auto-scaling');
  const [only, ...others] = groups;
  const scope = only !== undefined && others.length === 0 ? { AutoScalingGroupName: only } : {};
  return everyPage('DescribePolicies', async (NextToken) => {
    const page = NextToken === undefined ? {} : { NextToken };
    const command = new DescribePoliciesCommand({ ...scope, MaxRecords: POLICIES_LIMIT, ...page });
    const answer = await client.send(command, { abortSignal });
    return { items: answer.ScalingPolicies, next: answer.NextToken };
  });
}

/** A disabled policy moves nothing, and a predictive one that only forecasts neither, which is its default. */
function movesDesired({ PolicyType, Enabled, PredictiveScalingConfiguration }: ScalingPolicy): boolean {
  if (Enabled === false) return false;
  return PolicyType !== 'PredictiveScaling' || PredictiveScalingConfiguration?.Mode === 'ForecastAndScale';
}

/** @throws ProviderError `Transient` for an answer that lacks what every group has. */
export function toGroup(found: SdkGroup): ScalingGroup {
  const { AutoScalingGroupName: group, MinSize, DesiredCapacity, MaxSize, Instances = [] } = found;
  if (
    group === undefined ||
    MinSize === undefined ||
    DesiredCapacity === undefined ||
    MaxSize === undefined
  ) {
    throw new ProviderError('Transient', 'Auto Scaling gave a group without its name or its sizes.');
  }
  const units = unitsOf(found);
  const balancers = [found.TargetGroupARNs, found.LoadBalancerNames, found.TrafficSources];
  return {
    group,
    minimumUnits: MinSize,
    desiredUnits: DesiredCapacity,
    maximumUnits: MaxSize,
    servingUnits: units(Instances.filter(serves)),
    presentUnits: units(Instances.filter(({ LifecycleState = '' }) => !LEAVING.test(LifecycleState))),
    zones: found.AvailabilityZones?.length ?? 1,
    suspended: (found.SuspendedProcesses ?? []).flatMap(({ ProcessName }) => ProcessName ?? []),
    loadBalanced: balancers.some((list) => (list?.length ?? 0) > 0),
    managedBy: managerOf(found),
    deleting: /^delet/i.test(found.Status ?? ''),
    policy: found.MixedInstancesPolicy
      ? (JSON.parse(JSON.stringify(found.MixedInstancesPolicy)) as MixedInstancesPolicy)
      : null,
    launchTemplate: found.LaunchTemplate ?? null,
  };
}

function serves({ LifecycleState, HealthStatus }: Instance): boolean {
  return LifecycleState === 'InService' && HealthStatus === 'Healthy';
}

/** Units of some instances: their weights, or one each. Where sizes are vCPUs or memory, a weight must be there. */
function unitsOf({
  AutoScalingGroupName,
  DesiredCapacityType = 'units',
}: SdkGroup): (instances: readonly Instance[]) => number {
  const weightOf = ({ InstanceId, WeightedCapacity }: Instance): number => {
    if (WeightedCapacity === undefined && DesiredCapacityType === 'units') return 1;
    const weight = Number(WeightedCapacity);
    if (Number.isInteger(weight) && weight > 0) return weight;
    const message = `Auto Scaling gave no weight of ${InstanceId} in ${AutoScalingGroupName}, which counts ${DesiredCapacityType}.`;
    throw new ProviderError('Transient', message);
  };
  return (instances) => instances.reduce((sum, instance) => sum + weightOf(instance), 0);
}

/** Source: API reference, `Operator`; EKS user guide: do not change the group of a managed node group yourself. */
function managerOf({ Operator, Tags = [] }: SdkGroup): string | null {
  if (Operator?.Principal) return Operator.Principal;
  const nodegroup = Tags.find(({ Key }) => Key === 'eks:nodegroup-name')?.Value;
  return nodegroup === undefined ? null : `EKS node group ${nodegroup}`;
}

/** One that was cancelled says nothing of what EC2 can launch. */
function isLaunch({ Description = '', StatusCode }: Activity): boolean {
  return Description.startsWith('Launching') && StatusCode !== 'Cancelled';
}

function toLaunch({ StatusCode, StatusMessage = '', StartTime }: Activity): Launch {
  const ended = { Failed: 'failed', Successful: 'successful' } as const;
  const status = StatusCode === 'Failed' || StatusCode === 'Successful' ? ended[StatusCode] : 'under way';
  return { status, message: StatusMessage, startedMs: StartTime?.getTime() ?? 0 };
}

function byNewest(a: Launch, b: Launch): number {
  return b.startedMs - a.startedMs;
}
