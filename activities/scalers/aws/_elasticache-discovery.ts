import type { Discover, DiscoveredTarget } from '../../../domain/discovery.ts';
import { ProviderError } from '../../../domain/errors.ts';
import { DESCRIBE_TARGETS_LIMIT, type ScalableTarget, type ScalableTargetsApi } from './_app-auto-scaling.ts';
import { type AwsAccess, batches, mapped, regionalClients } from './_client.ts';
import { DESCRIBE_LIMIT, resourceIdOf } from './_elasticache-api.ts';
import { type CacheGroup, type Shard, toGroup } from './_elasticache-shapes.ts';
import { everyPage, unlessGone } from './_pages.ts';
import { tagsByKey } from './_tags.ts';

/** A replication group with the name its tags are asked by. */
export interface ListedGroup extends CacheGroup {
  readonly arn: string;
}

/** The calls that look through ElastiCache, one HTTP request each (lists: one per page). All throw ProviderError. */
export interface ElastiCacheDirectory {
  /** All replication groups of a region. */
  groups(region: string, signal: AbortSignal): Promise<readonly ListedGroup[]>;
  /** Tags by ARN. @throws ProviderError `NotFound` where it is gone, `UpdateInProgress` while it is not available. */
  tags(region: string, arn: string, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
}

/** Scalable targets by lever. */
export interface ScalableLevers {
  readonly scalableReplicas: Pick<ScalableTargetsApi, 'describe'>;
  readonly scalableShards: Pick<ScalableTargetsApi, 'describe'>;
}

/** A group that bears the tag. */
interface Bearing {
  readonly region: string;
  readonly group: ListedGroup;
  readonly tags: DiscoveredTarget['tags'];
}

/**
 * Every replication group that bears the tag: its `replicas`, its `shards` in cluster mode, and its `node-type`
 * (which a fleet gets is not decided here, see domain/discovery.ts). A member of a Global Datastore has replicas only.
 *
 * ElastiCache lists no tags, so every group takes a call of its own, and it says none of a group that is not
 * available: whatever else there is is found, and the group named by the error in the end. Replicas are counted by
 * what the shards list, those of the shard that has fewest.
 */
export function discoverGroups(directory: ElastiCacheDirectory, scalables: ScalableLevers): Discover {
  return async function* discover(region, { tagKey, atMost }, signal) {
    const all = (await directory.groups(region, signal)).filter(isThere).slice(0, atMost);
    const busy: ProviderError[] = [];
    for (const batch of batches(all, DESCRIBE_TARGETS_LIMIT)) {
      const bearing: Bearing[] = [];
      for (const group of batch) {
        const tags = await tagsOf(directory, region, group, busy, signal);
        if (Object.hasOwn(tags, tagKey)) bearing.push({ region, group, tags });
      }
      if (bearing.length > 0) yield* targetsOf(region, bearing, scalables, signal);
    }
    if (busy[0]) throw busy[0];
  };
}

function isThere({ status }: CacheGroup): boolean {
  return status !== 'deleting' && status !== 'create-failed';
}

/** Tags of a group, none where it is gone; one whose tags cannot be said now goes to `busy`. */
async function tagsOf(
  directory: ElastiCacheDirectory,
  region: string,
  { arn }: ListedGroup,
  busy: ProviderError[],
  signal: AbortSignal,
): Promise<DiscoveredTarget['tags']> {
  try {
    return (await unlessGone(directory.tags(region, arn, signal))) ?? {};
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== 'UpdateInProgress') throw error;
    busy.push(error);
    return {};
  }
}

async function* targetsOf(
  region: string,
  bearing: readonly Bearing[],
  { scalableReplicas, scalableShards }: ScalableLevers,
  signal: AbortSignal,
): AsyncGenerator<DiscoveredTarget> {
  const ids = bearing.map(({ group }) => resourceIdOf(group.group));
  const replicas = await scalableReplicas.describe(region, ids, signal);
  const shards = await scalableShards.describe(region, ids, signal);
  for (const one of bearing) {
    const { group, clusterEnabled, globalDatastore, nodeType } = one.group;
    const id = resourceIdOf(group);
    yield counted(one, undefined, replicas.get(id), replicasOf(one.group));
    if (globalDatastore !== null) continue;
    if (clusterEnabled) yield counted(one, 'shards', shards.get(id), kept(one.group).length);
    const machine = { ...counted(one, 'node-type', undefined, 0), baselineUnits: null };
    yield { ...machine, className: nodeType };
  }
}

function counted(
  { region, group, tags }: Bearing,
  lever: string | undefined,
  scalable: ScalableTarget | undefined,
  units: number,
): DiscoveredTarget {
  return {
    service: 'aws.elasticache',
    region,
    reference: { replicationGroup: group.group },
    ...(lever !== undefined && { lever }),
    tags,
    autoscaled: scalable !== undefined,
    baselineUnits: scalable?.minimumUnits ?? units,
    maximumUnits: scalable?.maximumUnits ?? null,
  };
}

/** Shards that are not on their way out. */
function kept({ shards }: CacheGroup): readonly Shard[] {
  return shards.filter(({ status }) => status !== 'deleting');
}

function replicasOf(group: CacheGroup): number {
  const counts = kept(group)
    .filter(({ status }) => status !== 'creating')
    .map(({ nodes }) => nodes.length - 1);
  return counts.length === 0 ? 0 : Math.max(0, Math.min(...counts));
}

/** Loads the SDK at the first call; one client per region. */
export function createElastiCacheDirectory(access: AwsAccess): ElastiCacheDirectory {
  const clients = regionalClients(access, async (options) => {
    const { ElastiCacheClient } = await import('@aws-sdk/client-elasticache');
    return new ElastiCacheClient(options);
  });
  return {
    groups: (region, abortSignal) =>
      mapped(`ElastiCache ${region}`, async () => {
        const client = await clients(region);
        const { DescribeReplicationGroupsCommand } = await import('@aws-sdk/client-elasticache');
        const found = await everyPage('DescribeReplicationGroups', async (marker) => {
          const page = { MaxRecords: DESCRIBE_LIMIT, ...(marker !== undefined && { Marker: marker }) };
          const answer = await client.send(new DescribeReplicationGroupsCommand(page), { abortSignal });
          return { items: answer.ReplicationGroups, next: answer.Marker };
        });
        return found.map((group) => ({ ...toGroup(group), arn: arnOf(group.ARN) }));
      }),
    tags: (region, ResourceName, abortSignal) =>
      mapped(`ElastiCache ${region}/${ResourceName}`, async () => {
        const client = await clients(region);
        const { ListTagsForResourceCommand } = await import('@aws-sdk/client-elasticache');
        const command = new ListTagsForResourceCommand({ ResourceName });
        return tagsByKey((await client.send(command, { abortSignal })).TagList);
      }),
  };
}

function arnOf(arn: string | undefined): string {
  if (arn !== undefined) return arn;
  throw new ProviderError('Transient', 'ElastiCache gave a replication group without its ARN.');
}
