import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { createAksScaler } from '../../../activities/scalers/azure/aks.ts';
import type { Scaler } from '../../../domain/scaler.ts';
import { target } from '../../support/planning.ts';
import { type SandboxProcess, startSandbox } from '../../support/sandbox.ts';
import { count, driverOf, range, until } from '../../support/scaler-driver.ts';

const signal = new AbortController().signal;

const SUBSCRIPTION = '6f1c1c6e-3d6a-4c0e-9c55-3b0f4d1f7a10';
const GALLERY = `azure.aks/westeurope/${SUBSCRIPTION}/photos/weddings/gallery`;
const UPLOADS = `azure.aks/westeurope/${SUBSCRIPTION}/photos/weddings/uploads`;

const poolOf = (cluster: string, pool: string) =>
  target({
    id: `azure.aks/${cluster}/${pool}`,
    service: 'azure.aks',
    region: 'westeurope',
    reference: { subscriptionId: SUBSCRIPTION, resourceGroup: 'photos', cluster, pool },
  });
const gallery = poolOf('weddings', 'gallery');
const uploads = { ...poolOf('weddings', 'uploads'), autoscaled: false };

const shared = { service: 'azure.aks', region: 'westeurope', quotaUnits: 60, provisioningSeconds: 60 };
const autoscaled = { autoscaled: true, minimumUnits: 4, maximumUnits: 20, units: 4 };
const ranged = { ...shared, ...autoscaled, reference: gallery.reference };
const counted = { ...shared, autoscaled: false, units: 3, reference: uploads.reference };

let sandbox: SandboxProcess;
let scaler: Scaler;

beforeAll(async () => {
  sandbox = await startSandbox({ timeScale: 100 });
  scaler = createAksScaler({ mode: 'sandbox', endpoint: sandbox.addresses.azure }, { guard: UNGUARDED });
});

afterAll(() => sandbox.stop());

beforeEach(() => sandbox.loadWorld({ resources: [ranged, counted] }));

const { stateOf, applyTo, apply, progressOf, settled } = driverOf(() => scaler, signal);

const servingIn = async (pool: number): Promise<number> =>
  (await sandbox.world()).resources[pool].servingUnits;

const PROVIDERS = '/providers/Microsoft.ContainerService';
const CLUSTER = `/resourceGroups/photos${PROVIDERS}/managedClusters/weddings`;
const POOLS = `${CLUSTER}/agentPools`;
const VERSION = '?api-version=2025-05-01';

