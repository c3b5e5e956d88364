import type { ECSClient, Service as SdkService } from '@aws-sdk/client-ecs';
import type { Discover, DiscoveredTarget } from '../../../domain/discovery.ts';
import { ProviderError } from '../../../domain/errors.ts';
import { DESCRIBE_TARGETS_LIMIT, type ScalableTargetsApi } from './_app-auto-scaling.ts';
import { type AwsAccess, batches, mapped, regionalClients } from './_client.ts';
import { DESCRIBE_SERVICES_LIMIT, resourceIdOf } from './_ecs-api.ts';
import { everyPage } from './_pages.ts';

/** A service of ECS with its tags. */
export interface ListedService {
  readonly service: string;
  /** `ACTIVE`, `DRAINING` or `INACTIVE`. */
  readonly status: string;
  /** `DAEMON`: one task per machine, whose count nobody sets. */
  readonly schedulingStrategy: 'REPLICA' | 'DAEMON';
  readonly desiredUnits: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** The calls that look through ECS, one HTTP request each (lists: one per page). All throw ProviderError. */
export interface EcsDirectory {
  /** Names of all clusters. */
  listClusters(region: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Names of all services of a cluster. */
  listServices(region: string, cluster: string, signal: AbortSignal): Promise<readonly string[]>;
  /** At most {@link DESCRIBE_SERVICES_LIMIT}; one that is gone meanwhile is left out. */
  describe(
    region: string,
    cluster: string,
    services: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly ListedService[]>;
}

/** Names of a page. Source: ECS API reference, ListClusters and ListServices, `maxResults`: 1 to 100. */
const PAGE_SIZE = 100;

/** Every service of a region that has a count of its own, cluster by cluster. */
export function discoverServices(
  directory: EcsDirectory,
  scalableTargets: Pick<ScalableTargetsApi, 'describe'>,
): Discover {
  return async function* discover(region, _options, signal) {
    for (const cluster of await directory.listClusters(region, signal)) {
      const names = await directory.listServices(region, cluster, signal);
      for (const batch of batches(names, DESCRIBE_TARGETS_LIMIT)) {
        const listed = await describeAll(directory, region, cluster, batch, signal);
        const counted = listed.filter(({ status, schedulingStrategy }) => {
          return status === 'ACTIVE' && schedulingStrategy === 'REPLICA';
        });
        if (counted.length === 0) continue;
        const ids = counted.map(({ service }) => resourceIdOf({ cluster, service }));
        const scalables = await scalableTargets.describe(region, ids, signal);
        for (const one of counted) {
          yield targetOf(
            region,
            cluster,
            one,
            scalables.get(resourceIdOf({ cluster, service: one.service })),
          );
        }
      }
    }
  };
}

async function describeAll(
  directory: EcsDirectory,
  region: string,
  cluster: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly ListedService[]> {
  const listed: ListedService[] = [];
  for (const batch of batches(names, DESCRIBE_SERVICES_LIMIT)) {
    listed.push(...(await directory.describe(region, cluster, batch, signal)));
  }
  return listed;
}

function targetOf(
  region: string,
  cluster: string,
  { service, tags, desiredUnits }: ListedService,
  scalable: { readonly minimumUnits: number; readonly maximumUnits: number } | undefined,
): DiscoveredTarget {
  return {
    service: 'aws.ecs',
    region,
    reference: { cluster, service },
    tags,
    autoscaled: scalable !== undefined,
    baselineUnits: scalable?.minimumUnits ?? desiredUnits,
    maximumUnits: scalable?.maximumUnits ?? null,
  };
}

/** Loads the SDK at the first call; one client per region. */
export function createEcsDirectory(access: AwsAccess): EcsDirectory {
  const clients = regionalClients(access, async (options) => {
    const { ECSClient } = await import('@aws-sdk/client-ecs');
    return new ECSClient(options);
  });
  return {
    listClusters: (region, signal) =>
      mapped(`ECS ${region}`, async () => clusterNames(await clients(region), signal)),
    listServices: (region, cluster, signal) =>
      mapped(`ECS ${region}/${cluster}`, async () => serviceNames(await clients(region), cluster, signal)),
    describe: (region, cluster, services, abortSignal) =>
      mapped(`ECS ${region}/${cluster}`, async () => {
        const { DescribeServicesCommand } = await import('@aws-sdk/client-ecs');
        const command = new DescribeServicesCommand({ cluster, services: [...services], include: ['TAGS'] });
        const answer = await (await clients(region)).send(command, { abortSignal });
        const other = answer.failures?.find((failure) => failure.reason !== 'MISSING');
        if (other) {
          throw new ProviderError('Transient', `ECS could not describe ${other.arn}: ${other.reason}`);
        }
        return (answer.services ?? []).map(toListed);
      }),
  };
}

async function clusterNames(client: ECSClient, abortSignal: AbortSignal): Promise<readonly string[]> {
  const { ListClustersCommand } = await import('@aws-sdk/client-ecs');
  const arns = await everyPage('ListClusters', async (token) => {
    const answer = await client.send(new ListClustersCommand(pageAt(token)), { abortSignal });
    return { items: answer.clusterArns, next: answer.nextToken };
  });
  return arns.map(nameIn);
}

async function serviceNames(
  client: ECSClient,
  cluster: string,
  abortSignal: AbortSignal,
): Promise<readonly string[]> {
  const { ListServicesCommand } = await import('@aws-sdk/client-ecs');
  const arns = await everyPage('ListServices', async (token) => {
    const command = new ListServicesCommand({ cluster, ...pageAt(token) });
    const answer = await client.send(command, { abortSignal });
    return { items: answer.serviceArns, next: answer.nextToken };
  });
  return arns.map(nameIn);
}

function pageAt(nextToken: string | undefined) {
  return { maxResults: PAGE_SIZE, ...(nextToken !== undefined && { nextToken }) };
}

function nameIn(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

function toListed(service: SdkService): ListedService {
  const { serviceName, status, desiredCount, schedulingStrategy, tags } = service;
  if (serviceName === undefined || status === undefined || desiredCount === undefined) {
    throw new ProviderError('Transient', 'ECS gave a service without name, status or count.');
  }
  return {
    service: serviceName,
    status,
    schedulingStrategy: schedulingStrategy ?? 'REPLICA',
    desiredUnits: desiredCount,
    tags: Object.fromEntries((tags ?? []).map(({ key = '', value = '' }) => [key, value])),
  };
}
