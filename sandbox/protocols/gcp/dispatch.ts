import type { Core, SandboxResponse } from '../../core.ts';
import type { Protocol } from '../../http.ts';
import type { VendorAnswers } from '../../pipeline.ts';
import type { CallContext, Resource } from '../../world.ts';
import { patchedPolicy } from './autoscaling-policy.ts';
import { googleError, invalid, jsonResponse, notFound, rateLimitExceeded } from './errors.ts';
import {
  createOperationStore,
  OPERATION_MS,
  type Operation,
  type OperationStore,
  operationShape,
} from './operations.ts';
import { listPage } from './paging.ts';
import { type ComputeRequest, isRequestId, methodOf, parseRequest, regionOf } from './requests.ts';
import {
  autoscalerName,
  autoscalerShape,
  groupShape,
  placePath,
  policyOf,
  resourcePath,
} from './resource-shapes.ts';

const SERVICE = 'gcp.mig';

/** A request on its way through the pipeline. */
interface Call {
  readonly core: Core;
  readonly operations: OperationStore;
  readonly request: ComputeRequest;
  readonly body: Buffer;
  readonly context: CallContext;
}

const METHODS: Readonly<Record<string, (call: Call) => SandboxResponse>> = {
  'autoscalers.get': (call) => shown(call, (resource) => autoscalerShape(resource)),
  'autoscalers.list': (call) =>
    listPage(
      call.request,
      'compute#autoscalerList',
      groupsIn(call)
        .filter((group) => group.autoscaled)
        .map(autoscalerShape),
    ),
  'autoscalers.patch': patchAutoscaler,
  'instanceGroupManagers.get': (call) => shown(call, (resource) => groupShape(resource)),
  'instanceGroupManagers.list': (call) =>
    listPage(call.request, 'compute#instanceGroupManagerList', groupsIn(call).map(groupShape)),
  'instanceGroupManagers.resize': resize,
  'operations.get': showOperation,
  'operations.wait': showOperation,
};

/** Compute Engine's REST API as far as managed instance groups and their autoscalers need it. */
export function createGcpProtocol(core: Core): Protocol {
  const operations = createOperationStore();
  return async (incoming, body) => {
    const request = parseRequest(incoming.method ?? 'GET', incoming.url ?? '/');
    const method = request && methodOf(request);
    const run = method === undefined ? undefined : METHODS[method];
    if (!request || method === undefined || !run) return notFound(incoming.url ?? '/');
    const write = method.endsWith('.patch') || method.endsWith('.resize');
    const requestId = request.query.get('requestId');
    const resource = resourceOf(core, request, body);
    const context: CallContext = {
      vendor: 'gcp',
      service: SERVICE,
      operation: method,
      region: regionOf(request.location),
      caller: /^Bearer (\S+)/.exec(incoming.headers.authorization ?? '')?.[1] ?? 'anonymous',
      key: requestId,
      ...(resource && { resourceKey: resource.key }),
    };
    const bucket = { name: write ? 'gcp.compute.write' : 'gcp.compute.read', scope: request.project };
    const call = { core, operations, request, body, context };
    const answers = { ...ANSWERS, capacity: (message: string) => exhausted(call, message) };
    return core.pipeline.handle({ call: context, write, bucket, answers }, () => run(call));
  };
}

const ANSWERS: Omit<VendorAnswers, 'capacity'> = {
  throttle: rateLimitExceeded,
  serverError: () => googleError(503, 'backendError', 'Backend error'),
  denied: () => googleError(403, 'forbidden', "Required 'compute.instanceGroupManagers.update' permission"),
  quota: (message) => googleError(403, 'quotaExceeded', `Quota exceeded: ${message}`),
  invalid: (message) => googleError(400, 'invalid', message),
};

function groupsIn({ core, request }: Call): readonly Resource[] {
  core.world.tick();
  return [...core.world.resources.values()].filter(
    ({ service, reference }) =>
      service === SERVICE && reference.project === request.project && reference.location === request.location,
  );
}

