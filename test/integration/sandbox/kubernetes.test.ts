import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { createDeploymentScaler } from '../../../activities/scalers/kubernetes/deployment.ts';
import { createHpaScaler } from '../../../activities/scalers/kubernetes/hpa.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { OwnedFields } from '../../../domain/owned-fields.ts';
import type { Progress, Scaler, TargetState } from '../../../domain/scaler.ts';
import { target } from '../../support/fake-cluster.ts';
import { type SandboxProcess, startSandbox } from '../../support/sandbox.ts';

const TIME_SCALE = 100;
const signal = new AbortController().signal;

const GALLERY = 'kubernetes.hpa/fsn1/edge/weddings/gallery';
const UPLOADS = 'kubernetes.deployment/fsn1/edge/weddings/uploads';

const gallery = target('gallery', { service: 'kubernetes.hpa', id: 'kubernetes.hpa/gallery' });
const uploads = target('uploads', { autoscaled: false });

const WORLD = {
  resources: [
    {
      service: 'kubernetes.hpa',
      region: 'fsn1',
      reference: gallery.reference,
      autoscaled: true,
      minimumUnits: 4,
      maximumUnits: 20,
      units: 4,
      quotaUnits: 60,
      provisioningSeconds: 60,
    },
    {
      service: 'kubernetes.deployment',
      region: 'fsn1',
      reference: uploads.reference,
      autoscaled: false,
      units: 3,
      provisioningSeconds: 60,
    },
  ],
  recordSets: [],
};

const range = (minimumUnits: number, maximumUnits: number): OwnedFields => ({
  kind: 'range',
  minimumUnits,
  maximumUnits,
});
const count = (units: number): OwnedFields => ({ kind: 'count', units });

let sandbox: SandboxProcess;
let hpa: Scaler;
let deployment: Scaler;

beforeAll(async () => {
  sandbox = await startSandbox({ timeScale: TIME_SCALE });
  const connection = { mode: 'sandbox', endpoint: sandbox.addresses.kubernetes } as const;
  hpa = createHpaScaler(connection, { guard: UNGUARDED });
  deployment = createDeploymentScaler(connection, { guard: UNGUARDED });
});

afterAll(() => sandbox.stop());

beforeEach(() => sandbox.loadWorld(WORLD));

const scalerOf = ({ service }: ScalingTarget) => (service === 'kubernetes.hpa' ? hpa : deployment);

async function stateOf(of: ScalingTarget): Promise<TargetState> {
  return (await scalerOf(of).read([of], signal)).get(of.id) as TargetState;
}

async function progressOf(of: ScalingTarget, want: OwnedFields): Promise<Progress> {
  return (await scalerOf(of).progress([of], new Map([[of.id, want]]), signal)).get(of.id) as Progress;
}

async function apply(of: ScalingTarget, want: OwnedFields) {
  return scalerOf(of).apply(of, await stateOf(of), want, 'key', signal);
}

