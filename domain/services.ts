import type { ProviderId } from './providers.ts';

/** What is known of a scalable service without loading its SDK; docs, schema, planner and tests read it. */
export interface ServiceDescriptor {
  /** `cloud.service`, e.g. `aws.ecs`; the scaler's file is `activities/scalers/<cloud>/<service>.ts`. */
  readonly id: string;
  readonly provider: ProviderId;
  /** Vendor's own name, for people. */
  readonly title: string;
  /** Keys a target's `reference` must have. */
  readonly referenceFields: readonly string[];
  /** Whether the vendor refuses a write by what was seen (`fenced`) or we read before and after (`read-back`). */
  readonly protection: 'fenced' | 'read-back';
  /** Least permissions, in the vendor's own words. */
  readonly permissions: readonly string[];
  /** Vendor's own ceiling on units of one resource, and where that is said. */
  readonly vendorMaximumUnits: { readonly units: number; readonly source: string };
  /** Typical and 95th percentile minutes from accepted to serving. */
  readonly provisioningMinutes: { readonly typical: number; readonly p95: number; readonly source: string };
}

/** Every scalable service, sorted by id. One line each; the drift test compares it with the scalers' files. */
export const SERVICES: readonly ServiceDescriptor[] = [
  {
    id: 'aws.ecs',
    provider: 'aws',
    title: 'Amazon ECS service',
    referenceFields: ['cluster', 'service'],
    protection: 'read-back',
    permissions: [
      'application-autoscaling:DescribeScalableTargets',
      'application-autoscaling:RegisterScalableTarget',
      'ecs:DescribeServices',
      'ecs:UpdateService',
    ],
    vendorMaximumUnits: { units: 5000, source: 'ECS quota "Tasks per service", default 5,000' },
    provisioningMinutes: { typical: 2, p95: 5, source: 'assumed' },
  },
  {
    id: 'azure.aks',
    provider: 'azure',
    title: 'Azure Kubernetes Service agent pool',
    referenceFields: ['subscriptionId', 'resourceGroup', 'cluster', 'pool'],
    protection: 'fenced',
    permissions: [
      'Microsoft.ContainerService/managedClusters/agentPools/read',
      'Microsoft.ContainerService/managedClusters/agentPools/write',
    ],
    vendorMaximumUnits: { units: 1000, source: 'AKS agent pool count, 0 to 1,000 (API description)' },
    provisioningMinutes: { typical: 4, p95: 10, source: 'assumed' },
  },
  {
    id: 'gcp.mig',
    provider: 'gcp',
    title: 'Compute Engine managed instance group',
    referenceFields: ['project', 'location', 'name'],
    protection: 'read-back',
    permissions: [
      'compute.autoscalers.get',
      'compute.autoscalers.list',
      'compute.autoscalers.update',
      'compute.instanceGroupManagers.get',
      'compute.instanceGroupManagers.list',
      'compute.instanceGroupManagers.update',
      'compute.regionOperations.get',
      'compute.zoneOperations.get',
    ],
    vendorMaximumUnits: {
      units: 2000,
      source: 'Regional MIG limit 2,000 VMs (Compute Engine documentation)',
    },
    provisioningMinutes: { typical: 2, p95: 6, source: 'assumed' },
  },
  {
    id: 'kubernetes.deployment',
    provider: 'kubernetes',
    title: 'Kubernetes Deployment',
    referenceFields: ['cluster', 'namespace', 'name'],
    protection: 'fenced',
    permissions: ['get,list deployments.apps', 'get,update deployments.apps/scale'],
    vendorMaximumUnits: { units: 10000, source: 'int32 in the API; 10,000 is our own guard' },
    provisioningMinutes: { typical: 1, p95: 4, source: 'assumed' },
  },
  {
    id: 'kubernetes.hpa',
    provider: 'kubernetes',
    title: 'Kubernetes HorizontalPodAutoscaler',
    referenceFields: ['cluster', 'namespace', 'name'],
    protection: 'fenced',
    permissions: ['get,list,update horizontalpodautoscalers.autoscaling', 'get,list deployments.apps'],
    vendorMaximumUnits: { units: 10000, source: 'int32 in the API; 10,000 is our own guard' },
    provisioningMinutes: { typical: 1, p95: 4, source: 'assumed' },
  },
];

/** Finds a service's descriptor, or undefined for an id no release knows. */
export function serviceDescriptor(id: string): ServiceDescriptor | undefined {
  return SERVICES.find((service) => service.id === id);
}
