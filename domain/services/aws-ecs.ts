import type { ServiceDescriptor } from '../service-descriptor.ts';
import { SCALABLE_TARGET } from './aws-owned-settings.ts';
import { APP_AUTO_SCALING, read, SERVICE_QUOTAS, write } from './aws-permissions.ts';

/** Services of Amazon ECS. */
export const ECS: ServiceDescriptor = {
  id: 'aws.ecs',
  provider: 'aws',
  title: 'Amazon ECS service',
  protection: 'read-back',
  permissions: [
    ...APP_AUTO_SCALING,
    ...SERVICE_QUOTAS,
    ...read(
      'ecs:DescribeCapacityProviders',
      'ecs:DescribeServices',
      'ecs:DescribeTaskDefinition',
      'ecs:DescribeTasks',
      'ecs:ListClusters',
      'ecs:ListTasks',
    ),
    ...write('ecs:UpdateService'),
  ],
  discoveryPermissions: ['ecs:ListClusters', 'ecs:ListServices'],
  levers: [
    {
      id: 'tasks',
      unitName: 'task',
      referenceFields: ['cluster', 'service'],
      kinds: ['range', 'count'],
      autoscaled: 'either',
      reversibility: 'reversible',
      interrupts: false,
      spot: false,
      vendorMaximumUnits: { units: 5_000, source: 'ECS quota "Tasks per service", default 5,000' },
      provisioningMinutes: { typical: 2, p95: 5, source: 'assumed' },
      ownedSettings: {
        terraform: [
          SCALABLE_TARGET,
          { resource: 'aws_ecs_service', ignoreChanges: ['desired_count'], when: 'always' },
        ],
        argoCd: [],
      },
    },
  ],
  quotas: [
    {
      code: 'L-3032A538',
      title: 'Fargate On-Demand vCPU resource count',
      quotaService: 'fargate',
      levers: ['tasks'],
      defaultLimit: null,
      source: 'AWS General Reference, ECS endpoints and quotas; a new account has 6',
    },
    {
      code: 'L-36FBB829',
      title: 'Fargate Spot vCPU resource count',
      quotaService: 'fargate',
      levers: ['tasks'],
      defaultLimit: null,
      source: 'AWS General Reference, ECS endpoints and quotas; a new account has 6',
    },
  ],
};
