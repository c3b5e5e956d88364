import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Schema } from './schema.ts';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
/** Source: NIST SP 800-38D, 5.2.1.1: 96 bits are what GCM is made for. */
const NONCE_BYTES = 12;

/** A secret as it is stored. */
export interface SealedSecret {
  /** Names the key without telling it, so that a later rotation knows what is still under the old one. */
  readonly keyId: string;
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

/** Why a secret could not be had. Its words name keys by id and never tell a secret. */
export class VaultError extends Error {
  override readonly name = 'VaultError';
  readonly kind: 'noKey' | 'wrongKey' | 'tampered';

  constructor(kind: VaultError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Seals and opens secrets with one key (AES-256-GCM), each bound to the integration it belongs to. */
export interface Vault {
  /** First 16 hex digits of an HMAC under the key. */
  readonly keyId: string;
  seal(integrationId: string, plaintext: string): SealedSecret;
  /** @throws VaultError `wrongKey` for a secret under another key, `tampered` for one changed or moved. */
  open(integrationId: string, sealed: SealedSecret): string;
}

/** @param key 32 bytes. @throws RangeError for any other length. */
export function createVault(key: Uint8Array): Vault {
  if (key.length !== KEY_BYTES) throw new RangeError(`a vault key has ${KEY_BYTES} bytes, not ${key.length}`);
  const keyId = createHmac('sha256', key).update('wedscale vault key id').digest('hex').slice(0, 16);
  return {
    keyId,
    seal(integrationId, plaintext) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(bindingOf(keyId, integrationId));
      const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
      return { keyId, nonce, ciphertext, tag: cipher.getAuthTag() };
    },
    open(integrationId, sealed) {
      if (sealed.keyId !== keyId) throw wrongKey(integrationId, sealed.keyId, keyId);
      try {
        // Without the length a shortened tag would be taken for a whole one.
        const decipher = createDecipheriv(ALGORITHM, key, sealed.nonce, { authTagLength: 16 })
          .setAAD(bindingOf(keyId, integrationId))
          .setAuthTag(sealed.tag);
        return Buffer.concat([decipher.update(sealed.ciphertext), decipher.final()]).toString('utf8');
      } catch {
        throw new VaultError(
          'tampered',
          `The stored secret of integration ${integrationId} cannot be opened: it was changed, or belongs to ` +
            'another integration. Connect the provider again.',
        );
      }
    },
  };
}

/** Seals a secret, any JSON, and stores it in place of the integration's former one. */
export async function storeSecret(
  db: Kysely<Schema>,
  vault: Vault,
  integrationId: string,
  secret: unknown,
): Promise<void> {
  const { keyId, nonce, ciphertext, tag } = vault.seal(integrationId, JSON.stringify(secret));
  const row = {
    key_id: keyId,
    nonce: Buffer.from(nonce),
    ciphertext: Buffer.from(ciphertext),
    tag: Buffer.from(tag),
  };
  await db
    .insertInto('vault')
    .values({ integration_id: integrationId, ...row })
    .onConflict((conflict) =>
      conflict.column('integration_id').doUpdateSet({ ...row, sealed_at: sql<Date>`now()` }),
    )
    .execute();
}

/**
 * An integration's secret as it was stored, or null where it has none.
 * @param vault null where this process has no key. @throws VaultError
 */
export async function readSecret(
  db: Kysely<Schema>,
  vault: Vault | null,
  integrationId: string,
): Promise<unknown> {
  const row = await db
    .selectFrom('vault')
    .selectAll()
    .where('integration_id', '=', integrationId)
    .executeTakeFirst();
  if (!row) return null;
  const { key_id: keyId, nonce, ciphertext, tag } = row;
  if (!vault) throw noKey(integrationId, keyId);
  return JSON.parse(vault.open(integrationId, { keyId, nonce, ciphertext, tag }));
}

/** Forgets an integration's secret. Idempotent. */
export async function eraseSecret(db: Kysely<Schema>, integrationId: string): Promise<void> {
  await db.deleteFrom('vault').where('integration_id', '=', integrationId).execute();
}

/** What a ciphertext is bound to: under another integration's id it does not open. */
function bindingOf(keyId: string, integrationId: string): Buffer {
  return Buffer.from(['wedscale vault 1', keyId, integrationId].join('\n'), 'utf8');
}

function wrongKey(integrationId: string, sealedWith: string, configured: string): VaultError {
  return new VaultError(
    'wrongKey',
    `The secret of integration ${integrationId} was sealed with vault key ${sealedWith}, and ${configured} is ` +
      'configured. Give the former key by WEDSCALE_VAULT_KEY_FILE or WEDSCALE_VAULT_KEY, or connect the ' +
      'provider again.',
  );
}

function noKey(integrationId: string, sealedWith: string): VaultError {
  return new VaultError(
    'noKey',
    `The secret of integration ${integrationId} was sealed with vault key ${sealedWith}, and no key is ` +
      'configured here. Set WEDSCALE_VAULT_KEY_FILE or WEDSCALE_VAULT_KEY.',
  );
}
