import type { Quota, ServiceDescriptor } from '../service-descriptor.ts';
import { APP_AUTO_SCALING, read, SCALABLE_TARGET, write } from './aws-app-auto-scaling.ts';
import { ELASTICACHE } from './aws-elasticache.ts';
import { LAMBDA } from './aws-lambda.ts';
import { RDS } from './aws-rds.ts';

/** On-demand and spot vCPUs of EC2 bind whatever runs on instances. Source: EC2 quotas in Service Quotas. */
const EC2_VCPU_SOURCE = 'Service Quotas, Amazon EC2: vCPUs of running standard instances per region';

const ec2VcpuQuotas = (lever: string): readonly Quota[] => [
  {
    code: 'L-1216C47A',
    title: 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances',
    quotaService: 'ec2',
    levers: [lever],
    defaultLimit: null,
    source: EC2_VCPU_SOURCE,
  },
  {
    code: 'L-34B43A08',
    title: 'All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests',
    quotaService: 'ec2',
    levers: [lever],
    defaultLimit: null,
    source: EC2_VCPU_SOURCE,
  },
];

/** Services of AWS, sorted by id. */
export const AWS_SERVICES: readonly ServiceDescriptor[] = [
  {
    id: 'aws.asg',
    provider: 'aws',
    title: 'Amazon EC2 Auto Scaling group',
    protection: 'read-back',
    permissions: [
      ...read('autoscaling:DescribeAutoScalingGroups', 'autoscaling:DescribePolicies'),
      ...read('autoscaling:DescribeScalingActivities', 'ec2:DescribeInstanceTypes'),
      ...read('servicequotas:GetServiceQuota'),
      ...write('autoscaling:UpdateAutoScalingGroup'),
    ],
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
    quotas: ec2VcpuQuotas('instances'),
  },
  {
    id: 'aws.ecs',
    provider: 'aws',
    title: 'Amazon ECS service',
    protection: 'read-back',
    permissions: [
      ...APP_AUTO_SCALING,
      ...read('ecs:DescribeCapacityProviders', 'ecs:DescribeServices'),
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
    quotas: [],
  },
  {
    id: 'aws.eks',
    provider: 'aws',
    title: 'Amazon EKS managed node group',
    protection: 'read-back',
    permissions: [
      ...read('ec2:DescribeInstanceTypes', 'eks:DescribeCluster', 'eks:DescribeNodegroup'),
      ...read('servicequotas:GetServiceQuota'),
      ...write('eks:UpdateNodegroupConfig'),
      // Of the cluster, not of IAM: by an access entry whose Kubernetes group may do this.
      ...read('list nodes'),
    ],
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
      ...ec2VcpuQuotas('nodes'),
      {
        code: 'L-BD136A63',
        title: 'Nodes per managed node group',
        quotaService: 'eks',
        levers: ['nodes'],
        defaultLimit: 450,
        source: 'EKS user guide, service quotas: 450 by default, adjustable',
      },
    ],
  },
  ELASTICACHE,
  LAMBDA,
  RDS,
];
