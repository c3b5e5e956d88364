import type { IncomingMessage } from 'node:http';
import type { Core, SandboxResponse } from '../../core.ts';
import type { Protocol } from '../../http.ts';
import type { CallContext, Resource } from '../../world.ts';
import { changeObject } from './changes.ts';
import { DISCOVERY } from './discovery.ts';
import { eksCallerOf } from './eks-token.ts';
import { nodegroupsOf, nodesOf } from './nodes.ts';
import { clusterOf, type ObjectPath, objectPathOf, qualified } from './paths.ts';
import { SelectorError, selectorOf } from './selectors.ts';
import { type KubernetesObject, type ListPage, listShape, namespaceShape, shapeOf } from './shapes.ts';
import { ANSWERS, failure, json } from './status.ts';

const NAMESPACES = /^\/api\/v1\/namespaces(?:\/([^/]+))?$/;
const NODES = /^\/api\/v1\/nodes(?:\/([^/]+))?$/;

const VERBS: Readonly<Record<string, string>> = { GET: 'get', PATCH: 'patch', PUT: 'update' };

/** One call, taken apart. */
interface Request {
  readonly method: string;
  readonly cluster: string;
  readonly rest: string;
  readonly query: URLSearchParams;
  readonly caller: string;
  readonly contentType: string;
  readonly body: Buffer;
}

/**
 * The Kubernetes API of any number of clusters, each under `/clusters/NAME`; a cluster is there because a
 * resource lies in it. The caller is the bearer token, or `anonymous`; a cluster of EKS takes tokens of EKS alone, and
 * the caller is who signed one.
 */
export function createKubernetesProtocol(core: Core): Protocol {
  return async (incoming, body) => {
    const asked = requestOf(incoming, body);
    if (!asked) return notServed();
    const request = authenticated(core, asked);
    if (!request) return failure(401, 'Unauthorized', 'Unauthorized');
    const { method, cluster, rest } = request;
    if (method === 'GET' && NODES.test(rest)) return handleNodes(core, request);
    const discovered = method === 'GET' ? DISCOVERY[rest] : undefined;
    const effect = discovered ? () => json(200, discovered) : namespaceAnswer(core, request);
    if (effect) {
      const call = callOf(request, 'kubernetes', discovered ? 'get:discovery' : 'get:namespaces', undefined);
      return handle(core, request, call, false, effect);
    }
    const path = objectPathOf(cluster, rest);
    return path ? handleObject(core, request, path) : notServed();
  };
}

function requestOf(incoming: IncomingMessage, body: Buffer): Request | null {
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://sandbox');
  const place = clusterOf(pathname);
  return (
    place && {
      ...place,
      method: incoming.method ?? 'GET',
      query: searchParams,
      caller: /^Bearer (\S+)/.exec(incoming.headers.authorization ?? '')?.[1] ?? 'anonymous',
      contentType: incoming.headers['content-type'] ?? '',
      body,
    }
  );
}

function authenticated(core: Core, request: Request): Request | null {
  if (nodegroupsOf(core, request.cluster).length === 0) return request;
  const caller = eksCallerOf(request.caller, Date.now());
  return caller === null ? null : { ...request, caller };
}

/** Nodes are those of EKS node groups; other clusters have none. */
function handleNodes(core: Core, request: Request): Promise<SandboxResponse> {
  const [, name] = NODES.exec(request.rest) ?? [];
  const [first] = nodegroupsOf(core, request.cluster);
  const operation = name === undefined ? 'list:nodes' : 'get:nodes';
  const call = { ...callOf(request, 'kubernetes', operation, undefined), region: first?.region ?? '' };
  return handle(core, request, call, false, () => {
    const nodes = nodesOf(core, request.cluster);
    if (name === undefined) return list('v1', 'NodeList', nodes, request.query);
    const found = nodes.find(({ metadata }) => metadata.name === name);
    return found ? json(200, found) : failure(404, 'NotFound', `nodes "${name}" not found`);
  });
}

function callOf(
  { caller }: Request,
  service: string,
  operation: string,
  resource: Resource | undefined,
): CallContext {
  const region = resource?.region ?? '';
  const resourceKey = resource && { resourceKey: resource.key };
  return { vendor: 'kubernetes', service, operation, region, caller, key: null, ...resourceKey };
}

function handle(
  core: Core,
  { cluster }: Request,
  call: CallContext,
  write: boolean,
  effect: () => SandboxResponse,
): Promise<SandboxResponse> {
  const bucket = { name: 'kubernetes.api', scope: cluster };
  return core.pipeline.handle({ call, write, bucket, answers: ANSWERS }, effect);
}

