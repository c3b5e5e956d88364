import type { ScalableTarget, ScalableTargetsApi } from '../../activities/scalers/aws/_app-auto-scaling.ts';
import type {
  AccountQuota,
  InstanceChange,
  NewReader,
  RdsApi,
} from '../../activities/scalers/aws/_rds-api.ts';
import type { DbCluster, DbInstance, ServerlessRange } from '../../activities/scalers/aws/_rds-shapes.ts';
import { ProviderError } from '../../domain/errors.ts';
import type { ScalingTarget } from '../../domain/fleet.ts';

/** A target of RDS, by lever and reference. */
export function rdsTarget(
  lever: string,
  reference: Readonly<Record<string, string>>,
  fields: Partial<ScalingTarget> = {},
): ScalingTarget {
  return {
    id: `aws.rds/eu-west-1/${Object.values(reference).join('/')}/${lever}`,
    service: 'aws.rds',
    lever,
    region: 'eu-west-1',
    reference,
    workload: 'api',
    markets: ['gb'],
    capacityPerUnit: 100,
    maximumUnits: 15,
    hourlyUsdPerUnit: 0.3,
    critical: false,
    requiresStabilization: false,
    leadTimeMinutes: 30,
    loadSource: { kind: 'observations' },
    autoscaled: false,
    baselineUnits: 1,
    ...fields,
  };
}

/** One region of RDS in memory; every call is written down, and calls can be made to fail. */
export class FakeRds implements RdsApi {
  readonly calls: string[] = [];
  readonly clusters = new Map<string, DbCluster>();
  readonly instances = new Map<string, DbInstance>();
  readonly ranges = new Map<string, ScalableTarget>();
  /** By the begin of a call's line: thrown instead of it, as often as it stands here. */
  readonly refusals: { readonly call: string; readonly error: ProviderError }[] = [];

  addCluster(cluster: string, fields: Partial<DbCluster> = {}): void {
    this.clusters.set(cluster, {
      cluster,
      status: 'available',
      engine: 'aurora-postgresql',
      engineMode: 'provisioned',
      writers: [`${cluster}-writer`],
      serverless: null,
      ...fields,
    });
  }

  addInstance(instance: string, fields: Partial<DbInstance> = {}): void {
    this.instances.set(instance, {
      instance,
      status: 'available',
      className: 'db.r6g.large',
      engine: 'aurora-postgresql',
      cluster: null,
      allocatedGib: 100,
      autoscaledToGib: null,
      storageType: 'gp3',
      iops: null,
      pending: { className: null, allocatedGib: null, others: [] },
      parameterGroup: 'weddings',
      publiclyAccessible: false,
      upgradesMinorVersions: true,
      ...fields,
    });
  }

  /** A cluster with a writer and readers of a person. */
  addReaders(cluster: string, ...readers: readonly string[]): void {
    this.addCluster(cluster);
    this.addInstance(`${cluster}-writer`, { cluster, className: 'db.r6g.4xlarge' });
    for (const reader of readers) this.addInstance(reader, { cluster });
  }

  /** By RDS's own names. */
  readonly quotas = new Map<string, AccountQuota>();

  async accountQuotas(region: string) {
    this.enter(`account ${region}`);
    return this.quotas;
  }

  async describeClusters(region: string, clusters: readonly string[]) {
    this.enter(`clusters ${region} ${clusters.length}`);
    return clusters.flatMap((name) => this.clusters.get(name) ?? []);
  }

  async describeInstances(region: string, instances: readonly string[]) {
    this.enter(`instances ${region} ${instances.length}`);
    return instances.flatMap((name) => this.instances.get(name) ?? []);
  }

  async describeMembers(region: string, clusters: readonly string[]) {
    this.enter(`members ${region} ${clusters.length}`);
    return [...this.instances.values()].filter(({ cluster }) => clusters.includes(cluster ?? ''));
  }

  async createReader(_region: string, reader: NewReader) {
    const { instance, cluster, className, engine } = reader;
    this.enter(`create ${instance}`);
    if (this.instances.has(instance)) throw refusal('InvalidTarget', 'DBInstanceAlreadyExists');
    this.addInstance(instance, { cluster, className, engine, status: 'creating' });
    this.made.push(reader);
    return `req-${instance}`;
  }

  /** What was asked for of every reader made. */
  readonly made: NewReader[] = [];

  async deleteReader(_region: string, instance: string) {
    this.enter(`delete ${instance}`);
    const found = this.instances.get(instance);
    if (!found) throw refusal('NotFound', 'DBInstanceNotFound');
    this.instances.set(instance, { ...found, status: 'deleting' });
    return `req-${instance}`;
  }

  async modifyInstance(_region: string, instance: string, change: InstanceChange) {
    this.enter(`modify ${instance} ${Object.values(change).join(' ')}`);
    const found = this.instances.get(instance);
    if (!found) throw refusal('NotFound', 'DBInstanceNotFound');
    this.instances.set(instance, { ...found, pending: { ...found.pending, ...change } });
    return 'req-1';
  }

  async setServerlessRange(_region: string, cluster: string, range: ServerlessRange) {
    this.enter(`capacity ${cluster} ${JSON.stringify(range)}`);
    const found = this.clusters.get(cluster);
    if (found) this.clusters.set(cluster, { ...found, serverless: range });
    return 'req-1';
  }

  readonly scalableTargets: ScalableTargetsApi = {
    describe: async (region, resourceIds) => {
      this.enter(`targets ${region} ${resourceIds.length}`);
      return new Map(resourceIds.flatMap((id) => [...this.ranges].filter(([known]) => known === id)));
    },
    setRange: async (_region, target) => {
      this.enter(`range ${target.resourceId} ${target.minimumUnits} ${target.maximumUnits}`);
      this.ranges.set(target.resourceId, target);
      return 'req-1';
    },
  };

  /** Calls that change something. */
  writes(): readonly string[] {
    return this.calls.filter((call) => /^(create|delete|modify|capacity|range) /.test(call));
  }

  private enter(call: string): void {
    this.calls.push(call);
    const at = this.refusals.findIndex((refused) => call.startsWith(refused.call));
    const [struck] = at < 0 ? [] : this.refusals.splice(at, 1);
    if (struck) throw struck.error;
  }
}

/** A refusal as `_errors.ts` makes it. */
export function refusal(kind: ProviderError['kind'], vendorCode: string): ProviderError {
  return new ProviderError(kind, `AWS says ${vendorCode}`, { vendorCode });
}
