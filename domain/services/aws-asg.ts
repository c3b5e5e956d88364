import type { ServiceDescriptor } from '../service-descriptor.ts';
import { read, VCPU_QUOTAS, write } from './aws-permissions.ts';
import { vcpuQuotasOf } from './ec2-vcpu-quotas.ts';

/** Auto Scaling groups of Amazon EC2. */
export const ASG: ServiceDescriptor = {
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
};
