import { splitJsonArray } from '../../../api/split-json-array.ts';

async function split(text: string, pieceLength = text.length): Promise<unknown[]> {
  const bytes = new TextEncoder().encode(text);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += Math.max(1, pieceLength))
      yield bytes.slice(at, at + pieceLength);
  }
  const found: unknown[] = [];
  for await (const element of splitJsonArray(pieces(), 1000)) found.push(JSON.parse(element));
  return found;
}

describe('splitJsonArray', () => {
  const value = [{ a: 'x,]}"\\', b: [1, [2, {}]] }, 'ä]["', 3, null, { 'k,': '€' }];

  test.each([1, 2, 3, 7, 1000])('yields the elements whatever the pieces, here %i bytes', async (length) => {
    await expect(split(JSON.stringify(value), length)).resolves.toEqual(value);
    await expect(split(JSON.stringify(value, null, 2), length)).resolves.toEqual(value);
  });

  test('takes an empty array and a byte order mark', async () => {
    await expect(split('\uFEFF [ ] \n')).resolves.toEqual([]);
  });

  test.each([
    ['', 'it is empty'],
    ['{"a":1}', 'must be one array'],
    ['[{"a":1}', 'not closed, as when an upload is cut off.'],
    ['[1,,2]', 'entry 2 is empty'],
    ['[1,]', 'entry 2 is empty'],
    ['[1] [2]', 'something follows'],
    [`["${'x'.repeat(2000)}"]`, 'entry 1 is longer'],
  ])('refuses %s in words', async (text, words) => {
    await expect(split(text, 64)).rejects.toThrow(words);
  });
});
