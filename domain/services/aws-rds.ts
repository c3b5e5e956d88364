import type { Lever, Quota, ServiceDescriptor } from '../service-descriptor.ts';
import { SCALABLE_TARGET } from './aws-owned-settings.ts';
import { APP_AUTO_SCALING, read, write } from './aws-permissions.ts';

const READERS: Lever = {
  id: 'readers',
  unitName: 'reader',
  referenceFields: ['cluster'],
  kinds: ['range', 'count'],
  autoscaled: 'either',
  reversibility: 'reversible',
  stepwise: true,
  interrupts: false,
  spot: false,
  vendorMaximumUnits: { units: 15, source: 'Aurora user guide: up to 15 Aurora Replicas of a cluster' },
  provisioningMinutes: { typical: 10, p95: 20, source: 'assumed' },
  ownedSettings: {
    terraform: [
      SCALABLE_TARGET,
      { resource: 'aws_rds_cluster', ignoreChanges: ['cluster_members'], when: 'always' },
    ],
    argoCd: [],
  },
};

const SERVERLESS_CAPACITY: Lever = {
  id: 'serverless-capacity',
  unitName: 'capacity unit',
  referenceFields: ['cluster'],
  kinds: ['range'],
  autoscaled: 'always',
  reversibility: 'reversible',
  interrupts: false,
  spot: false,
  vendorMaximumUnits: {
    units: 256,
    source: 'RDS API reference, ServerlessV2ScalingConfiguration: 256 ACU, 128 on older Aurora versions',
  },
  provisioningMinutes: { typical: 1, p95: 5, source: 'assumed' },
  ownedSettings: {
    terraform: [
      {
        resource: 'aws_rds_cluster',
        ignoreChanges: [
          'serverlessv2_scaling_configuration[0].min_capacity',
          'serverlessv2_scaling_configuration[0].max_capacity',
          'serverlessv2_scaling_configuration[0].seconds_until_auto_pause',
        ],
        when: 'always',
      },
    ],
    argoCd: [],
  },
};

const INSTANCE_CLASS: Lever = {
  id: 'instance-class',
  unitName: 'unit of its class',
  referenceFields: ['instance'],
  kinds: ['class'],
  autoscaled: 'never',
  reversibility: 'reversible',
  interrupts: true,
  spot: false,
  vendorMaximumUnits: {
    units: 1_000_000,
    source: 'units of a ladder are its own; 1,000,000 is our own guard',
  },
  provisioningMinutes: {
    typical: 20,
    p95: 40,
    source: 'assumed: one public trace of a class change took about 20 minutes',
  },
  ownedSettings: {
    terraform: [
      { resource: 'aws_db_instance', ignoreChanges: ['instance_class'], when: 'always' },
      { resource: 'aws_rds_cluster_instance', ignoreChanges: ['instance_class'], when: 'always' },
    ],
    argoCd: [],
  },
};

const STORAGE: Lever = {
  id: 'storage',
  unitName: 'GiB',
  referenceFields: ['instance'],
  kinds: ['count'],
  autoscaled: 'never',
  reversibility: 'committed',
  interrupts: false,
  spot: false,
  vendorMaximumUnits: {
    units: 65_536,
    source: 'RDS API reference, CreateDBInstance: 64 TiB for most engines, 16 TiB for SQL Server',
  },
  provisioningMinutes: { typical: 5, p95: 20, source: 'assumed' },
  ownedSettings: {
    terraform: [{ resource: 'aws_db_instance', ignoreChanges: ['allocated_storage'], when: 'always' }],
    argoCd: [],
  },
};

const QUOTAS: readonly Quota[] = [
  {
    code: 'L-7B6409FD',
    title: 'DB instances',
    quotaService: 'rds',
    levers: ['readers'],
    defaultLimit: 40,
    source: 'Amazon RDS endpoints and quotas: 40 in each Region (ap-south-1: 20), Aurora included',
  },
  {
    code: 'L-7ADDB58A',
    title: 'Total storage for all DB instances',
    quotaService: 'rds',
    levers: ['storage'],
    defaultLimit: 100_000,
    source: 'Amazon RDS endpoints and quotas: 100,000 GB in each Region, Aurora not included',
  },
];

/** Amazon RDS and Aurora. */
export const RDS: ServiceDescriptor = {
  id: 'aws.rds',
  provider: 'aws',
  title: 'Amazon RDS or Aurora database',
  protection: 'read-back',
  permissions: [
    ...APP_AUTO_SCALING,
    ...read('rds:DescribeAccountAttributes', 'rds:DescribeDBClusters', 'rds:DescribeDBInstances'),
    ...write('rds:CreateDBInstance', 'rds:DeleteDBInstance', 'rds:ModifyDBCluster', 'rds:ModifyDBInstance'),
  ],
  discoveryPermissions: [],
  levers: [READERS, SERVERLESS_CAPACITY, INSTANCE_CLASS, STORAGE],
  quotas: QUOTAS,
};
