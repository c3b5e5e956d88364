import { expect, test } from '@jest/globals';
import { randomOf } from '../../../../bench/bookings-truth/random.ts';

const SEED = 20_261_125;
const DRAWS = 20_000;

function draws(of: () => number): { readonly mean: number; readonly variance: number } {
  const values = Array.from({ length: DRAWS }, of);
  const mean = values.reduce((a, b) => a + b, 0) / DRAWS;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / DRAWS };
}

test('one name draws the same again, and another name something else', () => {
  const of = (name: string) => Array.from({ length: 5 }, randomOf(SEED, name).uniform);
  expect(of('a')).toEqual(of('a'));
  expect(of('a')).not.toEqual(of('b'));
});

test.each([
  ['uniform', () => randomOf(SEED, 'u').uniform, 0.5, 1 / 12],
  ['normal', () => randomOf(SEED, 'n').normal, 0, 1],
  ['Poisson of a small mean', () => drawer((random) => random.poisson(2.5)), 2.5, 2.5],
  ['Poisson of a large mean', () => drawer((random) => random.poisson(80)), 80, 80],
])('%s has its mean and variance', (_, make, mean, variance) => {
  const found = draws(make());
  expect(Math.abs(found.mean - mean)).toBeLessThan(5 * Math.sqrt(variance / DRAWS));
  expect(Math.abs(found.variance / variance - 1)).toBeLessThan(0.06);
});

test('what is picked follows its weights', () => {
  const random = randomOf(SEED, 'p');
  const picked = Array.from({ length: DRAWS }, () =>
    random.pick([
      ['a', 1],
      ['b', 3],
    ]),
  );
  expect(picked.filter((one) => one === 'b').length / DRAWS).toBeCloseTo(0.75, 1);
});

function drawer(draw: (random: ReturnType<typeof randomOf>) => number): () => number {
  const random = randomOf(SEED, 'd');
  return () => draw(random);
}
