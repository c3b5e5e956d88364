import type { ProviderId } from './providers.ts';

/** A vendor whose endpoint can be pointed somewhere: providers, the router's DNS and the monitor. */
export type Vendor = ProviderId | 'datadog';

/**
 * How a vendor is reached. `real` uses the SDK's own credential chain and endpoints (an explicit `endpoint`
 * overrides the address only, e.g. for an emulator). `sandbox` gives endpoint and stand-in credentials
 * explicitly, and reads no chain, profile or environment of the machine.
 */
export type VendorConnection =
  | { readonly mode: 'real'; readonly endpoint?: string }
  | { readonly mode: 'sandbox'; readonly endpoint: string };
