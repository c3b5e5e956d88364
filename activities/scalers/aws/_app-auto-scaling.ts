import type {
  ApplicationAutoScalingClient,
  ScalableDimension,
  ScalableTarget as SdkScalableTarget,
  ServiceNamespace,
} from '@aws-sdk/client-application-auto-scaling';
import { ProviderError } from '../../../domain/errors.ts';
import { type AwsAccess, batches, mapped, regionalClients } from './_client.ts';
import { everyPage } from './_pages.ts';

/** What Application Auto Scaling may move a resource's count within. */
export interface ScalableTarget {
  /** As the service's own documentation forms it, e.g. `service/<cluster>/<service>`. */
  readonly resourceId: string;
  readonly minimumUnits: number;
  readonly maximumUnits: number;
}

/** What of a resource is scaled: the namespace and dimension every call names. */
export interface ScalableKind {
  readonly namespace: ServiceNamespace;
  readonly dimension: ScalableDimension;
}

/** The calls of Application Auto Scaling used for one kind of resource. All throw ProviderError. */
export interface ScalableTargetsApi {
  /** Scalable targets among the resource ids, by id, in as few calls as can be; one without is left out. */
  describe(
    region: string,
    resourceIds: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, ScalableTarget>>;
  /** Sets minimum and maximum, and nothing else of the scalable target; resolves with the request id. */
  setRange(region: string, target: ScalableTarget, signal: AbortSignal): Promise<string>;
}

/** Lists what Application Auto Scaling moves. */
export interface ScalableTargetsList {
  /** Every scalable target of the kind in a region, in one call for {@link DESCRIBE_TARGETS_LIMIT}. */
  all(region: string, signal: AbortSignal): Promise<readonly ScalableTarget[]>;
}

/** Resource ids of one DescribeScalableTargets. Source: Application Auto Scaling API reference. */
export const DESCRIBE_TARGETS_LIMIT = 50;

/** Loads the SDK at the first call; one client per region. */
export function createScalableTargetsApi(access: AwsAccess, kind: ScalableKind): ScalableTargetsApi {
  const clients = clientsOf(access);
  return {
    describe: (region, resourceIds, signal) =>
      mapped(`Application Auto Scaling ${region}`, async () => {
        const client = await clients(region);
        const found = new Map<string, ScalableTarget>();
        for (const batch of batches([...new Set(resourceIds)], DESCRIBE_TARGETS_LIMIT)) {
          for (const target of await pagesOf(client, kind, { ResourceIds: [...batch] }, signal))
            found.set(target.resourceId, target);
        }
        return found;
      }),
    setRange: (region, { resourceId, minimumUnits, maximumUnits }, abortSignal) =>
      mapped(`Application Auto Scaling ${region}/${resourceId}`, async () => {
        const client = await clients(region);
        const { RegisterScalableTargetCommand } = await import('@aws-sdk/client-application-auto-scaling');
        const command = new RegisterScalableTargetCommand({
          ServiceNamespace: kind.namespace,
          ScalableDimension: kind.dimension,
          ResourceId: resourceId,
          MinCapacity: minimumUnits,
          MaxCapacity: maximumUnits,
        });
        const { $metadata } = await client.send(command, { abortSignal });
        return $metadata.requestId ?? '';
      }),
  };
}

/** Loads the SDK at the first call; one client per region. */
export function createScalableTargetsList(access: AwsAccess, kind: ScalableKind): ScalableTargetsList {
  const clients = clientsOf(access);
  return {
    all: (region, signal) =>
      mapped(`Application Auto Scaling ${region}`, async () =>
        pagesOf(await clients(region), kind, {}, signal),
      ),
  };
}

function clientsOf(access: AwsAccess): (region: string) => Promise<ApplicationAutoScalingClient> {
  return regionalClients(access, async (options) => {
    const { ApplicationAutoScalingClient: Client } = await import('@aws-sdk/client-application-auto-scaling');
    return new Client(options);
  });
}

async function pagesOf(
  client: ApplicationAutoScalingClient,
  kind: ScalableKind,
  only: { readonly ResourceIds?: string[] },
  abortSignal: AbortSignal,
): Promise<readonly ScalableTarget[]> {
  const { DescribeScalableTargetsCommand } = await import('@aws-sdk/client-application-auto-scaling');
  const found = await everyPage('DescribeScalableTargets', async (NextToken) => {
    const command = new DescribeScalableTargetsCommand({
      ServiceNamespace: kind.namespace,
      ScalableDimension: kind.dimension,
      ...only,
      MaxResults: DESCRIBE_TARGETS_LIMIT,
      ...(NextToken !== undefined && { NextToken }),
    });
    const answer = await client.send(command, { abortSignal });
    return { items: answer.ScalableTargets, next: answer.NextToken };
  });
  return found.map(toTarget);
}

function toTarget({ ResourceId, MinCapacity, MaxCapacity }: SdkScalableTarget): ScalableTarget {
  if (ResourceId === undefined || MinCapacity === undefined || MaxCapacity === undefined) {
    const message = 'Application Auto Scaling gave a scalable target without its id or its capacities.';
    throw new ProviderError('Transient', message);
  }
  return { resourceId: ResourceId, minimumUnits: MinCapacity, maximumUnits: MaxCapacity };
}
