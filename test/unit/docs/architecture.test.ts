import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { LIFETIMES_MS } from '../../../activities/calls/read-cache.ts';

const page = readFileSync(new URL('../../../docs/architecture.md', import.meta.url), 'utf8');

test('every lifetime of a cached read is on the page, and none that nothing has', () => {
  const [, table = ''] = /\| read +\| lifetime \|\n\| -+ \| -+ \|\n((?:\|.*\n)+)/.exec(page) ?? [];
  const shown = [...table.matchAll(/\| (\d+) (h|min) +\|/g)].map(
    ([, amount, unit]) => Number(amount) * (unit === 'h' ? 3_600_000 : 60_000),
  );
  expect(shown.toSorted()).toEqual(Object.values(LIFETIMES_MS).toSorted());
});
