import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UNGUARDED } from '../../../../../activities/calls/call-guard.ts';
import { createEcsApi, type EcsApi } from '../../../../../activities/scalers/aws/_ecs-api.ts';
import { ProviderError } from '../../../../../domain/errors.ts';

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface Received {
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

let server: Server;
let endpoint: string;
let received: Received[];
let answer: (request: Received) => Answer | 'reset';

const signal = new AbortController().signal;
const api = () => createEcsApi({ connection: { mode: 'sandbox', endpoint }, guard: UNGUARDED });
const name = { region: 'eu-west-1', cluster: 'weddings', service: 'gallery' };
const scalable = { resourceId: 'service/weddings/gallery', minimumUnits: 10, maximumUnits: 40 };

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const operation = request.headers['x-amz-target'];
    const target = typeof operation === 'string' ? operation.replace(/^.*\./, '') : String(request.url);
    const seen = { target, headers: request.headers, body: text ? JSON.parse(text) : {} };
    received.push(seen);
    const given = answer(seen);
    if (given === 'reset') return void request.socket.destroy();
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amzn-requestid': 'req-7',
      ...given.headers,
    };
    response.writeHead(given.status ?? 200, headers).end(JSON.stringify(given.body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

beforeEach(() => {
  received = [];
  answer = () => ({});
});

async function failureOf(send: (client: EcsApi) => Promise<unknown>): Promise<ProviderError> {
  const error: unknown = await send(api()).then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ProviderError);
  return error as ProviderError;
}

describe('AWS client', () => {
  test('sets minimum and maximum and nothing else, signed for the region of the target', async () => {
    await expect(api().scalableTargets.setRange('eu-west-1', scalable, signal)).resolves.toBe('req-7');
    expect(received.map(({ target, body }) => ({ target, body }))).toEqual([
      {
        target: 'RegisterScalableTarget',
        body: {
          ServiceNamespace: 'ecs',
          ScalableDimension: 'ecs:service:DesiredCount',
          ResourceId: 'service/weddings/gallery',
          MinCapacity: 10,
          MaxCapacity: 40,
        },
      },
    ]);
    expect(received[0]?.headers.authorization).toMatch(/Credential=SANDBOX\/\d{8}\/eu-west-1\//);
  });

  test('sets the desired count and nothing else', async () => {
    await expect(api().setDesiredCount(name, 0, signal)).resolves.toBe('req-7');
    expect(received[0]?.body).toEqual({ cluster: 'weddings', service: 'gallery', desiredCount: 0 });
  });

  test('follows the pages of scalable targets to the end', async () => {
    const item = (id: string) => ({ ResourceId: id, MinCapacity: 1, MaxCapacity: 4 });
    answer = ({ body }) =>
      body.NextToken === 'more'
        ? { body: { ScalableTargets: [item('service/c/b')] } }
        : { body: { ScalableTargets: [item('service/c/a')], NextToken: 'more' } };
    const ids = ['service/c/a', 'service/c/b'];
    const targets = await api().scalableTargets.describe('eu-west-1', ids, signal);
    expect([...targets.keys()]).toEqual(ids);
  });

  test('takes an empty token for the end of the pages', async () => {
    answer = () => ({ body: { ScalableTargets: [], NextToken: '' } });
    await api().scalableTargets.describe('eu-west-1', ['service/c/a'], signal);
    expect(received).toHaveLength(1);
  });

  test('refuses pages that lead back to one another', async () => {
    answer = () => ({ body: { ScalableTargets: [], NextToken: 'more' } });
    const error = await failureOf((client) =>
      client.scalableTargets.describe('eu-west-1', ['service/c/a'], signal),
    );
    expect(error).toMatchObject({
      kind: 'Transient',
      message: expect.stringContaining('DescribeScalableTargets'),
    });
  });

  test('asks for scalable targets once each, fifty a call', async () => {
    const ids = Array.from({ length: 62 }, (_, index) => `service/c/s${index}`);
    await api().scalableTargets.describe('eu-west-1', [...ids, ...ids], signal);
    const asked = received.map(({ body }) => body.ResourceIds as readonly string[]);
    expect(asked).toEqual([ids.slice(0, 50), ids.slice(50)]);
  });

  test('leaves a missing service out, but throws on any other failure in the answer', async () => {
    answer = () => ({ body: { services: [], failures: [{ arn: 'a', reason: 'MISSING' }] } });
    await expect(api().describeServices('eu-west-1', 'c', ['x'], signal)).resolves.toEqual([]);
    answer = () => ({ body: { services: [], failures: [{ arn: 'a', reason: 'INTERNAL' }] } });
    const error = await failureOf((client) => client.describeServices('eu-west-1', 'c', ['x'], signal));
    expect(error.kind).toBe('Transient');
  });

  test('never makes up a count that an answer lacks', async () => {
    answer = () => ({ body: { services: [{ serviceName: 'x', status: 'ACTIVE', desiredCount: 3 }] } });
    const error = await failureOf((client) => client.describeServices('eu-west-1', 'c', ['x'], signal));
    expect(error.kind).toBe('Transient');
  });

  test.each([
    [400, 'ThrottlingException', 'Rate exceeded', 'Throttled'],
    [400, 'ConcurrentUpdateException', 'Another update is in progress', 'UpdateInProgress'],
    [500, 'ConcurrentUpdateException', 'Another update is in progress', 'UpdateInProgress'],
    [400, 'LimitExceededException', 'A per-account limit is exceeded', 'QuotaExceeded'],
    [400, 'ObjectNotFoundException', 'No scalable target found', 'NotFound'],
    [400, 'ValidationException', "ECS service doesn't exist: service/a/b", 'NotFound'],
    [400, 'ValidationException', '1 validation error detected', 'InvalidTarget'],
    [500, 'InternalServiceException', 'The service encountered an internal error', 'Transient'],
    [400, 'AccessDeniedException', 'User is not authorized', 'PermissionDenied'],
    [
      400,
      'ExpiredTokenException',
      'The security token included in the request is expired',
      'PermissionDenied',
    ],
    [400, 'UnrecognizedClientException', 'The security token is invalid', 'PermissionDenied'],
    [400, 'ServiceNotFoundException', 'Service not found.', 'NotFound'],
    [400, 'ClusterNotFoundException', 'Cluster not found.', 'NotFound'],
    [400, 'ServiceNotActiveException', 'Service was not ACTIVE.', 'InvalidTarget'],
    [400, 'InvalidParameterException', 'desiredCount cannot be negative', 'InvalidTarget'],
    [400, 'ClientException', 'Capacity is unavailable at this time.', 'InsufficientCapacity'],
    [500, 'ServerException', 'Service Unavailable.', 'Transient'],
    [503, 'NeverHeardOfIt', 'Slow', 'Transient'],
    [418, 'NeverHeardOfIt', 'Teapot', 'Transient'],
  ])('says of %i %s "%s" that it is %s, after one request', async (status, code, message, kind) => {
    answer = () => ({ status, body: { __type: `com.amazonaws.any#${code}`, message } });
    const error = await failureOf((client) => client.scalableTargets.setRange('eu-west-1', scalable, signal));
    expect({ kind: error.kind, code: error.vendorCode }).toEqual({ kind, code });
    expect(received).toHaveLength(1);
  });

  test('says how long a throttle asks to wait, in milliseconds', async () => {
    const body = { __type: 'ThrottlingException', message: 'Rate exceeded' };
    answer = () => ({ status: 400, headers: { 'retry-after': '7' }, body });
    const error = await failureOf((client) => client.setDesiredCount(name, 4, signal));
    expect(error).toMatchObject({ kind: 'Throttled', retryAfterMs: 7_000 });
  });

  test('takes a lost connection and an abort for Transient, without another attempt', async () => {
    answer = () => 'reset';
    const lost = await failureOf((client) => client.setDesiredCount(name, 4, signal));
    expect(lost.kind).toBe('Transient');
    expect(received).toHaveLength(1);
    const aborted = await failureOf((client) => client.setDesiredCount(name, 4, AbortSignal.abort()));
    expect(aborted.kind).toBe('Transient');
    expect(received).toHaveLength(1);
  });
});

/** Every call of the product's two AWS adapters, in a process with real-looking settings all around it. */
const SCRIPT = `
const [endpoint, client, router] = process.argv.slice(1);
const { createEcsApi } = await import(client);
const { createRoute53Router } = await import(router);
const signal = AbortSignal.timeout(60000);
const connection = { mode: 'sandbox', endpoint };
const guard = { run: (_call, send) => send() };
const api = createEcsApi({ connection, guard });
const name = { region: 'eu-west-1', cluster: 'c', service: 's' };
await api.describeServices('eu-west-1', 'c', ['s'], signal);
await api.scalableTargets.describe('eu-west-1', ['service/c/s'], signal);
await api.setDesiredCount(name, 3, signal);
await api.scalableTargets.setRange('eu-west-1', { resourceId: 'service/c/s', minimumUnits: 1, maximumUnits: 2 }, signal);
const set = { id: 'r', zoneId: 'Z1', name: 'a.test', type: 'A', ttlSeconds: 60, entries: [] };
await createRoute53Router(connection, { guard }).read([set], signal).catch(() => {});
`;

test('asks only the given endpoint, whatever the machine is set up for', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aws-isolation-'));
  let decoyed = 0;
  const decoy = createServer((_request, response) => {
    decoyed += 1;
    response.end('{}');
  });
  decoy.on('connect', (_request, socket) => {
    decoyed += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => decoy.listen(0, '127.0.0.1', resolve));
  const elsewhere = `http://127.0.0.1:${(decoy.address() as AddressInfo).port}`;
  const marker = join(folder, 'chain-was-asked');
  const profile = `credential_process = /bin/sh -c "touch ${marker}"\nendpoint_url = ${elsewhere}\nregion = us-gov-west-1\n`;
  await writeFile(join(folder, 'config'), `[default]\n${profile}\n[profile prod]\n${profile}`);
  await writeFile(
    join(folder, 'credentials'),
    '[prod]\naws_access_key_id = AKIAPROD\naws_secret_access_key = x\n',
  );
  const environment = {
    PATH: process.env.PATH,
    HOME: folder,
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_ACCESS_KEY_ID: 'AKIAREALLOOKING00000',
    AWS_SECRET_ACCESS_KEY: 'real-looking',
    AWS_SESSION_TOKEN: 'real-looking',
    AWS_PROFILE: 'prod',
    AWS_REGION: 'us-gov-west-1',
    AWS_DEFAULT_REGION: 'us-gov-west-1',
    AWS_ENDPOINT_URL: elsewhere,
    AWS_ENDPOINT_URL_ECS: elsewhere,
    AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING: elsewhere,
    AWS_ENDPOINT_URL_ROUTE_53: elsewhere,
    AWS_USE_FIPS_ENDPOINT: 'true',
    AWS_USE_DUALSTACK_ENDPOINT: 'true',
    AWS_MAX_ATTEMPTS: '5',
    AWS_RETRY_MODE: 'adaptive',
    AWS_DEFAULTS_MODE: 'auto',
    AWS_SDK_UA_APP_ID: 'prod',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: elsewhere,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: elsewhere,
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: elsewhere,
    HTTPS_PROXY: elsewhere,
    http_proxy: elsewhere,
  };
  try {
    const files = ['scalers/aws/_ecs-api.ts', 'routers/route-53.ts'].map(
      (file) => new URL(`../../../../../activities/${file}`, import.meta.url).href,
    );
    const script = ['--input-type=module', '-e', SCRIPT, endpoint, ...files];
    await promisify(execFile)(process.execPath, script, { env: environment, timeout: 30_000 });
  } finally {
    decoy.closeAllConnections();
    decoy.close();
  }
  expect(received.map((request) => request.target)).toEqual([
    'DescribeServices',
    'DescribeScalableTargets',
    'UpdateService',
    'RegisterScalableTarget',
    expect.stringContaining('/2013-04-01/hostedzone/Z1/rrset'),
  ]);
  for (const { headers } of received) {
    expect(headers.authorization).toMatch(/Credential=SANDBOX\/\d{8}\/(eu-west-1|us-east-1)\//);
    expect(headers['x-amz-security-token']).toBeUndefined();
    expect(headers['user-agent']).not.toContain('prod');
  }
  expect(decoyed).toBe(0);
  expect(existsSync(marker)).toBe(false);
  await rm(folder, { recursive: true });
});
