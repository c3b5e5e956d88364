import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ProviderTest } from '../../../domain/integration.ts';
import type { CloudProviderRequest } from '../../../domain/schemas/cloud-provider.ts';
import {
  createIntegration,
  endIntegration,
  getIntegration,
  integrationInUse,
  livingIntegrations,
  settleTest,
} from '../../../store/integrations.ts';
import { readJournal } from '../../../store/journal.ts';
import { createVault, readSecret } from '../../../store/vault.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';

const KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'a-secret-nobody-else-has' };
const vault = createVault(randomBytes(32));
let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.db.deleteFrom('integrations').execute();
  await database.db.deleteFrom('vault').execute();
});

const request = (change: Partial<CloudProviderRequest> = {}): CloudProviderRequest => ({
  provider: 'aws',
  name: 'weddings',
  regions: ['eu-west-1'],
  credentials: KEYS,
  credentialKind: 'keys',
  resourceArns: [],
  ...change,
});

type Outcome = 'works' | 'lacks something' | 'is nobody';

function found(outcome: Outcome): ProviderTest {
  const permission = { name: 'ecs:UpdateService', verb: 'write', services: [], message: '' } as const;
  return {
    environment: 'real',
    testedAt: new Date().toISOString(),
    durationMs: 1,
    identity: {
      status: outcome === 'is nobody' ? 'failed' : 'proven',
      account: '1',
      arn: 'a',
      message: '',
    },
    permissions: [
      { ...permission, status: outcome === 'works' ? 'allowed' : 'denied', how: 'simulation' } as const,
    ],
    quotas: [],
    reads: [],
  };
}

const connect = (change: Partial<CloudProviderRequest> = {}) =>
  createIntegration(database.db, vault, request(change), 'key_test');
const settle = (id: string, outcome: Outcome) => settleTest(database.db, id, found(outcome));
const stateOf = async (id: string) => (await getIntegration(database.db, id))?.state;
const hasSecret = async (id: string) => (await readSecret(database.db, vault, id)) !== null;
const inUse = async () => (await integrationInUse(database.db, 'aws'))?.id;

describe('an integration', () => {
  test('is used by nobody before its test', async () => {
    const id = await connect();
    expect([await stateOf(id), await inUse()]).toEqual(['connecting', undefined]);
    expect(await readSecret(database.db, vault, id)).toEqual(KEYS);
  });

  test('of the chain holds no secret, and needs no vault', async () => {
    const chain = request({ credentials: { chain: true }, credentialKind: 'chain' });
    const id = await createIntegration(database.db, null, chain, 'key_test');
    expect(await hasSecret(id)).toBe(false);
  });

  test.each<[Outcome, string, boolean]>([
    ['works', 'connected', true],
    ['lacks something', 'connected', true],
    ['is nobody', 'refused', false],
  ])('that %s is, as the first of its provider, %s', async (outcome, state, kept) => {
    const id = await connect();
    await settle(id, outcome);
    expect([await stateOf(id), await hasSecret(id)]).toEqual([state, kept]);
    expect(await inUse()).toBe(kept ? id : undefined);
  });

  test.each<[Outcome, string, string]>([
    ['works', 'connected', 'replaced'],
    ['lacks something', 'refused', 'connected'],
    ['is nobody', 'refused', 'connected'],
  ])('that %s is, beside one that is used, %s, and the other %s', async (outcome, state, former) => {
    const first = await connect();
    await settle(first, 'lacks something');
    const second = await connect();
    await settle(second, outcome);
    expect([await stateOf(second), await stateOf(first)]).toEqual([state, former]);
    // Whichever is used no longer has lost its secret.
    expect([await hasSecret(second), await hasSecret(first)]).toEqual([
      state === 'connected',
      former === 'connected',
    ]);
  });

  test('that is used stays so when a later test fails, and keeps what was found', async () => {
    const id = await connect();
    await settle(id, 'works');
    await settle(id, 'is nobody');
    expect([await stateOf(id), await hasSecret(id)]).toEqual(['connected', true]);
    expect((await getIntegration(database.db, id))?.test?.identity.status).toBe('failed');
  });

  test('of another provider takes nothing from it', async () => {
    const aws = await connect();
    await settle(aws, 'works');
    const gcp = await connect({ provider: 'gcp', credentials: { chain: true }, credentialKind: 'chain' });
    await settle(gcp, 'works');
    expect((await livingIntegrations(database.db)).map(({ id }) => id)).toEqual([aws, gcp]);
  });

  test('that has ended is not brought back by a test that was under way', async () => {
    const id = await connect();
    expect(await endIntegration(database.db, id, 'disconnected', 'key_test')).toBe(true);
    await settle(id, 'works');
    expect([await stateOf(id), await inUse(), await hasSecret(id)]).toEqual([
      'disconnected',
      undefined,
      false,
    ]);
    expect(await endIntegration(database.db, id, 'disconnected', 'key_test')).toBe(false);
    expect(await endIntegration(database.db, 'int_none', 'disconnected', 'key_test')).toBe(false);
  });

  test('is one per provider, though two tests settle at once', async () => {
    const ids = await Promise.all([connect(), connect(), connect(), connect()]);
    await Promise.all(ids.map((id) => settle(id, 'works')));
    const states = await Promise.all(ids.map(stateOf));
    expect(states.filter((state) => state === 'connected')).toHaveLength(1);
    expect(states.filter((state) => state === 'replaced')).toHaveLength(3);
  });

  test('is told of in the journal without a word of its credentials', async () => {
    const id = await connect();
    await settle(id, 'works');
    const entries = (await readJournal(database.db, 'system', 0, 1_000)).filter(({ key }) => key === id);
    expect(entries.map(({ kind }) => kind)).toEqual(['integration.connecting', 'integration.connected']);
    expect(entries[0]?.body).toEqual({
      provider: 'aws',
      name: 'weddings',
      credentialKind: 'keys',
      by: 'key_test',
    });
    expect(JSON.stringify(entries)).not.toMatch(/AKIA|a-secret/);
  });
});
