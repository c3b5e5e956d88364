import type { ServiceDescriptor } from '../service-descriptor.ts';

/** Services of Azure, sorted by id. */
export const AZURE_SERVICES: readonly ServiceDescriptor[] = [
  {
    id: 'azure.aks',
    provider: 'azure',
    title: 'Azure Kubernetes Service agent pool',
    protection: 'fenced',
    permissions: [
      { name: 'Microsoft.ContainerService/managedClusters/agentPools/read', verb: 'read' },
      { name: 'Microsoft.ContainerService/managedClusters/agentPools/write', verb: 'write' },
    ],
    levers: [
      {
        id: 'nodes',
        unitName: 'node',
        referenceFields: ['subscriptionId', 'resourceGroup', 'cluster', 'pool'],
        kinds: ['range', 'count'],
        autoscaled: 'either',
        reversibility: 'reversible',
        interrupts: false,
        spot: false,
        vendorMaximumUnits: { units: 1_000, source: 'AKS agent pool count, 0 to 1,000 (API description)' },
        provisioningMinutes: { typical: 4, p95: 10, source: 'assumed' },
        ownedSettings: {
          terraform: [
            {
              resource: 'azurerm_kubernetes_cluster_node_pool',
              ignoreChanges: ['min_count', 'max_count', 'node_count'],
              when: 'autoscaled',
            },
            {
              resource: 'azurerm_kubernetes_cluster_node_pool',
              ignoreChanges: ['node_count'],
              when: 'not autoscaled',
            },
          ],
          argoCd: [],
        },
      },
    ],
    quotas: [],
  },
];
