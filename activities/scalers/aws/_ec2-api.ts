import type {
  _InstanceType,
  InstanceTypeInfo,
  Reservation,
  ResponseLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { ProviderError } from '../../../domain/errors.ts';
import { type AwsAccess, mapped, regionalClients } from './_client.ts';
import { everyPage } from './_pages.ts';

/** A machine that runs or is about to. */
export interface RunningMachine {
  /** E.g. `m5.large`. */
  readonly instanceType: string;
  readonly spot: boolean;
  /** Name of the Auto Scaling group it is of; absent for none. */
  readonly group?: string;
}

/** A version of a launch template, by the template's id or its name. */
export interface LaunchTemplateVersion {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  /** A number, `$Latest` or `$Default`. */
  readonly version: string;
}

/** What a launch template says of the machines made from it. */
export interface LaunchTemplateMachine {
  /** E.g. `m5.large`; null where it names attributes of machines, or leaves the type open. */
  readonly instanceType: string | null;
  readonly purchase: 'on-demand' | 'spot' | 'capacity-block';
}

/** The calls of EC2 used. All throw ProviderError. */
export interface Ec2Api {
  /** vCPUs by instance type, at most {@link DESCRIBE_TYPES_LIMIT}; one HTTP request. */
  vcpus(region: string, types: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
  /** One version of a launch template; one HTTP request. */
  launchTemplate(
    region: string,
    template: LaunchTemplateVersion,
    signal: AbortSignal,
  ): Promise<LaunchTemplateMachine>;
  /**
   * Every machine of the account in the region that is running or about to, page by page; without those of
   * Capacity Blocks, which count against no quota of running machines (EC2 user guide, "Capacity Blocks for ML").
   */
  running(region: string, signal: AbortSignal): Promise<readonly RunningMachine[]>;
}

/** Instance types of one DescribeInstanceTypes. Source: EC2 API reference. */
export const DESCRIBE_TYPES_LIMIT = 100;

/** Machines of a page. Source: EC2 API reference, DescribeInstances, MaxResults up to 1,000. */
const PAGE_LIMIT = 1_000;

/** What Auto Scaling marks every machine of a group with. Source: Auto Scaling user guide, "Tag lifecycle". */
const GROUP_TAG = 'aws:autoscaling:groupName';

/** Loads the SDK at the first call; one client per region. */
export function createEc2Api(access: AwsAccess): Ec2Api {
  const clients = regionalClients(access, async (options) => {
    const { EC2Client } = await import('@aws-sdk/client-ec2');
    return new EC2Client(options);
  });
  return {
    vcpus: (region, types, abortSignal) =>
      mapped(`EC2 ${region}`, async () => {
        const client = await clients(region);
        const { DescribeInstanceTypesCommand } = await import('@aws-sdk/client-ec2');
        const command = new DescribeInstanceTypesCommand({ InstanceTypes: [...types] as _InstanceType[] });
        const answer = await client.send(command, { abortSignal });
        return new Map((answer.InstanceTypes ?? []).map(toVcpus));
      }),
    launchTemplate: (region, { id, name, version }, abortSignal) =>
      mapped(`EC2 ${region}/${id ?? name}`, async () => {
        const client = await clients(region);
        const { DescribeLaunchTemplateVersionsCommand } = await import('@aws-sdk/client-ec2');
        const template = id === undefined ? { LaunchTemplateName: name } : { LaunchTemplateId: id };
        const command = new DescribeLaunchTemplateVersionsCommand({ ...template, Versions: [version] });
        const answer = await client.send(command, { abortSignal });
        const data = answer.LaunchTemplateVersions?.[0]?.LaunchTemplateData;
        if (data) return toMachine(data);
        const message = `EC2 gave launch template ${id ?? name} without version ${version}.`;
        throw new ProviderError('Transient', message);
      }),
    running: (region, abortSignal) =>
      mapped(`EC2 ${region}`, async () => {
        const client = await clients(region);
        const { DescribeInstancesCommand } = await import('@aws-sdk/client-ec2');
        const Filters = [{ Name: 'instance-state-name', Values: ['pending', 'running'] }];
        const found = await everyPage('DescribeInstances', async (NextToken) => {
          const page = NextToken === undefined ? {} : { NextToken };
          const command = new DescribeInstancesCommand({ Filters, MaxResults: PAGE_LIMIT, ...page });
          const answer = await client.send(command, { abortSignal });
          return { items: answer.Reservations, next: answer.NextToken };
        });
        return found.flatMap(toMachines);
      }),
  };
}

function toVcpus({ InstanceType, VCpuInfo }: InstanceTypeInfo): [string, number] {
  const vcpus = VCpuInfo?.DefaultVCpus;
  if (InstanceType !== undefined && vcpus !== undefined) return [InstanceType, vcpus];
  throw new ProviderError('Transient', 'EC2 gave an instance type without its name or its vCPUs.');
}

function toMachine({
  InstanceType,
  InstanceMarketOptions,
}: ResponseLaunchTemplateData): LaunchTemplateMachine {
  const market = InstanceMarketOptions?.MarketType;
  const purchase = market === 'spot' || market === 'capacity-block' ? market : 'on-demand';
  return { instanceType: InstanceType ?? null, purchase };
}

function toMachines({ Instances = [] }: Reservation): RunningMachine[] {
  const counted = Instances.filter(({ InstanceLifecycle }) => InstanceLifecycle !== 'capacity-block');
  return counted.map(({ InstanceType, InstanceLifecycle, Tags }) => {
    if (InstanceType === undefined)
      throw new ProviderError('Transient', 'EC2 gave an instance without its type.');
    const group = Tags?.find(({ Key }) => Key === GROUP_TAG)?.Value;
    const spot = InstanceLifecycle === 'spot';
    return { instanceType: InstanceType, spot, ...(group !== undefined && { group }) };
  });
}
