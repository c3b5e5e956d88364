import { unstorableTexts } from '../../../api/storable-text.ts';

const NUL = 'the character NUL';
const HALF = 'half of a surrogate pair';

test.each<[what: string, value: unknown, path: string, words: string]>([
  ['a text', 'a\0', '', NUL],
  ['a field', { season: { id: 'a\0b' } }, 'season.id', NUL],
  ['an entry of a list', { targets: [{ id: 'a' }, { id: '\uD800' }] }, 'targets.1.id', HALF],
  ['the second half alone', { note: 'x\uDC00' }, 'note', HALF],
  ['the name of a field', { tierFactor: { 'a\0': 1 } }, 'tierFactor', `a field whose name contains ${NUL}`],
])('%s that cannot be stored is named', (_what, value, path, words) => {
  expect(unstorableTexts(value)).toEqual([{ path, message: expect.stringContaining(words) }]);
});

test('whole characters of any kind, numbers and nothing can be stored', () => {
  expect(unstorableTexts({ name: 'Zoë 👰🏽 \n\t', n: 1, no: null, list: [undefined, true] })).toEqual([]);
  expect(unstorableTexts(undefined)).toEqual([]);
});

test('all faults are named, below the place given, at any depth', () => {
  expect(unstorableTexts({ id: '\0', other: '\0' }, 'params').map(({ path }) => path)).toEqual([
    'params.id',
    'params.other',
  ]);
  const deep = JSON.parse(`${'['.repeat(50_000)}"\\u0000"${']'.repeat(50_000)}`);
  expect(unstorableTexts(deep)).toHaveLength(1);
});
