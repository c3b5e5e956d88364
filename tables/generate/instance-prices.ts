import { byField, csvRows, field, numberField, optionalNumber, type Row } from './csv.ts';
import { GOV_CLOUD } from './regions.ts';

/** Where each provider's prices were read, and when; the dates are those that the data's README states. */
const SOURCES = {
  aws: {
    asOf: '2025-04-05',
    source: 'on demand: yeo/ec2.shop@74c9fd8; spot: alexei-led/spotinfo@05e9331 of 2025-07',
    licence: 'MIT; Apache-2.0',
    note: 'spot is derived: on demand × (1 - 30-day saving of the Spot Advisor)',
  },
  azure: {
    asOf: '2026-05-20',
    source: 'anycloud-sh/catalog@62ff0a9; 11 values Azure/karpenter-provider-azure@352646f of 2026-06-18',
    licence: 'none stated, prices are public facts; Apache-2.0',
    note: 'pay as you go, Linux',
  },
  gcp: {
    asOf: '2026-08-03',
    source:
      'cloudpilot-ai/karpenter-provider-gcp@417f047; shapes Cyclenerd/google-cloud-pricing-cost-calculator@dac3128',
    licence: 'Apache-2.0',
    note: 'list price without sustained-use discount',
  },
} as const;

/** On-demand and spot price of machines by provider, region and type: `[on demand, spot or null]` in USD per hour. */
export function instancePrices(directory: string): unknown {
  const rows = csvRows(directory, 'prices/vm-prices.csv').filter(
    (row) => !GOV_CLOUD.test(field(row, 'region')),
  );
  const providers = byField(rows, 'provider', (group) => ({
    ...SOURCES[field(group[0] ?? {}, 'provider') as keyof typeof SOURCES],
    shapes: byField(group, 'instanceType', ([first = {}]) => [
      numberField(first, 'vcpu'),
      numberField(first, 'memoryGiB'),
    ]),
    regions: byField(group, 'region', (inRegion) =>
      byField(inRegion, 'instanceType', ([first = {}]) => prices(first)),
    ),
  }));
  return {
    about:
      'Linux machines, USD per hour: region, type, [on demand, spot or null where unknown]; shapes: [vCPU, GiB]',
    providers,
  };
}

function prices(row: Row): readonly (number | null)[] {
  return [numberField(row, 'onDemandUsdPerHour'), optionalNumber(row, 'spotUsdPerHour')];
}
