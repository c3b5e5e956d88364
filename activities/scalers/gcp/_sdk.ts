import type { VendorConnection } from '../../../domain/connection.ts';
import { ProviderError } from '../../../domain/errors.ts';

/** Where a call goes: a project and either a zone or a region. */
export type Place = {
  readonly project: string;
  readonly zone?: string;
  readonly region?: string;
};

/** gax call options: cancelled by `signal`, one attempt. */
export type CallOptions = { signal: AbortSignal; timeout: number; retry: null };

type Answer<T> = Promise<[T, ...unknown[]]>;

/** What zonal and regional clients have in common, as far as it is used. Every call is one attempt. */
export interface ComputeClients {
  readonly groups: {
    get(request: Place & { instanceGroupManager: string }, options: CallOptions): Answer<object>;
    list(request: Place & { maxResults: number }, options: CallOptions): Answer<object[]>;
    resize(
      request: Place & {
        instanceGroupManager: string;
        size: number;
        requestId: string;
      },
      options: CallOptions,
    ): Answer<object>;
  };
  readonly autoscalers: {
    get(request: Place & { autoscaler: string }, options: CallOptions): Answer<object>;
    list(request: Place & { maxResults: number }, options: CallOptions): Answer<object[]>;
    patch(
      request: Place & {
        autoscaler: string;
        autoscalerResource: object;
        requestId: string;
      },
      options: CallOptions,
    ): Answer<object>;
  };
  readonly operations: {
    get(request: Place & { operation: string }, options: CallOptions): Answer<object>;
  };
}

/** Loads and makes the clients of a zone's resources. @throws ProviderError without credentials. */
export async function loadZonal(connection: VendorConnection): Promise<ComputeClients> {
  const [{ InstanceGroupManagersClient }, { AutoscalersClient }, { ZoneOperationsClient }, options, gax] =
    await Promise.all([
      import('@google-cloud/compute/build/src/v1/instance_group_managers_client.js'),
      import('@google-cloud/compute/build/src/v1/autoscalers_client.js'),
      import('@google-cloud/compute/build/src/v1/zone_operations_client.js'),
      clientOptions(connection),
      import('google-gax/fallback'),
    ]);
  return {
    groups: new InstanceGroupManagersClient({ ...options }, gax),
    autoscalers: new AutoscalersClient({ ...options }, gax),
    operations: new ZoneOperationsClient({ ...options }, gax),
  };
}

/** Loads and makes the clients of a region's resources. @throws ProviderError without credentials. */
export async function loadRegional(connection: VendorConnection): Promise<ComputeClients> {
  const [
    { RegionInstanceGroupManagersClient },
    { RegionAutoscalersClient },
    { RegionOperationsClient },
    options,
    gax,
  ] = await Promise.all([
    import('@google-cloud/compute/build/src/v1/region_instance_group_managers_client.js'),
    import('@google-cloud/compute/build/src/v1/region_autoscalers_client.js'),
    import('@google-cloud/compute/build/src/v1/region_operations_client.js'),
    clientOptions(connection),
    import('google-gax/fallback'),
  ]);
  return {
    groups: new RegionInstanceGroupManagersClient({ ...options }, gax),
    autoscalers: new RegionAutoscalersClient({ ...options }, gax),
    operations: new RegionOperationsClient({ ...options }, gax),
  };
}

/**
 * Options of every client. Credentials are resolved here, before a client exists: a gax client that finds
 * none ends the process by a second, unhandled rejection.
 */
async function clientOptions(connection: VendorConnection) {
  const { GoogleAuth, PassThroughClient } = await import('google-auth-library');
  if (connection.mode === 'real') {
    const auth = new GoogleAuth({
      scopes: ['https://www.googleapis.com/auth/compute'],
    });
    await auth.getClient().catch((cause: unknown) => {
      throw new ProviderError(
        'PermissionDenied',
        'No Google credentials were found. Run "gcloud auth application-default login" or attach a service account.',
        { cause },
      );
    });
    return {
      auth,
      fallback: 'rest' as const,
      ...endpointOptions(connection.endpoint),
    };
  }
  const auth = new GoogleAuth({
    authClient: new PassThroughClient(),
    projectId: 'sandbox',
  });
  return {
    auth,
    fallback: 'rest' as const,
    universeDomain: 'googleapis.com',
    ...endpointOptions(connection.endpoint),
  };
}

function endpointOptions(endpoint: string | undefined) {
  if (endpoint === undefined) return {};
  const url = new URL(endpoint);
  const protocol = url.protocol.slice(0, -1);
  const port = Number(url.port || (protocol === 'https' ? 443 : 80));
  return { apiEndpoint: url.hostname, port, protocol };
}
