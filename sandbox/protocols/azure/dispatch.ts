import type { Core, SandboxResponse } from '../../core.ts';
import type { Protocol } from '../../http.ts';
import type { VendorAnswers } from '../../pipeline.ts';
import type { CallContext, Resource } from '../../world.ts';
import { eTagOf, poolId, poolShape } from './agent-pool-shape.ts';
import { armError, armResponse, busy, resourceNotFound, tooManyRequests } from './errors.ts';
import { readPoolPut } from './pool-put.ts';
import { RETAIL_PRICES, retailPrices } from './retail-prices.ts';

const SERVICE = 'azure.aks';

const CLUSTER =
  /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.ContainerService\/managedClusters\/([^/]+)(?:\/agentPools(?:\/([^/]+))?)?\/?$/i;
const OPERATION =
  /^\/subscriptions\/([^/]+)\/providers\/Microsoft\.ContainerService\/locations\/([^/]+)\/operations\/([^/]+)$/i;

/** Pause a client is told to make between two looks at an operation, in seconds. */
const POLL_SECONDS = 5;

/** A decoded path. */
interface Scope {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly cluster: string;
  /** Null for the cluster itself or its list of pools. */
  readonly pool: string | null;
  readonly list: boolean;
}

/** Azure Resource Manager as far as agent pools need it: list, get, PUT under `If-Match`, and its operation. */
export function createAzureProtocol(core: Core): Protocol {
  return async (incoming, body) => {
    const method = incoming.method ?? 'GET';
    const { pathname, searchParams, host } = new URL(incoming.url ?? '/', `http://${incoming.headers.host}`);
    if (pathname === RETAIL_PRICES) return retailPrices(core, incoming, answersOf());
    const version = searchParams.get('api-version');
    if (version === null || !/^\d{4}-\d{2}-\d{2}(-preview)?$/.test(version)) {
      const message = 'The api-version query parameter (?api-version=) is required for all requests.';
      return armError(400, 'MissingApiVersionParameter', message);
    }
    const operation = OPERATION.exec(pathname);
    if (operation && method === 'GET') return showOperation(core, decodeURIComponent(operation[3] ?? ''));
    const scope = scopeOf(pathname);
    if (!scope) return armError(404, 'InvalidResourceType', `No resource type at ${pathname}.`);
    const resource = scope.pool === null ? undefined : poolOf(core, scope);
    const context: CallContext = {
      vendor: 'azure',
      service: SERVICE,
      operation: operationName(method, scope),
      region: resource?.region ?? poolsOf(core, scope)[0]?.region ?? 'global',
      caller: /^Bearer (\S+)/.exec(incoming.headers.authorization ?? '')?.[1] ?? 'anonymous',
      key: header(incoming.headers['x-ms-client-request-id']),
      ...(resource && { resourceKey: resource.key }),
    };
    const write = method === 'PUT';
    const { subscriptionId, resourceGroup, cluster } = scope;
    const bucket = {
      name: write ? 'azure.agent-pools.put' : 'azure.agent-pools.read',
      scope: [subscriptionId, resourceGroup, cluster, ...(write ? [scope.pool] : [])].join('/'),
    };
    return core.pipeline.handle({ call: context, write, bucket, answers: answersOf() }, () => {
      if (write) return put(core, scope, context, body, header(incoming.headers['if-match']), version, host);
      if (method !== 'GET') return armError(405, 'MethodNotAllowed', `${method} is not served here.`);
      return show(core, scope);
    });
  };
}

function answersOf(): VendorAnswers {
  return {
    throttle: tooManyRequests,
    serverError: () => armError(500, 'InternalServerError', 'The server encountered an error; try again.'),
    denied: () =>
      armError(403, 'AuthorizationFailed', 'The client does not have authorization to perform this action.'),
    capacity: (message) => armError(409, 'AllocationFailed', `Allocation failed: ${message}`),
    quota: (message) =>
      armError(400, 'ErrCode_InsufficientVCPUQuota', `Insufficient regional vcpu quota: ${message}`),
    invalid: (message) => armError(400, 'InvalidParameter', message),
  };
}

function scopeOf(pathname: string): Scope | null {
  const [, subscriptionId, resourceGroup, cluster, pool] = (CLUSTER.exec(pathname) ?? []).map((part) =>
    part === undefined ? undefined : decodeURIComponent(part),
  );
  if (!subscriptionId || !resourceGroup || !cluster) return null;
  return {
    subscriptionId,
    resourceGroup,
    cluster,
    pool: pool ?? null,
    list: /\/agentPools\/?$/i.test(pathname),
  };
}

