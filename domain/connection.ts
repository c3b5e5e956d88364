import type { ProviderId } from './providers.ts';

/** A vendor whose endpoint can be pointed somewhere: providers, the router's DNS and the monitor. */
export type Vendor = ProviderId | 'datadog';

/** Credentials as the SDK of AWS takes them. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** When they must be asked for again. */
  readonly expiration?: Date;
}

/**
 * How a vendor is reached. `real` uses the SDK's own endpoints (an explicit `endpoint` overrides the address only,
 * e.g. for an emulator) and `credentials`, AWS only so far; without them the SDK's own chain. `sandbox` gives
 * endpoint and stand-in credentials explicitly, and reads no chain, profile or environment of the machine.
 */
export type VendorConnection =
  | {
      readonly mode: 'real';
      readonly endpoint?: string;
      /** Asked before every request; keeps by itself what it has. */
      readonly credentials?: () => Promise<AwsCredentials>;
    }
  | { readonly mode: 'sandbox'; readonly endpoint: string };
