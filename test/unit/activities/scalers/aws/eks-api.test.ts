import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import type { CallGuard } from '../../../../../activities/calls/call-guard.ts';
import { createEksApi, type EksApi } from '../../../../../activities/scalers/aws/_eks-api.ts';
import { ProviderError } from '../../../../../domain/errors.ts';

interface Received {
  readonly line: string;
  readonly query: URLSearchParams;
  readonly authorization: string;
  readonly body: Record<string, unknown>;
}

interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly body: unknown;
}

let server: Server;
let endpoint: string;
let received: Received[];
let answers: Record<string, (request: Received) => Answer | 'reset'>;
let guarded: string[];

const signal = new AbortController().signal;
const guard: CallGuard = {
  run: (call, send) => {
    guarded.push(`${call.provider} ${call.region} ${call.api} ${call.operation}`);
    return send();
  },
};
const api = () => createEksApi({ connection: { mode: 'sandbox', endpoint }, guard });
const cluster = { region: 'eu-west-1', cluster: 'weddings' };
const web = { ...cluster, nodegroup: 'web' };

const CLUSTER = 'GET /clusters/weddings';
const NODEGROUP = `${CLUSTER}/node-groups/web`;
const UPDATE = 'POST /clusters/weddings/node-groups/web/update-config';
const NODES = 'GET /kube/api/v1/nodes';

