import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createVault, eraseSecret, readSecret, storeSecret, VaultError } from '../../../store/vault.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';

const ID = 'int_a';
const SECRET = { accessKeyId: 'AKIAWEDDINGVAULT0001', secretAccessKey: 'a-secret-nobody-else-has' };

let database: TestDatabase;
const vault = createVault(randomBytes(32));

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(() => database.db.deleteFrom('vault').execute());

const read = (with_ = vault as typeof vault | null) => readSecret(database.db, with_, ID);

async function failure(): Promise<VaultError> {
  const error: unknown = await read().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(VaultError);
  expect((error as VaultError).message).not.toContain(SECRET.secretAccessKey);
  return error as VaultError;
}

describe('a stored secret', () => {
  test('comes back as it was, and is gone once erased', async () => {
    await storeSecret(database.db, vault, ID, SECRET);
    expect(await read()).toEqual(SECRET);
    await eraseSecret(database.db, ID);
    await eraseSecret(database.db, ID);
    expect(await read()).toBeNull();
  });

  test('replaces the former one, under another nonce even where it is the same', async () => {
    await storeSecret(database.db, vault, ID, SECRET);
    const first = await row();
    await storeSecret(database.db, vault, ID, SECRET);
    const second = await row();
    expect(second.nonce.equals(first.nonce)).toBe(false);
    expect(second.ciphertext.equals(first.ciphertext)).toBe(false);
    expect(await read()).toEqual(SECRET);
  });

  test('stands nowhere in plain, neither as text nor as bytes', async () => {
    await storeSecret(database.db, vault, ID, SECRET);
    const text = JSON.stringify(await database.db.selectFrom('vault').selectAll().execute());
    const { ciphertext } = await row();
    for (const part of [SECRET.secretAccessKey, SECRET.accessKeyId, 'accessKeyId']) {
      expect(text).not.toContain(part);
      expect(ciphertext.includes(part)).toBe(false);
    }
  });

  test.each(['ciphertext', 'nonce', 'tag'] as const)('is refused when its %s was changed', async (part) => {
    await storeSecret(database.db, vault, ID, SECRET);
    const changed = Buffer.from((await row())[part]);
    changed.writeUInt8(changed.readUInt8(0) ^ 1, 0);
    await database.db
      .updateTable('vault')
      .set({ [part]: changed })
      .execute();
    expect(await failure()).toMatchObject({
      kind: 'tampered',
      message: expect.stringContaining('Connect the provider again'),
    });
  });

  test('is refused when its tag was cut short, which an unbounded check would take', async () => {
    await storeSecret(database.db, vault, ID, SECRET);
    const tag = (await row()).tag.subarray(0, 4);
    await database.db.updateTable('vault').set({ tag }).execute();
    expect((await failure()).kind).toBe('tampered');
  });

  test('is refused under the id of another integration', async () => {
    await storeSecret(database.db, vault, 'int_other', SECRET);
    await database.db.updateTable('vault').set({ integration_id: ID }).execute();
    expect((await failure()).kind).toBe('tampered');
  });

  test('names both keys when it was sealed with another one, and never either of them', async () => {
    const formerKey = randomBytes(32);
    const former = createVault(formerKey);
    await storeSecret(database.db, former, ID, SECRET);
    const error = await failure();
    expect(error.kind).toBe('wrongKey');
    expect(error.message).toContain(`sealed with vault key ${former.keyId}`);
    expect(error.message).toContain(`${vault.keyId} is configured`);
    expect(error.message).not.toContain(formerKey.toString('base64'));
    expect(await read(former)).toEqual(SECRET);
  });

  test('says which key is wanted where none is configured', async () => {
    await storeSecret(database.db, vault, ID, SECRET);
    await expect(read(null)).rejects.toMatchObject({
      kind: 'noKey',
      message: expect.stringMatching(`${vault.keyId}.*WEDSCALE_VAULT_KEY_FILE`),
    });
  });
});

test('a key of another length is no key', () => {
  expect(() => createVault(randomBytes(16))).toThrow(/32 bytes, not 16/);
});

function row() {
  return database.db.selectFrom('vault').selectAll().executeTakeFirstOrThrow();
}
