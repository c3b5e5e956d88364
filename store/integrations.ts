import { randomBytes } from 'node:crypto';
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import { type IntegrationState, type ProviderTest, testSucceeded } from '../domain/integration.ts';
import { SYSTEM_STREAM } from '../domain/names.ts';
import type { ProviderId } from '../domain/providers.ts';
import type { CloudProviderRequest } from '../domain/schemas/cloud-provider.ts';
import { appendJournal } from './journal.ts';
import type { IntegrationRow, Schema } from './schema.ts';
import { eraseSecret, storeSecret, type Vault } from './vault.ts';

/** An integration as read. */
export type Integration = Omit<Selectable<IntegrationRow>, 'test' | 'regions' | 'resource_arns'> & {
  readonly regions: readonly string[];
  readonly resource_arns: readonly string[];
  readonly test: ProviderTest | null;
};

/** States in which an integration is still of use. */
const LIVING: readonly IntegrationState[] = ['connecting', 'connected'];

/**
 * Enters an integration whose test is still to come, and seals its credentials. It is used by nobody yet.
 * @param vault needed unless the credentials are the chain's.
 */
export async function createIntegration(
  db: Kysely<Schema>,
  vault: Vault | null,
  request: CloudProviderRequest,
  principal: string,
): Promise<string> {
  const { provider, name, regions, credentials, credentialKind, resourceArns } = request;
  const id = `int_${randomBytes(9).toString('hex')}`;
  await db.transaction().execute(async (tx) => {
    await tx
      .insertInto('integrations')
      .values({
        id,
        provider,
        name,
        regions: JSON.stringify(regions),
        resource_arns: JSON.stringify(resourceArns),
        credential_kind: credentialKind,
        state: 'connecting',
        created_by: principal,
      })
      .execute();
    if (credentialKind !== 'chain') {
      if (!vault) throw new Error('credentials were given and there is no vault to put them in');
      await storeSecret(tx, vault, id, credentials);
    }
    await enter(tx, 'integration.connecting', id, { provider, name, credentialKind, by: principal });
  });
  return id;
}

/** An integration by its id, whatever its state. */
export async function getIntegration(db: Kysely<Schema>, id: string): Promise<Integration | null> {
  const row = await db.selectFrom('integrations').selectAll().where('id', '=', id).executeTakeFirst();
  return (row as Integration | undefined) ?? null;
}

/** Integrations that are used or about to be, oldest first. */
export async function livingIntegrations(db: Kysely<Schema>): Promise<readonly Integration[]> {
  const rows = await db
    .selectFrom('integrations')
    .selectAll()
    .where('state', 'in', LIVING)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows as unknown as readonly Integration[];
}

/** The integration whose credentials a provider's clients use, or null where there is none. */
export async function integrationInUse(
  db: Kysely<Schema>,
  provider: ProviderId,
): Promise<Integration | null> {
  const row = await db
    .selectFrom('integrations')
    .selectAll()
    .where('provider', '=', provider)
    .where('state', '=', 'connected')
    .executeTakeFirst();
  return (row as Integration | undefined) ?? null;
}

/**
 * Enters a test's findings and, for a new integration, what follows from them: it is used from now on when it
 * works as it is, or when its provider has no other and its identity is not in doubt. The one before it is
 * then replaced. Whatever is used no longer loses its secret. Nothing happens to one that has ended meanwhile.
 */
export async function settleTest(db: Kysely<Schema>, id: string, test: ProviderTest): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const living = await lockedRivals(tx, id);
    const own = living.find((row) => row.id === id);
    if (!own) return;
    const findings = { test: JSON.stringify(test), tested_at: new Date(test.testedAt) };
    await tx.updateTable('integrations').set(findings).where('id', '=', id).execute();
    if (own.state === 'connected') return;
    const former = living.find((row) => row.state === 'connected');
    const takesOver = testSucceeded(test) || (!former && test.identity.status !== 'failed');
    if (!takesOver) return end(tx, id, 'refused', 'its test');
    if (former) await end(tx, former.id, 'replaced', id);
    await tx.updateTable('integrations').set({ state: 'connected' }).where('id', '=', id).execute();
    await enter(tx, 'integration.connected', id, { provider: own.provider });
  });
}

/** Ends an integration and forgets its secret. @returns false when it had ended already, or never was. */
export async function endIntegration(
  db: Kysely<Schema>,
  id: string,
  state: Exclude<IntegrationState, 'connecting' | 'connected'>,
  by: string,
): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const living = await lockedRivals(tx, id);
    if (!living.some((row) => row.id === id)) return false;
    await end(tx, id, state, by);
    return true;
  });
}

/** All living integrations of the one's provider, locked in one order, so that two tests settle in turn. */
async function lockedRivals(tx: Transaction<Schema>, id: string) {
  return tx
    .selectFrom('integrations')
    .select(['id', 'state', 'provider'])
    .where('provider', '=', (q) => q.selectFrom('integrations').select('provider').where('id', '=', id))
    .where('state', 'in', LIVING)
    .orderBy('id')
    .forUpdate()
    .execute();
}

async function end(tx: Transaction<Schema>, id: string, state: IntegrationState, by: string): Promise<void> {
  await tx
    .updateTable('integrations')
    .set({ state, ended_at: sql<Date>`now()` })
    .where('id', '=', id)
    .execute();
  await eraseSecret(tx, id);
  await enter(tx, `integration.${state}`, id, { by });
}

/** Into the system's stream; nothing of the credentials. */
async function enter(tx: Transaction<Schema>, kind: string, id: string, body: object): Promise<void> {
  await appendJournal(tx, SYSTEM_STREAM, [{ kind, key: id, body }]);
}
