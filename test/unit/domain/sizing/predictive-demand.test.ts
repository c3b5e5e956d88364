import { normalProbability, normalQuantile } from '../../../../domain/normal-distribution.ts';
import {
  demandQuantile,
  designDemand,
  expectedShortfall,
} from '../../../../domain/sizing/predictive-demand.ts';

test.each([
  [0.5, 0],
  [0.95, 1.644853627],
  [0.975, 1.959963985],
  [0.999, 3.090232306],
  [0.001, -3.090232306],
])('the normal quantile of %p is %p, and back', (probability, z) => {
  expect(normalQuantile(probability)).toBeCloseTo(z, 8);
  expect(normalProbability(z)).toBeCloseTo(probability, 6);
});

describe('demandQuantile', () => {
  // Gamma of mean 1: exponential, -ln(1 - p); of shape 4, a quarter of half the χ² quantile with 8 degrees of freedom.
  test.each([
    ['exponential', 1, 0.95, 2.9957],
    ['exponential', 1, 0.99, 4.6052],
    ['of shape 4', 0.5, 0.95, 15.5073 / 8],
    ['of shape 4', 0.5, 0.5, 7.3441 / 8],
    ['of shape 100', 0.1, 0.99, 1.2472],
  ])('%s with spread %p: the quantile %p is %p, within 2 %%', (_what, standardDeviation, quantile, value) => {
    const found = demandQuantile({ mean: 1, standardDeviation }, quantile);
    expect(found / value).toBeGreaterThan(0.98);
    expect(found / value).toBeLessThan(1.02);
  });

  test.each([
    [0, 0],
    [0, 5],
    [1e-9, 5],
    [3, 500],
  ])('mean %p with spread %p is never below zero', (mean, standardDeviation) => {
    for (const quantile of [0.01, 0.5, 0.999]) {
      expect(demandQuantile({ mean, standardDeviation }, quantile)).toBeGreaterThanOrEqual(0);
      expect(designDemand({ mean, standardDeviation }, Math.max(0.5, quantile))).toBeGreaterThanOrEqual(0);
    }
  });
});

describe('designDemand', () => {
  test('is the mean at the middle, whatever the spread', () => {
    expect(designDemand({ mean: 25, standardDeviation: 9 }, 0.5)).toBe(25);
  });

  test('is the quantile itself where the spread is well below the mean', () => {
    const moments = { mean: 100, standardDeviation: 30 };
    for (const quantile of [0.9, 0.99, 0.999]) {
      expect(designDemand(moments, quantile)).toBe(demandQuantile(moments, quantile));
    }
  });

  const grid = [0.01, 0.03, 0.1, 0.2, 0.4, 0.7, 1, 1.3, 1.7, 2.2, 3, 4, 6, 10, 30];
  test.each([0.5, 0.8, 0.95, 0.99, 0.999])(
    'at %p never falls with mean or spread, as the quantile does',
    (quantile) => {
      const at = (mean: number, standardDeviation: number) =>
        designDemand({ mean, standardDeviation }, quantile);
      for (const [index, larger] of grid.entries()) {
        const smaller = grid[index - 1] ?? 0;
        for (const other of [0, ...grid]) {
          expect(at(larger, other)).toBeGreaterThanOrEqual(at(smaller, other) - 1e-12);
          expect(at(other, larger)).toBeGreaterThanOrEqual(at(other, smaller) - 1e-12);
        }
      }
    },
  );

  test('takes as many deviations above the mean as where the quantile would begin to fall', () => {
    // The quantile does fall there: the same spread, and twice the mean.
    const [less, more] = [0.5, 1].map((mean) => demandQuantile({ mean, standardDeviation: 1 }, 0.999));
    expect(more).toBeLessThan(less ?? 0);
    const [first = 0, second = 0] = [0.5, 1].map((mean) =>
      designDemand({ mean, standardDeviation: 1 }, 0.999),
    );
    expect(second - first).toBeCloseTo(0.5, 9);
  });

  // A market where one wedding is expected in ten such hours: at 99 % one of them, at 99.9 % two.
  test.each([
    [0.99, 1],
    [0.999, 2],
  ])('makes about as much ready as rare weddings need: at %p, %p', (quantile, weddings) => {
    const design = designDemand({ mean: 0.1, standardDeviation: Math.sqrt(0.1) }, quantile);
    expect(Math.abs(design - weddings)).toBeLessThan(0.5);
  });
});

describe('the expected shortfall', () => {
  const moments = { mean: 10, standardDeviation: 10 };

  test('of an exponential demand is mean × exp(-ready / mean), within the approximation', () => {
    for (const ready of [5, 10, 20, 40]) {
      expect(expectedShortfall(moments, ready)).toBeCloseTo(10 * Math.exp(-ready / 10), 0);
    }
    expect(expectedShortfall(moments, 30)).toBeGreaterThan(0.3);
  });

  test('is all of the mean without anything ready, and what is missing where nothing is uncertain', () => {
    expect(expectedShortfall(moments, 0)).toBe(10);
    expect(expectedShortfall({ mean: 10, standardDeviation: 0 }, 7)).toBe(3);
    expect(expectedShortfall({ mean: 10, standardDeviation: 0 }, 12)).toBe(0);
    expect(expectedShortfall({ mean: 0, standardDeviation: 3 }, 0)).toBe(0);
  });

  test('agrees with a narrow normal demand: standard deviation × (density - z × tail)', () => {
    // At one standard deviation above the mean: 0.08332 of it.
    expect(expectedShortfall({ mean: 1_000, standardDeviation: 10 }, 1_010)).toBeCloseTo(0.833, 1);
  });
});
