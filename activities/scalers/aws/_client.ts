import type { VendorConnection } from '../../../domain/connection.ts';
import { awsError } from './_errors.ts';

/** One request's limits, in milliseconds. */
const REQUEST_HANDLER = { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true };

/**
 * What every AWS client here is made with. The SDK's own retries are off. Mode `sandbox`: endpoint, region and
 * stand-in credentials are given, and everything else the SDK would look up in environment or profile. Mode
 * `real`: the SDK's own credential chain; `endpoint` where given.
 */
export function clientOptions(connection: VendorConnection, region: string) {
  const shared = { region, maxAttempts: 1, requestHandler: REQUEST_HANDLER };
  if (connection.mode === 'real') {
    return connection.endpoint === undefined ? shared : { ...shared, endpoint: connection.endpoint };
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

/** One client per region, made at first use; a failure is not kept. */
export function perRegion<T>(make: (region: string) => Promise<T>): (region: string) => Promise<T> {
  const made = new Map<string, Promise<T>>();
  return (region) => {
    const known = made.get(region) ?? make(region);
    made.set(region, known);
    known.catch(() => made.delete(region));
    return known;
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
