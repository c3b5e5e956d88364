import type { Resource } from '../../world.ts';

/** What Application Auto Scaling calls one lever of a service. */
export interface ScalableDimension {
  readonly namespace: string;
  readonly dimension: string;
  readonly service: string;
  readonly lever: string;
  /** Splits a resource id into the reference values, in the order of `fields`. */
  readonly resourceId: RegExp;
  readonly fields: readonly string[];
  readonly idOf: (reference: Readonly<Record<string, string>>) => string;
}

/** Every dimension the sandbox has. Source: Application Auto Scaling API reference, RegisterScalableTarget. */
export const DIMENSIONS: readonly ScalableDimension[] = [
  {
    namespace: 'ecs',
    dimension: 'ecs:service:DesiredCount',
    service: 'aws.ecs',
    lever: 'tasks',
    resourceId: /^service\/([^/]+)\/([^/]+)$/,
    fields: ['cluster', 'service'],
    idOf: ({ cluster, service }) => `service/${cluster}/${service}`,
  },
  {
    namespace: 'elasticache',
    dimension: 'elasticache:replication-group:NodeGroups',
    service: 'aws.elasticache',
    lever: 'shards',
    resourceId: /^replication-group\/([^/]+)$/,
    fields: ['replicationGroup'],
    idOf: ({ replicationGroup }) => `replication-group/${replicationGroup}`,
  },
  {
    namespace: 'elasticache',
    dimension: 'elasticache:replication-group:Replicas',
    service: 'aws.elasticache',
    lever: 'replicas',
    resourceId: /^replication-group\/([^/]+)$/,
    fields: ['replicationGroup'],
    idOf: ({ replicationGroup }) => `replication-group/${replicationGroup}`,
  },
  {
    namespace: 'lambda',
    dimension: 'lambda:function:ProvisionedConcurrency',
    service: 'aws.lambda',
    lever: 'provisioned-concurrency',
    resourceId: /^function:([^:]+):([^:]+)$/,
    fields: ['function', 'qualifier'],
    idOf: (reference) => `function:${reference.function}:${reference.qualifier}`,
  },
  {
    namespace: 'rds',
    dimension: 'rds:cluster:ReadReplicaCount',
    service: 'aws.rds',
    lever: 'readers',
    resourceId: /^cluster:([^:]+)$/,
    fields: ['cluster'],
    idOf: ({ cluster }) => `cluster:${cluster}`,
  },
];

/** The dimension a resource of the world is scaled by, if it can have a scalable target. */
export function dimensionOf({ service, lever }: Resource): ScalableDimension | undefined {
  return DIMENSIONS.find((line) => line.service === service && line.lever === lever);
}
