import type { _InstanceType, InstanceTypeInfo, Reservation } from '@aws-sdk/client-ec2';
import { ProviderError } from '../../../domain/errors.ts';
import { type AwsAccess, mapped, regionalClients } from './_client.ts';

/** A machine that runs. */
export interface RunningMachine {
  /** E.g. `m5.large`. */
  readonly instanceType: string;
  readonly spot: boolean;
}

/** The calls of EC2 used. All throw ProviderError. */
export interface Ec2Api {
  /** vCPUs by instance type, at most {@link DESCRIBE_TYPES_LIMIT}; one HTTP request. */
  vcpus(region: string, types: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
  /** Every machine of the account in the region that is running, page by page. */
  running(region: string, signal: AbortSignal): Promise<readonly RunningMachine[]>;
}

/** Instance types of one DescribeInstanceTypes. Source: EC2 API reference. */
export const DESCRIBE_TYPES_LIMIT = 100;

/** Machines of a page. Source: EC2 API reference, DescribeInstances, MaxResults up to 1,000. */
const PAGE_LIMIT = 1_000;

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
    running: (region, abortSignal) =>
      mapped(`EC2 ${region}`, async () => {
        const client = await clients(region);
        const { DescribeInstancesCommand } = await import('@aws-sdk/client-ec2');
        const Filters = [{ Name: 'instance-state-name', Values: ['running'] }];
        const machines: RunningMachine[] = [];
        let token: string | undefined;
        do {
          const page = token === undefined ? {} : { NextToken: token };
          const command = new DescribeInstancesCommand({ Filters, MaxResults: PAGE_LIMIT, ...page });
          const answer = await client.send(command, { abortSignal });
          machines.push(...(answer.Reservations ?? []).flatMap(toMachines));
          token = answer.NextToken;
        } while (token !== undefined);
        return machines;
      }),
  };
}

function toVcpus({ InstanceType, VCpuInfo }: InstanceTypeInfo): [string, number] {
  const vcpus = VCpuInfo?.DefaultVCpus;
  if (InstanceType !== undefined && vcpus !== undefined) return [InstanceType, vcpus];
  throw new ProviderError('Transient', 'EC2 gave an instance type without its name or its vCPUs.');
}

function toMachines({ Instances = [] }: Reservation): RunningMachine[] {
  return Instances.map(({ InstanceType, InstanceLifecycle }) => {
    if (InstanceType === undefined)
      throw new ProviderError('Transient', 'EC2 gave an instance without its type.');
    return { instanceType: InstanceType, spot: InstanceLifecycle === 'spot' };
  });
}
