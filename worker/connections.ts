import type { Vendor, VendorConnection } from '../domain/connection.ts';

/** What configuration says about vendors. */
export interface VendorSettings {
  /** Vendors that are real; empty means that everything is the sandbox. Credentials lying around never decide. */
  readonly realVendors: readonly Vendor[];
  /** Address to use instead of a real vendor's own, e.g. of an emulator. */
  readonly endpoints: Partial<Record<Vendor, string>>;
}

/** Addresses of a running sandbox, one per vendor. */
export type SandboxAddresses = Readonly<Record<Vendor, string>>;

/**
 * How each vendor is reached. A service is all real or all sandbox: with any real vendor, the others are not
 * connected at all, and a target of theirs is refused.
 * @throws Error when everything is the sandbox and no sandbox is there.
 */
export function vendorConnections(
  settings: VendorSettings,
  sandbox: SandboxAddresses | null,
): Partial<Record<Vendor, VendorConnection>> {
  if (settings.realVendors.length > 0) {
    return Object.fromEntries(
      settings.realVendors.map((vendor) => {
        const endpoint = settings.endpoints[vendor];
        return [vendor, endpoint === undefined ? { mode: 'real' } : { mode: 'real', endpoint }];
      }),
    );
  }
  if (!sandbox)
    throw new Error('no vendor is real and no sandbox address was given; set WEDSCALE_SANDBOX_URL');
  const vendors: readonly Vendor[] = ['aws', 'azure', 'datadog', 'gcp', 'kubernetes'];
  return Object.fromEntries(
    vendors.map((vendor) => [vendor, { mode: 'sandbox', endpoint: sandbox[vendor] }]),
  );
}

/** In words, for the first line of every process and for reports. */
export function environmentOf(settings: VendorSettings): 'sandbox' | 'real' {
  return settings.realVendors.length > 0 ? 'real' : 'sandbox';
}