async function until<T>(read: () => Promise<T>, done: (value: T) => boolean): Promise<T> {
  for (const startedMs = Date.now(); Date.now() - startedMs < 10_000; ) {
    const value = await read();
    if (done(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`it did not come to that: ${JSON.stringify(await read())}`);
}

/** The API of the cluster, as any client has it. */
async function raw(method: string, path: string, body?: unknown, type = 'application/json') {
  const response = await fetch(`${sandbox.addresses.kubernetes}/clusters/edge${path}`, {
    method,
    headers: { authorization: 'Bearer alice', 'content-type': type },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers are asserted on, not typed here
  const answer = (await response.json()) as any;
  return { status: response.status, body: answer };
}

const OBJECTS = '/apis/autoscaling/v2/namespaces/weddings/horizontalpodautoscalers';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/weddings/deployments';

describe('the HPA scaler against the sandbox', () => {
  test('a minimum is accepted at once; the autoscaler then brings the pods, and they serve', async () => {
    expect(await stateOf(gallery)).toMatchObject({ owned: range(4, 20), servingUnits: 4 });
    await apply(gallery, range(10, 20));
    expect(await stateOf(gallery)).toMatchObject({ owned: range(10, 20), servingUnits: 4 });
    expect(await progressOf(gallery, range(10, 20))).toMatchObject({ status: 'moving' });
    const settled = await until(
      () => progressOf(gallery, range(10, 20)),
      ({ status }) => status === 'settled',
    );
    expect(settled.servingUnits).toBe(10);
    expect(await sandbox.ledger()).toMatchObject([
      {
        operation: 'update:horizontalpodautoscalers',
        resource: GALLERY,
        caller: 'sandbox',
        before: { minimumUnits: 4, maximumUnits: 20, desiredUnits: 4 },
        after: { minimumUnits: 10, maximumUnits: 20, desiredUnits: 4 },
        effective: true,
      },
      { operation: 'autoscale', caller: 'autoscaler', after: { desiredUnits: 10 } },
    ]);
  });

  test('lowering the minimum leaves the pods where they are', async () => {
    await apply(gallery, range(10, 20));
    await until(
      () => stateOf(gallery),
      (state) => state.servingUnits === 10,
    );
    await apply(gallery, range(4, 20));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await stateOf(gallery)).toMatchObject({ owned: range(4, 20), servingUnits: 10 });
  });

  test('keeps the labels, metrics and target of the autoscaler', async () => {
    const before = (await raw('GET', `${OBJECTS}/gallery`)).body;
    await apply(gallery, range(10, 30));
    const after = (await raw('GET', `${OBJECTS}/gallery`)).body;
    expect(after.spec).toEqual({ ...before.spec, minReplicas: 10, maxReplicas: 30 });
    expect(after.metadata.labels).toEqual(before.metadata.labels);
  });

  test('is refused as Stale when a person got in between, and their edit stays', async () => {
    const seen = await stateOf(gallery);
    await sandbox.send('POST', '/people', { resource: GALLERY, change: { minimumUnits: 6 } });
    const applied = hpa.apply(gallery, seen, range(10, 20), 'key', signal);
    await expect(applied).rejects.toMatchObject({ kind: 'Stale', vendorCode: 'Conflict' });
    expect((await stateOf(gallery)).owned).toEqual(range(6, 20));
  });

  test('a write whose answer was lost is Transient, in force, and its repeat Stale', async () => {
    const seen = await stateOf(gallery);
    await sandbox.faults({
      match: { operation: 'update:horizontalpodautoscalers' },
      kind: 'lostAnswer',
      times: 1,
    });
    const send = () => hpa.apply(gallery, seen, range(10, 20), 'key', signal);
    await expect(send()).rejects.toMatchObject({ kind: 'Transient' });
    expect((await stateOf(gallery)).owned).toEqual(range(10, 20));
    await expect(send()).rejects.toMatchObject({ kind: 'Stale' });
  });

  test('a write that takes effect late is refused when the object has moved meanwhile', async () => {
    const seen = await stateOf(gallery);
    const match = { operation: 'update:horizontalpodautoscalers' };
    await sandbox.faults({ match, kind: 'lateEffect', delayMs: 150, times: 1 });
    const late = hpa.apply(gallery, seen, range(10, 20), 'key', signal);
    await expect(late).rejects.toMatchObject({ kind: 'Transient' });
    await apply(gallery, range(12, 20));
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect((await stateOf(gallery)).owned).toEqual(range(12, 20));
  });

  test('a write after a stale read is refused', async () => {
    await apply(gallery, range(10, 20));
    await sandbox.faults({
      match: { operation: 'list:horizontalpodautoscalers' },
      kind: 'staleRead',
      times: 1,
    });
    const stale = await stateOf(gallery);
    expect(stale.owned).toEqual(range(4, 20));
    const applied = hpa.apply(gallery, stale, range(15, 20), 'key', signal);
    await expect(applied).rejects.toMatchObject({ kind: 'Stale' });
  });

  test('more than the quota is QuotaExceeded and leaves the range as it was', async () => {
    await expect(apply(gallery, range(61, 61))).rejects.toMatchObject({ kind: 'QuotaExceeded' });
    expect((await stateOf(gallery)).owned).toEqual(range(4, 20));
    expect(await sandbox.ledger()).toEqual([]);
  });

  test('pods that find no room stay missing', async () => {
    await sandbox.faults({ match: { resource: GALLERY }, kind: 'stuckProvisioning', fraction: 0.5 });
    await apply(gallery, range(14, 20));
    await until(
      () => progressOf(gallery, range(14, 20)),
      (progress) => progress.servingUnits === 9,
    );
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(await progressOf(gallery, range(14, 20))).toMatchObject({ status: 'moving', servingUnits: 9 });
  });

  test.each([
    ['denied', 'PermissionDenied'],
    ['serverError', 'Transient'],
    ['invalid', 'InvalidTarget'],
    ['insufficientCapacity', 'QuotaExceeded'],
    ['quota', 'QuotaExceeded'],
    ['down', 'Transient'],
  ])('the fault %s is %s to either scaler, and nothing changes', async (kind, expected) => {
    const [seen, seenCount] = [await stateOf(gallery), await stateOf(uploads)];
    await sandbox.faults({ match: { vendor: 'kubernetes' }, kind });
    const ranged = hpa.apply(gallery, seen, range(10, 20), 'key', signal);
    await expect(ranged).rejects.toMatchObject({ kind: expected });
    const counted = deployment.apply(uploads, seenCount, count(9), 'key', signal);
    await expect(counted).rejects.toMatchObject({ kind: expected });
    expect(await sandbox.ledger()).toEqual([]);
  });

  test('says how long to wait when it is throttled', async () => {
    await sandbox.faults({ match: { vendor: 'kubernetes' }, kind: 'throttle', retryAfterSeconds: 3 });
    await expect(stateOf(gallery)).rejects.toMatchObject({ kind: 'Throttled', retryAfterMs: 3_000 });
  });

  test('sixty autoscalers of a namespace are read in two calls', async () => {
    const [model] = WORLD.resources;
    const names = Array.from({ length: 60 }, (_, index) => `s${index}`);
    const reference = (name: string) => ({ cluster: 'many', namespace: 'weddings', name });
    await sandbox.addToWorld({ resources: names.map((name) => ({ ...model, reference: reference(name) })) });
    const targets = names.map((name) => ({ ...gallery, id: name, reference: reference(name) }));
    expect((await hpa.read(targets, signal)).size).toBe(60);
    expect((await sandbox.send('GET', '/requests')).requests).toEqual([
      { vendor: 'kubernetes', operation: 'list:horizontalpodautoscalers', status: 200, count: 1 },
      { vendor: 'kubernetes', operation: 'list:deployments', status: 200, count: 1 },
    ]);
  });

  test('an autoscaler, a namespace or a cluster that is not there is NotFound', async () => {
    for (const field of ['cluster', 'namespace', 'name']) {
      const nowhere = { ...gallery, reference: { ...gallery.reference, [field]: 'nowhere' } };
      await expect(stateOf(nowhere)).rejects.toMatchObject({ kind: 'NotFound' });
    }
  });
});

describe('the Deployment scaler against the sandbox', () => {
  test('a count is accepted at once and settled when its pods are available', async () => {
    await apply(uploads, count(8));
    expect(await progressOf(uploads, count(8))).toMatchObject({ status: 'moving' });
    await until(
      () => progressOf(uploads, count(8)),
      ({ status }) => status === 'settled',
    );
    expect(await stateOf(uploads)).toMatchObject({ owned: count(8), servingUnits: 8 });
    expect(await sandbox.ledger()).toMatchObject([
      { operation: 'update:deployments/scale', resource: UPLOADS, after: { desiredUnits: 8 } },
    ]);
  });

  test('scales to nothing and back', async () => {
    await apply(uploads, count(0));
    expect(await stateOf(uploads)).toMatchObject({ owned: count(0), servingUnits: 0 });
    await apply(uploads, count(2));
    await until(
      () => progressOf(uploads, count(2)),
      ({ status }) => status === 'settled',
    );
  });

  test('is refused as Stale when a person got in between', async () => {
    const seen = await stateOf(uploads);
    await sandbox.send('POST', '/people', { resource: UPLOADS, change: { desiredUnits: 5 } });
    const applied = deployment.apply(uploads, seen, count(8), 'key', signal);
    await expect(applied).rejects.toMatchObject({ kind: 'Stale' });
    expect((await stateOf(uploads)).owned).toEqual(count(5));
  });

  test('refuses the Deployment of an HPA and names the HPA', async () => {
    const read = deployment.read([target('gallery')], signal);
    await expect(read).rejects.toMatchObject({
      kind: 'InvalidTarget',
      message: expect.stringContaining('HPA gallery'),
    });
  });
});

describe('the Kubernetes API of the sandbox', () => {
  test('says what it serves', async () => {
    expect((await raw('GET', '/version')).body.gitVersion).toMatch(/^v1\.\d+\.\d+$/);
    expect((await raw('GET', '/apis?timeout=32s')).body.groups).toMatchObject([
      { name: 'apps' },
      { name: 'autoscaling', preferredVersion: { groupVersion: 'autoscaling/v2' } },
    ]);
    for (const path of ['/api', '/api/v1', '/apis/apps/v1', '/apis/autoscaling/v2']) {
      expect((await raw('GET', path)).status).toBe(200);
    }
  });

  test('lists namespaces, and objects of one or of all of them', async () => {
    const namespaces = (await raw('GET', '/api/v1/namespaces')).body;
    expect(namespaces.items).toMatchObject([{ metadata: { name: 'weddings' } }]);
    expect((await raw('GET', '/api/v1/namespaces/weddings')).body.kind).toBe('Namespace');
    expect((await raw('GET', '/api/v1/namespaces/nowhere')).status).toBe(404);
    expect((await raw('GET', DEPLOYMENTS)).body.items).toHaveLength(2);
    expect((await raw('GET', '/apis/apps/v1/deployments')).body.items).toHaveLength(2);
    expect((await raw('GET', '/apis/autoscaling/v2/horizontalpodautoscalers')).body.items).toHaveLength(1);
  });

  test('heeds selectors, and refuses those it does not know rather than answering with everything', async () => {
    const names = async (query: string) => {
      const { body } = await raw('GET', `${DEPLOYMENTS}?${query}`);
      return body.items.map((item: { metadata: { name: string } }) => item.metadata.name);
    };
    expect(await names('labelSelector=app%3Duploads')).toEqual(['uploads']);
    expect(await names('labelSelector=app%21%3Duploads')).toEqual(['gallery']);
    expect(await names('fieldSelector=metadata.name%3Dgallery')).toEqual(['gallery']);
    expect(await names('labelSelector=app+in+(uploads,none),app')).toEqual(['uploads']);
    expect(await names('labelSelector=app+notin+(uploads,none)')).toEqual(['gallery']);
    expect(await names('labelSelector=none')).toEqual([]);
    expect((await raw('GET', `${DEPLOYMENTS}?labelSelector=app+like+(a,b)`)).status).toBe(400);
    expect((await raw('GET', `${DEPLOYMENTS}?fieldSelector=status.phase%3DReady`)).status).toBe(400);
    expect((await raw('GET', `${DEPLOYMENTS}?watch=true`)).status).toBe(405);
  });

  test('merges patches, under a version where they name one', async () => {
    const patch = (body: unknown, type: string) => raw('PATCH', `${OBJECTS}/gallery`, body, type);
    const merge = 'application/merge-patch+json';
    const patched = await patch({ spec: { minReplicas: 6 } }, merge);
    expect(patched.body.spec).toMatchObject({ minReplicas: 6, maxReplicas: 20 });
    const strategic = await patch({ spec: { maxReplicas: 30 } }, 'application/strategic-merge-patch+json');
    expect(strategic.body.spec).toMatchObject({ minReplicas: 6, maxReplicas: 30 });
    const stale = {
      metadata: { resourceVersion: patched.body.metadata.resourceVersion },
      spec: { minReplicas: 9 },
    };
    expect(await patch(stale, merge)).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    expect((await patch([{ op: 'replace' }], 'application/json-patch+json')).status).toBe(415);
    // The autoscaler moves into the new range in its own time.
    const asked = (await sandbox.ledger()).filter(({ caller }) => caller !== 'autoscaler');
    expect(asked).toMatchObject([{ caller: 'alice' }, { caller: 'alice' }]);
  });

  test('an update that changes nothing makes no new version', async () => {
    const { body } = await raw('GET', `${OBJECTS}/gallery`);
    const { body: after } = await raw('PUT', `${OBJECTS}/gallery`, body);
    expect(after.metadata.resourceVersion).toBe(body.metadata.resourceVersion);
    expect(await sandbox.ledger()).toMatchObject([{ effective: false }]);
  });

  test('replaces a whole Deployment, and an autoscaler puts its replicas right again', async () => {
    const { body } = await raw('GET', `${DEPLOYMENTS}/gallery`);
    const put = await raw('PUT', `${DEPLOYMENTS}/gallery`, { ...body, spec: { ...body.spec, replicas: 1 } });
    expect(put.body.spec.replicas).toBe(1);
    await until(
      async () => (await raw('GET', `${DEPLOYMENTS}/gallery/scale`)).body.spec.replicas,
      (replicas) => replicas === 4,
    );
  });

  test.each<[string, string, unknown, number]>([
    ['PUT', `${OBJECTS}/gallery`, { spec: { minReplicas: 0, maxReplicas: 9, scaleTargetRef: {} } }, 422],
    ['PUT', `${OBJECTS}/gallery`, { spec: { minReplicas: 9, maxReplicas: 2, scaleTargetRef: {} } }, 422],
    ['PUT', `${OBJECTS}/gallery`, { spec: { minReplicas: 2, maxReplicas: 9 } }, 422],
    ['PUT', `${OBJECTS}/gallery`, { metadata: { name: 'other' } }, 400],
    ['PUT', `${OBJECTS}/gallery`, [], 400],
    ['PUT', `${OBJECTS}/nobody`, {}, 404],
    ['PUT', `${DEPLOYMENTS}/uploads/scale`, { spec: { replicas: -1 } }, 422],
    ['DELETE', `${DEPLOYMENTS}/uploads`, undefined, 405],
    ['GET', '/api/v1/pods', undefined, 404],
    ['GET', `${OBJECTS}/gallery/scale`, undefined, 404],
  ])('%s %s with %j is refused with a Status object', async (method, path, body, status) => {
    expect(await raw(method, path, body)).toMatchObject({
      status,
      body: { kind: 'Status', status: 'Failure', code: status, message: expect.any(String) },
    });
    expect(await sandbox.ledger()).toEqual([]);
  });
});
