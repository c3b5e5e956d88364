import type { ScalableTarget, ScalableTargetsApi } from '../../activities/scalers/aws/_app-auto-scaling.ts';
import type { AllowedNodeTypes, ElastiCacheApi } from '../../activities/scalers/aws/_elasticache-api.ts';
import type { CacheGroup, CacheNode, Shard } from '../../activities/scalers/aws/_elasticache-shapes.ts';
import type { ScalingTarget } from '../../domain/fleet.ts';

/** A target of a replication group, by lever. */
export function cacheTarget(
  lever: string,
  replicationGroup: string,
  fields: Partial<ScalingTarget> = {},
): ScalingTarget {
  return {
    id: `aws.elasticache/eu-west-1/${replicationGroup}/${lever}`,
    service: 'aws.elasticache',
    lever,
    region: 'eu-west-1',
    reference: { replicationGroup },
    workload: 'api',
    markets: ['gb'],
    capacityPerUnit: 100,
    maximumUnits: 5,
    hourlyUsdPerUnit: 0.2,
    critical: false,
    requiresStabilization: false,
    leadTimeMinutes: 30,
    loadSource: { kind: 'observations' },
    autoscaled: false,
    baselineUnits: 1,
    ...fields,
  };
}

/** One region of ElastiCache in memory; every call is written down, and none moves anything by itself. */
export class FakeElastiCache implements ElastiCacheApi {
  readonly calls: string[] = [];
  readonly groups = new Map<string, CacheGroup>();
  readonly nodes: CacheNode[] = [];
  allowed: AllowedNodeTypes = { up: [], down: [] };
  readonly replicaRanges = new Map<string, ScalableTarget>();
  readonly shardRanges = new Map<string, ScalableTarget>();

  /** A group whose shards have so many nodes each, all available. */
  addGroup(group: string, shards: readonly number[], fields: Partial<CacheGroup> = {}): void {
    const { clusterEnabled = false, nodeType = 'cache.r7g.large' } = fields;
    const made = shards.map((count, position): Shard => {
      const id = String(position + 1).padStart(4, '0');
      const nodes = Array.from({ length: count }, (_, n) => {
        const number = String(n + 1).padStart(3, '0');
        return clusterEnabled ? `${group}-${id}-${number}` : `${group}-${number}`;
      });
      for (const node of nodes) this.addNode(group, node, { nodeType });
      return { id, status: 'available', nodes };
    });
    this.groups.set(group, {
      group,
      status: 'available',
      nodeType,
      clusterEnabled,
      multiAz: true,
      failsOver: true,
      globalDatastore: null,
      shards: made,
      pending: [],
      reshardedPercent: null,
      ...fields,
    });
  }

  /** A node of a group, or another state of one that is there. */
  addNode(group: string, node: string, fields: Partial<CacheNode> = {}): void {
    const at = this.nodes.findIndex((known) => known.node === node);
    if (at >= 0) this.nodes.splice(at, 1);
    this.nodes.push({
      node,
      group,
      status: 'available',
      nodeType: 'cache.r7g.large',
      pendingNodeType: null,
      otherPending: [],
      ...fields,
    });
  }

  async describeGroups(region: string, groups: readonly string[]) {
    this.calls.push(`groups ${region} ${groups.length}`);
    return groups.flatMap((name) => this.groups.get(name) ?? []);
  }

  async describeNodes(region: string) {
    this.calls.push(`nodes ${region}`);
    return this.nodes;
  }

  /** Clusters of Memcached, by their numbers of nodes. */
  readonly others: number[] = [];

  async countNodes(region: string) {
    this.calls.push(`count ${region}`);
    const own = this.nodes.map(({ group }) => ({ group, nodes: 1 }));
    return [...own, ...this.others.map((nodes) => ({ group: null, nodes }))];
  }

  async allowedNodeTypes(_region: string, group: string) {
    this.calls.push(`allowed ${group}`);
    return this.allowed;
  }

  async setReplicas(_region: string, group: string, { from, to }: { from: number; to: number }) {
    this.calls.push(`set replicas ${group} ${from} ${to}`);
    return 'req-1';
  }

  async setShards(_region: string, group: string, { to, remove }: { to: number; remove: readonly string[] }) {
    this.calls.push(`set shards ${group} ${to} -${remove.join(',')}`);
    return 'req-1';
  }

  async setNodeType(_region: string, group: string, nodeType: string) {
    this.calls.push(`set type ${group} ${nodeType}`);
    return 'req-1';
  }

  readonly scalableReplicas = this.scalables('replicas', this.replicaRanges);
  readonly scalableShards = this.scalables('shards', this.shardRanges);

  /** Calls that change something. */
  writes(): readonly string[] {
    return this.calls.filter((call) => call.startsWith('set '));
  }

  private scalables(name: string, ranges: Map<string, ScalableTarget>): ScalableTargetsApi {
    return {
      describe: async (region, resourceIds) => {
        this.calls.push(`scalable ${name} ${region} ${resourceIds.length}`);
        return new Map([...ranges].filter(([id]) => resourceIds.includes(id)));
      },
      setRange: async (_region, target) => {
        this.calls.push(
          `set range of ${name} ${target.resourceId} ${target.minimumUnits} ${target.maximumUnits}`,
        );
        ranges.set(target.resourceId, target);
        return 'req-1';
      },
    };
  }
}
