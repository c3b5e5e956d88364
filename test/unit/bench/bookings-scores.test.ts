import { expect, test } from '@jest/globals';
import { equalCostFactor, scoresOf } from '../../../bench/bookings-scores.ts';

const hour = (ready: number, load: number, eventLoad = load) => ({ ready, load, eventLoad });

test('scores of hours that can be followed by hand', () => {
  const hours = [hour(10, 10), hour(10, 20), hour(10, 10, 0), hour(10, 0, 0)];
  expect(scoresOf([{ hours, costFactor: 1 }])).toEqual({
    meanPinball: 0.25,
    coverage95: 0.75,
    eventUnserved: 0.3333,
    allUnserved: 0.25,
    idleShare: 0.25,
  });
});

test('equal cost changes what was ready for unserved and idle, and not the forecast itself', () => {
  const hours = [hour(5, 10), hour(5, 20)];
  const costFactor = equalCostFactor(hours);
  expect(costFactor).toBeCloseTo(4.5);
  expect(scoresOf([{ hours, costFactor }])).toMatchObject({
    coverage95: 0,
    allUnserved: 0,
    idleShare: 0.3333,
  });
  expect(equalCostFactor([hour(0, 10)])).toBe(1);
});
