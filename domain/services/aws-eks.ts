import type { ServiceDescriptor } from '../service-descriptor.ts';
import { read, VCPU_QUOTAS, write } from './aws-permissions.ts';
import { vcpuQuotasOf } from './ec2-vcpu-quotas.ts';

/** Managed node groups of Amazon EKS. */
export const EKS: ServiceDescriptor = {
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
};
