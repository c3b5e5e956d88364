import type { Kysely } from 'kysely';
import type { Vendor, VendorConnection } from '../../domain/connection.ts';
import { storedCredentials } from '../../domain/schemas/cloud-provider.ts';
import { type Integration, integrationInUse } from '../../store/integrations.ts';
import type { Schema } from '../../store/schema.ts';
import { readSecret, type Vault } from '../../store/vault.ts';
import { type CredentialSource, credentialsInUse, providerOf } from './_aws-credentials.ts';

/** Vendors by name, as configuration reaches them. */
export type Connections = Partial<Record<Vendor, VendorConnection>>;

/**
 * The connections with the credentials of the integration in use, looked up again every half minute; without one,
 * with the SDK's own chain. What is pointed at the sandbox stays as it is, whatever is stored.
 */
export function withStoredCredentials(
  connections: Connections,
  db: Kysely<Schema>,
  vault: Vault | null,
): Connections {
  const { aws } = connections;
  if (aws?.mode !== 'real') return connections;
  const credentials = credentialsInUse({
    find: async () => {
      const integration = await integrationInUse(db, 'aws');
      return integration && sourceOf(db, vault, integration);
    },
    make: (source) => providerOf(source, aws.endpoint),
  });
  return { ...connections, aws: { ...aws, credentials } };
}

/** An integration's own credentials. @throws VaultError where its secret cannot be opened here. */
export async function sourceOf(
  db: Kysely<Schema>,
  vault: Vault | null,
  { id, credential_kind: kind, regions }: Integration,
): Promise<CredentialSource> {
  const secret = kind === 'chain' ? null : await readSecret(db, vault, id);
  // The credentials of one integration never change: new ones are a new integration.
  return { version: id, credentials: storedCredentials(kind, secret), region: regions[0] ?? 'us-east-1' };
}
