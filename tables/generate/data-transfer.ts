import { byField, csvRows, field, numberField, type Row } from './csv.ts';
import { GOV_CLOUD } from './regions.ts';

/**
 * Price of data that leaves a region for the internet, which is the way to another cloud too, and of data that crosses
 * a zone boundary (both directions added).
 */
export function dataTransfer(directory: string): unknown {
  const rows = (file: string) =>
    csvRows(directory, `prices/${file}`).filter((row) => !GOV_CLOUD.test(field(row, 'region')));
  return {
    about:
      'USD per GB. internetEgress: region, tiers as [from GB per month, USD per GB] ascending; crossZone: region, both ' +
      'directions added. Of Azure only one of its tier tables is here and no cross-zone price',
    asOf: '2024-08-09',
    source: 'coroot/cloud-pricing@af03ead (gh-pages)',
    licence: 'Apache-2.0',
    internetEgress: byField(rows('internet-egress.csv'), 'provider', (group) =>
      byField(group, 'region', tiers),
    ),
    crossZone: byField(rows('cross-zone-transfer.csv'), 'provider', (group) =>
      byField(group, 'region', ([first = {}]) =>
        rounded(numberField(first, 'ingressUsdPerGb') + numberField(first, 'egressUsdPerGb')),
      ),
    ),
  };
}

function tiers(group: readonly Row[]): readonly (readonly number[])[] {
  return group
    .map((row) => [numberField(row, 'fromGbPerMonth'), numberField(row, 'usdPerGb')])
    .toSorted(([a = 0], [b = 0]) => a - b);
}

function rounded(usd: number): number {
  return Math.round(usd * 1e6) / 1e6;
}
