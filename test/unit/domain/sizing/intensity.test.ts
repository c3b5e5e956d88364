import { learnIntensity } from '../../../../domain/sizing/intensity.ts';

const WEEK = 168;

/** Weddings on the Saturday of each week, so many hours and so large in that week. */
function weddings(sizes: readonly number[]): readonly number[] {
  return sizes.flatMap((size) =>
    Array.from({ length: WEEK }, (_, hour) => (hour >= 130 && hour < 138 ? size : 0)),
  );
}

/** A base with days and a slow rise, the same whatever the weddings; and noise that repeats from run to run. */
function observed(expected: readonly number[], factor: number, noise = 0): readonly number[] {
  let seed = 42;
  const next = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648 - 0.5;
  };
  return expected.map(
    (events, hour) =>
      50 + 20 * Math.sin((hour / 24) * 2 * Math.PI) + hour / 100 + factor * events + noise * next(),
  );
}

const SIZES = [100, 300, 50, 400, 200, 350, 120, 260];

test.each([
  ['as the fleet says', 1],
  ['twice what the fleet says', 2],
  ['hardly anything', 0.1],
])('learns that users cause %s from eight weeks, whatever the base does', (_what, factor) => {
  const expected = weddings(SIZES);
  const intensity = learnIntensity(observed(expected, factor, 10), expected, 0.1);
  expect(intensity.factor).toBeCloseTo(factor, 1);
  expect(intensity.observedWeight).toBeGreaterThan(0.9);
  expect(intensity.standardDeviation).toBeLessThan(0.05);
});

test.each([
  ['no hour at all', []],
  ['one week', [100]],
  ['weeks that are all alike', [100, 100, 100, 100]],
  ['weeks without weddings', [0, 0, 0]],
])('stays with the fleet where there is %s', (_what, sizes) => {
  const expected = weddings(sizes);
  expect(learnIntensity(observed(expected, 3), expected, 0.1)).toEqual({
    factor: 1,
    standardDeviation: 0.1,
    observedWeight: 0,
  });
});

test('is drawn towards the fleet the more the less was seen and the noisier it was', () => {
  const learnt = (weeks: number, noise: number) => {
    const expected = weddings(SIZES.slice(0, weeks));
    return learnIntensity(observed(expected, 2, noise), expected, 0.1).factor;
  };
  expect(learnt(2, 200)).toBeLessThan(learnt(8, 200));
  expect(learnt(8, 400)).toBeLessThan(learnt(8, 100));
  expect(learnt(2, 200)).toBeGreaterThan(1);
});

test('a gap is no reading of zero', () => {
  const expected = weddings(SIZES);
  const gappy = observed(expected, 2, 10).map((value, hour) => (hour % 5 === 0 ? null : value));
  expect(learnIntensity(gappy, expected, 0.1).factor).toBeCloseTo(2, 1);
});

test('is never negative', () => {
  const expected = weddings(SIZES);
  expect(learnIntensity(observed(expected, -3, 10), expected, 0.1).factor).toBe(0);
});

test.each([0, 7])('a feed that always says %p teaches a number, whatever was expected', (load) => {
  const expected = Array.from({ length: 400 }, (_, hour) => (hour % 24 === 18 ? hour : 0));
  const learnt = learnIntensity(Array<number>(400).fill(load), expected, 0.1);
  expect(learnt.factor).toBeGreaterThanOrEqual(0);
  expect(learnt.factor).toBeLessThan(0.5);
  expect(learnt.standardDeviation).toBeLessThan(0.1);
});
