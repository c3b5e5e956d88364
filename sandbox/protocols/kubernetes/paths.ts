/** A decoded path below one cluster. */
export interface ObjectPath {
  readonly cluster: string;
  readonly collection: 'deployments' | 'horizontalpodautoscalers';
  /** Null for all namespaces. */
  readonly namespace: string | null;
  /** Null for a list. */
  readonly name: string | null;
  readonly scale: boolean;
}

const CLUSTER = /^\/clusters\/([^/]+)(\/.*)$/;
const OBJECT =
  /^\/apis\/(apps\/v1|autoscaling\/v2)(?:\/namespaces\/([^/]+))?\/(deployments|horizontalpodautoscalers)(?:\/([^/]+))?(\/scale)?$/;

/** Splits `/clusters/NAME/rest`; null for any other path. */
export function clusterOf(pathname: string): { readonly cluster: string; readonly rest: string } | null {
  const [, cluster, rest] = CLUSTER.exec(pathname) ?? [];
  return cluster && rest ? { cluster: decodeURIComponent(cluster), rest } : null;
}

/** Reads the path of a Deployment, a scale, an autoscaler or a list of them; null where nothing is served. */
export function objectPathOf(cluster: string, rest: string): ObjectPath | null {
  const [, group, namespace, collection, name, scale] = OBJECT.exec(rest) ?? [];
  if (collection !== 'deployments' && collection !== 'horizontalpodautoscalers') return null;
  const deployments = collection === 'deployments';
  if (deployments !== (group === 'apps/v1')) return null;
  // One object lies in a namespace, and only Deployments have a scale here.
  if (name !== undefined && namespace === undefined) return null;
  if (scale !== undefined && !deployments) return null;
  return {
    cluster,
    collection,
    namespace: namespace ?? null,
    name: name ?? null,
    scale: scale !== undefined,
  };
}

/** A collection as messages of the API server name it, e.g. `deployments.apps`. */
export function qualified({ collection }: Pick<ObjectPath, 'collection'>): string {
  return `${collection}.${collection === 'deployments' ? 'apps' : 'autoscaling'}`;
}
