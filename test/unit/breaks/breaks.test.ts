import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { BREAKS, breakSource } from '../../breaks/breaks.ts';

const read = (path: string) =>
  readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), 'utf8');

// The suite itself takes minutes; a break that a change has left behind shows here at once.
describe('every deliberate break', () => {
  test.each(BREAKS)('$name: still finds its place', (one) => {
    expect(breakSource(read(one.file), one)).not.toBe(read(one.file));
  });

  test('is refused where its place is gone, or is there twice', () => {
    const one = { ...(BREAKS[0] as (typeof BREAKS)[number]), find: 'a line' };
    expect(() => breakSource('another', one)).toThrow('0 times, not once; update the break');
    expect(() => breakSource('a line, a line', one)).toThrow('2 times, not once; update the break');
  });
});
