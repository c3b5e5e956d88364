import type * as Datadog from '@datadog/datadog-api-client';
import type { VendorConnection } from '../../domain/connection.ts';
import { ProviderError } from '../../domain/errors.ts';
import { datadogError } from './_errors.ts';
import type { MonitorOptions } from './registry.ts';

/** What one call of Datadog is made with. */
export interface DatadogContext {
  readonly v1: typeof Datadog.v1;
  readonly v2: typeof Datadog.v2;
  readonly configuration: Datadog.client.Configuration;
  /** Where people see what the API makes, without a slash at its end. */
  readonly webUrl: string;
}

/** Makes one call about `resource`. @throws ProviderError and nothing else. */
export type DatadogCall = <T>(
  resource: string,
  signal: AbortSignal,
  send: (context: DatadogContext) => Promise<T>,
) => Promise<T>;

/** @throws ProviderError `PermissionDenied` where a real connection has no keys. */
export function createDatadogCall({ connection, guard, apiKey, appKey }: MonitorOptions): DatadogCall {
  const authMethods = keysFor(connection, apiKey, appKey);
  return async (resource, signal, send) => {
    let retryAfterMs: number | undefined;
    const understand = (error: unknown) => datadogError(error, resource, retryAfterMs);
    const call = { provider: 'datadog', region: 'global', api: 'Datadog', operation: resource } as const;
    try {
      signal.throwIfAborted();
      const { client, v1, v2 } = await loadSdk();
      const { endpoint } = connection;
      // One per call: the client takes a signal here only, and tells nobody the headers of a refusal.
      const configuration = client.createConfiguration({
        authMethods: { ...authMethods },
        enableRetry: false,
        fetch: async (url: string, init: RequestInit) => {
          const response = await fetch(url, { ...init, signal });
          retryAfterMs = waitOf(response.headers);
          return response;
        },
        ...(endpoint !== undefined && { baseServer: new client.BaseServerConfiguration(endpoint, {}) }),
      });
      const context = { v1, v2, configuration, webUrl: endpoint ?? webUrlOf(configuration) };
      return await guard.run(call, () => send(context), understand);
    } catch (error) {
      throw understand(error);
    }
  };
}

/** The client is CommonJS: all of it is on the default export. */
async function loadSdk(): Promise<typeof Datadog> {
  const loaded: { readonly default?: typeof Datadog } = (await import(
    '@datadog/datadog-api-client'
  )) as object;
  if (!loaded.default) throw new Error('@datadog/datadog-api-client has no default export any more');
  // It would print every failure to the console besides throwing it.
  loaded.default.logger.setLevel('silent');
  return loaded.default;
}

function keysFor(
  connection: VendorConnection,
  apiKey: string | undefined,
  appKey: string | undefined,
): { readonly apiKeyAuth: string; readonly appKeyAuth: string } {
  if (connection.mode === 'sandbox') return { apiKeyAuth: 'sandbox', appKeyAuth: 'sandbox' };
  if (apiKey && appKey) return { apiKeyAuth: apiKey, appKeyAuth: appKey };
  throw new ProviderError('PermissionDenied', 'Datadog needs DATADOG_API_KEY and DATADOG_APP_KEY; set both.');
}

/** Source: Datadog, "Getting started with Datadog sites": `app.` goes before a site of two names only. */
function webUrlOf({ servers }: Datadog.client.Configuration): string {
  const { site = 'datadoghq.com' } = (servers[0]?.getConfiguration() ?? {}) as { readonly site?: string };
  return site.split('.').length === 2 ? `https://app.${site}` : `https://${site}`;
}

/** Seconds until the limit is lifted. Source: Datadog, "Rate limits", `X-RateLimit-Reset`. */
function waitOf(headers: Headers): number | undefined {
  const text = headers.get('x-ratelimit-reset') ?? headers.get('retry-after') ?? '';
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : undefined;
}
