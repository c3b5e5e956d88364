import type { Logger } from 'pino';
import type { Vendor, VendorConnection } from '../domain/connection.ts';
import { ProviderError } from '../domain/errors.ts';
import { providerOf } from '../domain/fleet.ts';
import type { Guarded } from './calls/call-guard.ts';
import type { ReadCache } from './calls/read-cache.ts';
import type { Adapters } from './dependencies.ts';
import { monitorRegistry } from './monitors/registry.ts';
import { routerRegistry } from './routers/registry.ts';
import { scalerRegistry } from './scalers/registry.ts';

/** Credentials of monitoring platforms, which have no chain of their own. */
export interface MonitorCredentials {
  readonly datadogApiKey?: string | undefined;
  readonly datadogAppKey?: string | undefined;
}

/** How adapters are made. */
export interface AdapterOptions extends Guarded {
  /** A vendor without a connection is refused, with a word on how to connect it. */
  readonly connections: Partial<Record<Vendor, VendorConnection>>;
  readonly timeScale: number;
  readonly credentials: MonitorCredentials;
  readonly log: Logger;
  readonly cache: ReadCache;
}

/** Adapters from the registries, each made once, at first use. */
export function createAdapters(options: AdapterOptions): Adapters {
  const { connections, timeScale, log, guard, cache } = options;
  return {
    scaler: once(async (service) => {
      const factory = await entryOf(scalerRegistry, service, 'scalable service').load();
      return factory(connected(connections, providerOf(service)), { timeScale, log, guard, cache });
    }),
    router: once(async (service) => {
      const factory = await entryOf(routerRegistry, service, 'traffic router').load();
      return factory(connected(connections, providerOf(service)), { guard });
    }),
    monitor: once(async (platform) => {
      const factory = await entryOf(monitorRegistry, platform, 'monitoring platform').load();
      return factory({
        connection: connected(connections, 'datadog'),
        guard,
        apiKey: options.credentials.datadogApiKey,
        appKey: options.credentials.datadogAppKey,
      });
    }),
  };
}

function connected(connections: AdapterOptions['connections'], vendor: Vendor): VendorConnection {
  const connection = connections[vendor];
  if (connection) return connection;
  const message = `${vendor} is not connected; name it in WEDSCALE_REAL_VENDORS, or leave that empty for the sandbox`;
  throw new ProviderError('InvalidTarget', message);
}

function once<T>(make: (id: string) => Promise<T>): (id: string) => Promise<T> {
  const made = new Map<string, Promise<T>>();
  return (id) => {
    const known = made.get(id);
    if (known) return known;
    const fresh = make(id);
    made.set(id, fresh);
    // A failed load (credentials not there yet) must not be remembered for ever.
    fresh.catch(() => made.delete(id));
    return fresh;
  };
}

function entryOf<T extends { readonly id: string }>(registry: readonly T[], id: string, what: string): T {
  const entry = registry.find((candidate) => candidate.id === id);
  if (entry) return entry;
  const known = registry.map((candidate) => candidate.id).join(', ');
  throw new ProviderError('InvalidTarget', `${id} is no ${what} of this release; it knows ${known}`);
}
