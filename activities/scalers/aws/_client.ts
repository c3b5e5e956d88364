import type {
  ApplicationAutoScalingClient,
  ScalableTarget as SdkScalableTarget,
} from '@aws-sdk/client-application-auto-scaling';
import type { Service as SdkService } from '@aws-sdk/client-ecs';
import type { VendorConnection } from '../../../domain/connection.ts';
import { ProviderError } from '../../../domain/errors.ts';
import { awsError } from './_errors.ts';

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

/** What Application Auto Scaling may move a service's desired count within. */
export interface ScalableTarget {
  /** `service/<cluster>/<service>`. */
  readonly resourceId: string;
  readonly minimumUnits: number;
  readonly maximumUnits: number;
}

/** The AWS calls used, one HTTP request each (scalable targets: one per page). All throw ProviderError. */
export interface EcsApi {
  /** Services of one cluster, at most {@link DESCRIBE_SERVICES_LIMIT}; one that does not exist is left out. */
  describeServices(
    region: string,
    cluster: string,
    services: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly EcsService[]>;
  /** Scalable targets among at most {@link DESCRIBE_TARGETS_LIMIT} resource ids; one without is left out. */
  describeScalableTargets(
    region: string,
    resourceIds: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly ScalableTarget[]>;
  /** Sets the desired count; resolves when accepted, with the request id. */
  setDesiredCount(name: ServiceName, units: number, signal: AbortSignal): Promise<string>;
  /** Sets minimum and maximum, and nothing else of the scalable target; resolves with the request id. */
  setRange(
    name: ServiceName,
    range: { readonly minimumUnits: number; readonly maximumUnits: number },
    signal: AbortSignal,
  ): Promise<string>;
}

/** Services of one DescribeServices. Source: ECS API reference. */
export const DESCRIBE_SERVICES_LIMIT = 10;

/** Resource ids of one DescribeScalableTargets. Source: Application Auto Scaling API reference. */
export const DESCRIBE_TARGETS_LIMIT = 50;

const NAMESPACE = 'ecs';
const DIMENSION = 'ecs:service:DesiredCount';

/** One request's limits, in milliseconds. */
const REQUEST_HANDLER = { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true };

/**
 * What every AWS client here is made with. The SDK's own retries are off. Mode `sandbox`: endpoint, region and
 * stand-in credentials are given, and everything else the SDK would look up in environment or profile. Mode
 * `real`: the SDK's own credential chain; `endpoint` where given.
 */
export function clientOptions(connection: VendorConnection, region: string) {
  const shared = { region, maxAttempts: 1, requestHandler: REQUEST_HANDLER };
  if (connection.mode === 'real') {
    return connection.endpoint === undefined ? shared : { ...shared, endpoint: connection.endpoint };
  }
  return {
    ...shared,
    endpoint: connection.endpoint,
    credentials: { accessKeyId: 'SANDBOX', secretAccessKey: 'sandbox' },
    authSchemePreference: [],
    defaultsMode: 'standard' as const,
    retryMode: 'standard',
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    userAgentAppId: '',
  };
}

/** ECS and Application Auto Scaling, each loaded at its first call; one client per region. */
export function createEcsApi(connection: VendorConnection): EcsApi {
  const ecs = perRegion(async (region) => {
    const { ECSClient } = await import('@aws-sdk/client-ecs');
    return new ECSClient(clientOptions(connection, region));
  });
  const scaling = perRegion(async (region) => {
    const { ApplicationAutoScalingClient } = await import('@aws-sdk/client-application-auto-scaling');
    return new ApplicationAutoScalingClient(clientOptions(connection, region));
  });
  return {
    describeServices: (region, cluster, services, abortSignal) =>
      mapped(`ECS ${region}/${cluster}`, async () => {
        const [client, { DescribeServicesCommand }] = await loaded(
          ecs(region),
          import('@aws-sdk/client-ecs'),
        );
        const command = new DescribeServicesCommand({ cluster, services: [...services] });
        const answer = await client.send(command, { abortSignal });
        const other = answer.failures?.find((failure) => failure.reason !== 'MISSING');
        if (other) {
          throw new ProviderError('Transient', `ECS could not describe ${other.arn}: ${other.reason}`);
        }
        return (answer.services ?? []).map(toService);
      }),
    describeScalableTargets: (region, resourceIds, abortSignal) =>
      mapped(`Application Auto Scaling ${region}`, async () => {
        const client = await scaling(region);
        return await allTargets(client, resourceIds, abortSignal);
      }),
    setDesiredCount: ({ region, cluster, service }, desiredCount, abortSignal) =>
      mapped(`ECS ${region}/${cluster}/${service}`, async () => {
        const [client, { UpdateServiceCommand }] = await loaded(ecs(region), import('@aws-sdk/client-ecs'));
        const command = new UpdateServiceCommand({ cluster, service, desiredCount });
        const { $metadata } = await client.send(command, { abortSignal });
        return $metadata.requestId ?? '';
      }),
    setRange: (name, { minimumUnits, maximumUnits }, abortSignal) =>
      mapped(`Application Auto Scaling ${name.region}/${resourceIdOf(name)}`, async () => {
        const sdk = import('@aws-sdk/client-application-auto-scaling');
        const [client, { RegisterScalableTargetCommand }] = await loaded(scaling(name.region), sdk);
        const command = new RegisterScalableTargetCommand({
          ServiceNamespace: NAMESPACE,
          ScalableDimension: DIMENSION,
          ResourceId: resourceIdOf(name),
          MinCapacity: minimumUnits,
          MaxCapacity: maximumUnits,
        });
        const { $metadata } = await client.send(command, { abortSignal });
        return $metadata.requestId ?? '';
      }),
  };
}

/** A service's name in Application Auto Scaling. */
export function resourceIdOf({ cluster, service }: Pick<ServiceName, 'cluster' | 'service'>): string {
  return `service/${cluster}/${service}`;
}

async function allTargets(
  client: ApplicationAutoScalingClient,
  resourceIds: readonly string[],
  abortSignal: AbortSignal,
): Promise<ScalableTarget[]> {
  const { DescribeScalableTargetsCommand } = await import('@aws-sdk/client-application-auto-scaling');
  const targets: ScalableTarget[] = [];
  let token: string | undefined;
  do {
    const command = new DescribeScalableTargetsCommand({
      ServiceNamespace: NAMESPACE,
      ScalableDimension: DIMENSION,
      ResourceIds: [...resourceIds],
      MaxResults: DESCRIBE_TARGETS_LIMIT,
      ...(token === undefined ? {} : { NextToken: token }),
    });
    const answer = await client.send(command, { abortSignal });
    targets.push(...(answer.ScalableTargets ?? []).map(toTarget));
    token = answer.NextToken;
  } while (token !== undefined);
  return targets;
}

/** One value per region, made at first use; a failure is not kept. */
function perRegion<T>(make: (region: string) => Promise<T>): (region: string) => Promise<T> {
  const made = new Map<string, Promise<T>>();
  return (region) => {
    const known = made.get(region) ?? make(region);
    made.set(region, known);
    known.catch(() => made.delete(region));
    return known;
  };
}

function loaded<A, B>(client: Promise<A>, sdk: Promise<B>): Promise<[A, B]> {
  return Promise.all([client, sdk]);
}

/** Runs a call and maps what it throws. */
export async function mapped<T>(resource: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw awsError(error, resource);
  }
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

function toTarget({ ResourceId, MinCapacity, MaxCapacity }: SdkScalableTarget): ScalableTarget {
  if (ResourceId === undefined || MinCapacity === undefined || MaxCapacity === undefined) {
    const message = 'Application Auto Scaling gave a scalable target without its id or its capacities.';
    throw new ProviderError('Transient', message);
  }
  return { resourceId: ResourceId, minimumUnits: MinCapacity, maximumUnits: MaxCapacity };
}
