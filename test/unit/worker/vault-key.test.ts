import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { vaultKey } from '../../../domain/environment.ts';
import { vaultKeyFile } from '../../../worker/embedded/vault-key.ts';

const directory = mkdtempSync(join(tmpdir(), 'wedscale-vault-'));
afterAll(() => rmSync(directory, { recursive: true }));

test('the key of an installation is made once, for its owner only, and is one', () => {
  const file = vaultKeyFile(directory);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const key = vaultKey({ WEDSCALE_VAULT_KEY_FILE: file }, readFileSync);
  expect(key).toHaveLength(32);
  expect(vaultKeyFile(directory)).toBe(file);
  expect(vaultKey({ WEDSCALE_VAULT_KEY_FILE: file }, readFileSync)).toEqual(key);
  expect(readdirSync(directory)).toEqual(['vault-key']);
});
