import type { Resource } from './world.ts';

/** What the sandbox knows of a service before any protocol is asked. */
export interface SandboxService {
  readonly id: string;
  readonly vendor: Resource['vendor'];
  /** Names a reference must have; their values make the resource's key, in this order. */
  readonly referenceFields: readonly string[];
  /** Service time from accepted to serving where a world names none; assumed. */
  readonly provisioningSeconds: number;
}

/** Every service that can be in a world, sorted; the sandbox's own table, not the product's. */
export const SANDBOX_SERVICES: readonly SandboxService[] = [
  { id: 'aws.ecs', vendor: 'aws', referenceFields: ['cluster', 'service'], provisioningSeconds: 120 },
  {
    id: 'azure.aks',
    vendor: 'azure',
    referenceFields: ['subscriptionId', 'resourceGroup', 'cluster', 'pool'],
    provisioningSeconds: 240,
  },
  {
    id: 'gcp.mig',
    vendor: 'gcp',
    referenceFields: ['project', 'location', 'name'],
    provisioningSeconds: 120,
  },
  {
    id: 'kubernetes.deployment',
    vendor: 'kubernetes',
    referenceFields: ['cluster', 'namespace', 'name'],
    provisioningSeconds: 60,
  },
  {
    id: 'kubernetes.hpa',
    vendor: 'kubernetes',
    referenceFields: ['cluster', 'namespace', 'name'],
    provisioningSeconds: 60,
  },
];

/** Key of a resource: `service/region/` and the reference values in the service's own order. */
export function resourceKeyOf(
  service: SandboxService,
  region: string,
  reference: Readonly<Record<string, string>>,
): string {
  return [service.id, region, ...service.referenceFields.map((field) => reference[field])].join('/');
}
