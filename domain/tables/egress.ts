import type { ProviderId } from '../providers.ts';
import { tableFile } from './table-file.ts';

/** A price that holds from a monthly volume on, up to the next tier. */
export interface EgressTier {
  readonly fromGbPerMonth: number;
  readonly usdPerGb: number;
}

type ByRegion<T> = Readonly<Record<string, Readonly<Record<string, T>>>>;

const transfer = tableFile<{
  readonly asOf: string;
  readonly source: string;
  readonly internetEgress: ByRegion<readonly (readonly [number, number])[]>;
  readonly crossZone: ByRegion<number>;
}>('data-transfer.json');

/**
 * USD per GB that leaves a region for the internet or for another cloud, or null where the table does not know the
 * region: the first tier that costs anything, since the free part and the discounts of volume belong to the whole
 * account. See {@link egressTiers} for those.
 */
export function egressUsdPerGb(provider: ProviderId, region: string): number | null {
  return egressTiers(provider, region)?.find(({ usdPerGb }) => usdPerGb > 0)?.usdPerGb ?? null;
}

/** Every tier of a region's internet egress, by ascending volume; null where the table does not know the region. */
export function egressTiers(provider: ProviderId, region: string): readonly EgressTier[] | null {
  const tiers = transfer().internetEgress[provider]?.[region];
  return tiers?.map(([fromGbPerMonth, usdPerGb]) => ({ fromGbPerMonth, usdPerGb })) ?? null;
}

/** USD per GB from one zone of a region to another, both directions added; null where unknown, as on Azure. */
export function crossZoneUsdPerGb(provider: ProviderId, region: string): number | null {
  return transfer().crossZone[provider]?.[region] ?? null;
}

/** Day and source of every figure of this file. */
export function transferPriceOrigin(): { readonly asOf: string; readonly source: string } {
  const { asOf, source } = transfer();
  return { asOf, source };
}
