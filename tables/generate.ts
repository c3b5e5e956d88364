import { parseArgs } from 'node:util';
import { dataTransfer } from './generate/data-transfer.ts';
import { instancePrices } from './generate/instance-prices.ts';
import { latency } from './generate/latency.ts';
import { cachePrices, databasePrices } from './generate/managed-prices.ts';
import { spotInterruption } from './generate/spot-interruption.ts';
import { writeTable } from './generate/table-text.ts';

/**
 * Makes the tables of `domain/tables` from the public data files that tables/README.md names; the same every time.
 * Run: `node tables/generate.ts --data DIR [--zoneinfo DIR]`, where DIR holds `prices/` and `latency/`, and the other
 * one is a compiled time zone database with its `zone.tab` and `tzdata.zi`.
 */
const { values } = parseArgs({
  options: { data: { type: 'string' }, zoneinfo: { type: 'string', default: '/usr/share/zoneinfo' } },
});
if (values.data === undefined) {
  process.stderr.write(
    'node tables/generate.ts --data DIR [--zoneinfo DIR]; tables/README.md says what DIR holds\n',
  );
  process.exit(2);
}

const tables = {
  'instance-prices': instancePrices(values.data),
  'database-prices': databasePrices(values.data),
  'cache-prices': cachePrices(values.data),
  'spot-interruption': spotInterruption(values.data),
  'data-transfer': dataTransfer(values.data),
  latency: latency(values.data, values.zoneinfo),
};
for (const [name, table] of Object.entries(tables)) {
  const url = new URL(`../domain/tables/${name}.json`, import.meta.url);
  console.log(`${name}.json: ${writeTable(url, table)} bytes`);
}
