import type {
  CapacityProvider as SdkCapacityProvider,
  Service as SdkService,
  ServiceEvent,
} from '@aws-sdk/client-ecs';
import { ProviderError } from '../../../domain/errors.ts';
import { createScalableTargetsApi, type ScalableTargetsApi } from './_app-auto-scaling.ts';
import { type AwsAccess, mapped, regionalClients } from './_client.ts';

/** A service of ECS, by the names it is found under. */
export interface ServiceName {
  readonly region: string;
  readonly cluster: string;
  readonly service: string;
}

/** A service of ECS, narrowed to what scaling needs. */
export interface EcsService {
  readonly service: string;
  /** `ACTIVE`, `DRAINING` or `INACTIVE`. */
  readonly status: string;
  readonly desiredUnits: number;
  /** Tasks in state RUNNING. */
  readonly runningUnits: number;
  /** Deployments not yet replaced; one when nothing is being rolled out. */
  readonly deployments: number;
  /** What ECS said last of this service, empty where it said nothing. */
  readonly lastEvent: string;
  /** What ECS said of a task it found no room for, since it last called the service steady; empty for nothing. */
  readonly blockedBy: string;
  /** `EC2`, `FARGATE` or `EXTERNAL`; absent where a strategy of capacity providers places the tasks. */
  readonly launchType: string | undefined;
  /** ARN of the definition new tasks are made from. */
  readonly taskDefinition: string;
  /** The service's strategy; empty where a launch type is set. Read, never changed. */
  readonly strategy: readonly ProviderShare[];
}

/** One line of a service's capacity provider strategy. */
export interface ProviderShare {
  /** `FARGATE`, `FARGATE_SPOT`, or the name of a provider over an Auto Scaling group. */
  readonly provider: string;
  readonly weight: number;
  /** Tasks placed there before the weights count. */
  readonly base: number;
}

/** A capacity provider, narrowed to what explains why it has no room. */
export interface CapacityProvider {
  readonly name: string;
  /** Name of its Auto Scaling group; empty where it has none. */
  readonly group: string;
  /** `ENABLED`, `DISABLED`, or empty where it has no group. */
  readonly managedScaling: string;
  /** Per cent of the group that managed scaling keeps in use; null without managed scaling. */
  readonly targetPercent: number | null;
}

/** The calls used, one HTTP request each. All throw ProviderError. */
export interface EcsApi {
  /** Services of one cluster, at most {@link DESCRIBE_SERVICES_LIMIT}; one that does not exist is left out. */
  describeServices(
    region: string,
    cluster: string,
    services: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly EcsService[]>;
  /** Capacity providers by name, at most {@link DESCRIBE_PROVIDERS_LIMIT}; one that does not exist is left out. */
  describeCapacityProviders(
    region: string,
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly CapacityProvider[]>;
  /** Sets the desired count; resolves when accepted, with the request id. */
  setDesiredCount(name: ServiceName, units: number, signal: AbortSignal): Promise<string>;
  /** Scalable targets of services, by {@link resourceIdOf}. */
  readonly scalableTargets: ScalableTargetsApi;
}

/** Services of one DescribeServices. Source: ECS API reference. */
export const DESCRIBE_SERVICES_LIMIT = 10;

/** Providers of one DescribeCapacityProviders. Source: ECS API reference. */
export const DESCRIBE_PROVIDERS_LIMIT = 100;

/** Loads the SDK at the first call; one client per region. */
export function createEcsApi(access: AwsAccess): EcsApi {
  const clients = regionalClients(access, async (options) => {
    const { ECSClient } = await import('@aws-sdk/client-ecs');
    return new ECSClient(options);
  });
  const kind = { namespace: 'ecs', dimension: 'ecs:service:DesiredCount' } as const;
  return {
    scalableTargets: createScalableTargetsApi(access, kind),
    describeServices: (region, cluster, services, abortSignal) =>
      mapped(`ECS ${region}/${cluster}`, async () => {
        const client = await clients(region);
        const { DescribeServicesCommand } = await import('@aws-sdk/client-ecs');
        const command = new DescribeServicesCommand({ cluster, services: [...services] });
        const answer = await client.send(command, { abortSignal });
        const other = answer.failures?.find((failure) => failure.reason !== 'MISSING');
        if (other) {
          throw new ProviderError('Transient', `ECS could not describe ${other.arn}: ${other.reason}`);
        }
        return (answer.services ?? []).map(toService);
      }),
    describeCapacityProviders: (region, names, abortSignal) =>
      mapped(`ECS ${region}`, async () => {
        const client = await clients(region);
        const { DescribeCapacityProvidersCommand } = await import('@aws-sdk/client-ecs');
        const command = new DescribeCapacityProvidersCommand({ capacityProviders: [...names] });
        const answer = await client.send(command, { abortSignal });
        return (answer.capacityProviders ?? []).map(toProvider);
      }),
    setDesiredCount: ({ region, cluster, service }, desiredCount, abortSignal) =>
      mapped(`ECS ${region}/${cluster}/${service}`, async () => {
        const client = await clients(region);
        const { UpdateServiceCommand } = await import('@aws-sdk/client-ecs');
        const command = new UpdateServiceCommand({ cluster, service, desiredCount });
        const { $metadata } = await client.send(command, { abortSignal });
        return $metadata.requestId ?? '';
      }),
  };
}

/** A service's name in Application Auto Scaling. */
export function resourceIdOf({ cluster, service }: Pick<ServiceName, 'cluster' | 'service'>): string {
  return `service/${cluster}/${service}`;
}

function toService(service: SdkService): EcsService {
  const { serviceName, status, desiredCount, runningCount, deployments, events } = service;
  if (
    serviceName === undefined ||
    status === undefined ||
    desiredCount === undefined ||
    runningCount === undefined
  ) {
    throw new ProviderError('Transient', 'ECS gave a service without name, status or counts.');
  }
  return {
    service: serviceName,
    status,
    desiredUnits: desiredCount,
    runningUnits: runningCount,
    deployments: deployments?.length ?? 0,
    lastEvent: events?.[0]?.message ?? '',
    blockedBy: blockedBy(events ?? []),
    launchType: service.launchType,
    taskDefinition: service.taskDefinition ?? '',
    strategy: (service.capacityProviderStrategy ?? []).map(
      ({ capacityProvider = '', weight = 0, base = 0 }) => ({ provider: capacityProvider, weight, base }),
    ),
  };
}

/** Events are newest first, and ECS repeats one of the same cause after six hours only: others may be newer. */
function blockedBy(events: readonly ServiceEvent[]): string {
  const steady = events.findIndex(({ message }) => message?.includes('has reached a steady state'));
  const since = steady === -1 ? events : events.slice(0, steady);
  return since.find(({ message }) => message?.includes('unable to place a task'))?.message ?? '';
}

function toProvider({ name, autoScalingGroupProvider }: SdkCapacityProvider): CapacityProvider {
  const { autoScalingGroupArn = '', managedScaling } = autoScalingGroupProvider ?? {};
  return {
    name: name ?? '',
    group: autoScalingGroupArn.slice(autoScalingGroupArn.lastIndexOf('/') + 1),
    managedScaling: managedScaling?.status ?? '',
    targetPercent: managedScaling?.targetCapacity ?? null,
  };
}
