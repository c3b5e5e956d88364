import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UNGUARDED } from '../../../../../activities/calls/call-guard.ts';
import {
  type AutoscalerBody,
  createClusterApi,
} from '../../../../../activities/scalers/kubernetes/_client.ts';

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
let answer: () => Answer | 'none' | 'reset';
let server: http.Server;
let endpoint: string;
let directory: string;

const scope = { cluster: 'edge', namespace: 'weddings' };
const PREFIX = '/clusters/edge/apis';

const AUTOSCALER = {
  metadata: {
    name: 'gallery',
    namespace: 'weddings',
    uid: 'u-1',
    resourceVersion: '77',
    generation: 3,
    creationTimestamp: '2026-01-05T00:00:00Z',
    labels: { team: 'photos' },
    annotations: { note: 'kept' },
    managedFields: [{ manager: 'helm', operation: 'Update', time: '2026-01-05T00:00:00Z' }],
  },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'gallery' },
    minReplicas: 4,
    maxReplicas: 20,
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } },
      },
      {
        type: 'Pods',
        pods: { metric: { name: 'streams' }, target: { type: 'AverageValue', averageValue: '500m' } },
      },
    ],
    behavior: {
      scaleDown: {
        stabilizationWindowSeconds: 300,
        policies: [{ type: 'Percent', value: 10, periodSeconds: 60 }],
      },
    },
  },
  status: { currentReplicas: 4, desiredReplicas: 4, lastScaleTime: '2026-01-05T00:00:00Z', conditions: [] },
};

const list = (...items: object[]): Answer => ({ status: 200, body: { metadata: {}, items } });

beforeAll(async () => {
  server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      seen.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
      const given = answer();
      if (given === 'none') return;
      if (given === 'reset') return void request.socket.destroy();
      response.writeHead(given.status, { 'content-type': 'application/json', ...given.headers });
      response.end(typeof given.body === 'string' ? given.body : JSON.stringify(given.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  directory = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true });
});

beforeEach(() => {
  seen.length = 0;
});

const api = () => createClusterApi({ connection: { mode: 'sandbox', endpoint }, guard: UNGUARDED });
const signal = () => AbortSignal.timeout(60_000);

async function withEnvironment<T>(variables: Record<string, string>, run: () => Promise<T>): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    return await run();
  } finally {
    process.env = before;
  }
}

async function kubeconfig(name: string, context: string): Promise<string> {
  const path = join(directory, name);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: endpoint, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token: 'from-the-file' } }],
    contexts: [{ name: context, context: { cluster: 'c', user: 'u' } }],
  };
  await writeFile(path, JSON.stringify(config));
  return path;
}

