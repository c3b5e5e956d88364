import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { createRoute53Router } from '../../../activities/routers/route-53.ts';
import { createEcsScaler } from '../../../activities/scalers/aws/ecs.ts';
import type { RecordSet, ScalingTarget } from '../../../domain/fleet.ts';
import type { OwnedFields } from '../../../domain/owned-fields.ts';
import type { Progress, Scaler, TrafficRouter } from '../../../domain/scaler.ts';
import { type SandboxProcess, startSandbox } from '../../support/sandbox.ts';

const TIME_SCALE = 100;
const signal = new AbortController().signal;

const GALLERY = 'aws.ecs/eu-west-1/weddings/gallery';
const UPLOADS = 'aws.ecs/eu-west-1/weddings/uploads';

function target(service: string, fields: Partial<ScalingTarget> = {}): ScalingTarget {
  return {
    id: `aws.ecs/eu-west-1/${service}`,
    service: 'aws.ecs',
    region: 'eu-west-1',
    reference: { cluster: 'weddings', service },
    workload: 'gallery',
    markets: ['gb'],
    capacityPerUnit: 100,
    maximumUnits: 100,
    hourlyUsdPerUnit: 0.05,
    critical: false,
    requiresStabilization: false,
    leadTimeMinutes: 10,
    loadSource: { kind: 'observations' },
    autoscaled: true,
    baselineUnits: 4,
    ...fields,
  };
}

const gallery = target('gallery');
const uploads = target('uploads', { autoscaled: false });

const set: RecordSet = {
  id: 'aws.route53/gallery.example.org',
  service: 'aws.route53',
  zoneId: 'Z0WEDDINGS',
  name: 'gallery.example.org',
  type: 'A',
  ttlSeconds: 60,
  workload: 'gallery',
  entries: [
    {
      setIdentifier: 'dublin',
      provider: 'aws',
      region: 'eu-west-1',
      value: '192.0.2.1',
      healthCheckId: 'hc-dublin',
    },
    { setIdentifier: 'ghent', provider: 'gcp', region: 'europe-west1', value: '192.0.2.2' },
  ],
};

const WORLD = {
  resources: [
    {
      service: 'aws.ecs',
      region: 'eu-west-1',
      reference: { cluster: 'weddings', service: 'gallery' },
      autoscaled: true,
      minimumUnits: 4,
      maximumUnits: 20,
      units: 4,
      quotaUnits: 60,
      provisioningSeconds: 60,
    },
    {
      service: 'aws.ecs',
      region: 'eu-west-1',
      reference: { cluster: 'weddings', service: 'uploads' },
      autoscaled: false,
      units: 3,
      provisioningSeconds: 60,
    },
  ],
  recordSets: [
    {
      zoneId: set.zoneId,
      name: set.name,
      type: 'A',
      ttlSeconds: 60,
      records: [
        { setIdentifier: 'dublin', weight: 255, value: '192.0.2.1', healthCheckId: 'hc-dublin' },
        { setIdentifier: 'ghent', weight: 0, value: '192.0.2.2' },
      ],
    },
  ],
};

const range = (minimumUnits: number, maximumUnits: number): OwnedFields => ({
  kind: 'range',
  minimumUnits,
  maximumUnits,
});

let sandbox: SandboxProcess;
let scaler: Scaler;
let router: TrafficRouter;

beforeAll(async () => {
  sandbox = await startSandbox({ timeScale: TIME_SCALE });
  const connection = { mode: 'sandbox', endpoint: sandbox.addresses.aws } as const;
  scaler = createEcsScaler(connection, { guard: UNGUARDED });
  router = createRoute53Router(connection, { guard: UNGUARDED });
});

afterAll(() => sandbox.stop());

beforeEach(() => sandbox.loadWorld(WORLD));

async function stateOf(wanted: ScalingTarget) {
  const state = (await scaler.read([wanted], signal)).get(wanted.id);
  if (!state) throw new Error('not read');
  return state;
}

