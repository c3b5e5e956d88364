import type { Service as SdkService } from '@aws-sdk/client-ecs';
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
  /** Sets the desired count; resolves when accepted, with the request id. */
  setDesiredCount(name: ServiceName, units: number, signal: AbortSignal): Promise<string>;
  /** Scalable targets of services, by {@link resourceIdOf}. */
  readonly scalableTargets: ScalableTargetsApi;
}

/** Services of one DescribeServices. Source: ECS API reference. */
export const DESCRIBE_SERVICES_LIMIT = 10;

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
  };
}
