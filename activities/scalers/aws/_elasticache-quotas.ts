import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { QuotaReader, QuotaReading } from '../../../domain/quota.ts';
import { leverOfTarget } from '../../../domain/services.ts';
import type { ElastiCacheApi } from './_elasticache-api.ts';
import { GROUP } from './_elasticache-groups.ts';
import type { CacheGroup, NodeCount } from './_elasticache-shapes.ts';
import { describedQuota, type QuotaLimits } from './_quotas.ts';
import { identifierIn } from './_targets.ts';

/** Codes of ElastiCache's quotas; what they are called is in the descriptor of `aws.elasticache`. */
const PER_REGION = 'L-DFE45DF3';
const PER_CLUSTER = 'L-AF354865';

/** Nodes of a cluster. Source: ElastiCache user guide: 500 from Valkey 7.2 or Redis OSS 5.0.6 on, 250 before. */
const HIGHEST_PER_CLUSTER = 500;

/** What quotas of ElastiCache are read from. */
export interface ElastiCacheQuotaSources {
  readonly api: Pick<ElastiCacheApi, 'countNodes' | 'describeGroups'>;
  readonly limits: QuotaLimits;
}

/** What one more unit of a target is. */
interface UnitSize {
  readonly id: string;
  readonly group: CacheGroup;
  readonly nodes: number;
  /** Whole units among the nodes that are counted. */
  readonly counted: number;
}

/**
 * Quotas of replication groups: nodes of the region, and nodes of one cluster where it is in cluster mode. One more
 * replica is a node of every shard, one more shard a primary and its replicas; where a plan raises both of a group,
 * what the new replicas of new shards take is not seen. Use is every node of the region, of any engine. Nodes that
 * are reserved have a limit of their own beside this one (AWS General Reference) and cannot be told from others, so
 * they count here. Replicas of one shard are no reading: they cannot be raised above the lever's maximum.
 */
export function elastiCacheQuotas(sources: ElastiCacheQuotaSources): QuotaReader {
  return {
    quotas: async (targets, signal) => {
      const counted = targets.filter((target) => leverOfTarget(target)?.id !== 'node-type');
      const regions = Map.groupBy(counted, ({ region }) => region);
      const all = await Promise.all([...regions].map((entry) => ofRegion(sources, ...entry, signal)));
      return all.flat();
    },
  };
}

async function ofRegion(
  { api, limits }: ElastiCacheQuotaSources,
  region: string,
  targets: readonly ScalingTarget[],
  signal: AbortSignal,
): Promise<readonly QuotaReading[]> {
  const names = [...new Set(targets.map((target) => identifierIn(target, GROUP)))];
  const [groups, counts] = await Promise.all([
    api.describeGroups(region, names, signal),
    api.countNodes(region, signal),
  ]);
  const sizes = targets.map((target) => sizeOf(target, groups, counts));
  const inClusterMode = sizes.filter(({ group }) => group.clusterEnabled);
  const reading = async (code: string) => {
    const { title, quotaService } = describedQuota('aws.elasticache', code);
    const limit = await limits(region, { quotaService, code }, signal);
    return { provider: 'aws', quota: code, title, quotaService, region, unit: 'nodes', limit } as const;
  };
  const ofAll = { ...(await reading(PER_REGION)), used: sumOf(counts), ...unitsOf(sizes) };
  if (inClusterMode.length === 0) return [ofAll];
  const perCluster = { ...(await reading(PER_CLUSTER)), highestGranted: HIGHEST_PER_CLUSTER };
  const ofClusters = [...Map.groupBy(inClusterMode, ({ group }) => group.group)].map(([resource, own]) => {
    return { ...perCluster, resource, used: sumOf(ofGroup(counts, resource)), ...unitsOf(own) };
  });
  return [ofAll, ...ofClusters];
}

/** @throws ProviderError `NotFound`, or `Transient` where a group is without a shard or a node yet. */
function sizeOf(
  target: ScalingTarget,
  groups: readonly CacheGroup[],
  counts: readonly NodeCount[],
): UnitSize {
  const name = identifierIn(target, GROUP);
  const group = groups.find((candidate) => candidate.group === name);
  const resource = target.id;
  if (!group) {
    const message = `Replication group ${name} does not exist in ${target.region}. Correct the reference of target ${target.id}.`;
    throw new ProviderError('NotFound', message, { resource });
  }
  const shards = group.shards.length;
  const nodes = sumOf(ofGroup(counts, name));
  if (shards === 0 || nodes === 0) {
    throw new ProviderError('Transient', `ElastiCache gave ${name} without shards or nodes.`, { resource });
  }
  if (leverOfTarget(target)?.id === 'shards') {
    const perShard = Math.ceil(nodes / shards);
    return { id: target.id, group, nodes: perShard, counted: Math.floor(nodes / perShard) };
  }
  // The primary of a shard is no replica.
  return { id: target.id, group, nodes: shards, counted: Math.max(0, Math.floor(nodes / shards) - 1) };
}

function ofGroup(counts: readonly NodeCount[], name: string): readonly NodeCount[] {
  return counts.filter(({ group }) => group === name);
}

function sumOf(counts: readonly NodeCount[]): number {
  return counts.reduce((sum, { nodes }) => sum + nodes, 0);
}

function unitsOf(sizes: readonly UnitSize[]): Pick<QuotaReading, 'perUnit' | 'counted'> {
  return {
    perUnit: Object.fromEntries(sizes.map(({ id, nodes }) => [id, nodes])),
    counted: Object.fromEntries(sizes.map(({ id, counted }) => [id, counted])),
  };
}
