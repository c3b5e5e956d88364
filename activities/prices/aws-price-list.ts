import type { VendorConnection } from '../../domain/connection.ts';
import { ProviderError } from '../../domain/errors.ts';
import { thingText } from '../../domain/price-refresh.ts';
import type { PricedThing } from '../../domain/pricing.ts';
import type { VendorAccess } from '../calls/call-guard.ts';
import { awsError } from '../scalers/aws/_errors.ts';
import type { PriceReader, StatedPrice } from './registry.ts';

/** The Price List API is served from three regions for all of them. Source: its endpoints in the billing user guide. */
const REGION = 'us-east-1';
const ENDPOINT = `https://api.pricing.${REGION}.amazonaws.com`;

/** Engines as the Price List names them. */
const DATABASE_ENGINES: Readonly<Record<string, string>> = {
  'aurora-mysql': 'Aurora MySQL',
  'aurora-postgresql': 'Aurora PostgreSQL',
  mysql: 'MySQL',
  postgres: 'PostgreSQL',
};
const CACHE_ENGINES: Readonly<Record<string, string>> = {
  memcached: 'Memcached',
  redis: 'Redis',
  valkey: 'Valkey',
};

/** Prices by `GetProducts`, signed with Signature Version 4; permission `pricing:GetProducts`. It has no spot prices. */
export function createAwsPriceReader({ connection, guard }: VendorAccess): PriceReader {
  const call = { provider: 'aws', region: REGION, api: 'Pricing', operation: 'GetProducts' } as const;
  return {
    source: 'AWS Price List API',
    async read(thing, signal) {
      const query = queryOf(thing);
      if (!query) return null;
      const understand = (error: unknown) => awsError(error, `price of ${thingText(thing)}`);
      try {
        const list = await guard.run(call, () => getProducts(connection, query, signal), understand);
        return lowestOnDemand(list);
      } catch (error) {
        throw understand(error);
      }
    },
  };
}

/** Body of a request; null for an engine AWS does not sell. */
function queryOf({ type, region, engine }: PricedThing): object | null {
  const filtered = (ServiceCode: string, fields: Readonly<Record<string, string>>) => ({
    ServiceCode,
    FormatVersion: 'aws_v1',
    MaxResults: 100,
    Filters: Object.entries({ instanceType: type, regionCode: region, ...fields }).map(([Field, Value]) => ({
      Type: 'TERM_MATCH',
      Field,
      Value,
    })),
  });
  if (type.startsWith('db.')) {
    const databaseEngine = DATABASE_ENGINES[engine];
    return databaseEngine === undefined
      ? null
      : filtered('AmazonRDS', { databaseEngine, deploymentOption: 'Single-AZ' });
  }
  if (type.startsWith('cache.')) {
    const cacheEngine = CACHE_ENGINES[engine];
    return cacheEngine === undefined ? null : filtered('AmazonElastiCache', { cacheEngine });
  }
  return filtered('AmazonEC2', {
    operatingSystem: 'Linux',
    preInstalledSw: 'NA',
    tenancy: 'Shared',
    capacitystatus: 'Used',
    marketoption: 'OnDemand',
  });
}

/** Each entry is a JSON text of a product with its terms. */
async function getProducts(
  connection: VendorConnection,
  query: object,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const url = new URL(connection.endpoint ?? ENDPOINT);
  const body = JSON.stringify(query);
  const { headers } = await signed(connection, url, body);
  const response = await fetch(url, { method: 'POST', headers, body, signal });
  const answer = (await response.json().catch(() => ({}))) as {
    readonly PriceList?: readonly string[];
    readonly __type?: string;
    readonly message?: string;
    readonly Message?: string;
  };
  if (response.ok && answer.PriceList) return answer.PriceList;
  const error = new Error(answer.message ?? answer.Message ?? `status ${response.status}`);
  error.name = answer.__type?.split('#').at(-1) ?? 'UnknownError';
  throw Object.assign(error, { $metadata: { httpStatusCode: response.status } });
}

async function signed(connection: VendorConnection, url: URL, body: string) {
  const { SignatureV4 } = await import('@smithy/signature-v4');
  const { Sha256 } = await import('@aws-crypto/sha256-js');
  const credentials = await credentialsOf(connection);
  const signer = new SignatureV4({ service: 'pricing', region: REGION, credentials, sha256: Sha256 });
  return signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port !== '' && { port: Number(url.port) }),
    path: '/',
    query: {},
    headers: {
      host: url.host,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSPriceListService.GetProducts',
    },
    body,
  });
}

async function credentialsOf(connection: VendorConnection) {
  if (connection.mode === 'sandbox') return { accessKeyId: 'SANDBOX', secretAccessKey: 'sandbox' };
  if (connection.credentials) return connection.credentials();
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  return fromNodeProviderChain()();
}

interface Product {
  readonly terms?: {
    readonly OnDemand?: Readonly<
      Record<
        string,
        {
          readonly priceDimensions?: Readonly<
            Record<string, { readonly unit?: string; readonly pricePerUnit?: { readonly USD?: string } }>
          >;
        }
      >
    >;
  };
}

/**
 * The lowest hourly price above 0 of all that matched: variants with more in them (Aurora with I/O included, extended
 * support of an old engine) cost more, and reserved capacity is listed at 0.
 */
function lowestOnDemand(list: readonly string[]): StatedPrice | null {
  const prices = list.flatMap((text) => {
    const terms = Object.values(parsed(text).terms?.OnDemand ?? {});
    const dimensions = terms.flatMap(({ priceDimensions = {} }) => Object.values(priceDimensions));
    return dimensions
      .filter(({ unit }) => unit === 'Hrs')
      .map(({ pricePerUnit }) => Number(pricePerUnit?.USD))
      .filter((usd) => Number.isFinite(usd) && usd > 0);
  });
  return prices.length === 0 ? null : { usdPerHour: Math.min(...prices), spotUsdPerHour: null };
}

function parsed(text: string): Product {
  try {
    return JSON.parse(text) as Product;
  } catch {
    throw new ProviderError('Transient', 'AWS gave a product of the price list that is no JSON');
  }
}
