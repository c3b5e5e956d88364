import type { ServiceDescriptor } from '../service-descriptor.ts';
import { APP_AUTO_SCALING, read, SCALABLE_TARGET, SERVICE_QUOTAS, VCPU_QUOTAS, write } from './aws-common.ts';
import { ELASTICACHE } from './aws-elasticache.ts';
import { LAMBDA } from './aws-lambda.ts';
import { RDS } from './aws-rds.ts';
import { vcpuQuotasOf } from './ec2-vcpu-quotas.ts';

/** Services of AWS, sorted by id. */
export const AWS_SERVICES: readonly ServiceDescriptor[] = [
  {
    id: 'aws.asg',
    provider: 'aws',
    title: 'Amazon EC2 Auto Scaling group',
    protection: 'read-back',
    permissions: [
      ...read('autoscaling:DescribeAutoScalingGroups', 'autoscaling:DescribePolicies'),
      ...read('autoscaling:DescribeScalingActivities'),
      ...VCPU_QUOTAS,
      ...write('autoscaling:UpdateAutoScalingGroup'),
    ],
    discoveryPermissions: [],
    levers: [
      {
        id: 'instances',
        unitName: 'instance',
        referenceFields: ['group'],
        kinds: ['range', 'size'],
        autoscaled: 'either',
        reversibility: 'reversible',
        interrupts: false,
        spot: true,
        vendorMaximumUnits: {
          units: 10_000,
          source: 'none published for one group; 10,000 is our own guard',
        },
        provisioningMinutes: { typical: 3, p95: 8, source: 'assumed' },
        ownedSettings: {
          terraform: [
            {
              resource: 'aws_autoscaling_group',
              ignoreChanges: [
                'min_size',
                'max_size',
                'desired_capacity',
                'mixed_instances_policy[0].instances_distribution[0].on_demand_percentage_above_base_capacity',
              ],
              when: 'always',
            },
          ],
          argoCd: [],
        },
      },
    ],
    quotas: vcpuQuotasOf(['instances']),
  },
  {
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
  },
  {
    id: 'aws.eks',
    provider: 'aws',
    title: 'Amazon EKS managed node group',
    protection: 'read-back',
    permissions: [
      ...VCPU_QUOTAS,
      ...read('eks:DescribeCluster', 'eks:DescribeNodegroup'),
      ...write('eks:UpdateNodegroupConfig'),
      // Of the cluster, not of IAM: by an access entry whose Kubernetes group may do this.
      ...read('list nodes'),
    ],
    discoveryPermissions: ['eks:ListClusters', 'eks:ListNodegroups'],
    levers: [
      {
        id: 'nodes',
        unitName: 'node',
        referenceFields: ['cluster', 'nodegroup'],
        kinds: ['range', 'size'],
        autoscaled: 'either',
        reversibility: 'reversible',
        interrupts: false,
        spot: false,
        vendorMaximumUnits: {
          units: 5_000,
          source:
            'Kubernetes, "Considerations for large clusters": 5,000 nodes; the quota of the account is below',
        },
        provisioningMinutes: { typical: 4, p95: 10, source: 'assumed' },
        ownedSettings: {
          terraform: [
            {
              resource: 'aws_eks_node_group',
              ignoreChanges: [
                'scaling_config[0].min_size',
                'scaling_config[0].max_size',
                'scaling_config[0].desired_size',
              ],
              when: 'always',
            },
          ],
          argoCd: [],
        },
      },
    ],
    quotas: [
      ...vcpuQuotasOf(['nodes']),
      {
        code: 'L-BD136A63',
        title: 'Nodes per managed node group',
        quotaService: 'eks',
        levers: ['nodes'],
        defaultLimit: 450,
        source: 'EKS user guide, "Amazon EKS service quotas": 450 by default, adjustable, with its code',
      },
    ],
  },
  ELASTICACHE,
  LAMBDA,
  RDS,
];
