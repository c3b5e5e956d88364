import { coverage, idleShare, meanPinballLoss, unservedShare } from '../../../../domain/hindsight/scores.ts';

describe('pinball loss', () => {
  test('is averaged over times and quantiles', () => {
    // 10 above and 10 below: (0.5 × 10 + 0.1 × 20) / 2 = 3.5, and (0.5 × 10 + 0.9 × 0) / 2 = 2.5.
    const forecasts = [
      [90, 120],
      [110, 100],
    ];
    expect(meanPinballLoss([100, 100], forecasts, [0.5, 0.9])).toBeCloseTo(3, 12);
  });

  test('is the least, on average, for the quantile itself', () => {
    const observed = Array.from({ length: 100 }, (_, index) => index + 1);
    const losses = [80, 90, 95, 99].map((value) =>
      meanPinballLoss(
        observed,
        observed.map(() => [value]),
        [0.9],
      ),
    );
    expect(losses.indexOf(Math.min(...losses.map(Number)))).toBe(1);
  });
});

test('coverage is the share of what was observed at or below the forecast', () => {
  expect(coverage([1, 2, 3, 4], [2, 2, 2, 4])).toBe(0.75);
});

test('unserved is what is above capacity, of all load; idle is what is below, of all capacity', () => {
  // Load 10 + 30 + 20 = 60, of which 10 above 20; capacity 3 × 20 = 60, of which 10 stood idle.
  expect(unservedShare([10, 30, 20], [20, 20, 20])).toBeCloseTo(1 / 6, 12);
  expect(idleShare([10, 30, 20], [20, 20, 20])).toBeCloseTo(1 / 6, 12);
});

test('no load at all leaves nothing unserved, and no capacity nothing idle', () => {
  expect(unservedShare([0, 0], [5, 5])).toBe(0);
  expect(idleShare([1, 0], [0, 0])).toBe(0);
});

test('a time without an observation counts for nothing, and none at all is no figure', () => {
  expect(coverage([1, null], [2, 0])).toBe(1);
  expect(unservedShare([null, 40], [0, 20])).toBe(0.5);
  expect(idleShare([null, 10], [1_000, 20])).toBe(0.5);
  expect(meanPinballLoss([null, 2], [[9], [1]], [0.5])).toBe(0.5);
  for (const score of [coverage, unservedShare, idleShare]) expect(score([null], [1])).toBeNull();
  expect(meanPinballLoss([null], [[1]], [0.5])).toBeNull();
});

test('arrays that do not belong together are refused', () => {
  expect(() => coverage([1, 2], [1])).toThrow('2 times were observed and 1 are to be scored');
  expect(() => meanPinballLoss([1], [[1]], [0.5, 0.9])).toThrow('a value per quantile');
});
