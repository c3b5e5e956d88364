import type { Lever, Quota, ServiceDescriptor } from '../service-descriptor.ts';
import { SCALABLE_TARGET } from './aws-owned-settings.ts';
import { APP_AUTO_SCALING, read, SERVICE_QUOTAS, write } from './aws-permissions.ts';

const REPLICAS: Lever = {
  id: 'replicas',
  unitName: 'replica of every shard',
  referenceFields: ['replicationGroup'],
  kinds: ['range', 'count'],
  autoscaled: 'either',
  reversibility: 'reversible',
  interrupts: false,
  spot: false,
  vendorMaximumUnits: { units: 5, source: 'ElastiCache user guide: up to 5 read replicas of a shard' },
  provisioningMinutes: { typical: 8, p95: 20, source: 'assumed' },
  ownedSettings: {
    terraform: [
      SCALABLE_TARGET,
      {
        resource: 'aws_elasticache_replication_group',
        ignoreChanges: ['replicas_per_node_group', 'num_cache_clusters'],
        when: 'always',
      },
    ],
    argoCd: [],
  },
};

const SHARDS: Lever = {
  id: 'shards',
  unitName: 'shard',
  referenceFields: ['replicationGroup'],
  kinds: ['range', 'count'],
  autoscaled: 'either',
  reversibility: 'reversible',
  interrupts: false,
  spot: false,
  vendorMaximumUnits: {
    units: 500,
    source: 'ElastiCache user guide: 500 from Valkey 7.2 or Redis OSS 5.0.6 on, by default 90',
  },
  provisioningMinutes: { typical: 20, p95: 120, source: 'assumed: slots are moved with the data in them' },
  ownedSettings: {
    terraform: [
      SCALABLE_TARGET,
      {
        resource: 'aws_elasticache_replication_group',
        ignoreChanges: ['num_node_groups'],
        when: 'always',
      },
    ],
    argoCd: [],
  },
};

const NODE_TYPE: Lever = {
  id: 'node-type',
  unitName: 'unit of its node type',
  referenceFields: ['replicationGroup'],
  kinds: ['class'],
  autoscaled: 'never',
  reversibility: 'reversible',
  interrupts: false,
  spot: false,
  vendorMaximumUnits: {
    units: 1_000_000,
    source: 'units of a ladder are its own; 1,000,000 is our own guard',
  },
  provisioningMinutes: { typical: 20, p95: 60, source: 'assumed: nodes are replaced and their data copied' },
  ownedSettings: {
    terraform: [
      { resource: 'aws_elasticache_replication_group', ignoreChanges: ['node_type'], when: 'always' },
    ],
    argoCd: [],
  },
};

const QUOTAS: readonly Quota[] = [
  {
    code: 'L-DFE45DF3',
    title: 'Nodes per Region',
    quotaService: 'elasticache',
    levers: ['replicas', 'shards'],
    defaultLimit: 300,
    source: 'Amazon ElastiCache endpoints and quotas: 300 in each Region; the code from third parties',
  },
  {
    code: 'L-AF354865',
    title: 'Nodes per cluster per instance type (Redis cluster mode enabled)',
    quotaService: 'elasticache',
    levers: ['replicas', 'shards'],
    defaultLimit: 90,
    source: 'assumed: code and title as third parties quote them; 90 nodes of a cluster is documented',
  },
];

/** Amazon ElastiCache. */
export const ELASTICACHE: ServiceDescriptor = {
  id: 'aws.elasticache',
  provider: 'aws',
  title: 'Amazon ElastiCache replication group',
  protection: 'read-back',
  permissions: [
    ...APP_AUTO_SCALING,
    ...read(
      'elasticache:DescribeCacheClusters',
      'elasticache:DescribeReplicationGroups',
      'elasticache:ListAllowedNodeTypeModifications',
    ),
    ...SERVICE_QUOTAS,
    ...write(
      'elasticache:DecreaseReplicaCount',
      'elasticache:IncreaseReplicaCount',
      'elasticache:ModifyReplicationGroup',
      'elasticache:ModifyReplicationGroupShardConfiguration',
    ),
  ],
  discoveryPermissions: ['elasticache:ListTagsForResource'],
  levers: [REPLICAS, SHARDS, NODE_TYPE],
  quotas: QUOTAS,
};
