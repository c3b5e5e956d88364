import type { PricedThing, UnitPrice } from '../../domain/pricing.ts';
import type { ProviderId } from '../../domain/providers.ts';
import type { VendorAccess } from '../calls/call-guard.ts';

/** A price as a vendor states it now; day and source are the refresh's. */
export type StatedPrice = Pick<UnitPrice, 'usdPerHour' | 'spotUsdPerHour'>;

/** Reads list prices of a provider. */
export interface PriceReader {
  /** Who states them, e.g. `AWS Price List API`. */
  readonly source: string;
  /** Null where the vendor has no such thing there. One or a few requests. @throws ProviderError */
  read(thing: PricedThing, signal: AbortSignal): Promise<StatedPrice | null>;
}

/** Every provider whose prices can be read, sorted by id. */
export const priceReaderRegistry: readonly {
  readonly id: ProviderId;
  readonly load: () => Promise<(access: VendorAccess) => PriceReader>;
}[] = [
  { id: 'aws', load: async () => (await import('./aws-price-list.ts')).createAwsPriceReader },
  { id: 'azure', load: async () => (await import('./azure-retail-prices.ts')).createAzurePriceReader },
];
