import type {
  AppsV1Api,
  AutoscalingV2Api,
  V1Deployment,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';
import type { VendorConnection } from '../../../domain/connection.ts';
import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { VendorAccess } from '../../calls/call-guard.ts';
import { type CallOptions, untilAborted } from './_abort.ts';
import { kubernetesError } from './_errors.ts';

/** A namespace of a cluster; `cluster` is the context's name in the kubeconfig. */
export interface NamespaceScope {
  readonly cluster: string;
  readonly namespace: string;
}

/** A Deployment, narrowed to what scaling needs. */
export interface Deployment {
  readonly name: string;
  readonly resourceVersion: string;
  readonly replicas: number;
  /** Pods that are ready and have been for `minReadySeconds`. */
  readonly availableReplicas: number;
  /** False while the controller has not yet seen the last change. */
  readonly observed: boolean;
  /** Why the rollout has given up, null while it has not. */
  readonly stalled: string | null;
}

/** A HorizontalPodAutoscaler, narrowed. */
export interface Autoscaler {
  readonly name: string;
  readonly resourceVersion: string;
  /** Name of the Deployment it scales; null where it scales something else. */
  readonly deployment: string | null;
  readonly minimumUnits: number;
  readonly maximumUnits: number;
  /** The object as JSON without what the server alone sets, because a PUT replaces all of it. */
  readonly body: AutoscalerBody;
}

/** What a PUT of an autoscaler says. */
export interface AutoscalerBody {
  readonly apiVersion: 'autoscaling/v2';
  readonly kind: 'HorizontalPodAutoscaler';
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** The Kubernetes calls used, one HTTP request each. All throw ProviderError. */
export interface ClusterApi {
  listDeployments(scope: NamespaceScope, signal: AbortSignal): Promise<readonly Deployment[]>;
  listAutoscalers(scope: NamespaceScope, signal: AbortSignal): Promise<readonly Autoscaler[]>;
  /** Sets `spec.replicas` through the scale subresource while the object is still `resourceVersion`. */
  replaceScale(
    scope: NamespaceScope,
    name: string,
    replicas: number,
    resourceVersion: string,
    signal: AbortSignal,
  ): Promise<string>;
  /** Replaces an autoscaler while it is still the version its body names. */
  replaceAutoscaler(
    scope: NamespaceScope,
    name: string,
    body: AutoscalerBody,
    signal: AbortSignal,
  ): Promise<string>;
}

/** Metadata that the server keeps whatever a PUT says. */
const SET_BY_SERVER: ReadonlySet<string> = new Set([
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'selfLink',
]);

interface Clients {
  readonly apps: AppsV1Api;
  readonly autoscaling: AutoscalingV2Api;
  readonly until: (signal: AbortSignal) => CallOptions;
}

/**
 * The Kubernetes API through `@kubernetes/client-node`, loaded at the first call; clients are kept per cluster.
 * Mode `sandbox`: the given endpoint and a stand-in token, no kubeconfig of the machine. Mode `real`: the
 * default kubeconfig chain with the context named like the cluster; a given endpoint replaces its server.
 */
export function createClusterApi({ connection, guard }: VendorAccess): ClusterApi {
  const clusters = new Map<string, Promise<Clients>>();
  const clientsOf = (cluster: string) => {
    const known = clusters.get(cluster) ?? createClients(connection, cluster);
    clusters.set(cluster, known);
    known.catch(() => clusters.delete(cluster));
    return known;
  };
  const call = async <T>(
    { cluster, namespace }: NamespaceScope,
    operation: string,
    resource: string,
    signal: AbortSignal,
    send: (clients: Clients) => Promise<T>,
  ): Promise<T> => {
    const understand = (error: unknown) => kubernetesError(error, `${cluster}/${namespace}/${resource}`);
    // A cluster is a region of its own here: it has its own API server, and its own limits.
    const vendorCall = { provider: 'kubernetes', region: cluster, api: 'Kubernetes', operation } as const;
    try {
      signal.throwIfAborted();
      const clients = await clientsOf(cluster);
      return await guard.run(vendorCall, () => send(clients), understand);
    } catch (error) {
      throw understand(error);
    }
  };
  return {
    listDeployments: (scope, signal) =>
      call(scope, 'list:deployments', 'deployments', signal, async ({ apps, until }) => {
        const { namespace } = scope;
        const { items } = await apps.listNamespacedDeployment({ namespace }, until(signal));
        return items.map(toDeployment);
      }),
    listAutoscalers: (scope, signal) =>
      call(
        scope,
        'list:horizontalpodautoscalers',
        'horizontalpodautoscalers',
        signal,
        async ({ autoscaling, until }) => {
          const { namespace } = scope;
          const request = { namespace };
          const { items } = await autoscaling.listNamespacedHorizontalPodAutoscaler(request, until(signal));
          return items.map(toAutoscaler);
        },
      ),
    replaceScale: (scope, name, replicas, resourceVersion, signal) =>
      call(
        scope,
        'update:deployments/scale',
        `deployments/${name}/scale`,
        signal,
        async ({ apps, until }) => {
          const { namespace } = scope;
          const metadata = { name, namespace, resourceVersion };
          const body = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata, spec: { replicas } };
          const scale = await apps.replaceNamespacedDeploymentScale({ name, namespace, body }, until(signal));
          return scale.metadata?.resourceVersion ?? '';
        },
      ),
    replaceAutoscaler: (scope, name, body, signal) =>
      call(
        scope,
        'update:horizontalpodautoscalers',
        `horizontalpodautoscalers/${name}`,
        signal,
        async ({ autoscaling, until }) => {
          // The client's own type asks for fields of a spec one by one; what was read is sent back whole.
          const object = body as unknown as V2HorizontalPodAutoscaler;
          const request = { name, namespace: scope.namespace, body: object };
          const replaced = await autoscaling.replaceNamespacedHorizontalPodAutoscaler(request, until(signal));
          return replaced.metadata?.resourceVersion ?? '';
        },
      ),
  };
}

/** Cluster and namespace of a target. @throws ProviderError `InvalidTarget` where its reference lacks one. */
export function namesOf(target: ScalingTarget): NamespaceScope & { readonly name: string } {
  const { cluster, namespace, name } = target.reference;
  if (cluster && namespace && name) return { cluster, namespace, name };
  const message = `Target ${target.id} needs reference.cluster, namespace and name.`;
  throw new ProviderError('InvalidTarget', message, { resource: target.id });
}

/** Canonical text of a namespace, to group targets by. */
export function scopeId({ cluster, namespace }: NamespaceScope): string {
  return `${cluster}/${namespace}`;
}

async function createClients(connection: VendorConnection, cluster: string): Promise<Clients> {
  const { AppsV1Api, AutoscalingV2Api, KubeConfig, Observable } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  if (connection.mode === 'sandbox') {
    const server = `${connection.endpoint}/clusters/${encodeURIComponent(cluster)}`;
    config.loadFromClusterAndUser(
      { name: cluster, server, skipTLSVerify: true },
      { name: 'sandbox', token: 'sandbox' },
    );
  } else {
    config.loadFromDefault();
    if (!config.getContextObject(cluster)) {
      throw new ProviderError(
        'InvalidTarget',
        `The kubeconfig has no context ${cluster}; name one after the cluster.`,
      );
    }
    config.setCurrentContext(cluster);
    const current = config.getCurrentCluster();
    if (connection.endpoint !== undefined && current) {
      config.clusters = config.clusters.map((one) =>
        one.name === current.name ? { ...one, server: connection.endpoint as string } : one,
      );
    }
  }
  return {
    apps: config.makeApiClient(AppsV1Api),
    autoscaling: config.makeApiClient(AutoscalingV2Api),
    until: untilAborted(Observable),
  };
}

function toDeployment({ metadata, spec, status }: V1Deployment): Deployment {
  const { name, resourceVersion, generation } = metadata ?? {};
  if (!name || !resourceVersion) throw unreadable('a Deployment without name or resourceVersion');
  const stalled = status?.conditions?.find(
    (condition) => condition.type === 'Progressing' && condition.status === 'False',
  );
  return {
    name,
    resourceVersion,
    // Kubernetes leaves out what is at its default or zero.
    replicas: spec?.replicas ?? 1,
    availableReplicas: status?.availableReplicas ?? 0,
    observed: (status?.observedGeneration ?? 0) >= (generation ?? 0),
    stalled: stalled ? `${stalled.reason ?? 'not progressing'}: ${stalled.message ?? ''}` : null,
  };
}

function toAutoscaler({ metadata, spec }: V2HorizontalPodAutoscaler): Autoscaler {
  const { name, resourceVersion } = metadata ?? {};
  if (!name || !resourceVersion || !spec) {
    throw unreadable('a HorizontalPodAutoscaler without name, resourceVersion or spec');
  }
  const { scaleTargetRef, minReplicas, maxReplicas } = spec;
  return {
    name,
    resourceVersion,
    deployment: scaleTargetRef.kind === 'Deployment' ? scaleTargetRef.name : null,
    minimumUnits: minReplicas ?? 1,
    maximumUnits: maxReplicas,
    body: bodyOf(metadata, spec),
  };
}

/** Plain JSON: what was read may be stored before it is sent back, and dates would not come back as dates. */
function bodyOf(metadata: object | undefined, spec: object): AutoscalerBody {
  const kept = Object.entries(metadata ?? {}).filter(([name]) => !SET_BY_SERVER.has(name));
  const body = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: Object.fromEntries(kept),
    spec,
  };
  return JSON.parse(JSON.stringify(body)) as AutoscalerBody;
}

function unreadable(what: string): ProviderError {
  return new ProviderError('Transient', `Kubernetes gave ${what}.`);
}