function operationName(method: string, { pool, list }: Scope): string {
  if (method === 'PUT') return 'AgentPools_CreateOrUpdate';
  if (pool !== null) return 'AgentPools_Get';
  return list ? 'AgentPools_List' : 'ManagedClusters_Get';
}

function poolsOf(core: Core, { subscriptionId, resourceGroup, cluster }: Scope): readonly Resource[] {
  core.world.tick();
  return [...core.world.resources.values()].filter(
    ({ service, reference }) =>
      service === SERVICE &&
      reference.subscriptionId === subscriptionId &&
      reference.resourceGroup === resourceGroup &&
      reference.cluster === cluster,
  );
}

function poolOf(core: Core, scope: Scope): Resource | undefined {
  return poolsOf(core, scope).find((resource) => resource.reference.pool === scope.pool);
}

function show(core: Core, scope: Scope): SandboxResponse {
  const pools = poolsOf(core, scope);
  if (pools.length === 0) return resourceNotFound(scope.cluster, undefined);
  if (scope.pool !== null) {
    const pool = poolOf(core, scope);
    return pool ? armResponse(200, shapeNow(core, pool)) : resourceNotFound(scope.cluster, scope.pool);
  }
  const value = pools.map((pool) => shapeNow(core, pool));
  if (scope.list) return armResponse(200, { value });
  const id = poolId(pools[0] as Resource).replace(/\/agentPools\/.*$/, '');
  const { region: location } = pools[0] as Resource;
  const agentPoolProfiles = value.map((pool) => ({ name: pool.name, ...(pool.properties as object) }));
  const properties = { provisioningState: 'Succeeded', agentPoolProfiles };
  return armResponse(200, { id, name: scope.cluster, location, properties });
}

function shapeNow(core: Core, pool: Resource): Record<string, unknown> {
  return poolShape(pool, isBusy(core, pool) ? 'Updating' : 'Succeeded');
}

function isBusy(core: Core, pool: Resource): boolean {
  return core.world.nowMs() < pool.busyUntilMs;
}

function put(
  core: Core,
  scope: Scope,
  context: CallContext,
  body: Buffer,
  ifMatch: string | null,
  version: string,
  host: string,
): SandboxResponse {
  const pool = scope.pool === null ? undefined : poolOf(core, scope);
  if (!pool) return resourceNotFound(scope.cluster, scope.pool ?? undefined);
  if (ifMatch !== null && ifMatch !== '*' && ifMatch.replaceAll('"', '') !== eTagOf(pool)) {
    return armError(
      412,
      'PreconditionFailed',
      `The If-Match header does not match the ETag of ${scope.pool}.`,
    );
  }
  if (isBusy(core, pool)) return busy(scope.pool ?? '');
  const wanted = readPoolPut(pool, body);
  if ('status' in wanted) return wanted;
  const { count, minimumUnits, maximumUnits, settings } = wanted;
  const range = minimumUnits === null || maximumUnits === null ? {} : { minimumUnits, maximumUnits };
  core.world.change(pool, { desiredUnits: count, ...range, attributes: { settings } }, context);
  const operation = Buffer.from(pool.key).toString('base64url');
  const place = `/subscriptions/${scope.subscriptionId}/providers/Microsoft.ContainerService/locations/${pool.region}`;
  return armResponse(200, shapeNow(core, pool), {
    'azure-asyncoperation': `http://${host}${place}/operations/${operation}?api-version=${version}`,
    'retry-after': String(POLL_SECONDS),
    'x-ms-request-id': `${pool.version}-${operation.slice(0, 16)}`,
  });
}

/** The operation of a pool's last change: it lasts as long as the pool is busy. */
function showOperation(core: Core, name: string): SandboxResponse {
  core.world.tick();
  const pool = core.world.resources.get(Buffer.from(name, 'base64url').toString());
  if (!pool) return armError(404, 'NotFound', `Operation ${name} was not found.`);
  const status = isBusy(core, pool) ? 'InProgress' : 'Succeeded';
  return armResponse(200, { name, status }, { 'retry-after': String(POLL_SECONDS) });
}

function header(value: string | string[] | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
