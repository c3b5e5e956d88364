import { byField, csvRows, field, numberField, optionalNumber } from './csv.ts';
import { GOV_CLOUD } from './regions.ts';

const SOURCE = {
  asOf: '2024-08-09',
  source: 'coroot/cloud-pricing@af03ead (gh-pages)',
  licence: 'Apache-2.0',
};

/** Managed database instances of AWS by region, engine and class: `[one zone, two zones or null]` in USD per hour. */
export function databasePrices(directory: string): unknown {
  const rows = csvRows(directory, 'prices/aws-managed-db.csv').filter(
    (row) => !GOV_CLOUD.test(field(row, 'region')),
  );
  const prices = byField(rows, 'region', (inRegion) =>
    byField(inRegion, 'engine', (ofEngine) =>
      byField(ofEngine, 'instanceClass', ([first = {}]) => [
        optionalNumber(first, 'singleAzUsdPerHour'),
        optionalNumber(first, 'multiAzUsdPerHour'),
      ]),
    ),
  );
  return {
    about:
      'Amazon RDS and Aurora, USD per hour: region, engine, class, [one zone, two zones]; null where unknown',
    providers: { aws: { ...SOURCE, regions: prices } },
  };
}

/** Managed cache nodes of AWS by region, engine and type, USD per hour. */
export function cachePrices(directory: string): unknown {
  const rows = csvRows(directory, 'prices/aws-managed-cache.csv').filter(
    (row) => !GOV_CLOUD.test(field(row, 'region')),
  );
  const prices = byField(rows, 'region', (inRegion) =>
    byField(inRegion, 'engine', (ofEngine) =>
      byField(ofEngine, 'nodeType', ([first = {}]) => numberField(first, 'usdPerHour')),
    ),
  );
  return {
    about: 'Amazon ElastiCache, USD per node and hour: region, engine, node type',
    providers: { aws: { ...SOURCE, regions: prices } },
  };
}
