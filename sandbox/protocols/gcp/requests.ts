import { isZone } from './resource-shapes.ts';

/** A decoded Compute Engine request. */
export interface ComputeRequest {
  readonly verb: string;
  readonly project: string;
  /** Zone or region. */
  readonly location: string;
  readonly collection: 'instanceGroupManagers' | 'autoscalers' | 'operations';
  /** Resource in the path; null for a collection. */
  readonly name: string | null;
  /** Custom verb behind the resource, e.g. `resize`. */
  readonly action: string | null;
  readonly query: URLSearchParams;
}

const PATH =
  /^\/compute\/v1\/projects\/([^/]+)\/(zones|regions)\/([^/]+)\/(instanceGroupManagers|autoscalers|operations)(?:\/([^/]+))?(?:\/([^/]+))?$/;

/** Decodes method and URL; undefined for a path this stand-in does not serve. */
export function parseRequest(verb: string, url: string): ComputeRequest | undefined {
  const { pathname, searchParams } = new URL(url, 'http://sandbox');
  const [, project, places, location, collection, name, action] = PATH.exec(pathname) ?? [];
  if (project === undefined || location === undefined) return undefined;
  if ((places === 'zones') !== isZone(location)) return undefined;
  return {
    verb,
    project: decodeURIComponent(project),
    location,
    collection: collection as ComputeRequest['collection'],
    name: name === undefined ? null : decodeURIComponent(name),
    action: action ?? null,
    query: searchParams,
  };
}

const METHODS: Readonly<Record<string, string>> = {
  'GET autoscalers': 'autoscalers.list',
  'GET autoscalers/': 'autoscalers.get',
  'GET instanceGroupManagers': 'instanceGroupManagers.list',
  'GET instanceGroupManagers/': 'instanceGroupManagers.get',
  'GET operations/': 'operations.get',
  'PATCH autoscalers': 'autoscalers.patch',
  'POST instanceGroupManagers/resize': 'instanceGroupManagers.resize',
  'POST operations/wait': 'operations.wait',
};

/** Method id without `compute.` and without the `zone` or `region` before it; undefined if not served. */
export function methodOf({ verb, collection, name, action }: ComputeRequest): string | undefined {
  const leaf = name === null ? '' : `/${action ?? ''}`;
  return METHODS[`${verb} ${collection}${leaf}`];
}

/** The region a zone or region lies in. */
export function regionOf(location: string): string {
  return isZone(location) ? location.slice(0, -2) : location;
}

/** A request id as Compute Engine takes it: a UUID that is not all zero. */
export function isRequestId(value: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value) && /[1-9a-f]/i.test(value);
}
