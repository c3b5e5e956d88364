import type { ServiceDescriptor } from '../service-descriptor.ts';

/** Services of Google Cloud, sorted by id. */
export const GCP_SERVICES: readonly ServiceDescriptor[] = [
  {
    id: 'gcp.mig',
    provider: 'gcp',
    title: 'Compute Engine managed instance group',
    protection: 'read-back',
    permissions: [
      { name: 'compute.autoscalers.get', verb: 'read' },
      { name: 'compute.autoscalers.list', verb: 'read' },
      { name: 'compute.autoscalers.update', verb: 'write' },
      { name: 'compute.instanceGroupManagers.get', verb: 'read' },
      { name: 'compute.instanceGroupManagers.list', verb: 'read' },
      { name: 'compute.instanceGroupManagers.update', verb: 'write' },
      { name: 'compute.regionOperations.get', verb: 'read' },
      { name: 'compute.zoneOperations.get', verb: 'read' },
    ],
    levers: [
      {
        id: 'instances',
        unitName: 'machine',
        referenceFields: ['project', 'location', 'name'],
        kinds: ['range', 'count'],
        autoscaled: 'either',
        reversibility: 'reversible',
        interrupts: false,
        spot: false,
        vendorMaximumUnits: {
          units: 2_000,
          source: 'Regional MIG limit 2,000 VMs (Compute Engine documentation)',
        },
        provisioningMinutes: { typical: 2, p95: 6, source: 'assumed' },
        ownedSettings: {
          terraform: [
            {
              resource: 'google_compute_region_autoscaler',
              ignoreChanges: ['autoscaling_policy[0].min_replicas', 'autoscaling_policy[0].max_replicas'],
              when: 'autoscaled',
            },
            {
              resource: 'google_compute_region_instance_group_manager',
              ignoreChanges: ['target_size'],
              when: 'always',
            },
          ],
          argoCd: [],
        },
      },
    ],
    quotas: [],
  },
];
