import { byName, duration, minute, usd, withoutJson, wrapped } from '../../../cli/render/format.ts';

test.each([
  [0, '0 ms'],
  [849.6, '850 ms'],
  [4200, '4.2 s'],
  [59_940, '59.9 s'],
  [59_990, '1 min 00 s'],
  [185_000, '3 min 05 s'],
  [7_799_000, '2 h 10 min'],
])('duration of %d ms reads %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('amounts, instants and weights read as people write them', () => {
  expect(usd(1234.5)).toBe('$1,234.50');
  expect(minute('2027-06-05T14:00:30Z')).toBe('2027-06-05 14:00 UTC');
  expect(byName({ a: 255, b: 0 })).toBe('a 255, b 0');
  expect(byName(null)).toBe('not read yet');
  expect(withoutJson('weights {"a":255,"b":0}')).toBe('weights a 255, b 0');
  expect(withoutJson('weights null')).toBe('weights not read yet');
  expect(withoutJson('floor 3, {not json}')).toBe('floor 3, {not json}');
  expect(wrapped('one two three', 7)).toBe('one two\nthree');
});