function handleObject(core: Core, request: Request, path: ObjectPath): Promise<SandboxResponse> {
  const { method, body, contentType, query } = request;
  const resource = path.name === null ? undefined : resourceOf(core, path);
  const service = path.collection === 'deployments' ? 'kubernetes.deployment' : 'kubernetes.hpa';
  const verb = method === 'GET' && path.name === null ? 'list' : (VERBS[method] ?? method);
  const operation = `${verb}:${path.collection}${path.scale ? '/scale' : ''}`;
  // All resources of a cluster lie in one region, so a list has one too.
  const call = callOf(request, service, operation, resource);
  const placed = { ...call, region: resource?.region ?? inCluster(core, path)[0]?.region ?? '' };
  const write = (method === 'PUT' || method === 'PATCH') && path.name !== null;
  return handle(core, request, placed, write, () => {
    if (!write) return show(core, path, method, query);
    const found = resourceOf(core, path);
    if (!found) return missing(path);
    const patchType = method === 'PATCH' ? contentType : null;
    return changeObject(core, { path, resource: found, call: placed, body, patchType });
  });
}

/** Objects of a collection: every resource has a Deployment, those of an HPA an autoscaler as well. */
function inCluster(core: Core, { cluster, collection, namespace }: ObjectPath): readonly Resource[] {
  core.world.tick();
  return [...core.world.resources.values()].filter(
    ({ vendor, service, reference }) =>
      vendor === 'kubernetes' &&
      reference.cluster === cluster &&
      (namespace === null || reference.namespace === namespace) &&
      (collection === 'deployments' || service === 'kubernetes.hpa'),
  );
}

function resourceOf(core: Core, path: ObjectPath): Resource | undefined {
  return inCluster(core, path).find((resource) => resource.reference.name === path.name);
}

function show(core: Core, path: ObjectPath, method: string, query: URLSearchParams): SandboxResponse {
  if (method !== 'GET') return failure(405, 'MethodNotAllowed', `${method} is not served here`);
  if (path.name !== null) {
    const resource = resourceOf(core, path);
    return resource ? json(200, shapeOf(path, resource)) : missing(path);
  }
  const items = inCluster(core, path).map((resource) => shapeOf(path, resource));
  const deployments = path.collection === 'deployments';
  const kind = deployments ? 'DeploymentList' : 'HorizontalPodAutoscalerList';
  return list(deployments ? 'apps/v1' : 'autoscaling/v2', kind, items, query);
}

function namespaceAnswer(core: Core, request: Request): (() => SandboxResponse) | undefined {
  const { cluster, method, rest, query } = request;
  const match = method === 'GET' ? NAMESPACES.exec(rest) : null;
  if (!match) return undefined;
  return () => {
    const names = [...core.world.resources.values()]
      .filter(({ vendor, reference }) => vendor === 'kubernetes' && reference.cluster === cluster)
      .map(({ reference }) => reference.namespace ?? '');
    const items = [...new Set(names)].sort().map((name) => namespaceShape(cluster, name));
    const [, name] = match;
    if (name === undefined) return list('v1', 'NamespaceList', items, query);
    const found = items.find((item) => item.metadata.name === name);
    return found ? json(200, found) : failure(404, 'NotFound', `namespaces "${name}" not found`);
  };
}

function list(
  apiVersion: string,
  kind: string,
  items: readonly KubernetesObject[],
  query: URLSearchParams,
): SandboxResponse {
  if (/^(1|true)$/.test(query.get('watch') ?? '')) {
    return failure(405, 'MethodNotAllowed', 'the sandbox serves no watch; list again instead');
  }
  try {
    return json(200, listShape(apiVersion, kind, items.filter(selectorOf(query)), pageOf(query)));
  } catch (error) {
    if (error instanceof SelectorError) return failure(400, 'BadRequest', error.message);
    throw error;
  }
}

/** What of a list `limit` and `continue` ask for; the token is the sandbox's own. */
function pageOf(query: URLSearchParams): ListPage {
  const start = Number(Buffer.from(query.get('continue') ?? '', 'base64url').toString());
  const size = Number(query.get('limit') ?? 0);
  return { start, size: size > 0 ? size : Number.POSITIVE_INFINITY };
}

function missing(path: ObjectPath): SandboxResponse {
  return failure(404, 'NotFound', `${qualified(path)} "${path.name}" not found`, { path });
}

function notServed(): SandboxResponse {
  return failure(404, 'NotFound', 'the server could not find the requested resource');
}
