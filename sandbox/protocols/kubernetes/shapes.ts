import { createHash } from 'node:crypto';
import type { Resource } from '../../world.ts';
import type { ObjectPath } from './paths.ts';

/** An object as the API server shows it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** When everything here is said to have been made. */
const CREATED = '2026-01-05T00:00:00Z';

/** Share of its replicas a Deployment may lack and still be available: `maxUnavailable` is 25 % by default. */
const UNAVAILABLE_SHARE = 0.25;

/** The object a path names, of the resource behind it. */
export function shapeOf(
  path: Pick<ObjectPath, 'collection' | 'scale'>,
  resource: Resource,
): KubernetesObject {
  if (path.scale) return scaleShape(resource);
  return path.collection === 'deployments' ? deploymentShape(resource) : autoscalerShape(resource);
}

/** A part of a list: from where on, and how many. */
export interface ListPage {
  readonly start: number;
  readonly size: number;
}

/** A list, or a page of one; its items say neither kind nor version, as those of the API server. */
export function listShape(
  apiVersion: string,
  kind: string,
  items: readonly KubernetesObject[],
  { start, size }: ListPage,
): Readonly<Record<string, unknown>> {
  const end = start + size;
  const bare = items.slice(start, end).map(({ apiVersion: _version, kind: _kind, ...item }) => item);
  const more = end < items.length && {
    continue: Buffer.from(String(end)).toString('base64url'),
    remainingItemCount: items.length - end,
  };
  return { apiVersion, kind, metadata: { resourceVersion: '1000', ...more }, items: bare };
}

/** A namespace; it is there because something lies in it. */
export function namespaceShape(cluster: string, name: string): KubernetesObject {
  const metadata = {
    name,
    uid: uidOf(`${cluster}/${name}`),
    resourceVersion: '1',
    creationTimestamp: CREATED,
  };
  return { apiVersion: 'v1', kind: 'Namespace', metadata, status: { phase: 'Active' } };
}

/** The Deployment of a resource; an HPA's resource has one of the same name. */
function deploymentShape(resource: Resource): KubernetesObject {
  const { name } = resource.reference;
  const { desiredUnits, servingUnits } = resource;
  const available = servingUnits >= Math.ceil(desiredUnits * (1 - UNAVAILABLE_SHARE));
  const condition = available
    ? { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable' }
    : { type: 'Available', status: 'False', reason: 'MinimumReplicasUnavailable' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadataOf(resource, 'Deployment'),
    spec: {
      replicas: desiredUnits,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name, image: `registry.example/${name}:1` }] },
      },
    },
    // The API leaves out counts that are zero.
    status: {
      observedGeneration: resource.version,
      replicas: desiredUnits || undefined,
      updatedReplicas: desiredUnits || undefined,
      readyReplicas: servingUnits || undefined,
      availableReplicas: servingUnits || undefined,
      unavailableReplicas: Math.max(0, desiredUnits - servingUnits) || undefined,
      conditions: [{ ...condition, lastTransitionTime: CREATED, lastUpdateTime: CREATED }],
    },
  };
}

function scaleShape(resource: Resource): KubernetesObject {
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: metadataOf(resource, 'Deployment'),
    spec: { replicas: resource.desiredUnits || undefined },
    status: { replicas: resource.desiredUnits, selector: `app=${resource.reference.name}` },
  };
}

function autoscalerShape(resource: Resource): KubernetesObject {
  const { name } = resource.reference;
  const kept = resource.attributes.autoscalerSpec as Record<string, unknown> | undefined;
  const target = { type: 'Utilization', averageUtilization: 60 };
  const spec = kept ?? {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
  };
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: metadataOf(resource, 'HorizontalPodAutoscaler'),
    spec: { ...spec, minReplicas: resource.minimumUnits, maxReplicas: resource.maximumUnits },
    status: {
      currentReplicas: resource.desiredUnits,
      desiredReplicas: resource.desiredUnits,
      currentMetrics: null,
      conditions: [
        { type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale', lastTransitionTime: CREATED },
        { type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound', lastTransitionTime: CREATED },
      ],
    },
  };
}

function metadataOf(resource: Resource, kind: string): Record<string, unknown> {
  const { namespace, name } = resource.reference;
  return {
    name,
    namespace,
    uid: uidOf(`${kind}/${resource.key}`),
    resourceVersion: String(1000 + resource.version),
    generation: resource.version,
    creationTimestamp: CREATED,
    labels: { app: name },
  };
}

function uidOf(key: string): string {
  const digest = createHash('sha256').update(key).digest('hex');
  const parts = [digest.slice(0, 8), digest.slice(8, 12), digest.slice(12, 16), digest.slice(16, 20)];
  return [...parts, digest.slice(20, 32)].join('-');
}