/** Azure Resource Manager, as any client has it. */
async function raw(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${sandbox.addresses.azure}/subscriptions/${SUBSCRIPTION}${path}`, {
    method,
    headers: { authorization: 'Bearer alice', 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers are asserted on, not typed here
  return { status: response.status, headers: response.headers, body: (await response.json()) as any };
}

const shown = async (pool: string) => (await raw('GET', `${POOLS}/${pool}${VERSION}`)).body;

describe('the AKS scaler against the sandbox', () => {
  test('reads the range of an autoscaled pool and the count of another, each with its ETag', async () => {
    const states = await scaler.read([gallery, uploads], signal);
    expect(states.get(gallery.id)).toMatchObject({ owned: range(4, 20), servingUnits: 4 });
    expect(states.get(uploads.id)).toMatchObject({ owned: count(3), servingUnits: 3 });
    expect(states.get(uploads.id)?.fence).toBe((await shown('uploads')).properties.eTag);
    expect(states.get(gallery.id)?.fence).not.toBe(states.get(uploads.id)?.fence);
  });

  test('raises a minimum and settles only when the nodes are there; until then it knows no number', async () => {
    const want = scaler.plan(range(4, 20), { floorUnits: 30, maximumUnits: 100 });
    expect((await apply(gallery, want)).vendorRequestId).not.toBe('');
    expect(await stateOf(gallery)).toMatchObject({ owned: range(30, 30), servingUnits: null });
    expect(await progressOf(gallery, want)).toMatchObject({ status: 'moving', servingUnits: null });
    expect(await servingIn(0)).toBeLessThan(30);
    expect(await settled(gallery, want)).toEqual({ status: 'settled', servingUnits: 30 });
    expect(await servingIn(0)).toBe(30);
    expect(await sandbox.ledger()).toMatchObject([
      {
        operation: 'AgentPools_CreateOrUpdate',
        resource: GALLERY,
        region: 'westeurope',
        before: { minimumUnits: 4, maximumUnits: 20, desiredUnits: 4 },
        after: { minimumUnits: 30, maximumUnits: 30, desiredUnits: 30 },
        effective: true,
      },
    ]);
  });

  test('sets a count and gives it back by the same verb', async () => {
    const before = await stateOf(uploads);
    await apply(uploads, count(9));
    expect(await settled(uploads, count(9))).toMatchObject({ servingUnits: 9 });
    await apply(uploads, before.owned);
    expect((await stateOf(uploads)).owned).toEqual(before.owned);
    expect(await settled(uploads, before.owned)).toMatchObject({ servingUnits: 3 });
    const entry = { operation: 'AgentPools_CreateOrUpdate', resource: UPLOADS };
    expect(await sandbox.ledger()).toMatchObject([entry, entry]);
  });

  test('gives a range back with every other setting as it was, and leaves the nodes', async () => {
    const before = await shown('gallery');
    await apply(gallery, range(8, 20));
    await settled(gallery, range(8, 20));
    await apply(gallery, range(4, 20));
    expect(await settled(gallery, range(4, 20))).toMatchObject({ servingUnits: 8 });
    const eTag = expect.not.stringMatching(before.properties.eTag);
    expect(await shown('gallery')).toEqual({
      ...before,
      properties: { ...before.properties, count: 8, eTag },
    });
  });

  test.each([
    ['a range', gallery, range(10, 20)],
    ['a count', uploads, count(9)],
  ])('%s that is sent twice is one PUT and one entry', async (_, wanted, want) => {
    const [seen, key] = [await stateOf(wanted), crypto.randomUUID()];
    await applyTo(wanted, seen, want, key);
    await applyTo(wanted, seen, want, key);
    await settled(wanted, want);
    await applyTo(wanted, seen, want, key);
    expect(await sandbox.ledger()).toMatchObject([{ effective: true }]);
  });

  test('a lost answer is Transient although the change is there; its repeat has no entry', async () => {
    const seen = await stateOf(gallery);
    await sandbox.faults({ match: { resource: GALLERY }, kind: 'lostAnswer', times: 1 });
    const send = () => applyTo(gallery, seen, range(10, 20));
    await expect(send()).rejects.toMatchObject({ kind: 'Transient' });
    expect((await stateOf(gallery)).owned).toEqual(range(10, 20));
    await send();
    expect(await sandbox.ledger()).toHaveLength(1);
  });

  test('an effect that comes late is refused by the ETag when the pool has moved meanwhile', async () => {
    const seen = await stateOf(uploads);
    await sandbox.faults({ match: { resource: UPLOADS }, kind: 'lateEffect', delayMs: 500, times: 1 });
    await expect(applyTo(uploads, seen, count(9))).rejects.toMatchObject({ kind: 'Transient' });
    expect((await stateOf(uploads)).owned).toEqual(count(3));
    await apply(uploads, count(2));
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect((await stateOf(uploads)).owned).toEqual(count(2));
    expect(await sandbox.ledger()).toHaveLength(1);
  });

  test('is refused as Stale when a person got in between, and costs no PUT', async () => {
    const seen = await stateOf(gallery);
    await sandbox.send('POST', '/people', { resource: GALLERY, change: { minimumUnits: 6 } });
    await expect(applyTo(gallery, seen, range(10, 20))).rejects.toMatchObject({ kind: 'Stale' });
    expect((await stateOf(gallery)).owned).toEqual(range(6, 20));
    const callers = (await sandbox.ledger()).map(({ caller }) => caller);
    expect(callers.filter((caller) => caller !== 'autoscaler')).toEqual(['person']);
    const { requests } = await sandbox.send('GET', '/requests');
    expect(requests).not.toContainEqual(expect.objectContaining({ operation: 'AgentPools_CreateOrUpdate' }));
  });

  test('where its own look is as old as its read, AKS refuses the ETag', async () => {
    const seen = await stateOf(gallery);
    await sandbox.send('POST', '/people', { resource: GALLERY, change: { minimumUnits: 6 } });
    await sandbox.faults({ match: { operation: 'AgentPools_Get' }, kind: 'staleRead', times: 1 });
    const refused = { kind: 'Stale', vendorCode: 'PreconditionFailed' };
    await expect(applyTo(gallery, seen, range(10, 20))).rejects.toMatchObject(refused);
    expect((await stateOf(gallery)).owned).toEqual(range(6, 20));
  });

  test('another change while one is under way is UpdateInProgress, and goes through after it', async () => {
    await apply(uploads, count(9));
    const busy = { kind: 'UpdateInProgress', vendorCode: 'OperationNotAllowed' };
    await expect(apply(uploads, count(12))).rejects.toMatchObject(busy);
    await settled(uploads, count(9));
    await apply(uploads, count(12));
    expect(await settled(uploads, count(12))).toMatchObject({ servingUnits: 12 });
  });

  test('a throttle is Throttled with its wait, and nothing has changed', async () => {
    const match = { operation: 'AgentPools_CreateOrUpdate', resource: GALLERY };
    await sandbox.faults({ match, kind: 'throttle', times: 1, retryAfterSeconds: 7 });
    const throttled = { kind: 'Throttled', vendorCode: 'TooManyRequests', retryAfterMs: 7_000 };
    await expect(apply(gallery, range(10, 20))).rejects.toMatchObject(throttled);
    expect(await sandbox.ledger()).toEqual([]);
    await expect(apply(gallery, range(10, 20))).resolves.toBeDefined();
  });

  test("one PUT a minute is the vendor's own limit, per pool and once its burst is used up", async () => {
    await sandbox.send('POST', '/limits', { factor: 0.05 });
    await apply(gallery, range(3, 20));
    const refused = await apply(gallery, range(2, 20)).catch((error: unknown) => error);
    expect(refused).toMatchObject({ kind: 'Throttled', vendorCode: 'TooManyRequests' });
    expect((refused as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(60_000);
    await expect(apply(uploads, count(2))).resolves.toBeDefined();
  });

  test('more than the quota is QuotaExceeded and leaves range and count as they were', async () => {
    const refused = { kind: 'QuotaExceeded', vendorCode: 'ErrCode_InsufficientVCPUQuota' };
    await expect(apply(gallery, range(61, 61))).rejects.toMatchObject(refused);
    await expect(apply(uploads, count(61))).rejects.toMatchObject(refused);
    expect((await stateOf(gallery)).owned).toEqual(range(4, 20));
    expect((await stateOf(uploads)).owned).toEqual(count(3));
    expect(await sandbox.ledger()).toEqual([]);
  });

  test('nodes that find no room keep the pool updating: never settled, and closed to other changes', async () => {
    await sandbox.faults({ match: { resource: GALLERY }, kind: 'stuckProvisioning', fraction: 0.5 });
    await apply(gallery, range(14, 20));
    await until(
      () => servingIn(0),
      (units) => units === 9,
    );
    await new Promise((resolve) => setTimeout(resolve, 800));
    const stuck = { status: 'moving', servingUnits: null, reason: 'the pool is Updating' };
    expect(await progressOf(gallery, range(14, 20))).toEqual(stuck);
    expect(await servingIn(0)).toBe(9);
    await expect(apply(gallery, range(4, 20))).rejects.toMatchObject({ kind: 'UpdateInProgress' });
  });

  test.each([
    ['denied', 'PermissionDenied'],
    ['serverError', 'Transient'],
    ['invalid', 'InvalidTarget'],
    ['insufficientCapacity', 'InsufficientCapacity'],
    ['quota', 'QuotaExceeded'],
    ['down', 'Transient'],
  ])('the fault %s is %s to a range and to a count', async (kind, expected) => {
    const [seen, seenCount] = [await stateOf(gallery), await stateOf(uploads)];
    await sandbox.faults({ match: { vendor: 'azure' }, kind });
    await expect(applyTo(gallery, seen, range(10, 20))).rejects.toMatchObject({ kind: expected });
    await expect(applyTo(uploads, seenCount, count(9))).rejects.toMatchObject({ kind: expected });
    expect(await sandbox.ledger()).toEqual([]);
  });

  test('a pool or a cluster that is not there, or is there no longer, is NotFound', async () => {
    for (const other of [{ pool: 'nobody' }, { cluster: 'others' }, { resourceGroup: 'others' }]) {
      const nowhere = { ...gallery, reference: { ...gallery.reference, ...other } };
      await expect(stateOf(nowhere)).rejects.toMatchObject({ kind: 'NotFound' });
    }
    const seen = await stateOf(uploads);
    await sandbox.loadWorld({ resources: [ranged] });
    const refused = { kind: 'NotFound', vendorCode: 'ResourceNotFound' };
    await expect(applyTo(uploads, seen, count(9))).rejects.toMatchObject(refused);
  });

  test('as many pools as a cluster may have are read in one call', async () => {
    const targets = Array.from({ length: scaler.batchSize }, (_, index) => poolOf('many', `s${index}`));
    await sandbox.addToWorld({ resources: targets.map(({ reference }) => ({ ...ranged, reference })) });
    expect((await scaler.read(targets, signal)).size).toBe(100);
    expect((await sandbox.send('GET', '/requests')).requests).toEqual([
      { vendor: 'azure', operation: 'AgentPools_List', status: 200, count: 1 },
    ]);
  });
});

describe('Azure Resource Manager of the sandbox', () => {
  const putOf = async (pool: string, changes: object) => {
    const { properties } = await shown(pool);
    return { properties: { ...properties, ...changes } };
  };

  test('a change is an operation that lasts until the nodes are there', async () => {
    const put = await raw('PUT', `${POOLS}/uploads${VERSION}`, await putOf('uploads', { count: 9 }));
    expect(put.body.properties).toMatchObject({ count: 9, provisioningState: 'Updating' });
    const url = put.headers.get('azure-asyncoperation') as string;
    const status = async () => ((await (await fetch(url)).json()) as { status: string }).status;
    expect(await status()).toBe('InProgress');
    await until(status, (now) => now === 'Succeeded');
    expect(await sandbox.ledger()).toMatchObject([{ caller: 'alice', after: { desiredUnits: 9 } }]);
    expect((await raw('GET', CLUSTER + VERSION)).body.properties.agentPoolProfiles).toMatchObject([
      { name: 'gallery', count: 4 },
      { name: 'uploads', count: 9 },
    ]);
  });

  test.each<[string, object, string]>([
    ['gallery', { vmSize: 'Standard_D8s_v5' }, 'PropertyChangeNotAllowed'],
    ['gallery', { enableAutoScaling: false }, 'InvalidParameter'],
    ['gallery', { minCount: 9, maxCount: 5 }, 'InvalidParameter'],
    ['gallery', { count: 21 }, 'InvalidParameter'],
    ['uploads', { count: 1_001 }, 'InvalidParameter'],
    ['uploads', { count: 'many' }, 'InvalidParameter'],
  ])('a PUT of %s with %j is refused as %s', async (pool, changes, code) => {
    const refused = await raw('PUT', `${POOLS}/${pool}${VERSION}`, await putOf(pool, changes));
    expect(refused).toMatchObject({ status: 400, body: { error: { code, message: expect.any(String) } } });
    expect(await sandbox.ledger()).toEqual([]);
  });

  test.each<[string, string, number, string]>([
    ['GET', POOLS, 400, 'MissingApiVersionParameter'],
    ['PUT', `${POOLS}/uploads${VERSION}`, 400, 'InvalidRequestContent'],
    ['DELETE', `${POOLS}/uploads${VERSION}`, 405, 'MethodNotAllowed'],
    ['GET', `${POOLS}/nobody${VERSION}`, 404, 'ResourceNotFound'],
    ['GET', `/resourceGroups/photos${VERSION}`, 404, 'InvalidResourceType'],
    ['GET', `${PROVIDERS}/locations/westeurope/operations/none${VERSION}`, 404, 'NotFound'],
  ])('%s %s is refused with %i %s', async (method, path, status, code) => {
    expect(await raw(method, path)).toMatchObject({ status, body: { error: { code } } });
    expect(await sandbox.ledger()).toEqual([]);
  });
});
