import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { UNGUARDED } from '../../../../../activities/calls/call-guard.ts';
import { createComputeApi, isZone } from '../../../../../activities/scalers/gcp/_client.ts';

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Record<string, string>;
}

const requests: string[] = [];
const authorizations: (string | undefined)[] = [];
let answer: (path: string) => Answer | 'none';
let server: http.Server;
let endpoint: string;

const zone = { project: 'wed', location: 'europe-west1-b' };
const KEY = '11111111-1111-4111-8111-111111111111';

/** Variables that would send a call elsewhere or change who makes it, if they were heeded. */
const HOSTILE = {
  GOOGLE_APPLICATION_CREDENTIALS: '/etc/hostname',
  GOOGLE_CLOUD_PROJECT: 'somebody-elses',
  GOOGLE_CLOUD_QUOTA_PROJECT: 'somebody-elses',
  GOOGLE_CLOUD_UNIVERSE_DOMAIN: 'example.invalid',
  CLOUDSDK_CONFIG: '/etc',
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
};

beforeAll(async () => {
  server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push(`${request.method} ${request.url} ${Buffer.concat(chunks).toString()}`.trim());
      authorizations.push(request.headers.authorization);
      const given = answer(request.url ?? '');
      if (given === 'none') return;
      response.writeHead(given.status, { 'content-type': 'application/json', ...given.headers });
      response.end(given.body);
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
  requests.length = 0;
  authorizations.length = 0;
});

function json(value: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return { status, body: JSON.stringify(value), headers };
}

function refusal(status: number, reason: string): Answer {
  const message = `refused: ${reason}`;
  const error = { code: status, message, errors: [{ message, domain: 'global', reason }] };
  return json({ error }, status, { 'retry-after': '7' });
}

const api = () => createComputeApi({ connection: { mode: 'sandbox', endpoint }, guard: UNGUARDED });
const signal = () => AbortSignal.timeout(60_000);

describe('Compute Engine client', () => {
  test.each([
    ['europe-west1-b', true],
    ['us-central1-f', true],
    ['europe-west1', false],
    ['northamerica-northeast2', false],
  ])('%s is a zone: %s', (location, expected) => {
    expect(isZone(location)).toBe(expected);
  });

  test('asks only the given endpoint, whatever the machine has set', async () => {
    const before = { ...process.env };
    Object.assign(process.env, HOSTILE);
    try {
      answer = () => json({ items: [] });
      const compute = api();
      await expect(compute.listGroups(zone, signal())).resolves.toEqual([]);
      await compute.listGroups({ ...zone, location: 'europe-west1' }, signal());
    } finally {
      process.env = before;
    }
    expect(requests).toEqual([
      'GET /compute/v1/projects/wed/zones/europe-west1-b/instanceGroupManagers?maxResults=500',
      'GET /compute/v1/projects/wed/regions/europe-west1/instanceGroupManagers?maxResults=500',
    ]);
    expect(authorizations).toEqual([undefined, undefined]);
  });

  test('follows every page of a list', async () => {
    const item = (name: string) => ({ name, targetSize: 1, currentActions: { none: 1 }, status: {} });
    answer = (path) =>
      path.includes('pageToken=t2')
        ? json({ items: [item('b')] })
        : json({ items: [item('a')], nextPageToken: 't2' });
    const groups = await api().listGroups(zone, signal());
    expect(groups.map((group) => group.name)).toEqual(['a', 'b']);
  });

  test('sends a policy back as the vendor gave it, under the request id', async () => {
    const policy = {
      mode: 'ON',
      minNumReplicas: 2,
      maxNumReplicas: 9,
      coolDownPeriodSec: 60,
      cpuUtilization: { utilizationTarget: 0.6 },
      scalingSchedules: { dawn: { schedule: '0 6 * * *', durationSec: 3600, minRequiredReplicas: 3 } },
    };
    const target = 'https://www.googleapis.com/compute/v1/projects/wed/zones/z/instanceGroupManagers/web';
    answer = (path) =>
      path.includes('requestId')
        ? json({ id: '77', name: 'operation-1', status: 'PENDING' })
        : json({ name: 'web-as', target, autoscalingPolicy: policy });
    const compute = api();
    const autoscaler = await compute.getAutoscaler(zone, 'web-as', signal());
    expect(autoscaler).toMatchObject({ group: 'web', mode: 'ON', minimumUnits: 2, maximumUnits: 9 });
    const accepted = await compute.patchAutoscaler(zone, 'web-as', autoscaler.policy, KEY, signal());
    expect(accepted).toEqual({ name: 'operation-1', done: false, errors: [] });
    const [method, path, ...body] = (requests.at(-1) ?? '').split(' ');
    expect([method, path]).toEqual([
      'PATCH',
      `/compute/v1/projects/wed/zones/europe-west1-b/autoscalers?autoscaler=web-as&requestId=${KEY}`,
    ]);
    expect(JSON.parse(body.join(' ')).autoscalingPolicy).toEqual(policy);
  });

  test.each([
    [403, 'rateLimitExceeded', 'Throttled'],
    [403, 'forbidden', 'PermissionDenied'],
    [403, 'quotaExceeded', 'QuotaExceeded'],
    [401, 'authError', 'PermissionDenied'],
    [404, 'notFound', 'NotFound'],
    [400, 'invalid', 'InvalidTarget'],
    [400, 'resourceNotReady', 'UpdateInProgress'],
    [409, 'resourceInUseByAnotherResource', 'UpdateInProgress'],
    [412, 'conditionNotMet', 'Stale'],
    [429, 'rateLimitExceeded', 'Throttled'],
    [503, 'backendError', 'Transient'],
  ])('HTTP %i with reason %s is %s', async (status, reason, kind) => {
    answer = () => refusal(status, reason);
    const call = api().resize(zone, 'web', 3, KEY, signal());
    await expect(call).rejects.toMatchObject({ name: 'ProviderError', kind, vendorCode: reason });
    expect(requests).toHaveLength(1);
  });

  test('passes on the wait of a throttle that comes as 403', async () => {
    answer = () => refusal(403, 'rateLimitExceeded');
    await expect(api().listGroups(zone, signal())).rejects.toMatchObject({ retryAfterMs: 7_000 });
  });

  test('an error page of a proxy is Transient', async () => {
    answer = () => ({ status: 502, body: '<html>bad gateway</html>' });
    await expect(api().listGroups(zone, signal())).rejects.toMatchObject({ kind: 'Transient' });
  });

  test('stops a call that hangs when its signal aborts, with the outcome unknown', async () => {
    const compute = api();
    answer = () => json({ items: [] });
    await compute.listGroups(zone, signal());
    answer = () => 'none';
    const startedMs = Date.now();
    await expect(compute.listGroups(zone, AbortSignal.timeout(200))).rejects.toMatchObject({
      kind: 'Transient',
    });
    expect(Date.now() - startedMs).toBeLessThan(3_000);
  });
});
