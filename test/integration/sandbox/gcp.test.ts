import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { createMigScaler } from '../../../activities/scalers/gcp/mig.ts';
import type { Scaler } from '../../../domain/scaler.ts';
import { target } from '../../support/planning.ts';
import { type SandboxProcess, startSandbox } from '../../support/sandbox.ts';
import { count, driverOf, range, until } from '../../support/scaler-driver.ts';

const signal = new AbortController().signal;

const GALLERY = 'gcp.mig/europe-west1/weddings/europe-west1-b/gallery';
const UPLOADS = 'gcp.mig/europe-west1/weddings/europe-west1/uploads';

const groupIn = (location: string, name: string) =>
  target({
    id: `gcp.mig/${location}/${name}`,
    service: 'gcp.mig',
    region: 'europe-west1',
    reference: { project: 'weddings', location, name },
  });
const gallery = groupIn('europe-west1-b', 'gallery');
const uploads = { ...groupIn('europe-west1', 'uploads'), autoscaled: false };

const shared = { service: 'gcp.mig', region: 'europe-west1', quotaUnits: 60, provisioningSeconds: 120 };
const autoscaled = { autoscaled: true, minimumUnits: 4, maximumUnits: 20, units: 4 };
const zonal = { ...shared, ...autoscaled, reference: gallery.reference };
const regional = { ...shared, autoscaled: false, units: 3, reference: uploads.reference };

let sandbox: SandboxProcess;
let scaler: Scaler;

beforeAll(async () => {
  sandbox = await startSandbox({ timeScale: 100 });
  scaler = createMigScaler({ mode: 'sandbox', endpoint: sandbox.addresses.gcp }, { guard: UNGUARDED });
});

afterAll(() => sandbox.stop());

beforeEach(() => sandbox.loadWorld({ resources: [zonal, regional] }));

const { stateOf, applyTo, apply, progressOf, settled } = driverOf(() => scaler, signal);

const ours = async () => (await sandbox.ledger()).filter(({ caller }) => caller !== 'autoscaler');

