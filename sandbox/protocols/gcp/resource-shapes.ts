import { createHash } from 'node:crypto';
import type { Resource } from '../../world.ts';

const HOST = 'https://www.googleapis.com/compute/v1';

/** True for a zone such as `europe-west1-b`; anything else is a region. */
export function isZone(location: string): boolean {
  return /-[a-z]$/.test(location);
}

/** `projects/P/zones/Z` or `projects/P/regions/R`. */
export function placePath(project: string, location: string): string {
  return `projects/${project}/${isZone(location) ? 'zones' : 'regions'}/${location}`;
}

/** Full URL of a path below `compute/v1`. */
export function urlOf(path: string): string {
  return `${HOST}/${path}`;
}

/** The numeric id Compute Engine gives every resource, the same at every read. */
export function numericId(key: string): string {
  const digest = createHash('sha256').update(key).digest();
  return String(digest.readBigUInt64BE() % 9_000_000_000_000_000_000n);
}

/** Name of the autoscaler of a group that has one. */
export function autoscalerName(resource: Resource): string {
  return `${resource.reference.name}-autoscaler`;
}

/** Path of a group or, with `autoscalers`, of its autoscaler. */
export function resourcePath(
  resource: Resource,
  collection: 'instanceGroupManagers' | 'autoscalers',
): string {
  const { project = '', location = '', name = '' } = resource.reference;
  const leaf = collection === 'autoscalers' ? autoscalerName(resource) : name;
  return `${placePath(project, location)}/${collection}/${leaf}`;
}

/** The group as Compute Engine describes it. Source: discovery document compute v1, InstanceGroupManager. */
export function groupShape(resource: Resource): Record<string, unknown> {
  const { project = '', location = '', name = '' } = resource.reference;
  const place = placePath(project, location);
  const { desiredUnits, servingUnits } = resource;
  const autoscaler = resource.autoscaled ? { autoscaler: urlOf(resourcePath(resource, 'autoscalers')) } : {};
  return {
    kind: 'compute#instanceGroupManager',
    id: numericId(resource.key),
    creationTimestamp: '2026-01-05T00:00:00.000-08:00',
    name,
    [isZone(location) ? 'zone' : 'region']: urlOf(place),
    instanceTemplate: urlOf(`projects/${project}/global/instanceTemplates/${name}`),
    instanceGroup: urlOf(`${place}/instanceGroups/${name}`),
    baseInstanceName: name,
    fingerprint: Buffer.from(`v${resource.version}`.padStart(8, '0')).toString('base64'),
    currentActions: actions(desiredUnits, servingUnits),
    status: {
      isStable: desiredUnits === servingUnits,
      allInstancesConfig: { effective: true },
      versionTarget: { isReached: true },
      stateful: { hasStatefulConfig: false, perInstanceConfigs: { allEffective: true } },
      ...autoscaler,
    },
    targetSize: desiredUnits,
    listManagedInstancesResults: 'PAGELESS',
    selfLink: urlOf(resourcePath(resource, 'instanceGroupManagers')),
  };
}

/** Counts of instances by what is being done to them; `none` are those that run. */
function actions(desiredUnits: number, servingUnits: number): Record<string, number> {
  return {
    none: Math.min(desiredUnits, servingUnits),
    creating: Math.max(0, desiredUnits - servingUnits),
    creatingWithoutRetries: 0,
    verifying: 0,
    recreating: 0,
    deleting: Math.max(0, servingUnits - desiredUnits),
    abandoning: 0,
    restarting: 0,
    refreshing: 0,
    suspending: 0,
    resuming: 0,
    stopping: 0,
    starting: 0,
  };
}

/** What an autoscaler holds besides its range until somebody patches it. */
const DEFAULT_POLICY = {
  coolDownPeriodSec: 60,
  cpuUtilization: { utilizationTarget: 0.6, predictiveMethod: 'NONE' },
  mode: 'ON',
};

/** The whole autoscaling policy: the range from the world, the rest as last patched. */
export function policyOf(resource: Resource): Record<string, unknown> {
  const kept = resource.attributes.autoscalingPolicy as Record<string, unknown> | undefined;
  return {
    ...(kept ?? DEFAULT_POLICY),
    minNumReplicas: resource.minimumUnits ?? 0,
    maxNumReplicas: resource.maximumUnits ?? 0,
  };
}

/** The autoscaler of a group. Source: discovery document compute v1, Autoscaler. */
export function autoscalerShape(resource: Resource): Record<string, unknown> {
  const { project = '', location = '' } = resource.reference;
  return {
    kind: 'compute#autoscaler',
    id: numericId(`${resource.key}/autoscaler`),
    creationTimestamp: '2026-01-05T00:00:00.000-08:00',
    name: autoscalerName(resource),
    target: urlOf(resourcePath(resource, 'instanceGroupManagers')),
    autoscalingPolicy: policyOf(resource),
    [isZone(location) ? 'zone' : 'region']: urlOf(placePath(project, location)),
    selfLink: urlOf(resourcePath(resource, 'autoscalers')),
    status: 'ACTIVE',
    recommendedSize: resource.desiredUnits,
  };
}