async function apply(wanted: ScalingTarget, want: OwnedFields) {
  return scaler.apply(wanted, await stateOf(wanted), want, 'key', signal);
}

async function progressOf(wanted: ScalingTarget, want: OwnedFields): Promise<Progress> {
  const progress = await scaler.progress([wanted], new Map([[wanted.id, want]]), signal);
  return progress.get(wanted.id) as Progress;
}

/** Looks again until `done`; fails by the test's time limit. */
async function until<T>(look: () => Promise<T>, done: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look();
    if (done(seen)) return seen;
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

async function settled(wanted: ScalingTarget, want: OwnedFields): Promise<Progress> {
  return until(
    () => progressOf(wanted, want),
    (progress) => progress.status === 'settled',
  );
}

async function weights(): Promise<Readonly<Record<string, number>>> {
  const state = (await router.read([set], signal)).get(set.id);
  if (!state) throw new Error('not read');
  return state.owned.weights;
}

async function shift(want: Readonly<Record<string, number>>) {
  const seen = (await router.read([set], signal)).get(set.id);
  if (!seen) throw new Error('not read');
  return router.apply(set, seen, want, 'key', signal);
}

describe('the ECS scaler against the sandbox', () => {
  test('reads a range where a scalable target is registered and a count elsewhere', async () => {
    const states = await scaler.read([gallery, uploads], signal);
    expect(states.get(gallery.id)).toEqual({ owned: range(4, 20), servingUnits: 4, fence: null });
    expect(states.get(uploads.id)).toEqual({
      owned: { kind: 'count', units: 3 },
      servingUnits: 3,
      fence: null,
    });
  });

  test('raises a minimum, lets the autoscaler follow, and settles only when the tasks run', async () => {
    const want = scaler.plan(range(4, 20), { floorUnits: 30, maximumUnits: 100 });
    const receipt = await apply(gallery, want);
    expect(receipt.vendorRequestId).not.toBe('');
    expect(await progressOf(gallery, want)).toMatchObject({ status: 'moving' });
    expect(await settled(gallery, want)).toEqual({ status: 'settled', servingUnits: 30 });
    expect(await sandbox.ledger()).toMatchObject([
      {
        operation: 'RegisterScalableTarget',
        resource: GALLERY,
        region: 'eu-west-1',
        caller: 'SANDBOX',
        before: { minimumUnits: 4, maximumUnits: 20, desiredUnits: 4 },
        after: { minimumUnits: 30, maximumUnits: 30, desiredUnits: 4 },
        effective: true,
      },
      { operation: 'autoscale', caller: 'autoscaler', after: { desiredUnits: 30 } },
    ]);
  });

  test('sets a count and gives it back by the same verb', async () => {
    const before = await stateOf(uploads);
    const want = { kind: 'count', units: 9 } as const;
    await apply(uploads, want);
    await settled(uploads, want);
    await apply(uploads, before.owned);
    expect((await stateOf(uploads)).owned).toEqual(before.owned);
    const entries = await sandbox.ledger();
    expect(entries.map(({ operation, resource }) => `${operation} ${resource}`)).toEqual([
      `UpdateService ${UPLOADS}`,
      `UpdateService ${UPLOADS}`,
    ]);
    expect(await settled(uploads, before.owned)).toMatchObject({ servingUnits: 3 });
  });

  test('a lowered minimum leaves the tasks where they are', async () => {
    const want = range(8, 20);
    await apply(gallery, want);
    await settled(gallery, want);
    await apply(gallery, range(4, 20));
    expect(await settled(gallery, range(4, 20))).toMatchObject({ servingUnits: 8 });
  });

  test('the repeat of a write has an entry without an effect', async () => {
    await apply(gallery, range(10, 20));
    await apply(gallery, range(10, 20));
    const ours = (await sandbox.ledger()).filter((entry) => entry.caller !== 'autoscaler');
    expect(ours.map((entry) => entry.effective)).toEqual([true, false]);
  });

  test('a throttle is Throttled with its wait, and nothing has changed', async () => {
    const match = { operation: 'RegisterScalableTarget', resource: GALLERY };
    await sandbox.faults({ match, kind: 'throttle', times: 1, retryAfterSeconds: 7 });
    const throttled = { kind: 'Throttled', retryAfterMs: 7_000 };
    await expect(apply(gallery, range(10, 20))).rejects.toMatchObject(throttled);
    expect(await sandbox.ledger()).toEqual([]);
    await expect(apply(gallery, range(10, 20))).resolves.toBeDefined();
  });

  test('a lost answer is Transient although the change is there; a repeat changes nothing more', async () => {
    await sandbox.faults({ match: { operation: 'RegisterScalableTarget' }, kind: 'lostAnswer', times: 1 });
    await expect(apply(gallery, range(10, 20))).rejects.toMatchObject({ kind: 'Transient' });
    expect((await stateOf(gallery)).owned).toEqual(range(10, 20));
    await apply(gallery, range(10, 20));
    const ours = (await sandbox.ledger()).filter((entry) => entry.caller !== 'autoscaler');
    expect(ours.map((entry) => entry.effective)).toEqual([true, false]);
  });

  test('an effect that comes late comes after its call has failed', async () => {
    await sandbox.faults({
      match: { operation: 'UpdateService' },
      kind: 'lateEffect',
      times: 1,
      delayMs: 300,
    });
    const want = { kind: 'count', units: 5 } as const;
    await expect(apply(uploads, want)).rejects.toMatchObject({ kind: 'Transient' });
    expect((await stateOf(uploads)).owned).toEqual({ kind: 'count', units: 3 });
    expect(await settled(uploads, want)).toMatchObject({ servingUnits: 5 });
  });

  test('a stale read shows the settings before the last change, once', async () => {
    await apply(gallery, range(10, 20));
    await sandbox.faults({ match: { operation: 'DescribeScalableTargets' }, kind: 'staleRead', times: 1 });
    expect((await stateOf(gallery)).owned).toEqual(range(4, 20));
    expect((await stateOf(gallery)).owned).toEqual(range(10, 20));
  });

  test('more than the quota is QuotaExceeded and leaves the range as it was', async () => {
    await expect(apply(gallery, range(61, 61))).rejects.toMatchObject({ kind: 'QuotaExceeded' });
    expect((await stateOf(gallery)).owned).toEqual(range(4, 20));
    expect(await sandbox.ledger()).toEqual([]);
  });

  test('tasks that find no room stay missing, and the reason is the word of ECS', async () => {
    await sandbox.faults({ match: { resource: GALLERY }, kind: 'stuckProvisioning', fraction: 0.5 });
    const want = range(14, 20);
    await apply(gallery, want);
    const stuck = await until(
      () => progressOf(gallery, want),
      (progress) => progress.servingUnits === 9,
    );
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(stuck).toEqual(await progressOf(gallery, want));
    expect(stuck).toMatchObject({
      status: 'moving',
      reason: expect.stringContaining('unable to place a task'),
    });
  });

  test('what is stuck stays so until it is mended, and then goes on to its end', async () => {
    await sandbox.faults({ match: { resource: GALLERY }, kind: 'stuckProvisioning', fraction: 0.5 });
    const want = range(14, 20);
    await apply(gallery, want);
    await until(
      () => progressOf(gallery, want),
      ({ servingUnits }) => servingUnits === 9,
    );
    await sandbox.clearFaults();
    expect(await progressOf(gallery, want)).toMatchObject({ status: 'moving', servingUnits: 9 });
    await sandbox.send('POST', '/recoveries', { resource: GALLERY });
    expect(await settled(gallery, want)).toEqual({ status: 'settled', servingUnits: 14 });
    await expect(sandbox.send('POST', '/recoveries', { resource: 'nobody' })).rejects.toThrow(/404/);
  });

  test('a service on a capacity provider without room says which group is too small, and keeps its strategy', async () => {
    const attributes = {
      capacityProviderStrategy: [{ capacityProvider: 'machines', weight: 1, base: 2 }],
      capacityProviders: [{ name: 'machines', autoScalingGroup: 'weddings-ecs', targetCapacity: 80 }],
    };
    const albums = target('albums', { autoscaled: false });
    await sandbox.addToWorld({
      resources: [{ ...WORLD.resources[1], reference: albums.reference, attributes }],
    });
    const key = 'aws.ecs/eu-west-1/weddings/albums';
    await sandbox.faults({ match: { resource: key }, kind: 'stuckProvisioning', fraction: 0.5 });
    const want = { kind: 'count', units: 9 } as const;
    await apply(albums, want);
    expect(await progressOf(albums, want)).toMatchObject({
      status: 'moving',
      reason: expect.stringMatching(
        /capacity provider machines has no room in Auto Scaling group weddings-ecs: managed scaling adds instances for 80 %.*ECS says: .*no container instance met all of its requirements/,
      ),
    });
    const { resources } = await sandbox.world();
    expect(resources.find((one: { key: string }) => one.key === key).attributes).toEqual(attributes);
  });

  test.each([
    ['denied', 'PermissionDenied'],
    ['serverError', 'Transient'],
    ['invalid', 'InvalidTarget'],
    ['insufficientCapacity', 'InsufficientCapacity'],
    ['quota', 'QuotaExceeded'],
    ['down', 'Transient'],
  ])('the fault %s is %s at both services', async (kind, expected) => {
    const [seen, seenCount] = [await stateOf(gallery), await stateOf(uploads)];
    await sandbox.faults({ match: { vendor: 'aws' }, kind });
    const ranged = scaler.apply(gallery, seen, range(10, 20), 'key', signal);
    await expect(ranged).rejects.toMatchObject({ kind: expected });
    const counted = scaler.apply(uploads, seenCount, { kind: 'count', units: 9 }, 'key', signal);
    await expect(counted).rejects.toMatchObject({ kind: expected });
    expect(await sandbox.ledger()).toEqual([]);
  });

  test('a service or a cluster that is not there is NotFound', async () => {
    await expect(stateOf(target('nobody'))).rejects.toMatchObject({ kind: 'NotFound' });
    const elsewhere = target('gallery', { region: 'us-east-1' });
    await expect(stateOf(elsewhere)).rejects.toMatchObject({ kind: 'NotFound' });
  });

  test('sixty services are read in as many calls as the batches need', async () => {
    const [model] = WORLD.resources;
    const names = Array.from({ length: 60 }, (_, index) => `s${String(index).padStart(2, '0')}`);
    const resources = names.map((service) => ({ ...model, reference: { cluster: 'many', service } }));
    await sandbox.addToWorld({ resources });
    const targets = names.map((service) =>
      target(service, { id: service, reference: { cluster: 'many', service } }),
    );
    // The other half of a read that a fault of an earlier test broke off may still arrive.
    const countOf = async (operation: string) => {
      const { requests } = (await sandbox.send('GET', '/requests')) as {
        requests: readonly { operation: string; count: number }[];
      };
      return requests.find((one) => one.operation === operation)?.count ?? 0;
    };
    const counts = async () => [await countOf('DescribeServices'), await countOf('DescribeScalableTargets')];
    await new Promise((resolve) => setTimeout(resolve, 500));
    const [services = 0, ranges = 0] = await counts();
    expect((await scaler.read(targets, signal)).size).toBe(60);
    expect(await counts()).toEqual([services + 6, ranges + 2]);
  });

  test("the vendor's own limit throttles once its burst is used up", async () => {
    await sandbox.send('POST', '/limits', { factor: 0.001 });
    await expect(stateOf(gallery)).rejects.toMatchObject({ kind: 'Throttled' });
    const { refused } = (await sandbox.send('GET', '/limits')) as { refused: Record<string, number> };
    expect(refused['aws.ecs.read']).toBe(1);
  });

  test('the edit of a person is in the ledger under that name', async () => {
    await sandbox.send('POST', '/people', { resource: GALLERY, change: { minimumUnits: 2 } });
    expect((await stateOf(gallery)).owned).toEqual(range(2, 20));
    expect(await sandbox.ledger()).toMatchObject([{ caller: 'person', after: { minimumUnits: 2 } }]);
  });
});

describe('the Route 53 router against the sandbox', () => {
  test('moves weights in one change and is settled once that is in force everywhere', async () => {
    expect(await weights()).toEqual({ dublin: 255, ghent: 0 });
    const want = { dublin: 128, ghent: 255 };
    const receipt = await shift(want);
    expect(await weights()).toEqual(want);
    const progress = () => router.progress(set, want, receipt, signal);
    expect(await progress()).toBe('moving');
    await until(progress, (status) => status === 'settled');
    const entry = (id: string, from: number, to: number) => ({
      operation: 'ChangeResourceRecordSets',
      resource: `aws.route53/Z0WEDDINGS/gallery.example.org/A/${id}`,
      before: { weight: from },
      after: { weight: to },
      effective: true,
    });
    expect(await sandbox.ledger()).toMatchObject([entry('dublin', 255, 128), entry('ghent', 0, 255)]);
  });

  test('writes only the records whose weight differs, and keeps their value, TTL and health check', async () => {
    const { recordSets: before } = await sandbox.world();
    await shift({ dublin: 255, ghent: 10 });
    expect(await sandbox.ledger()).toHaveLength(1);
    await shift({ dublin: 255, ghent: 0 });
    expect((await sandbox.world()).recordSets).toEqual(before);
  });

  test('a move to the weights that are there asks for no change and is settled', async () => {
    const want = { dublin: 255, ghent: 0 };
    const receipt = await shift(want);
    expect(await router.progress(set, want, receipt, signal)).toBe('settled');
    expect(await sandbox.ledger()).toEqual([]);
  });

  test('refuses to send all weights zero, and a weight the vendor does not take', async () => {
    await expect(shift({ dublin: 0, ghent: 0 })).rejects.toMatchObject({ kind: 'InvalidTarget' });
    await expect(shift({ dublin: 256, ghent: 0 })).rejects.toMatchObject({ kind: 'InvalidTarget' });
    expect(await sandbox.ledger()).toEqual([]);
  });

  test('a change of somebody else keeps it from being settled', async () => {
    const want = { dublin: 100, ghent: 100 };
    const receipt = await shift(want);
    await until(
      () => router.progress(set, want, receipt, signal),
      (status) => status === 'settled',
    );
    await shift({ dublin: 100, ghent: 50 });
    expect(await router.progress(set, want, receipt, signal)).toBe('moving');
  });

  test('reads health from the checkers, and calls an entry without a check unknown', async () => {
    expect(await router.health(set, signal)).toEqual({ dublin: 'healthy', ghent: 'unknown' });
    await sandbox.send('POST', '/health-checks/hc-dublin', { healthy: false });
    expect(await router.health(set, signal)).toEqual({ dublin: 'unhealthy', ghent: 'unknown' });
  });

  test.each([
    ['throttle', 'Throttled'],
    ['serverError', 'Transient'],
    ['denied', 'PermissionDenied'],
    ['invalid', 'InvalidTarget'],
    ['lostAnswer', 'Transient'],
  ])('the fault %s of a change is %s', async (kind, expected) => {
    await sandbox.faults({ match: { operation: 'ChangeResourceRecordSets' }, kind, times: 1 });
    await expect(shift({ dublin: 1, ghent: 1 })).rejects.toMatchObject({ kind: expected });
    expect(await weights()).toEqual(
      kind === 'lostAnswer' ? { dublin: 1, ghent: 1 } : { dublin: 255, ghent: 0 },
    );
  });

  test('a zone or a record that is not there is NotFound', async () => {
    const read = (other: Partial<RecordSet>) => router.read([{ ...set, ...other }], signal);
    await expect(read({ zoneId: 'Z0NOBODY' })).rejects.toMatchObject({ kind: 'NotFound' });
    await expect(read({ name: 'other.example.org' })).rejects.toMatchObject({ kind: 'NotFound' });
  });

  test('finds its records among more than a page of others', async () => {
    const records = Array.from({ length: 320 }, (_, index) => ({
      setIdentifier: `e${String(index).padStart(3, '0')}`,
      weight: index % 256,
      value: '192.0.2.9',
    }));
    const name = 'albums.example.org';
    await sandbox.addToWorld({
      recordSets: [{ zoneId: set.zoneId, name, type: 'A', ttlSeconds: 60, records }],
    });
    const entries = records.map(({ setIdentifier, value }) => {
      return { setIdentifier, value, provider: 'aws', region: 'eu-west-1' } as const;
    });
    const albums = { ...set, id: 'albums', name, entries };
    const state = (await router.read([albums], signal)).get('albums');
    expect(state?.owned.weights).toEqual(
      Object.fromEntries(records.map((record) => [record.setIdentifier, record.weight])),
    );
    expect(await weights()).toEqual({ dublin: 255, ghent: 0 });
  });
});

describe('the control endpoint', () => {
  test('names every fault of a world that cannot be loaded, and leaves the one there is alone', async () => {
    const [ranged] = WORLD.resources;
    const body = {
      resources: [
        { ...ranged, service: 'aws.none' },
        { ...ranged, units: -1 },
        { ...ranged, reference: { cluster: 'weddings' } },
        { ...ranged, minimumUnits: 30 },
      ],
      recordSets: [{ ...WORLD.recordSets[0], ttlSeconds: 'long' }],
    };
    const response = await fetch(`${sandbox.control}/world`, { method: 'PUT', body: JSON.stringify(body) });
    expect(response.status).toBe(400);
    const { faults } = (await response.json()) as { faults: string[] };
    expect(faults.map((fault) => fault.slice(0, fault.search(/[:\s]/)))).toEqual([
      'resources[0].service',
      'resources[1].units',
      'resources[2].reference',
      'resources[3]',
      'recordSets[0].ttlSeconds',
    ]);
    expect((await sandbox.world()).resources).toHaveLength(2);
  });

  test('gives the whole world, and a new one clears ledger and faults', async () => {
    await sandbox.faults({ match: {}, kind: 'denied' });
    await sandbox.send('POST', '/people', { resource: GALLERY, change: { desiredUnits: 5 } });
    await sandbox.loadWorld(WORLD);
    expect(await sandbox.ledger()).toEqual([]);
    expect((await sandbox.send('GET', '/faults')).faults).toEqual([]);
    expect(await sandbox.world()).toMatchObject({
      resources: [{ key: GALLERY, desiredUnits: 4, servingUnits: 4 }, { key: UPLOADS }],
      recordSets: [{ name: 'gallery.example.org', records: [{ weight: 255 }, { weight: 0 }] }],
      healthChecks: { 'hc-dublin': true },
    });
  });

  test('answers what it does not know with 404, and a body that is not JSON with 400', async () => {
    const status = async (method: string, path: string, body?: string) =>
      (await fetch(`${sandbox.control}${path}`, { method, ...(body === undefined ? {} : { body }) })).status;
    expect(await status('GET', '/nothing')).toBe(404);
    expect(await status('DELETE', '/faults/fault-999')).toBe(404);
    expect(await status('POST', '/health-checks/none', '{"healthy":true}')).toBe(404);
    expect(await status('POST', '/people', '{"resource":"x","change":{"desiredUnits":1}}')).toBe(404);
    expect(await status('PUT', '/world', '{')).toBe(400);
    expect(await status('POST', '/clock', '{"scale":0}')).toBe(400);
    expect(await status('GET', '/healthz')).toBe(200);
  });
});
