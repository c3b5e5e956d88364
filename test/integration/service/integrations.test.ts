import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import type { ProblemDetails } from '../../../api/problem.ts';
import type { Health, ProviderTest } from '../../../domain/integration.ts';
import { INTEGRATION_CHECKS_SCHEDULE } from '../../../domain/names.ts';
import { startService, type TestService } from '../../support/service.ts';
import { smallFleet } from '../../support/small-fleet.ts';

const PROVIDERS = '/api/integrations/scalability/cloud-providers';
const STATUS = '/api/integrations/scalability/status';
const SECRET = 'a-secret-nobody-else-has';
const KEYS = { accessKeyId: 'AKIAWEDDINGSTORED001', secretAccessKey: SECRET };

interface Connected {
  readonly success: boolean;
  readonly integrationId: string;
  readonly services: readonly string[];
  readonly testResult: ProviderTest;
  readonly setupTime: number;
}

interface Status {
  readonly cloudProviders: readonly { integrationId: string; status: Health; message: string }[];
  readonly monitoring: readonly object[];
  readonly containers: readonly { service: string; region: string; status: Health }[];
  readonly lastHealthCheck: string | null;
  readonly overallStatus: Health;
}

let service: TestService;

beforeAll(async () => {
  service = await startService({ fleet: smallFleet(), instant: true });
});
afterAll(() => service?.stop());
beforeEach(() => service.sandboxCall('DELETE', '/faults'));

