import type { VendorConnection } from '../../../domain/connection.ts';
import type { CallGuard } from '../../calls/call-guard.ts';
import { awsError } from './_errors.ts';

/** One request's limits, in milliseconds. */
const REQUEST_HANDLER = { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true };

/**
 * What every AWS client here is made with. The SDK's own retries are off. Mode `sandbox`: endpoint, region and
 * stand-in credentials are given, and everything else the SDK would look up in environment or profile. Mode
 * `real`: the connection's credentials, else the SDK's own chain; `endpoint` where given.
 */
export function clientOptions(connection: VendorConnection, region: string) {
  const shared = { region, maxAttempts: 1, requestHandler: REQUEST_HANDLER };
  if (connection.mode === 'real') {
    const { endpoint, credentials } = connection;
    return {
      ...shared,
      ...(endpoint !== undefined && { endpoint }),
      ...(credentials !== undefined && { credentials }),
    };
  }
  return {
    ...shared,
    endpoint: connection.endpoint,
    credentials: { accessKeyId: 'SANDBOX', secretAccessKey: 'sandbox' },
    authSchemePreference: [],
    defaultsMode: 'standard' as const,
    retryMode: 'standard',
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    userAgentAppId: '',
  };
}

/** How AWS is reached, and what every request of it passes through. */
export interface AwsAccess {
  readonly connection: VendorConnection;
  readonly guard: CallGuard;
}

/** What every client of an AWS SDK has, as far as it is needed here. */
interface SdkClient {
  readonly config: { readonly serviceId: string };
  readonly middlewareStack: {
    add(
      middleware: <A, R>(
        next: (args: A) => Promise<R>,
        context: { readonly commandName?: string },
      ) => (args: A) => Promise<R>,
      options: { readonly step: 'finalizeRequest'; readonly priority: 'low'; readonly name: string },
    ): void;
  };
}

/** One client per region, made at first use, every request of it guarded; a failure is not kept. */
export function regionalClients<C>(
  { connection, guard }: AwsAccess,
  make: (options: ReturnType<typeof clientOptions>) => Promise<C>,
): (region: string) => Promise<C> {
  const made = new Map<string, Promise<C>>();
  return (region) => {
    const known = made.get(region) ?? make(clientOptions(connection, region)).then(guardedBy(guard, region));
    made.set(region, known);
    known.catch(() => made.delete(region));
    return known;
  };
}

function guardedBy(guard: CallGuard, region: string): <C>(client: C) => C {
  return (client) => {
    const { config, middlewareStack } = client as SdkClient;
    middlewareStack.add(
      (next, { commandName = '' }) =>
        (args) => {
          const operation = commandName.replace(/Command$/, '');
          const call = { provider: 'aws', region, api: config.serviceId, operation } as const;
          return guard.run(
            call,
            () => next(args),
            (error) => awsError(error, operation),
          );
        },
      // After signing, so that a call whose turn has come is on the wire at once; a signature holds five minutes.
      { step: 'finalizeRequest', priority: 'low', name: 'guard' },
    );
    return client;
  };
}

/** Runs a call and maps what it throws. */
export async function mapped<T>(resource: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw awsError(error, resource);
  }
}

/** The items in runs of at most `size`, in their order. */
export function* batches<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/** Each once, the last that was seen: what is listed page by page while it grows may be on two pages. */
export function eachOnce<T>(items: readonly T[], idOf: (item: T) => string): readonly T[] {
  return [...new Map(items.map((item) => [idOf(item), item])).values()];
}
