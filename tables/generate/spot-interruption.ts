import { byField, csvRows, field } from './csv.ts';
import { GOV_CLOUD } from './regions.ts';

/** The Spot Advisor's bands as per cent of instances interrupted in a month: `[from, until]`. */
const BANDS: Readonly<Record<string, readonly [number, number]>> = {
  '<5%': [0, 5],
  '5-10%': [5, 10],
  '10-15%': [10, 15],
  '15-20%': [15, 20],
  '>20%': [20, 100],
};

/** How often spot machines of AWS are interrupted, by region and type. */
export function spotInterruption(directory: string): unknown {
  const rows = csvRows(directory, 'prices/aws-spot-interruption.csv').filter(
    (row) => !GOV_CLOUD.test(field(row, 'region')),
  );
  const regions = byField(rows, 'region', (inRegion) =>
    byField(inRegion, 'instanceType', ([first = {}]) => {
      const band = field(first, 'interruptionFrequency');
      if (!BANDS[band]) throw new Error(`no band "${band}" is known`);
      return BANDS[band];
    }),
  );
  return {
    about: 'Spot machines interrupted per month, per cent: region, type, [from, until] of the band',
    providers: {
      aws: {
        asOf: '2025-07-01',
        source: 'alexei-led/spotinfo@05e9331, the Spot Advisor of 2025-07',
        licence: 'Apache-2.0',
        regions,
      },
    },
  };
}
