import { type QuantileGrounds, servedQuantile } from '../../../../domain/sizing/newsvendor.ts';
import { target } from '../../../support/planning.ts';

const DAY_MS = 86_400_000;

/** A unit of 100 requests/s costs 0.7 USD/h and is used to 70 %: 0.01 USD/h per request/s. */
const GROUNDS: QuantileGrounds = {
  workload: { id: 'api', unit: 'requests', demandPerUser: 0.5 },
  demandModel: { unservedUsdPerUserHour: { standard: 0.5 } },
  targets: [target({ id: 't', hourlyUsdPerUnit: 0.7 })],
  utilizationPercent: 70,
  stepMs: 7 * DAY_MS,
};

// A week's floor is held 168 h for 4 that need it: 0.42 USD idle; 0.5 USD per user hour are 1 USD per request/s.
test('weighs what is unserved for an hour against what stands idle for it', () => {
  const { quantile, by, unservedUsd, idleUsd } = servedQuantile(GROUNDS);
  expect([unservedUsd, by]).toEqual([1, 'newsvendor']);
  expect(idleUsd).toBeCloseTo(0.42, 12);
  expect(quantile).toBeCloseTo(1 / 1.42, 12);
});

test.each<[string, Partial<QuantileGrounds>, number]>([
  [
    'the dearest tier counts',
    { demandModel: { unservedUsdPerUserHour: { standard: 0.5, royal: 2 } } },
    4 / 4.42,
  ],
  ['a quarter of a dollar where the fleet does not say', { demandModel: undefined }, 0.5 / 0.92],
  [
    'the mean of its targets counts',
    {
      targets: [target({ id: 't', hourlyUsdPerUnit: 0.7 }), target({ id: 'u', hourlyUsdPerUnit: 0.1 })],
    },
    1 / 1.24,
  ],
  ['a floor held for a day idles less', { stepMs: DAY_MS }, 1 / 1.06],
  ['two weeks have two busy days', { stepMs: 14 * DAY_MS }, 1 / 1.42],
  ['what costs nothing idle is had to the end', { targets: [] }, 0.999],
  ['never less than the middle', { demandModel: { unservedUsdPerUserHour: { standard: 1e-6 } } }, 0.5],
  ['a request has its way', { servedPercent: 97 }, 0.97],
  ['a request for all', { servedPercent: 99.9 }, 0.999],
])('%s', (_what, changes, quantile) => {
  expect(servedQuantile({ ...GROUNDS, ...changes }).quantile).toBeCloseTo(quantile, 9);
});