/** Compute Engine's API, as any client has it. */
async function raw(method: string, path: string, body?: unknown) {
  const response = await fetch(`${sandbox.addresses.gcp}/compute/v1/projects/weddings/${path}`, {
    method,
    headers: { authorization: 'Bearer alice', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers are asserted on, not typed here
  return { status: response.status, body: (await response.json()) as any };
}

const AUTOSCALERS = 'zones/europe-west1-b/autoscalers';
const AUTOSCALER = `${AUTOSCALERS}?autoscaler=gallery-autoscaler`;
const GROUPS = 'regions/europe-west1/instanceGroupManagers';
const policy = async () => (await raw('GET', `${AUTOSCALERS}/gallery-autoscaler`)).body.autoscalingPolicy;

describe('the MIG scaler against the sandbox', () => {
  test('reads the range of an autoscaler in a zone and the size of a group across a region', async () => {
    const states = await scaler.read([gallery, uploads], signal);
    expect(states.get(gallery.id)).toMatchObject({ owned: range(4, 20), servingUnits: 4, fence: null });
    expect(states.get(uploads.id)).toMatchObject({ owned: count(3), servingUnits: 3, fence: null });
  });

  test('sets the size of a group whose autoscaler is switched off', async () => {
    await raw('PATCH', AUTOSCALER, { autoscalingPolicy: { mode: 'OFF' } });
    expect((await stateOf(gallery)).owned).toEqual(count(4));
    await apply(gallery, count(9));
    expect(await settled(gallery, count(9))).toMatchObject({ servingUnits: 9 });
    expect(await policy()).toMatchObject({ mode: 'OFF', minNumReplicas: 4, maxNumReplicas: 20 });
  });

  test('raises a minimum, lets the autoscaler follow, and settles only when the instances run', async () => {
    const want = scaler.plan(range(4, 20), { floorUnits: 30, maximumUnits: 100 });
    const key = crypto.randomUUID();
    expect((await apply(gallery, want, key)).vendorRequestId).toMatch(/^operation-/);
    expect(await stateOf(gallery)).toMatchObject({ owned: range(30, 30) });
    const moving = await progressOf(gallery, want);
    expect(moving).toMatchObject({ status: 'moving' });
    expect(moving.servingUnits).toBeLessThan(30);
    expect(await settled(gallery, want)).toEqual({ status: 'settled', servingUnits: 30 });
    expect(await sandbox.ledger()).toMatchObject([
      {
        operation: 'autoscalers.patch',
        resource: GALLERY,
        region: 'europe-west1',
        key,
        before: { minimumUnits: 4, maximumUnits: 20, desiredUnits: 4 },
        after: { minimumUnits: 30, maximumUnits: 30, desiredUnits: 4 },
        effective: true,
      },
      { operation: 'autoscale', caller: 'autoscaler', after: { desiredUnits: 30 } },
    ]);
  });

  test('sets a size and gives it back by the same verb', async () => {
    const before = await stateOf(uploads);
    await apply(uploads, count(9));
    expect(await settled(uploads, count(9))).toMatchObject({ servingUnits: 9 });
    await apply(uploads, before.owned);
    expect((await stateOf(uploads)).owned).toEqual(before.owned);
    expect(await settled(uploads, before.owned)).toMatchObject({ servingUnits: 3 });
    const entry = { operation: 'instanceGroupManagers.resize', resource: UPLOADS };
    expect(await sandbox.ledger()).toMatchObject([entry, entry]);
  });

  test('gives a range back with the rest of the policy as it was, and leaves the instances', async () => {
    await raw('PATCH', AUTOSCALER, { autoscalingPolicy: { cpuUtilization: { utilizationTarget: 0.4 } } });
    const before = await policy();
    await apply(gallery, range(8, 20));
    expect(await policy()).toEqual({ ...before, minNumReplicas: 8 });
    await settled(gallery, range(8, 20));
    await apply(gallery, range(4, 20));
    expect(await policy()).toEqual(before);
    expect(await settled(gallery, range(4, 20))).toMatchObject({ servingUnits: 8 });
  });

  test.each([
    ['a range', gallery, range(10, 20)],
    ['a size', uploads, count(9)],
  ])('%s that is sent twice under one key is one operation and one entry', async (_, wanted, want) => {
    const [seen, key] = [await stateOf(wanted), crypto.randomUUID()];
    const first = await applyTo(wanted, seen, want, key);
    expect(await applyTo(wanted, seen, want, key)).toEqual(first);
    expect(await ours()).toMatchObject([{ key, effective: true }]);
    await apply(wanted, want);
    expect((await ours()).map(({ effective }) => effective)).toEqual([true, false]);
  });

  test('a lost answer is Transient although the change is there; its repeat has no entry', async () => {
    const [seen, key] = [await stateOf(gallery), crypto.randomUUID()];
    await sandbox.faults({ match: { operation: 'autoscalers.patch' }, kind: 'lostAnswer', times: 1 });
    const send = () => applyTo(gallery, seen, range(10, 20), key);
    await expect(send()).rejects.toMatchObject({ kind: 'Transient' });
    expect((await stateOf(gallery)).owned).toEqual(range(10, 20));
    await send();
    expect(await ours()).toHaveLength(1);
  });

  test('an effect that comes after the repeat of its call changes nothing more', async () => {
    const [seen, key] = [await stateOf(uploads), crypto.randomUUID()];
    const match = { operation: 'instanceGroupManagers.resize' };
    await sandbox.faults({ match, kind: 'lateEffect', times: 1, delayMs: 500 });
    const send = () => applyTo(uploads, seen, count(9), key);
    await expect(send()).rejects.toMatchObject({ kind: 'Transient' });
    expect((await stateOf(uploads)).owned).toEqual(count(3));
    await send();
    await apply(uploads, count(5));
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect((await stateOf(uploads)).owned).toEqual(count(5));
    expect(await sandbox.ledger()).toHaveLength(2);
  });

  test('an operation that cannot be looked at leaves the outcome unknown, and a read proves it', async () => {
    await sandbox.faults({ match: { operation: 'operations.get' }, kind: 'down', times: 1 });
    await expect(apply(uploads, count(9))).rejects.toMatchObject({ kind: 'Transient' });
    expect((await stateOf(uploads)).owned).toEqual(count(9));
  });

  test('is refused as Stale when a person got in between, or the read was old', async () => {
    const seen = await stateOf(gallery);
    await sandbox.send('POST', '/people', { resource: GALLERY, change: { minimumUnits: 6 } });
    await expect(applyTo(gallery, seen, range(10, 20))).rejects.toMatchObject({ kind: 'Stale' });
    await sandbox.faults({ match: { operation: 'autoscalers.list' }, kind: 'staleRead', times: 1 });
    const old = await stateOf(gallery);
    expect(old.owned).toEqual(range(4, 20));
    await expect(applyTo(gallery, old, range(10, 20))).rejects.toMatchObject({ kind: 'Stale' });
    expect((await stateOf(gallery)).owned).toEqual(range(6, 20));
    expect(await ours()).toMatchObject([{ caller: 'person' }]);
  });

  test('a throttle, which comes as 403, is Throttled with its wait, and nothing has changed', async () => {
    const match = { operation: 'autoscalers.patch', resource: GALLERY };
    await sandbox.faults({ match, kind: 'throttle', times: 1, retryAfterSeconds: 7 });
    const throttled = { kind: 'Throttled', vendorCode: 'rateLimitExceeded', retryAfterMs: 7_000 };
    await expect(apply(gallery, range(10, 20))).rejects.toMatchObject(throttled);
    expect(await sandbox.ledger()).toEqual([]);
    await expect(apply(gallery, range(10, 20))).resolves.toBeDefined();
  });

  test("the vendor's own limit throttles, and says for how long", async () => {
    await sandbox.send('POST', '/limits', { factor: 0.0005 });
    await expect(stateOf(gallery)).rejects.toMatchObject({ kind: 'Throttled', retryAfterMs: 20_000 });
  });

  test('more than the quota is QuotaExceeded and leaves range and size as they were', async () => {
    const refused = { kind: 'QuotaExceeded', vendorCode: 'quotaExceeded' };
    await expect(apply(gallery, range(61, 61))).rejects.toMatchObject(refused);
    await expect(apply(uploads, count(61))).rejects.toMatchObject(refused);
    expect((await stateOf(gallery)).owned).toEqual(range(4, 20));
    expect((await stateOf(uploads)).owned).toEqual(count(3));
    expect(await sandbox.ledger()).toEqual([]);
  });

  test('a change that is accepted and then finds no machines is InsufficientCapacity', async () => {
    await sandbox.faults({ match: { resource: UPLOADS }, kind: 'insufficientCapacity', times: 1 });
    await expect(apply(uploads, count(9))).rejects.toMatchObject({
      kind: 'InsufficientCapacity',
      vendorCode: 'ZONE_RESOURCE_POOL_EXHAUSTED',
    });
    expect(await progressOf(uploads, count(9))).toMatchObject({ status: 'moving', servingUnits: 3 });
    await apply(uploads, count(9));
    await settled(uploads, count(9));
  });

  test('instances that find no room stay missing, and those that are lost are missed', async () => {
    await sandbox.faults({ match: { resource: GALLERY }, kind: 'stuckProvisioning', fraction: 0.5 });
    const want = range(14, 20);
    await apply(gallery, want);
    const stuck = await until(
      () => progressOf(gallery, want),
      ({ servingUnits }) => servingUnits === 9,
    );
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await progressOf(gallery, want)).toEqual(stuck);
    expect(stuck).toMatchObject({ status: 'moving', reason: expect.stringContaining('9 of 14 instances') });
    await sandbox.send('POST', '/outages', { resource: UPLOADS, servingUnits: 1 });
    expect(await progressOf(uploads, count(3))).toMatchObject({ status: 'moving', servingUnits: 1 });
  });

  test.each([
    ['denied', 'PermissionDenied'],
    ['serverError', 'Transient'],
    ['invalid', 'InvalidTarget'],
    ['insufficientCapacity', 'InsufficientCapacity'],
    ['quota', 'QuotaExceeded'],
    ['down', 'Transient'],
  ])('the fault %s is %s in a zone and across a region', async (kind, expected) => {
    const [seen, seenCount] = [await stateOf(gallery), await stateOf(uploads)];
    await sandbox.faults({ match: { vendor: 'gcp' }, kind });
    await expect(applyTo(gallery, seen, range(10, 20))).rejects.toMatchObject({ kind: expected });
    await expect(applyTo(uploads, seenCount, count(9))).rejects.toMatchObject({ kind: expected });
    expect(await sandbox.ledger()).toEqual([]);
  });

  test('a group that is not there, or is there no longer, is NotFound', async () => {
    for (const other of [{ name: 'nobody' }, { location: 'europe-west1-c' }, { project: 'others' }]) {
      const nowhere = { ...gallery, reference: { ...gallery.reference, ...other } };
      await expect(stateOf(nowhere)).rejects.toMatchObject({ kind: 'NotFound' });
    }
    const seen = await stateOf(uploads);
    await sandbox.loadWorld({ resources: [] });
    const refused = { kind: 'NotFound', vendorCode: 'notFound' };
    await expect(applyTo(uploads, seen, count(9))).rejects.toMatchObject(refused);
  });

  test('six hundred groups of a zone are read in two pages of groups and two of autoscalers', async () => {
    const names = Array.from({ length: 600 }, (_, index) => `s${index}`);
    const targets = names.map((name) => groupIn('europe-west1-d', name));
    await sandbox.addToWorld({ resources: targets.map(({ reference }) => ({ ...zonal, reference })) });
    expect((await scaler.read(targets, signal)).size).toBe(600);
    const { requests } = await sandbox.send('GET', '/requests');
    expect(requests).toHaveLength(2);
    expect(requests).toMatchObject([{ count: 2 }, { count: 2 }]);
  });
});

describe('the Compute Engine API of the sandbox', () => {
  test('an operation runs before it is done, and a repeat of its request is answered with it', async () => {
    const path = `${GROUPS}/uploads/resize?size=9&requestId=${crypto.randomUUID()}`;
    const { body } = await raw('POST', path);
    expect(body).toMatchObject({ status: 'RUNNING', operationType: 'compute.instanceGroupManagers.resize' });
    const done = await until(
      async () => (await raw('POST', `regions/europe-west1/operations/${body.name}/wait`)).body,
      ({ status }) => status === 'DONE',
    );
    expect(done).toMatchObject({ name: body.name, progress: 100, targetId: body.targetId });
    expect((await raw('POST', path)).body.name).toBe(body.name);
    expect(await sandbox.ledger()).toMatchObject([{ caller: 'alice', after: { desiredUnits: 9 } }]);
  });

  const minimum = (units: unknown) => ({ autoscalingPolicy: { minNumReplicas: units } });
  test.each<[string, string, unknown, number]>([
    ['PATCH', AUTOSCALER, minimum(30), 400],
    ['PATCH', AUTOSCALER, minimum(-1), 400],
    ['PATCH', AUTOSCALER, { autoscalingPolicy: { mode: 'HOPE' } }, 400],
    ['PATCH', AUTOSCALER, { autoscalingPolicy: { minReplicas: 5 } }, 400],
    ['PATCH', AUTOSCALER, [], 400],
    ['PATCH', `${AUTOSCALER}&requestId=key`, minimum(5), 400],
    ['PATCH', `${AUTOSCALERS}?autoscaler=nobody`, minimum(5), 404],
    ['POST', `${GROUPS}/uploads/resize`, undefined, 400],
    ['POST', `${GROUPS}/uploads/resize?size=-1`, undefined, 400],
    ['POST', `${GROUPS}/nobody/resize?size=5`, undefined, 404],
    ['GET', `${GROUPS}?maxResults=501`, undefined, 400],
    ['GET', `${GROUPS}?filter=targetSize%3E3`, undefined, 400],
    ['GET', 'regions/europe-west1/operations/none', undefined, 404],
    ['DELETE', `${GROUPS}/uploads`, undefined, 404],
  ])("%s %s with %j is refused in Google's form", async (method, path, body, status) => {
    const reason = status === 400 ? 'invalid' : 'notFound';
    const refused = await raw(method, path, body);
    expect(refused.status).toBe(status);
    expect(refused.body.error).toMatchObject({ code: status, errors: [{ reason }] });
    expect(await sandbox.ledger()).toEqual([]);
  });
});
