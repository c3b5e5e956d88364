import type { VendorConnection } from '../../domain/connection.ts';
import { ProviderError } from '../../domain/errors.ts';
import { thingText } from '../../domain/price-refresh.ts';
import type { PricedThing } from '../../domain/pricing.ts';
import type { VendorAccess } from '../calls/call-guard.ts';
import { retryAfterMs } from '../calls/retry-after.ts';
import type { PriceReader, StatedPrice } from './registry.ts';

const ENDPOINT = 'https://prices.azure.com';

/** Source: Azure Retail Prices overview, of Microsoft Learn; filters are case-sensitive in this version. */
const VERSION = '2023-01-01-preview';

/** A machine type in one region has a handful of meters; more pages than this are not of one type. */
const MOST_PAGES = 10;

/** One meter, as far as it is needed. */
interface Meter {
  readonly currencyCode?: string;
  readonly retailPrice?: number;
  readonly unitOfMeasure?: string;
  readonly productName?: string;
  readonly skuName?: string;
}

/** Prices of virtual machines by the Azure Retail Prices API, which asks for no credentials. */
export function createAzurePriceReader({ connection, guard }: VendorAccess): PriceReader {
  return {
    source: 'Azure Retail Prices API',
    async read(thing, signal) {
      const meters: Meter[] = [];
      let next: URL | null = firstPage(connection, thing);
      for (let page = 0; next && page < MOST_PAGES; page += 1) {
        const url: URL = next;
        const call = {
          provider: 'azure',
          region: 'global',
          api: 'Retail Prices',
          operation: 'list',
        } as const;
        const answer = await guard.run(call, () => getPage(url, thing, signal));
        meters.push(...answer.meters);
        next = answer.next;
      }
      return pricesOf(meters);
    },
  };
}

function firstPage({ endpoint = ENDPOINT }: VendorConnection, { region, type }: PricedThing): URL {
  const url = new URL('/api/retail/prices', endpoint);
  const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const filter = [
    "serviceName eq 'Virtual Machines'",
    "priceType eq 'Consumption'",
    `armRegionName eq ${quoted(region)}`,
    `armSkuName eq ${quoted(type)}`,
  ].join(' and ');
  url.search = new URLSearchParams({ 'api-version': VERSION, $filter: filter }).toString();
  return url;
}

async function getPage(
  url: URL,
  thing: PricedThing,
  signal: AbortSignal,
): Promise<{ readonly meters: readonly Meter[]; readonly next: URL | null }> {
  const response = await fetch(url, { signal }).catch((error: Error) => {
    throw new ProviderError('Transient', `Azure, price of ${thingText(thing)}: ${error.message}`);
  });
  if (!response.ok) throw refused(response, thing);
  const answer = (await response.json().catch(() => ({}))) as {
    readonly Items?: readonly Meter[];
    readonly NextPageLink?: string | null;
  };
  if (!answer.Items) {
    throw new ProviderError('Transient', `Azure, price of ${thingText(thing)}: the answer has no Items`);
  }
  const next = answer.NextPageLink ? new URL(answer.NextPageLink) : null;
  // A link elsewhere would be followed to wherever an answer says.
  return { meters: answer.Items, next: next?.origin === url.origin ? next : null };
}

function refused(response: Response, thing: PricedThing): ProviderError {
  const message = `Azure, price of ${thingText(thing)}: status ${response.status}`;
  if (response.status === 429) {
    const waitMs = retryAfterMs(response.headers.get('retry-after') ?? undefined);
    return new ProviderError('Throttled', message, waitMs === undefined ? {} : { retryAfterMs: waitMs });
  }
  return new ProviderError(response.status >= 500 ? 'Transient' : 'InvalidTarget', message);
}

/** Of Linux; a type that is not sold there has no meter, and a B-series one none for spot. */
function pricesOf(meters: readonly Meter[]): StatedPrice | null {
  const linux = meters.filter(
    ({ currencyCode, unitOfMeasure, productName = '' }) =>
      currencyCode === 'USD' && unitOfMeasure === '1 Hour' && !productName.includes('Windows'),
  );
  const priceOf = (wanted: (skuName: string) => boolean) => {
    const prices = linux
      .filter(({ skuName = '' }) => wanted(skuName))
      .map(({ retailPrice = 0 }) => retailPrice)
      .filter((usd) => usd > 0);
    return prices.length === 0 ? null : Math.min(...prices);
  };
  const usdPerHour = priceOf((sku) => !/ (Spot|Low Priority)$/.test(sku));
  return usdPerHour === null ? null : { usdPerHour, spotUsdPerHour: priceOf((sku) => sku.endsWith(' Spot')) };
}
