import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { buildApp } from '../../../api/app.ts';
import type { ApiDeps } from '../../../api/dependencies.ts';
import { type TemporalGateway, TemporalUnavailable } from '../../../api/temporal.ts';
import { createFirstApiKey } from '../../../store/api-keys.ts';
import { createVault, type Vault } from '../../../store/vault.ts';
import { type TestDatabase, testDatabase } from '../../support/postgres.ts';

const PROVIDERS = '/api/integrations/scalability/cloud-providers';
const KEYS = { accessKeyId: 'AKIAWEDDINGSTORED001', secretAccessKey: 'a-secret-nobody-else-has' };
const BODY = { provider: 'aws', name: 'weddings', regions: ['eu-west-1'], credentials: KEYS };

let database: TestDatabase;
let key: string;
/** What Temporal does next. */
let checkProvider: TemporalGateway['checkProvider'];
let waited: number[];

beforeAll(async () => {
  database = await testDatabase();
  key = (await createFirstApiKey(database.db)) ?? '';
});
afterAll(() => database.close());
beforeEach(async () => {
  waited = [];
  await database.db.deleteFrom('integrations').execute();
  await database.db.deleteFrom('vault').execute();
});

/** The API over a Temporal of the test's own. */
function app(vault: Vault | null = createVault(randomBytes(32))): Promise<FastifyInstance> {
  const temporal = {
    checkProvider: (id: string, waitMs: number) => {
      waited.push(waitMs);
      return checkProvider(id, waitMs);
    },
    ensureIntegrationChecks: async () => undefined,
  } as unknown as TemporalGateway;
  const deps: ApiDeps = {
    db: database.db,
    temporal,
    clock: { anchorMs: 0, scale: 1 },
    log: pino({ level: 'silent' }),
    environment: 'real',
    vault,
    webUiUrl: null,
    metrics: new Registry(),
    metricsOpen: true,
  };
  return buildApp(deps);
}

async function connect(body: object = BODY, vault?: Vault | null) {
  const api = await app(vault);
  const headers = { authorization: `Bearer ${key}` };
  const answer = await api.inject({ method: 'POST', url: PROVIDERS, headers, payload: body });
  await api.close();
  return answer;
}

const rows = () => database.db.selectFrom('integrations').select(['id', 'state']).execute();
const secrets = () => database.db.selectFrom('vault').select('integration_id').execute();

describe('a test that takes longer than anybody waits', () => {
  test('is answered 202, with where its findings will be, and goes on', async () => {
    checkProvider = async () => 'running';
    const answer = await connect();
    const [row] = await rows();
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({
      integrationId: row?.id,
      status: 'testing',
      message: `The test has not ended yet; what it finds will be at ${PROVIDERS}/${row?.id}.`,
    });
    expect(answer.headers.location).toBe(`${PROVIDERS}/${row?.id}`);
    expect(waited).toEqual([30_000]);
    expect([row?.state, await secrets()]).toEqual(['connecting', [{ integration_id: row?.id }]]);
  });
});

describe('a test that could not be made', () => {
  test.each([
    [
      'cannot be started',
      () => Promise.reject(new TemporalUnavailable('away')),
      503,
      /Temporal cannot be reached/,
    ],
    ['ends without findings', async () => 'failed' as const, 500, /could not be finished/],
  ])('leaves no credentials behind when it %s', async (_what, outcome, status, words) => {
    checkProvider = outcome;
    const answer = await connect();
    expect(answer.statusCode).toBe(status);
    expect(answer.json().detail).toMatch(words);
    expect((await rows()).map(({ state }) => state)).toEqual(['refused']);
    expect(await secrets()).toEqual([]);
    expect(answer.body).not.toContain(KEYS.secretAccessKey);
  });
});

describe('a service without a vault key', () => {
  test('takes no credentials and says what to set', async () => {
    const answer = await connect(BODY, null);
    expect(answer.statusCode).toBe(409);
    expect(answer.json().detail).toMatch(/WEDSCALE_VAULT_KEY_FILE or WEDSCALE_VAULT_KEY/);
    expect(await rows()).toEqual([]);
  });

  test('takes the chain, which holds nothing to seal', async () => {
    checkProvider = async () => 'running';
    const answer = await connect({ ...BODY, credentials: { chain: true } }, null);
    expect(answer.statusCode).toBe(202);
    expect(await secrets()).toEqual([]);
  });
});
