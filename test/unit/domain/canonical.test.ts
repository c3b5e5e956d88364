import { canonicalJson, contentHash, sha256Hex } from '../../../domain/canonical.ts';

describe('canonicalJson', () => {
  test('sorts fields and writes numbers as RFC 8785 does', () => {
    expect(canonicalJson({ b: 1e21, a: [0.1, -0], é: 'ä' })).toBe('{"a":[0.1,0],"b":1e+21,"é":"ä"}');
  });

  test.each([[undefined], [Number.NaN], [Number.POSITIVE_INFINITY]])(
    'refuses %p, which JSON has not',
    (value) => {
      expect(() => canonicalJson(value)).toThrow();
    },
  );
});

describe('hashes', () => {
  test('sha256Hex is SHA-256 of the text in UTF-8', () => {
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  test('contentHash does not hang on the order of fields, but on that of lists', () => {
    expect(contentHash({ a: 1, b: { c: 2, d: 3 } })).toBe(contentHash({ b: { d: 3, c: 2 }, a: 1 }));
    expect(contentHash([1, 2])).not.toBe(contentHash([2, 1]));
  });
});
