import type { Resource } from './world.ts';

/** What the sandbox knows of a service before any protocol is asked. */
export interface SandboxService {
  readonly id: string;
  /** What of it is moved; one service may have several lines, each a resource of its own in a world. */
  readonly lever: string;
  readonly vendor: Resource['vendor'];
  /** Names a reference must have; their values make the resource's key, in this order. */
  readonly referenceFields: readonly string[];
  /** Service time from accepted to serving where a world names none; assumed. */
  readonly provisioningSeconds: number;
  /** How fast units are made once making begins, on top of `provisioningSeconds`; absent for no such limit. */
  readonly unitsPerMinute?: number;
  /** New units serve only when all of them are there. Default false. */
  readonly allAtOnce?: boolean;
  /** Has a minimum and a maximum of its own, with or without an autoscaler. Default false. */
  readonly bounded?: boolean;
  /** Is the class of one machine, not a number of things. Default false. */
  readonly hasClass?: boolean;
}

/** Every service and lever that can be in a world, sorted; a service's first line is its default. The sandbox's own table. */
export const SANDBOX_SERVICES: readonly SandboxService[] = [
  {
    id: 'aws.asg',
    lever: 'instances',
    vendor: 'aws',
    referenceFields: ['group'],
    provisioningSeconds: 180,
    bounded: true,
  },
  {
    id: 'aws.ecs',
    lever: 'tasks',
    vendor: 'aws',
    referenceFields: ['cluster', 'service'],
    provisioningSeconds: 120,
  },
  {
    id: 'aws.eks',
    lever: 'nodes',
    vendor: 'aws',
    referenceFields: ['cluster', 'nodegroup'],
    provisioningSeconds: 240,
    bounded: true,
  },
  {
    id: 'aws.elasticache',
    lever: 'replicas',
    vendor: 'aws',
    referenceFields: ['replicationGroup'],
    provisioningSeconds: 480,
  },
  {
    id: 'aws.elasticache',
    lever: 'node-type',
    vendor: 'aws',
    referenceFields: ['replicationGroup'],
    provisioningSeconds: 1_200,
    hasClass: true,
  },
  {
    id: 'aws.elasticache',
    lever: 'shards',
    vendor: 'aws',
    referenceFields: ['replicationGroup'],
    provisioningSeconds: 1_200,
  },
  {
    id: 'aws.lambda',
    lever: 'provisioned-concurrency',
    vendor: 'aws',
    referenceFields: ['function', 'qualifier'],
    // Source: Lambda developer guide, "a minute or two of preparation", then up to 6,000 a minute per function.
    provisioningSeconds: 90,
    unitsPerMinute: 6_000,
    allAtOnce: true,
  },
  {
    id: 'aws.rds',
    lever: 'readers',
    vendor: 'aws',
    referenceFields: ['cluster'],
    provisioningSeconds: 600,
  },
  {
    id: 'aws.rds',
    lever: 'instance-class',
    vendor: 'aws',
    referenceFields: ['instance'],
    provisioningSeconds: 1_200,
    hasClass: true,
  },
  {
    id: 'aws.rds',
    lever: 'serverless-capacity',
    vendor: 'aws',
    referenceFields: ['cluster'],
    provisioningSeconds: 60,
  },
  {
    id: 'aws.rds',
    lever: 'storage',
    vendor: 'aws',
    referenceFields: ['instance'],
    provisioningSeconds: 300,
  },
  {
    id: 'azure.aks',
    lever: 'nodes',
    vendor: 'azure',
    referenceFields: ['subscriptionId', 'resourceGroup', 'cluster', 'pool'],
    provisioningSeconds: 240,
  },
  {
    id: 'gcp.mig',
    lever: 'instances',
    vendor: 'gcp',
    referenceFields: ['project', 'location', 'name'],
    provisioningSeconds: 120,
  },
  {
    id: 'kubernetes.deployment',
    lever: 'replicas',
    vendor: 'kubernetes',
    referenceFields: ['cluster', 'namespace', 'name'],
    provisioningSeconds: 60,
  },
  {
    id: 'kubernetes.hpa',
    lever: 'replicas',
    vendor: 'kubernetes',
    referenceFields: ['cluster', 'namespace', 'name'],
    provisioningSeconds: 60,
  },
];

/** The line of a service and lever; without a lever its default. */
export function sandboxService(id: string, lever?: string): SandboxService | undefined {
  return SANDBOX_SERVICES.find((line) => line.id === id && (lever === undefined || line.lever === lever));
}

/**
 * Key of a resource: `service/region/` and the reference values in the service's own order, then `#lever` for
 * every lever but the default.
 */
export function resourceKeyOf(
  service: SandboxService,
  region: string,
  reference: Readonly<Record<string, string>>,
): string {
  const names = [service.id, region, ...service.referenceFields.map((field) => reference[field])].join('/');
  return service === sandboxService(service.id) ? names : `${names}#${service.lever}`;
}