function send(path: string, body?: unknown, key = service.api.key, method?: string): Promise<Response> {
  return fetch(`${service.api.url}${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

const provider = (change: object = {}) => ({
  provider: 'aws',
  name: 'weddings',
  regions: ['eu-west-1'],
  credentials: KEYS,
  ...change,
});

async function connect(change: object = {}): Promise<{ status: number; body: Connected }> {
  const answer = await send(PROVIDERS, provider(change));
  return { status: answer.status, body: (await answer.json()) as Connected };
}

const status = () => service.client.request<Status>(STATUS);

describe('before anything is connected', () => {
  test('the status is unknown, not healthy', async () => {
    expect(await status()).toEqual({
      cloudProviders: [],
      monitoring: [],
      containers: [],
      lastHealthCheck: null,
      overallStatus: 'unknown',
    });
  });
});

describe('connecting a provider', () => {
  test('tests it for real and answers what was found, exactly', async () => {
    const answer = await send(PROVIDERS, provider());
    expect(answer.status).toBe(201);
    const body = (await answer.json()) as Connected;
    expect(Object.keys(body)).toEqual([
      'success',
      'integrationId',
      'provider',
      'services',
      'testResult',
      'setupTime',
    ]);
    expect(body).toMatchObject({ success: true, provider: 'aws', setupTime: expect.any(Number) });
    expect(body.services).toContain('aws.ecs');
    // A service that is all sandbox says so, and has shown nobody what it was given.
    expect(body.testResult).toMatchObject({
      environment: 'sandbox',
      identity: { status: 'proven', account: '123456789012' },
    });
    expect(body.testResult.identity.arn).not.toContain(KEYS.accessKeyId);
    expect(body.testResult.reads).toContainEqual({
      service: 'aws.ecs',
      region: 'eu-west-1',
      status: 'ok',
      latencyMs: expect.any(Number),
      message: '',
    });
    expect(answer.headers.get('location')).toBe(`${PROVIDERS}/${body.integrationId}`);
    expect((await status()).overallStatus).toBe('healthy');
  });

  test('names a permission that is denied, and does not take the place of what works', async () => {
    const { body: first } = await connect();
    await service.sandboxCall('POST', '/faults', [{ match: { operation: 'UpdateService' }, kind: 'denied' }]);
    const { status: code, body } = await connect();
    expect([code, body.success]).toEqual([200, false]);
    const denied = body.testResult.permissions.filter((one) => one.status === 'denied');
    expect(denied.map(({ name }) => name)).toEqual(['ecs:UpdateService']);
    const after = await status();
    expect(after.cloudProviders.map(({ integrationId }) => integrationId)).toEqual([first.integrationId]);
  });

  test.each([
    ['gcp', 'europe-west1', 'gcp.mig'],
    ['azure', 'westeurope', 'azure.aks'],
    ['kubernetes', 'eu-central', 'kubernetes.hpa'],
  ])('goes as far as the scalers of %s go', async (name, region, read) => {
    const { status: code, body } = await connect({
      provider: name,
      regions: [region],
      credentials: { chain: true },
    });
    expect([code, body.success, body.services]).toEqual([201, true, [read]]);
    expect(body.testResult.identity).toMatchObject({ status: 'notTested', arn: null });
    expect(body.testResult.permissions.some(({ status: found }) => found === 'denied')).toBe(false);
  });

  test('is refused with every fault at once, and enters nothing', async () => {
    const before = await service.client.request<{ cloudProviders: object[] }>(PROVIDERS);
    const answer = await send(PROVIDERS, {
      ...provider({ name: '', credentials: { accessKeyId: 'x' } }),
      colour: 'white',
    });
    expect(answer.status).toBe(400);
    const { errors } = (await answer.json()) as ProblemDetails;
    expect(errors?.map(({ path }) => path).toSorted()).toEqual([
      'colour',
      'credentials.accessKeyId',
      'credentials.secretAccessKey',
      'name',
    ]);
    expect(await service.client.request(PROVIDERS)).toEqual(before);
  });
});

describe('credentials that were given', () => {
  test('are never answered', async () => {
    const { body } = await connect();
    const texts = await Promise.all(
      [PROVIDERS, `${PROVIDERS}/${body.integrationId}`, STATUS].map(async (path) =>
        (await send(path)).text(),
      ),
    );
    expect(JSON.stringify([body, ...texts])).not.toMatch(new RegExp(`${SECRET}|${KEYS.accessKeyId}`));
  });

  test('stand nowhere in the database in plain', async () => {
    await connect();
    const client = new pg.Client({ connectionString: service.databaseUrl });
    await client.connect();
    try {
      const { rows: tables } = await client.query<{ tablename: string }>(
        "select tablename from pg_tables where schemaname = 'public' order by 1",
      );
      expect(tables.map(({ tablename }) => tablename)).toContain('vault');
      for (const { tablename } of tables) {
        for (const secret of [SECRET, KEYS.accessKeyId]) {
          // Bytes are shown in hex, so both forms are looked for.
          const { rows } = await client.query<{ n: number }>(
            `select count(*)::int as n from "${tablename}" t where t::text like '%' || $1 || '%'
               or t::text like '%' || encode(convert_to($1, 'UTF8'), 'hex') || '%'`,
            [secret],
          );
          expect({ tablename, n: rows[0]?.n }).toEqual({ tablename, n: 0 });
        }
      }
      const { rows: sealed } = await client.query('select key_id from vault');
      expect(sealed.length).toBeGreaterThan(0);
    } finally {
      await client.end();
    }
  });

  test('go to no workflow: it is told which integration, and nothing else', async () => {
    const { body } = await connect();
    await withTemporal(async (client) => {
      const handle = client.workflow.getHandle(`provider-check-${body.integrationId}`);
      const history = await handle.fetchHistory();
      const payloads = JSON.stringify(history, (_key, value) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value,
      );
      expect(payloads).toContain(body.integrationId);
      expect(payloads).not.toMatch(new RegExp(`${SECRET}|${KEYS.accessKeyId}`));
    });
  });

  test('are forgotten with the integration', async () => {
    const { body } = await connect();
    const path = `${PROVIDERS}/${body.integrationId}`;
    expect((await send(path, undefined, undefined, 'DELETE')).status).toBe(204);
    expect((await send(path, undefined, undefined, 'DELETE')).status).toBe(409);
    expect(await (await send(path)).json()).toMatchObject({ state: 'disconnected' });
    const client = new pg.Client({ connectionString: service.databaseUrl });
    await client.connect();
    const { rows } = await client.query('select 1 from vault where integration_id = $1', [
      body.integrationId,
    ]);
    await client.end();
    expect(rows).toEqual([]);
    expect((await send(`${PROVIDERS}/int_none`, undefined, undefined, 'DELETE')).status).toBe(404);
  });
});

describe('the periodic test', () => {
  test('is a schedule of five minutes that nobody can end over the API, and finds what has broken', async () => {
    const { body } = await connect();
    await withTemporal(async (client) => {
      const handle = client.schedule.getHandle(INTEGRATION_CHECKS_SCHEDULE);
      const { spec, state } = await handle.describe();
      expect(spec.intervals?.map(({ every }) => every)).toEqual([5 * 60_000]);
      expect(state.paused).toBe(false);
      const path = `/api/schedules/${encodeURIComponent(INTEGRATION_CHECKS_SCHEDULE)}`;
      expect((await send(path, undefined, undefined, 'DELETE')).status).toBe(404);

      await service.sandboxCall('POST', '/faults', [{ match: { service: 'aws.ecs' }, kind: 'down' }]);
      const before = (await status()).lastHealthCheck;
      await handle.trigger();
      const after = await until(status, ({ lastHealthCheck, cloudProviders }) => {
        const own = cloudProviders.find(({ integrationId }) => integrationId === body.integrationId);
        return lastHealthCheck !== before && own?.status !== 'healthy';
      });
      const own = after.cloudProviders.find(({ integrationId }) => integrationId === body.integrationId);
      expect(own?.message).toMatch(/aws\.ecs in eu-west-1/);
      expect(after.containers).toContainEqual(
        expect.objectContaining({ service: 'aws.ecs', region: 'eu-west-1', status: 'unhealthy' }),
      );
      expect(after.overallStatus).toBe('degraded');

      await service.sandboxCall('DELETE', '/faults');
      await handle.trigger();
      await until(status, ({ overallStatus }) => overallStatus === 'healthy');
    });
  });
});

describe('a key', () => {
  const make = async (scopes: readonly string[], by?: string) => {
    const answer = await send('/api/keys', { name: 'a test', scopes }, by);
    return { status: answer.status, ...((await answer.json()) as { id: string; key: string }) };
  };

  test.each([
    ['cloud-providers:read', 'GET', PROVIDERS],
    ['cloud-providers:write', 'DELETE', `${PROVIDERS}/int_none`],
    ['integrations:read', 'GET', STATUS],
    ['keys:read', 'GET', '/api/keys'],
    ['service', 'GET', '/api/runs'],
  ])('for %s may do that and nothing else', async (scope, method, path) => {
    const { key } = await make([scope]);
    const others = [PROVIDERS, STATUS, '/api/keys', '/api/runs'].filter((other) => other !== path);
    expect([200, 404]).toContain((await send(path, undefined, key, method)).status);
    for (const other of others.filter((one) => !path.startsWith(one))) {
      const refused = await send(other, undefined, key);
      expect({ other, status: refused.status }).toEqual({ other, status: 403 });
      expect(((await refused.json()) as ProblemDetails).type).toBe('urn:wedscale:problem:forbidden');
    }
    const writes = method === 'DELETE' ? [] : [PROVIDERS];
    for (const other of writes) expect((await send(other, provider(), key)).status).toBe(403);
  });

  test('makes no key that may do more than itself', async () => {
    const { key } = await make(['keys:write', 'integrations:read']);
    expect((await make(['integrations:read'], key)).status).toBe(201);
    expect((await make(['service'], key)).status).toBe(400);
    expect((await make(['*'], key)).status).toBe(400);
  });

  test('is listed without itself, and is no key once it is revoked; the last one for everything stays', async () => {
    const { id, key } = await make(['service']);
    const text = await (await send('/api/keys')).text();
    expect(text).toContain(id);
    expect(text).not.toContain(key);
    expect((await send(`/api/keys/${id}`, undefined, undefined, 'DELETE')).status).toBe(204);
    expect((await send('/api/runs', undefined, key)).status).toBe(401);
    expect((await send(`/api/keys/${id}`, undefined, undefined, 'DELETE')).status).toBe(404);
    const { keys } = JSON.parse(text) as { keys: { id: string; scopes: string[] }[] };
    const first = keys.find(({ scopes }) => scopes.includes('*'))?.id;
    expect((await send(`/api/keys/${first}`, undefined, undefined, 'DELETE')).status).toBe(409);
  });
});

async function withTemporal(use: (client: Client) => Promise<void>): Promise<void> {
  const connection = await Connection.connect({ address: service.temporal.address });
  try {
    await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

async function until<T>(read: () => Promise<T>, done: (found: T) => boolean): Promise<T> {
  const endMs = Date.now() + 30_000;
  for (;;) {
    const found = await read();
    if (done(found)) return found;
    if (Date.now() > endMs) throw new Error(`it did not come so far: ${JSON.stringify(found)}`);
    await sleep(100);
  }
}
