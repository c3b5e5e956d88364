import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { vaultKey } from '../../../domain/environment.ts';

const key = randomBytes(32);
const text = key.toString('base64');
const files: Readonly<Record<string, string>> = { '/run/key': `${text}\n`, '/run/short': 'c2hvcnQ=\n' };
const read = (path: string) => Buffer.from(files[path] ?? '');

describe("the vault's key", () => {
  test('comes from the variable or from the file it names, and is none where neither is set', () => {
    expect(vaultKey({ WEDSCALE_VAULT_KEY: text }, read)).toEqual(new Uint8Array(key));
    expect(vaultKey({ WEDSCALE_VAULT_KEY_FILE: '/run/key' }, read)).toEqual(new Uint8Array(key));
    expect(vaultKey({}, read)).toBeNull();
  });

  test.each<[string, Parameters<typeof vaultKey>[0], RegExp]>([
    ['both are set', { WEDSCALE_VAULT_KEY: text, WEDSCALE_VAULT_KEY_FILE: '/run/key' }, /not both/],
    [
      'the key is no base64',
      { WEDSCALE_VAULT_KEY: 'correct horse battery' },
      /^WEDSCALE_VAULT_KEY must hold 32/,
    ],
    [
      'the file holds too little',
      { WEDSCALE_VAULT_KEY_FILE: '/run/short' },
      /KEY_FILE \/run\/short must hold 32/,
    ],
  ])('is refused where %s, without telling what was given', (_what, values, words) => {
    expect(() => vaultKey(values, read)).toThrow(words);
    expect(() => vaultKey(values, read)).not.toThrow(/correct horse|c2hvcnQ/);
  });
});
