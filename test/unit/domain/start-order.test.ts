import { expect, test } from '@jest/globals';
import { longestFirst } from '../../../domain/start-order.ts';

test.each([
  ['nothing', '', ''],
  ['the longest to provision first', 'a2 b9 c5', 'b9 c5 a2'],
  ['those that take as long in the order they had', 'a5 b9 c5 d9', 'b9 d9 a5 c5'],
  ['those of an older plan, which says nothing of it, in the order they had', 'a b c', 'a b c'],
  ['those that say nothing last', 'a b1', 'b1 a'],
])('%s: "%s" starts as "%s"', (_what, targets, order) => {
  const parsed = targets
    .split(' ')
    .filter((text) => text !== '')
    .map((text) => ({ text, ...(text.length > 1 && { provisioningMinutes: Number(text.slice(1)) }) }));
  expect(
    longestFirst(parsed)
      .map(({ text }) => text)
      .join(' '),
  ).toBe(order);
});
