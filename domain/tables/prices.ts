import type { ProviderId } from '../providers.ts';
import { tableFile } from './table-file.ts';

/** Where a price comes from. */
export interface PriceOrigin {
  /** Day it was read at the vendor, `YYYY-MM-DD`; of several figures the oldest. */
  readonly asOf: string;
  /** Who published it, with the exact version. */
  readonly source: string;
}

/** Price of one Linux machine, USD per hour. */
export interface InstancePrice extends PriceOrigin {
  readonly onDemandUsdPerHour: number;
  /** Null where unknown, or where the type is never interruptible. */
  readonly spotUsdPerHour: number | null;
}

/** Price of one managed database instance, USD per hour; null where unknown. */
export interface DatabasePrice extends PriceOrigin {
  readonly singleZoneUsdPerHour: number | null;
  /** With a standby in a second zone; Aurora has readers instead. */
  readonly multiZoneUsdPerHour: number | null;
}

/** Price of one managed cache node, USD per hour. */
export interface CachePrice extends PriceOrigin {
  readonly usdPerHour: number;
}

/** Virtual processors and memory of a machine type. */
export interface InstanceShape {
  readonly vcpu: number;
  readonly memoryGiB: number;
}

type ByName<T> = Readonly<Record<string, T>>;

interface PriceTable<T, Extra = unknown> {
  readonly providers: ByName<PriceOrigin & Extra & { readonly regions: ByName<ByName<T>> }>;
}

const instances =
  tableFile<
    PriceTable<readonly [number, number | null], { readonly shapes: ByName<readonly [number, number]> }>
  >('instance-prices.json');
const databases =
  tableFile<PriceTable<ByName<readonly [number | null, number | null]>>>('database-prices.json');
const caches = tableFile<PriceTable<ByName<number>>>('cache-prices.json');

/** Price of a machine type, or null where the table has none for that region. AWS, Azure and Google Cloud. */
export function instancePrice(provider: ProviderId, region: string, type: string): InstancePrice | null {
  const table = instances().providers[provider];
  const price = table?.regions[region]?.[type];
  if (!table || !price) return null;
  const [onDemandUsdPerHour, spotUsdPerHour] = price;
  return { onDemandUsdPerHour, spotUsdPerHour, ...originOf(table) };
}

/** What a machine type is made of, or null where the table does not know it. */
export function instanceShape(provider: ProviderId, type: string): InstanceShape | null {
  const shape = instances().providers[provider]?.shapes[type];
  return shape ? { vcpu: shape[0], memoryGiB: shape[1] } : null;
}

/** Price of a managed database instance; `engine` e.g. `aurora-postgresql`. The table knows AWS only. */
export function databasePrice(
  provider: ProviderId,
  region: string,
  engine: string,
  instanceClass: string,
): DatabasePrice | null {
  const table = databases().providers[provider];
  const price = table?.regions[region]?.[engine]?.[instanceClass];
  if (!table || !price) return null;
  const [singleZoneUsdPerHour, multiZoneUsdPerHour] = price;
  return { singleZoneUsdPerHour, multiZoneUsdPerHour, ...originOf(table) };
}

/** Price of a managed cache node; `engine` is `redis` or `memcached`. The table knows AWS only. */
export function cachePrice(
  provider: ProviderId,
  region: string,
  engine: string,
  nodeType: string,
): CachePrice | null {
  const table = caches().providers[provider];
  const usdPerHour = table?.regions[region]?.[engine]?.[nodeType];
  return !table || usdPerHour === undefined ? null : { usdPerHour, ...originOf(table) };
}

function originOf({ asOf, source }: PriceOrigin): PriceOrigin {
  return { asOf, source };
}
