import { causalOrder } from '../../../../domain/sizing/couplings.ts';

const workloads = ['queries', 'gallery', 'api', 'cache'].map((id) => ({ id }));
const coupling = (from: string, to: string) => ({ from, to, demandPerDemand: 1 });

test.each([
  ['without any', [], ['api', 'cache', 'gallery', 'queries']],
  [
    'along a chain',
    [coupling('queries', 'cache'), coupling('gallery', 'queries')],
    ['api', 'gallery', 'queries', 'cache'],
  ],
  [
    'with two causes',
    [coupling('gallery', 'api'), coupling('queries', 'api')],
    ['gallery', 'queries', 'api', 'cache'],
  ],
])('causes come first %s', (_what, couplings, order) => {
  expect(causalOrder(workloads, couplings)).toEqual({ order });
  expect(causalOrder(workloads.toReversed(), couplings.toReversed())).toEqual({ order });
});

test.each([
  ['itself', [coupling('api', 'api')], ['api', 'api']],
  [
    'over three',
    [coupling('api', 'cache'), coupling('cache', 'gallery'), coupling('gallery', 'api')],
    ['api', 'cache', 'gallery', 'api'],
  ],
])('a circle through %s is named in its direction', (_what, couplings, cycle) => {
  expect(causalOrder(workloads, couplings)).toEqual({ cycle });
});
