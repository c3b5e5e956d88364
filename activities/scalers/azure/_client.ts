import type { AgentPool, ContainerServiceClient } from '@azure/arm-containerservice';
import type { TokenCredential } from '@azure/identity';
import type { VendorCall } from '../../../domain/api-limits.ts';
import type { VendorConnection } from '../../../domain/connection.ts';
import { ProviderError } from '../../../domain/errors.ts';
import type { VendorAccess } from '../../calls/call-guard.ts';
import { azureError } from './_errors.ts';

/** A managed cluster, by the names Azure Resource Manager finds it under. */
export interface ClusterScope {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly cluster: string;
  /** Where it lies; no part of its name. */
  readonly region: string;
}

/** An agent pool, narrowed to what scaling needs. */
export interface Pool {
  readonly name: string;
  readonly eTag: string | null;
  /** Nodes by the vendor's count; while `provisioningState` is not `Succeeded` it may run ahead of them. */
  readonly count: number;
  /** The autoscaler's range, null while it is off. */
  readonly range: {
    readonly minimumUnits: number;
    readonly maximumUnits: number;
  } | null;
  readonly provisioningState: string;
  /** Why the last change failed, null when it did not. */
  readonly provisioningError: {
    readonly code: string;
    readonly message: string;
  } | null;
  /** Every setting of the pool as JSON, because a PUT replaces all of them. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** The AKS calls used, one HTTP request each (list: one per page). All throw ProviderError. */
export interface AgentPoolApi {
  /** Every pool of a cluster. */
  list(scope: ClusterScope, signal: AbortSignal): Promise<readonly Pool[]>;
  get(scope: ClusterScope, pool: string, signal: AbortSignal): Promise<Pool>;
  /** Replaces a pool's settings if its ETag is still `ifMatch`; resolves when accepted, with the request id. */
  put(
    scope: ClusterScope,
    pool: string,
    settings: Readonly<Record<string, unknown>>,
    ifMatch: string,
    signal: AbortSignal,
  ): Promise<string>;
}

/** Read-only fields of a pool, and those that describe its state: never sent back. */
const NOT_SETTINGS: ReadonlySet<string> = new Set([
  'currentOrchestratorVersion',
  'eTag',
  'id',
  'name',
  'nodeImageVersion',
  'provisioningState',
  'status',
  'systemData',
  'type',
  'virtualMachineNodesStatus',
]);

/**
 * Agent pools through `@azure/arm-containerservice`, loaded at the first call; one client per subscription.
 * The SDK's own retries are off. Mode `sandbox`: the given endpoint over plain HTTP, no credential, no proxy
 * of the machine. Mode `real`: `DefaultAzureCredential`.
 */
export function createAgentPoolApi({ connection, guard }: VendorAccess): AgentPoolApi {
  const clients = new Map<string, Promise<ContainerServiceClient>>();
  const clientOf = (subscriptionId: string) => {
    const known = clients.get(subscriptionId) ?? createClient(connection, subscriptionId);
    clients.set(subscriptionId, known);
    known.catch(() => clients.delete(subscriptionId));
    return known;
  };
  const call = async <T>(
    scope: ClusterScope,
    operation: string,
    pool: string | null,
    send: (client: ContainerServiceClient) => Promise<T>,
  ): Promise<T> => {
    const place = `${scope.resourceGroup}/${scope.cluster}/agentPools`;
    const understand = (error: unknown) => azureError(error, pool === null ? place : `${place}/${pool}`);
    try {
      const client = await clientOf(scope.subscriptionId);
      return await guard.run(vendorCall(scope, operation, pool), () => send(client), understand);
    } catch (error) {
      throw understand(error);
    }
  };
  return {
    list: (scope, signal) =>
      call(scope, 'AgentPools_List', null, async (client) => {
        const pools: Pool[] = [];
        const options = { abortSignal: signal };
        for await (const pool of client.agentPools.list(scope.resourceGroup, scope.cluster, options)) {
          pools.push(toPool(pool));
        }
        return pools;
      }),
    get: (scope, pool, signal) =>
      call(scope, 'AgentPools_Get', pool, async (client) => {
        const options = { abortSignal: signal };
        return toPool(await client.agentPools.get(scope.resourceGroup, scope.cluster, pool, options));
      }),
    put: (scope, pool, settings, ifMatch, signal) =>
      call(scope, 'AgentPools_CreateOrUpdate', pool, async (client) => {
        let requestId = '';
        const poller = client.agentPools.createOrUpdate(scope.resourceGroup, scope.cluster, pool, settings, {
          ifMatch,
          abortSignal: signal,
          onResponse: ({ headers }) => {
            requestId = headers.get('x-ms-request-id') ?? headers.get('x-ms-correlation-request-id') ?? '';
          },
        });
        await poller.submitted();
        return requestId;
      }),
  };
}

/** AKS counts reads by cluster and writes by pool. */
function vendorCall(scope: ClusterScope, operation: string, pool: string | null): VendorCall {
  const cluster = `${scope.subscriptionId}/${scope.resourceGroup}/${scope.cluster}`;
  const counted = operation === 'AgentPools_CreateOrUpdate' ? `${cluster}/${pool}` : cluster;
  return { provider: 'azure', region: scope.region, api: 'ContainerService', operation, scope: counted };
}

async function createClient(
  connection: VendorConnection,
  subscriptionId: string,
): Promise<ContainerServiceClient> {
  const { ContainerServiceClient } = await import('@azure/arm-containerservice');
  const retryOptions = { maxRetries: 0 };
  if (connection.mode === 'real') {
    const { DefaultAzureCredential } = await import('@azure/identity');
    const endpoint = connection.endpoint === undefined ? {} : { endpoint: connection.endpoint };
    return new ContainerServiceClient(new DefaultAzureCredential(), subscriptionId, {
      retryOptions,
      ...endpoint,
    });
  }
  // Without a credential the client adds no bearer policy, which would refuse plain HTTP; the constructor's
  // type does not say that it may be left out.
  const noCredential = undefined as unknown as TokenCredential;
  const client = new ContainerServiceClient(noCredential, subscriptionId, {
    endpoint: connection.endpoint,
    allowInsecureConnection: true,
    retryOptions,
  });
  client.pipeline.removePolicy({ name: 'proxyPolicy' });
  return client;
}

function toPool(pool: AgentPool): Pool {
  const { name, count, provisioningState } = pool;
  if (name === undefined || count === undefined || provisioningState === undefined) {
    throw new ProviderError(
      'Transient',
      'Azure gave an agent pool without name, count or provisioningState.',
    );
  }
  const error = pool.status?.provisioningError;
  const settings = Object.entries(pool).filter(([key, value]) => !NOT_SETTINGS.has(key) && value != null);
  return {
    name,
    eTag: pool.eTag ?? null,
    count,
    range: rangeOf(pool),
    provisioningState,
    provisioningError: error ? { code: error.code ?? '', message: error.message ?? '' } : null,
    settings: Object.fromEntries(settings),
  };
}

function rangeOf({ enableAutoScaling, minCount, maxCount, name }: AgentPool): Pool['range'] {
  if (enableAutoScaling !== true) return null;
  if (minCount === undefined || maxCount === undefined) {
    throw new ProviderError('Transient', `Azure gave agent pool ${name} autoscaling without its range.`);
  }
  return { minimumUnits: minCount, maximumUnits: maxCount };
}
