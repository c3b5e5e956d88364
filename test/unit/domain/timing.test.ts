import { describe, expect, test } from '@jest/globals';
import { type BranchSpan, type Execution, subtract, total, union, vendorMs } from '../../../domain/timing.ts';

const branch = (name: string, from: number, until: number): BranchSpan => ({
  branch: name,
  span: [from, until],
});
const execution = (name: string, span: [number, number], ...waits: [number, number][]): Execution => ({
  branch: name,
  span,
  waits,
});

describe('vendorMs: when every branch that could run waited for a vendor', () => {
  test('one branch counts as long as it waits', () => {
    expect(vendorMs([branch('a', 0, 100)], [execution('a', [0, 100], [10, 60])])).toBe(50);
  });

  test('while one of two works, the waiting of the other is ours', () => {
    const branches = [branch('a', 0, 100), branch('b', 0, 100)];
    const executions = [execution('a', [0, 100], [0, 100]), execution('b', [0, 100], [40, 100])];
    expect(vendorMs(branches, executions)).toBe(60);
  });

  test('a branch between two activities holds the others up', () => {
    const branches = [branch('a', 0, 100), branch('b', 0, 100)];
    const executions = [
      execution('a', [0, 100], [0, 100]),
      execution('b', [0, 30], [0, 30]),
      execution('b', [70, 100], [70, 100]),
    ];
    expect(vendorMs(branches, executions)).toBe(60);
  });

  test('a branch that has ended holds nobody up', () => {
    const branches = [branch('a', 0, 100), branch('b', 0, 20)];
    expect(vendorMs(branches, [execution('a', [0, 100], [0, 100]), execution('b', [0, 20])])).toBe(80);
  });

  test('an execution that works beside a waiting one of its branch makes it work', () => {
    const executions = [execution('a', [0, 100], [0, 100]), execution('a', [20, 50])];
    expect(vendorMs([branch('a', 0, 100)], executions)).toBe(70);
  });

  test('time that is nobody’s is not the vendors’', () => {
    expect(vendorMs([branch('a', 0, 100)], [execution('a', [0, 100], [0, 100])], [[30, 50]])).toBe(80);
  });

  test('time in which nothing runs is ours', () => {
    expect(vendorMs([branch('a', 0, 10), branch('a', 90, 100)], [execution('a', [0, 10], [0, 10])])).toBe(10);
  });
});

test('intervals: union merges what touches, subtract cuts, total adds up', () => {
  expect(
    union([
      [5, 8],
      [0, 3],
      [3, 5],
      [9, 9],
    ]),
  ).toEqual([[0, 8]]);
  expect(
    subtract(
      [[0, 10]],
      [
        [2, 4],
        [8, 20],
      ],
    ),
  ).toEqual([
    [0, 2],
    [4, 8],
  ]);
  expect(
    total([
      [0, 2],
      [4, 8],
    ]),
  ).toBe(6);
});
