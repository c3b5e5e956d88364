import { expect, test } from '@jest/globals';
import { createMatrix, type Matrix } from '../../conformance/matrix.ts';

const PROMISED = [
  { row: 'aws.ecs', counterpart: 'moto' },
  { row: 'aws.eks', counterpart: 'moto' },
];

/** Closes a matrix into which something was entered. */
async function closed(fill: (matrix: Matrix) => unknown) {
  const lines: string[] = [];
  const matrix = createMatrix((line) => lines.push(line));
  await fill(matrix);
  const whole = matrix.close(PROMISED, [{ counterpart: 'moto', what: 'provisioned concurrency' }]);
  return { whole, last: lines.at(-1), text: lines.join('\n') };
}

const asked = (matrix: Matrix, ...rows: readonly string[]) =>
  rows.map((row) => matrix.check(row, 'moto', 'reads', () => undefined));

test('a matrix whose promised cells were all asked passes', async () => {
  const { whole, last } = await closed((matrix) => Promise.all(asked(matrix, 'aws.ecs', 'aws.eks')));
  expect([whole, last]).toEqual([true, '2 passed, 0 failed']);
});

test('a promised cell that nobody asked about fails by name', async () => {
  const { whole, last, text } = await closed((matrix) => Promise.all(asked(matrix, 'aws.ecs')));
  expect([whole, last]).toEqual([false, '1 passed, 1 failed']);
  expect(text).toContain('FAILED aws.eks × moto: is checked: promised, and nothing was asked');
});

test('a promised cell that was left out fails while others of its counterpart were asked', async () => {
  const { whole, text } = await closed(async (matrix) => {
    await Promise.all(asked(matrix, 'aws.ecs'));
    matrix.notRun('aws.eks', 'moto', 'not today');
  });
  expect(whole).toBe(false);
  expect(text).toContain('FAILED aws.eks × moto: is checked');
});

test('a counterpart that could not be had at all fails nothing, once it is said why', async () => {
  const { whole, text } = await closed((matrix) => matrix.notRun('aws.ecs', 'moto', 'no Python'));
  expect(whole).toBe(true);
  expect(text).toContain('aws.ecs × moto: no Python');
});

test('a counterpart of which nothing is said at all fails', async () => {
  expect(await closed(() => undefined)).toMatchObject({ whole: false, last: '0 passed, 2 failed' });
});

test('a check that throws fails, and later ones run all the same', async () => {
  const { whole, last } = await closed(async (matrix) => {
    await matrix.check('aws.ecs', 'moto', 'reads', () => Promise.reject(new Error('no')));
    await Promise.all(asked(matrix, 'aws.ecs', 'aws.eks'));
  });
  expect([whole, last]).toEqual([false, '2 passed, 1 failed']);
});

test('what a counterpart does not offer is listed by name', async () => {
  const { text } = await closed((matrix) => Promise.all(asked(matrix, 'aws.ecs', 'aws.eks')));
  expect(text).toContain('1 not offered\n  moto: provisioned concurrency');
});