describe('Kubernetes client', () => {
  test('asks only the given endpoint with a stand-in token, whatever the machine has set', async () => {
    answer = () => list(AUTOSCALER);
    const hostile = {
      KUBECONFIG: await kubeconfig('hostile', 'edge'),
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: '9',
      HTTP_PROXY: 'http://127.0.0.1:9',
      HTTPS_PROXY: 'http://127.0.0.1:9',
      ALL_PROXY: 'http://127.0.0.1:9',
    };
    const found = await withEnvironment(hostile, () => api().listAutoscalers(scope, signal()));
    expect(found).toMatchObject([
      { name: 'gallery', deployment: 'gallery', minimumUnits: 4, maximumUnits: 20, resourceVersion: '77' },
    ]);
    expect(seen).toMatchObject([
      {
        line: `GET ${PREFIX}/autoscaling/v2/namespaces/weddings/horizontalpodautoscalers`,
        headers: { authorization: 'Bearer sandbox' },
      },
    ]);
  });

  test('an autoscaler read, stored as JSON and put back differs in nothing but what the server sets', async () => {
    answer = () => list(AUTOSCALER);
    const [found] = await api().listAutoscalers(scope, signal());
    const body = JSON.parse(JSON.stringify(found?.body)) as AutoscalerBody;
    answer = () => ({
      status: 200,
      body: { ...AUTOSCALER, metadata: { ...AUTOSCALER.metadata, resourceVersion: '78' } },
    });
    await expect(api().replaceAutoscaler(scope, 'gallery', body, signal())).resolves.toBe('78');
    const put = seen.at(-1);
    expect(put?.line).toBe(
      `PUT ${PREFIX}/autoscaling/v2/namespaces/weddings/horizontalpodautoscalers/gallery`,
    );
    expect(put?.headers['content-type']).toBe('application/json');
    const {
      creationTimestamp: _time,
      generation: _count,
      managedFields: _fields,
      ...metadata
    } = AUTOSCALER.metadata;
    expect(JSON.parse(put?.body ?? '')).toEqual({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata,
      spec: AUTOSCALER.spec,
    });
  });

  test('sets a count through the scale subresource under the version that was seen', async () => {
    answer = () => ({ status: 200, body: { metadata: { resourceVersion: '13' }, spec: { replicas: 8 } } });
    await expect(api().replaceScale(scope, 'uploads', 8, '12', signal())).resolves.toBe('13');
    expect(seen[0]?.line).toBe(`PUT ${PREFIX}/apps/v1/namespaces/weddings/deployments/uploads/scale`);
    expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({
      metadata: { name: 'uploads', namespace: 'weddings', resourceVersion: '12' },
      spec: { replicas: 8 },
    });
  });

  test('reads counts the API leaves out as what they stand for', async () => {
    const metadata = { name: 'uploads', resourceVersion: '5', generation: 2 };
    answer = () => list({ metadata, spec: {}, status: { observedGeneration: 1 } });
    expect(await api().listDeployments(scope, signal())).toEqual([
      {
        name: 'uploads',
        resourceVersion: '5',
        replicas: 1,
        availableReplicas: 0,
        observed: false,
        stalled: null,
      },
    ]);
  });

  test('tells a rollout that has given up', async () => {
    const conditions = [
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'no room' },
    ];
    const metadata = { name: 'uploads', resourceVersion: '5' };
    answer = () => list({ metadata, spec: { replicas: 3 }, status: { conditions } });
    const [found] = await api().listDeployments(scope, signal());
    expect(found?.stalled).toBe('ProgressDeadlineExceeded: no room');
  });

  test('never takes an object without its version for a state', async () => {
    answer = () => list({ metadata: { name: 'uploads' }, spec: {} });
    await expect(api().listDeployments(scope, signal())).rejects.toMatchObject({ kind: 'Transient' });
  });

  test.each<[number, string, string, string]>([
    [400, 'BadRequest', 'malformed', 'InvalidTarget'],
    [403, 'Forbidden', 'user cannot list', 'PermissionDenied'],
    [403, 'Forbidden', 'deployments "x" is forbidden: exceeded quota: pods, used: 60', 'QuotaExceeded'],
    [404, 'NotFound', 'not found', 'NotFound'],
    [409, 'Conflict', 'the object has been modified', 'Stale'],
    [422, 'Invalid', 'spec.minReplicas: Invalid value', 'InvalidTarget'],
    [500, 'InternalError', 'internal error', 'Transient'],
    [503, 'ServiceUnavailable', 'later', 'Transient'],
  ])(
    'status %i %s, "%s", is %s, with the words of the Status object',
    async (code, reason, message, kind) => {
      const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code };
      answer = () => ({ status: code, body });
      await expect(api().listDeployments(scope, signal())).rejects.toMatchObject({
        kind,
        vendorCode: reason,
        resource: 'edge/weddings/deployments',
        message: expect.stringContaining(message),
      });
      expect(seen).toHaveLength(1);
    },
  );

  test('credentials that are not known are PermissionDenied', async () => {
    answer = () => ({ status: 401, body: { kind: 'Status', message: 'Unauthorized', code: 401 } });
    await expect(api().listDeployments(scope, signal())).rejects.toMatchObject({ kind: 'PermissionDenied' });
  });

  test('hands on how long to wait, and does not retry by itself', async () => {
    const body = {
      kind: 'Status',
      status: 'Failure',
      message: 'slow down',
      reason: 'TooManyRequests',
      code: 429,
    };
    answer = () => ({ status: 429, body, headers: { 'retry-after': '7' } });
    await expect(api().listDeployments(scope, signal())).rejects.toMatchObject({
      kind: 'Throttled',
      retryAfterMs: 7_000,
    });
    expect(seen).toHaveLength(1);
  });

  test('an answer that is no JSON, as of a proxy in between, keeps its status', async () => {
    answer = () => ({
      status: 502,
      body: '<html>bad gateway</html>',
      headers: { 'content-type': 'text/html' },
    });
    await expect(api().listDeployments(scope, signal())).rejects.toMatchObject({ kind: 'Transient' });
  });

  test('ends the call when its signal aborts; what came of a write is then unknown', async () => {
    answer = () => 'none';
    const startedMs = Date.now();
    const call = api().replaceScale(scope, 'uploads', 8, '12', AbortSignal.timeout(200));
    await expect(call).rejects.toMatchObject({ kind: 'Transient' });
    expect(Date.now() - startedMs).toBeLessThan(3_000);
    expect(seen).toHaveLength(1);
  });

  test('sends nothing when its signal has aborted before', async () => {
    answer = () => list();
    await expect(api().listDeployments(scope, AbortSignal.abort())).rejects.toMatchObject({
      kind: 'Transient',
    });
    expect(seen).toEqual([]);
  });

  test('a connection that breaks is Transient, sent once', async () => {
    answer = () => 'reset';
    await expect(api().listDeployments(scope, signal())).rejects.toMatchObject({ kind: 'Transient' });
    expect(seen).toHaveLength(1);
  });

  test('in earnest it takes the context that is named like the cluster', async () => {
    answer = () => list();
    const variables = { KUBECONFIG: await kubeconfig('real', 'edge') };
    await withEnvironment(variables, () =>
      createClusterApi({ connection: { mode: 'real' }, guard: UNGUARDED }).listDeployments(scope, signal()),
    );
    expect(seen).toMatchObject([
      {
        line: 'GET /apis/apps/v1/namespaces/weddings/deployments',
        headers: { authorization: 'Bearer from-the-file' },
      },
    ]);
  });

  test('in earnest a given endpoint replaces the address and nothing else', async () => {
    answer = () => list();
    const variables = { KUBECONFIG: await kubeconfig('moved', 'edge') };
    const real = createClusterApi({
      connection: { mode: 'real', endpoint: `${endpoint}/moved` },
      guard: UNGUARDED,
    });
    await withEnvironment(variables, () => real.listDeployments(scope, signal()));
    expect(seen).toMatchObject([
      {
        line: 'GET /moved/apis/apps/v1/namespaces/weddings/deployments',
        headers: { authorization: 'Bearer from-the-file' },
      },
    ]);
  });

  test('in earnest a cluster without a context is refused', async () => {
    const variables = { KUBECONFIG: await kubeconfig('other', 'elsewhere') };
    const read = withEnvironment(variables, () =>
      createClusterApi({ connection: { mode: 'real' }, guard: UNGUARDED }).listDeployments(scope, signal()),
    );
    await expect(read).rejects.toMatchObject({
      kind: 'InvalidTarget',
      message: expect.stringContaining('edge'),
    });
    expect(seen).toEqual([]);
  });
});
