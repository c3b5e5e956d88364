import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { UNGUARDED } from '../../../../../activities/calls/call-guard.ts';
import { createAgentPoolApi } from '../../../../../activities/scalers/azure/_client.ts';

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

interface Seen {
  readonly line: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

const seen: Seen[] = [];
let answer: () => Answer | 'none';
let server: http.Server;
let endpoint: string;

const subscriptionId = '00000000-0000-4000-8000-000000000001';
const scope = { subscriptionId, resourceGroup: 'rg', cluster: 'weddings', region: 'westeurope' };
const poolsPath = `/subscriptions/${subscriptionId}/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/weddings/agentPools`;

/** Variables that would send a call elsewhere or change who makes it, if they were heeded. */
const HOSTILE = {
  AZURE_TENANT_ID: 'somebody-elses',
  AZURE_CLIENT_ID: 'somebody-elses',
  AZURE_CLIENT_SECRET: 'somebody-elses',
  AZURE_AUTHORITY_HOST: 'https://example.invalid',
  AZURE_FEDERATED_TOKEN_FILE: '/etc/hostname',
  ALL_PROXY: 'http://127.0.0.1:9',
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
};

const POOL = {
  id: `${poolsPath}/api`,
  name: 'api',
  type: 'Microsoft.ContainerService/managedClusters/agentPools',
  properties: {
    eTag: 'e1',
    count: 3,
    vmSize: 'Standard_D4s_v5',
    osType: 'Linux',
    type: 'VirtualMachineScaleSets',
    mode: 'User',
    enableAutoScaling: true,
    minCount: 2,
    maxCount: 9,
    orchestratorVersion: '1.33.2',
    currentOrchestratorVersion: '1.33.2',
    provisioningState: 'Succeeded',
    powerState: { code: 'Running' },
    nodeLabels: { tier: 'gold' },
    enableFIPS: false,
    status: { provisioningError: { code: 'AllocationFailed', message: 'earlier' } },
  },
};

beforeAll(async () => {
  server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      seen.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
      const given = answer();
      if (given === 'none') return;
      response.writeHead(given.status, { 'content-type': 'application/json', ...given.headers });
      response.end(JSON.stringify(given.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
  seen.length = 0;
});

const api = () => createAgentPoolApi({ connection: { mode: 'sandbox', endpoint }, guard: UNGUARDED });
const signal = () => AbortSignal.timeout(60_000);

describe('AKS client', () => {
  test('asks only the given endpoint and sends no token, whatever the machine has set', async () => {
    answer = () => ({ status: 200, body: { value: [POOL] } });
    const before = { ...process.env };
    Object.assign(process.env, HOSTILE);
    try {
      const [pool] = await api().list(scope, signal());
      expect(pool).toMatchObject({ name: 'api', eTag: 'e1', count: 3, provisioningState: 'Succeeded' });
      expect(pool?.range).toEqual({ minimumUnits: 2, maximumUnits: 9 });
      expect(pool?.provisioningError).toEqual({ code: 'AllocationFailed', message: 'earlier' });
    } finally {
      process.env = before;
    }
    expect(seen.map((request) => request.line.replace(/\?.*/, ''))).toEqual([`GET ${poolsPath}`]);
    expect(seen[0]?.headers.authorization).toBeUndefined();
  });

  test('a pool read, stored as JSON and put back differs in nothing but what is read-only', async () => {
    answer = () => ({ status: 200, body: { value: [POOL] } });
    const pools = api();
    const [pool] = await pools.list(scope, signal());
    answer = () => ({ status: 200, body: POOL, headers: { 'x-ms-request-id': 'req-9' } });
    const settings = JSON.parse(JSON.stringify(pool?.settings)) as Record<string, unknown>;
    await expect(pools.put(scope, 'api', settings, 'e1', signal())).resolves.toBe('req-9');
    const put = seen.at(-1);
    expect(put?.line).toMatch(/^PUT .*\/agentPools\/api\?api-version=\d{4}-\d\d-\d\d$/);
    expect(put?.headers['if-match']).toBe('e1');
    const { eTag, currentOrchestratorVersion, provisioningState, status, ...settable } = POOL.properties;
    expect([eTag, currentOrchestratorVersion, provisioningState, status]).toHaveLength(4);
    expect(JSON.parse(put?.body ?? '')).toEqual({ properties: settable });
  });

  test('returns when the change is accepted, without waiting for the operation', async () => {
    const headers = { 'azure-asyncoperation': `${endpoint}/never-asked`, 'x-ms-request-id': 'req-9' };
    const body = { ...POOL, properties: { ...POOL.properties, provisioningState: 'Updating' } };
    answer = () => ({ status: 200, body, headers });
    await api().put(scope, 'api', { count: 3 }, 'e1', signal());
    expect(seen).toHaveLength(1);
  });

  test.each([
    [429, 'TooManyRequests', 'slow down', 'Throttled'],
    [409, 'OperationNotAllowed', 'another operation is in progress', 'UpdateInProgress'],
    [409, 'OperationNotAllowed', 'exceeding approved Total Regional Cores quota', 'QuotaExceeded'],
    [409, 'AnotherOperationInProgress', 'busy', 'UpdateInProgress'],
    [412, 'PreconditionFailed', 'ETag', 'Stale'],
    [400, 'ErrCode_InsufficientVCPUQuota', 'cores', 'QuotaExceeded'],
    [400, 'QuotaExceeded', 'cores', 'QuotaExceeded'],
    [400, 'SkuNotAvailable', 'size', 'InsufficientCapacity'],
    [409, 'AllocationFailed', 'room', 'InsufficientCapacity'],
    [400, 'InvalidParameter', 'count', 'InvalidTarget'],
    [401, 'ExpiredAuthenticationToken', 'token', 'PermissionDenied'],
    [403, 'AuthorizationFailed', 'role', 'PermissionDenied'],
    [404, 'ResourceNotFound', 'pool', 'NotFound'],
    [500, 'InternalServerError', 'oops', 'Transient'],
  ])('HTTP %i %s (%s) is %s, asked once', async (status, code, message, kind) => {
    answer = () => ({ status, body: { error: { code, message } }, headers: { 'retry-after': '9' } });
    const put = api().put(scope, 'api', { count: 3 }, 'e1', signal());
    await expect(put).rejects.toMatchObject({ name: 'ProviderError', kind, vendorCode: code });
    expect(seen).toHaveLength(1);
  });

  test('passes on Retry-After', async () => {
    const error = { code: 'TooManyRequests', message: 'slow down' };
    answer = () => ({ status: 429, body: { error }, headers: { 'retry-after': '9' } });
    await expect(api().list(scope, signal())).rejects.toMatchObject({ retryAfterMs: 9_000 });
  });

  test('throws for a pool without a count instead of taking it for zero', async () => {
    const body = { value: [{ ...POOL, properties: { ...POOL.properties, count: undefined } }] };
    answer = () => ({ status: 200, body });
    await expect(api().list(scope, signal())).rejects.toMatchObject({ kind: 'Transient' });
  });

  test('stops a call that hangs when its signal aborts, with the outcome unknown', async () => {
    answer = () => 'none';
    const call = api().put(scope, 'api', { count: 3 }, 'e1', AbortSignal.timeout(300));
    await expect(call).rejects.toMatchObject({ kind: 'Transient' });
  });
});