/** The group a request is about, by its own name or by that of its autoscaler. */
function resourceOf(core: Core, request: ComputeRequest, body: Buffer): Resource | undefined {
  const { project, location, collection, name, query } = request;
  const wanted = name ?? query.get('autoscaler') ?? nameIn(body);
  return [...core.world.resources.values()].find(
    (resource) =>
      resource.service === SERVICE &&
      resource.reference.project === project &&
      resource.reference.location === location &&
      (collection === 'autoscalers'
        ? resource.autoscaled && autoscalerName(resource) === wanted
        : resource.reference.name === wanted),
  );
}

/** A patch may name its autoscaler in the body only. */
function nameIn(body: Buffer): string | undefined {
  try {
    const { name } = JSON.parse(body.toString() || '{}') as { name?: unknown };
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}

function shown(call: Call, shape: (resource: Resource) => Record<string, unknown>): SandboxResponse {
  const { core, request, body } = call;
  core.world.tick();
  const resource = resourceOf(core, request, body);
  return resource ? jsonResponse(200, shape(resource)) : missing(request);
}

function showOperation({ core, operations, request }: Call): SandboxResponse {
  const found = operations.find(request.project, request.location, request.name ?? '');
  return found ? jsonResponse(200, operationShape(found, core.world.nowMs())) : missing(request);
}

function resize(call: Call): SandboxResponse {
  const { core, request, body, context } = call;
  const units = Number(request.query.get('size') ?? 'none');
  if (!Number.isInteger(units) || units < 0) {
    return invalid('size', request.query.get('size'), 'Must be greater than or equal to 0.');
  }
  const resource = resourceOf(core, request, body);
  if (!resource) return missing(request);
  return accepted(call, resource, () => {
    core.world.change(resource, { desiredUnits: units }, context);
    return null;
  });
}

function patchAutoscaler(call: Call): SandboxResponse {
  const { core, request, body, context } = call;
  const resource = resourceOf(core, request, body);
  if (!resource) return missing(request);
  const patched = patchedPolicy(policyOf(resource), jsonOf(body));
  if ('status' in patched) return patched;
  const { minimumUnits, maximumUnits, rest } = patched;
  return accepted(call, resource, () => {
    const attributes = { autoscalingPolicy: rest };
    core.world.change(resource, { minimumUnits, maximumUnits, attributes }, context);
    return null;
  });
}

/**
 * Compute Engine refuses no request for want of machines: it takes it, and the operation ends with the error.
 * Source: Compute Engine, "Troubleshoot resource availability errors".
 */
function exhausted(call: Call, message: string): SandboxResponse {
  const resource = resourceOf(call.core, call.request, call.body);
  if (!resource) return missing(call.request);
  return accepted(call, resource, () => ({ code: 'ZONE_RESOURCE_POOL_EXHAUSTED', message }));
}

/**
 * Runs a change once per request id; a repeat is answered with the operation of the first.
 * @param change gives the error the operation ends with, null for none.
 */
function accepted(
  { core, operations, request, context }: Call,
  resource: Resource,
  change: () => Operation['error'],
): SandboxResponse {
  const { project, location } = request;
  const requestId = context.key;
  if (requestId !== null && !isRequestId(requestId)) {
    return invalid('requestId', requestId, 'Must be a UUID.');
  }
  const nowMs = core.world.nowMs();
  const before = operations.findRequest(project, requestId);
  if (before) return jsonResponse(200, operationShape(before, nowMs));
  const error = change();
  const type = context.operation;
  const times = { insertedAtMs: nowMs, doneAtMs: nowMs + OPERATION_MS };
  const collection = request.collection === 'autoscalers' ? 'autoscalers' : 'instanceGroupManagers';
  const targetPath = resourcePath(resource, collection);
  const operation = operations.add({ project, location, type, targetPath, ...times, error }, requestId);
  return jsonResponse(200, operationShape(operation, nowMs));
}

function missing({ project, location, collection, name }: ComputeRequest): SandboxResponse {
  return notFound(`${placePath(project, location)}/${collection}/${name ?? ''}`);
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