beforeAll(async () => {
  server = createServer(async (request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://loopback');
    const seen = {
      line: `${request.method} ${pathname}`,
      query: searchParams,
      authorization: request.headers.authorization ?? '',
      body: text ? JSON.parse(text) : {},
    };
    received.push(seen);
    const given = answers[seen.line]?.(seen) ?? { status: 404, body: {} };
    if (given === 'reset') return void request.socket.destroy();
    const headers = {
      'content-type': 'application/json',
      ...(given.type && { 'x-amzn-errortype': given.type }),
    };
    response.writeHead(given.status ?? 200, headers).end(JSON.stringify(given.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
  received = [];
  guarded = [];
  const arn = 'arn:aws:eks:eu-west-1:123456789012:cluster/weddings';
  answers = {
    [CLUSTER]: () => ({ body: { cluster: { name: 'weddings', arn, endpoint: `${endpoint}/kube` } } }),
    [UPDATE]: () => ({ body: { update: { id: 'update-7', status: 'InProgress' } } }),
  };
});

async function failureOf(send: (client: EksApi) => Promise<unknown>): Promise<ProviderError> {
  const error: unknown = await send(api()).then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ProviderError);
  return error as ProviderError;
}

function node(nodegroup: string, ready: string, spec: object = {}): object {
  return {
    metadata: { name: 'n', labels: { 'eks.amazonaws.com/nodegroup': nodegroup } },
    spec,
    status: {
      conditions: [
        { type: 'DiskPressure', status: 'True' },
        { type: 'Ready', status: ready },
      ],
    },
  };
}

function nodeList(items: readonly object[], more?: string): Answer {
  return {
    body: { kind: 'NodeList', apiVersion: 'v1', metadata: { ...(more && { continue: more }) }, items },
  };
}

describe('the calls of EKS', () => {
  test('describe a node group with its sizes, what ails it and what it is made of', async () => {
    const nodegroup = {
      status: 'DEGRADED',
      capacityType: 'SPOT',
      scalingConfig: { minSize: 0, maxSize: 9, desiredSize: 4 },
      health: { issues: [{ code: 'NodeCreationFailure', message: 'they did not join' }] },
      resources: { autoScalingGroups: [{ name: 'eks-web-1' }] },
    };
    answers[NODEGROUP] = () => ({ body: { nodegroup } });
    expect(await api().describeNodegroup(web, signal)).toEqual({
      status: 'DEGRADED',
      capacityType: 'SPOT',
      instanceTypes: [],
      launchTemplate: null,
      minimumUnits: 0,
      desiredUnits: 4,
      maximumUnits: 9,
      issues: ['NodeCreationFailure: they did not join'],
      autoScalingGroups: ['eks-web-1'],
    });
    expect(received[0]?.authorization).toMatch(/Credential=SANDBOX\/\d{8}\/eu-west-1\/eks\//);
  });

  test.each([
    [
      'the types listed for it',
      { instanceTypes: ['m5.large', 'm6i.large'] },
      { instanceTypes: ['m5.large', 'm6i.large'], launchTemplate: null },
    ],
    [
      'a version of a launch template',
      { launchTemplate: { id: 'lt-1', name: 'web', version: '3' } },
      { instanceTypes: [], launchTemplate: { id: 'lt-1', name: 'web', version: '3' } },
    ],
    [
      'a launch template without one, which is its default',
      { launchTemplate: { name: 'web' } },
      { launchTemplate: { name: 'web', version: '$Default' } },
    ],
  ])('say what nodes are made from: %s', async (_what, fields, expected) => {
    const scalingConfig = { minSize: 1, maxSize: 9, desiredSize: 4 };
    answers[NODEGROUP] = () => ({ body: { nodegroup: { status: 'ACTIVE', scalingConfig, ...fields } } });
    expect(await api().describeNodegroup(web, signal)).toMatchObject(expected);
  });

  test('never make up a size that an answer lacks', async () => {
    answers[NODEGROUP] = () => ({ body: { nodegroup: { status: 'ACTIVE', scalingConfig: { minSize: 1 } } } });
    const error = await failureOf((client) => client.describeNodegroup(web, signal));
    expect(error.kind).toBe('Transient');
  });

  test('set sizes and nothing else, under the token given', async () => {
    const { updateSizes } = api();
    expect(await updateSizes(web, { minimumUnits: 4, maximumUnits: 9 }, 'key-1', signal)).toBe('update-7');
    await updateSizes(web, { minimumUnits: 4, maximumUnits: 9, desiredUnits: 4 }, 'key-2', signal);
    expect(received.map(({ body }) => body)).toEqual([
      { clientRequestToken: 'key-1', scalingConfig: { minSize: 4, maxSize: 9 } },
      { clientRequestToken: 'key-2', scalingConfig: { minSize: 4, maxSize: 9, desiredSize: 4 } },
    ]);
  });

  test.each([
    [
      409,
      'ResourceInUseException',
      'Nodegroup cannot be updated as it is currently not in Active State',
      'UpdateInProgress',
    ],
    [404, 'ResourceNotFoundException', 'No node group found for name: web.', 'NotFound'],
    [
      400,
      'InvalidParameterException',
      "Minimum capacity 8 can't be greater than desired size 4",
      'InvalidTarget',
    ],
    [400, 'ResourceLimitExceededException', 'Nodes per managed node group', 'QuotaExceeded'],
    [
      403,
      'AccessDeniedException',
      'User is not authorized to perform: eks:UpdateNodegroupConfig',
      'PermissionDenied',
    ],
    [429, 'ThrottlingException', 'Rate exceeded', 'Throttled'],
    [500, 'ServerException', 'Something went wrong', 'Transient'],
    [503, 'ServiceUnavailableException', 'Away', 'Transient'],
  ])('say of %i %s "%s" that it is %s, after one request', async (status, type, message, kind) => {
    answers[UPDATE] = () => ({ status, type, body: { message } });
    const sizes = { minimumUnits: 1, maximumUnits: 2 };
    const error = await failureOf((client) => client.updateSizes(web, sizes, 'key', signal));
    expect({ kind: error.kind, code: error.vendorCode }).toEqual({ kind, code: type });
    expect(received).toHaveLength(1);
  });
});

describe('nodes of a cluster of EKS', () => {
  test('count where they are Ready and take pods, by node group, through all pages', async () => {
    answers[NODES] = ({ query }) =>
      query.get('continue') === 'more'
        ? nodeList([node('web', 'True'), node('batch', 'True')])
        : nodeList(
            [
              node('web', 'True'),
              node('web', 'False'),
              node('web', 'Unknown'),
              node('web', 'True', { unschedulable: true }),
            ],
            'more',
          );
    const counts = await api().readyNodes(cluster, ['web', 'batch', 'idle'], signal);
    expect(Object.fromEntries(counts)).toEqual({ web: 2, batch: 1, idle: 0 });
    expect(received.map(({ line }) => line)).toEqual([CLUSTER, NODES, NODES]);
    expect(received[1]?.query.get('labelSelector')).toBe('eks.amazonaws.com/nodegroup in (web,batch,idle)');
  });

  test('are asked for by who scales, whatever credentials the machine has', async () => {
    answers[NODES] = () => nodeList([]);
    const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_REGION'];
    for (const name of names) process.env[name] = 'real-looking';
    try {
      await api().readyNodes(cluster, ['web'], signal);
    } finally {
      for (const name of names) delete process.env[name];
    }
    const [, token = ''] = /^Bearer k8s-aws-v1\.(\S+)$/.exec(received[1]?.authorization ?? '') ?? [];
    const url = new URL(Buffer.from(token, 'base64url').toString());
    expect(url.hostname).toBe('sts.eu-west-1.amazonaws.com');
    expect(url.searchParams.get('X-Amz-Credential')).toMatch(/^SANDBOX\/\d{8}\/eu-west-1\/sts\//);
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toContain('x-k8s-aws-id');
    expect(url.searchParams.has('X-Amz-Security-Token')).toBe(false);
  });

  test('are found by one look at their cluster, again after they could not be read; the guard sees every call', async () => {
    const { readyNodes } = api();
    answers[NODES] = () => nodeList([]);
    await readyNodes(cluster, ['web'], signal);
    await readyNodes(cluster, ['web'], signal);
    answers[NODES] = () => ({ status: 401, body: { kind: 'Status', message: 'Unauthorized' } });
    await expect(readyNodes(cluster, ['web'], signal)).rejects.toMatchObject({ kind: 'PermissionDenied' });
    answers[NODES] = () => nodeList([]);
    await readyNodes(cluster, ['web'], signal);
    const [aws, kubernetes] = [
      'aws eu-west-1 EKS DescribeCluster',
      'kubernetes eu-west-1 Kubernetes ListNodes',
    ];
    expect(guarded).toEqual([aws, kubernetes, kubernetes, kubernetes, aws, kubernetes]);
  });

  test('are asked for with another token once the first has come to its end', async () => {
    const { readyNodes } = api();
    answers[NODES] = () => nodeList([]);
    await readyNodes(cluster, ['web'], signal);
    const later = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 14 * 60_000);
    await readyNodes(cluster, ['web'], signal);
    later.mockRestore();
    expect(received.map(({ line }) => line)).toEqual([CLUSTER, NODES, CLUSTER, NODES]);
    expect(received[1]?.authorization).not.toBe(received[3]?.authorization);
  });

  test.each<[string, string, Answer | 'reset', string]>([
    [
      'the cluster is not there',
      CLUSTER,
      { status: 404, type: 'ResourceNotFoundException', body: {} },
      'NotFound',
    ],
    ['the cluster is being made', CLUSTER, { body: { cluster: { status: 'CREATING' } } }, 'Transient'],
    [
      'the sandbox sends us elsewhere',
      CLUSTER,
      { body: { cluster: { endpoint: 'https://0123.gr7.eu-west-1.eks.amazonaws.com' } } },
      'InvalidTarget',
    ],
    [
      'the identity may not list nodes',
      NODES,
      { status: 403, body: { message: 'nodes is forbidden' } },
      'PermissionDenied',
    ],
    ['the API server is away', NODES, 'reset', 'Transient'],
    [
      'a page has expired',
      NODES,
      { status: 410, body: { message: 'The provided continue parameter is too old' } },
      'Stale',
    ],
  ])('are no number where %s', async (_why, line, answer, kind) => {
    answers[line] = () => answer;
    const error = await failureOf((client) => client.readyNodes(cluster, ['web'], signal));
    expect(error.kind).toBe(kind);
  });
});
