import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { UNCACHED } from '../../../activities/calls/read-cache.ts';
import { createEksScaler } from '../../../activities/scalers/aws/eks.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { OwnedFields } from '../../../domain/owned-fields.ts';
import type { Progress, Scaler } from '../../../domain/scaler.ts';
import { type SandboxProcess, startSandbox } from '../../support/sandbox.ts';

const TIME_SCALE = 1_000;
const signal = new AbortController().signal;

const WEB = 'aws.eks/eu-west-1/weddings/web';
const BATCH = 'aws.eks/eu-west-1/weddings/batch';

function target(nodegroup: string, autoscaled: boolean, region = 'eu-west-1'): ScalingTarget {
  return {
    id: `aws.eks/${region}/weddings/${nodegroup}`,
    service: 'aws.eks',
    region,
    reference: { cluster: 'weddings', nodegroup },
    workload: 'gallery',
    markets: ['gb'],
    capacityPerUnit: 100,
    maximumUnits: 100,
    hourlyUsdPerUnit: 0.05,
    critical: false,
    requiresStabilization: false,
    leadTimeMinutes: 10,
    loadSource: { kind: 'observations' },
    autoscaled,
    baselineUnits: 4,
  };
}

const web = target('web', true);
const batch = target('batch', false);

/** A node group of a world. */
function nodegroup(name: string, autoscaled: boolean, fields: object = {}) {
  return {
    service: 'aws.eks',
    region: 'eu-west-1',
    reference: { cluster: 'weddings', nodegroup: name },
    autoscaled,
    minimumUnits: 2,
    maximumUnits: 8,
    units: 4,
    provisioningSeconds: 120,
    ...fields,
  };
}

const WORLD = { resources: [nodegroup('web', true), nodegroup('batch', false)] };

const range = (minimumUnits: number, maximumUnits: number): OwnedFields => ({
  kind: 'range',
  minimumUnits,
  maximumUnits,
});
const size = (minimumUnits: number, units: number, maximumUnits: number): OwnedFields => ({
  kind: 'size',
  minimumUnits,
  units,
  maximumUnits,
});

let sandbox: SandboxProcess;
let scaler: Scaler;

beforeAll(async () => {
  sandbox = await startSandbox({ timeScale: TIME_SCALE });
  const connection = { mode: 'sandbox', endpoint: sandbox.addresses.aws } as const;
  scaler = createEksScaler(connection, { guard: UNGUARDED, cache: UNCACHED });
});

afterAll(() => sandbox.stop());

beforeEach(() => sandbox.loadWorld(WORLD));

async function stateOf(wanted: ScalingTarget) {
  const state = (await scaler.read([wanted], signal)).get(wanted.id);
  if (!state) throw new Error('not read');
  return state;
}

async function apply(wanted: ScalingTarget, want: OwnedFields, key: string = crypto.randomUUID()) {
  return scaler.apply(wanted, await stateOf(wanted), want, key, signal);
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
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const settled = (wanted: ScalingTarget, want: OwnedFields) =>
  until(
    () => progressOf(wanted, want),
    ({ status }) => status === 'settled',
  );

describe('the EKS scaler against the sandbox', () => {
  test('is not settled by an update that is through', async () => {
    await sandbox.faults({ match: { resource: WEB }, kind: 'slowProvisioning', fraction: 10_000 });
    await apply(web, range(8, 8));
    const through = await until(
      () => progressOf(web, range(8, 8)),
      (seen) => seen.status !== 'moving' || !seen.reason.endsWith('UPDATING'),
    );
    expect(through).toEqual({
      status: 'moving',
      servingUnits: 4,
      reason: '4 of 8 nodes are Ready, the node group is ACTIVE',
    });
  });

  test('is settled by nodes that are Ready', async () => {
    await apply(web, range(8, 8));
    expect(await settled(web, range(8, 8))).toEqual({ status: 'settled', servingUnits: 8 });
  });

  test("moves an autoscaled group's desired size only as far as EKS demands it", async () => {
    await apply(web, range(3, 8));
    await settled(web, range(3, 8));
    await until(
      () =>
        apply(web, range(6, 8)).then(
          () => true,
          () => false,
        ),
      (taken) => taken,
    );
    expect(await sandbox.ledger()).toMatchObject([
      { operation: 'UpdateNodegroupConfig', resource: WEB, after: { minimumUnits: 3, desiredUnits: 4 } },
      { operation: 'UpdateNodegroupConfig', resource: WEB, after: { minimumUnits: 6, desiredUnits: 6 } },
    ]);
  });

  test('sets all three sizes of a group without an autoscaler, and gives them back', async () => {
    const before = (await stateOf(batch)).owned;
    expect(before).toEqual(size(2, 4, 8));
    await apply(batch, size(10, 10, 10));
    await settled(batch, size(10, 10, 10));
    await apply(batch, before);
    expect((await stateOf(batch)).owned).toEqual(before);
    expect(await settled(batch, before)).toMatchObject({ servingUnits: 4 });
  });

  test('what a person changed since it was read is Stale, and stays', async () => {
    const seen = await stateOf(batch);
    await sandbox.send('POST', '/people', { resource: BATCH, change: { desiredUnits: 5 } });
    const applied = scaler.apply(batch, seen, size(8, 8, 8), 'key', signal);
    await expect(applied).rejects.toMatchObject({ kind: 'Stale' });
    expect((await stateOf(batch)).owned).toEqual(size(2, 5, 8));
  });

  test('nodes that EC2 has no room for make the group DEGRADED, which has failed with the reason', async () => {
    const spot = nodegroup('batch', false, { attributes: { capacityType: 'SPOT' } });
    await sandbox.addToWorld({ resources: [spot] });
    await sandbox.faults({ match: { resource: BATCH }, kind: 'stuckProvisioning', fraction: 0.5 });
    const want = size(8, 8, 8);
    await apply(batch, want);
    const failed = await until(
      () => progressOf(batch, want),
      ({ status }) => status === 'failed',
    );
    expect(failed).toMatchObject({
      reason: expect.stringMatching(/DEGRADED: InsufficientCapacity; health issues \(SPOT, eks-batch-\w+\)/),
    });
  });

  test('nodes that are cordoned or have stopped do not serve', async () => {
    await sandbox.addToWorld({
      resources: [nodegroup('batch', false, { attributes: { cordonedNodes: 1 } })],
    });
    await sandbox.send('POST', '/outages', { resource: BATCH, servingUnits: 3 });
    expect((await stateOf(batch)).servingUnits).toBe(2);
  });

  test('groups of a cluster are read by a call each and one list of nodes', async () => {
    await scaler.read([web, batch], signal);
    await sandbox.loadWorld(WORLD);
    await scaler.read([web, batch], signal);
    const { requests } = await sandbox.send('GET', '/requests');
    expect(requests).toEqual([
      { vendor: 'aws', operation: 'DescribeNodegroup', status: 200, count: 2 },
      { vendor: 'kubernetes', operation: 'list:nodes', status: 200, count: 1 },
    ]);
  });

  test('clusters of the same name in two regions are two', async () => {
    const there = target('web', true, 'us-east-1');
    await sandbox.addToWorld({ resources: [nodegroup('web', true, { region: 'us-east-1', units: 2 })] });
    const states = await scaler.read([web, there], signal);
    expect([states.get(web.id)?.servingUnits, states.get(there.id)?.servingUnits]).toEqual([4, 2]);
  });

  test.each([
    ['denied', 'PermissionDenied'],
    ['serverError', 'Transient'],
    ['invalid', 'InvalidTarget'],
    ['insufficientCapacity', 'InsufficientCapacity'],
    ['quota', 'QuotaExceeded'],
    ['down', 'Transient'],
  ])('the fault %s is %s', async (kind, expected) => {
    const seen = await stateOf(batch);
    await sandbox.faults({ match: { vendor: 'aws' }, kind });
    const applied = scaler.apply(batch, seen, size(6, 6, 8), 'key', signal);
    await expect(applied).rejects.toMatchObject({ kind: expected });
    expect(await sandbox.ledger()).toEqual([]);
  });

  test.each([
    ['denied', 'PermissionDenied'],
    ['throttle', 'Throttled'],
    ['serverError', 'Transient'],
    ['down', 'Transient'],
  ])('nodes that answer %s are %s and no number', async (kind, expected) => {
    await sandbox.faults({ match: { operation: 'list:nodes' }, kind });
    await expect(stateOf(web)).rejects.toMatchObject({ kind: expected });
  });
});

test('a group that is being updated refuses another change, but not the repeat of the same', async () => {
  // At the clock's own pace an update outlasts the test.
  const slow = await startSandbox();
  try {
    await slow.loadWorld(WORLD);
    const connection = { mode: 'sandbox', endpoint: slow.addresses.aws } as const;
    const { read, apply: write } = createEksScaler(connection, { guard: UNGUARDED, cache: UNCACHED });
    const seen = (await read([batch], signal)).get(batch.id);
    if (!seen) throw new Error('not read');
    await slow.faults({ match: { operation: 'UpdateNodegroupConfig' }, kind: 'lostAnswer', times: 1 });
    const first = () => write(batch, seen, size(6, 6, 8), 'key-1', signal);
    await expect(first()).rejects.toMatchObject({ kind: 'Transient' });
    // As of another worker that does not see the change yet.
    await slow.faults({ match: { operation: 'DescribeNodegroup' }, kind: 'staleRead', times: 2 });
    expect((await first()).vendorRequestId).not.toBe('');
    const other = write(batch, seen, size(7, 7, 8), 'key-2', signal);
    await expect(other).rejects.toMatchObject({ kind: 'UpdateInProgress' });
    expect(await slow.ledger()).toMatchObject([{ key: 'key-1', effective: true }]);
  } finally {
    await slow.stop();
  }
});

describe("a cluster of EKS in the sandbox's Kubernetes", () => {
  const nodesOf = async (query: string, bearer: string) => {
    const arn = encodeURIComponent('arn:aws:eks:eu-west-1:123456789012:cluster/weddings');
    const headers = { authorization: `Bearer ${bearer}` };
    return fetch(`${sandbox.addresses.kubernetes}/clusters/${arn}/api/v1/nodes${query}`, { headers });
  };
  const signed = (fields: Record<string, string> = {}) => {
    const now = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const query = new URLSearchParams({
      Action: 'GetCallerIdentity',
      'X-Amz-Credential': 'PERSON/20260606/eu-west-1/sts/aws4_request',
      'X-Amz-Date': now,
      'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
      'X-Amz-Signature': 'a'.repeat(64),
      ...fields,
    });
    return `k8s-aws-v1.${Buffer.from(`https://sts.eu-west-1.amazonaws.com/?${query}`).toString('base64url')}`;
  };

  test.each<[string, string]>([
    ['another token', 'sandbox'],
    ['one signed for no cluster', signed({ 'X-Amz-SignedHeaders': 'host' })],
    ['one that has ended', signed({ 'X-Amz-Date': '20200101T000000Z' })],
    ['one of another call', signed({ Action: 'AssumeRole' })],
  ])('takes no %s', async (_what, bearer) => {
    expect((await nodesOf('', bearer)).status).toBe(401);
  });

  test.each([
    ['', 8],
    ['?labelSelector=eks.amazonaws.com/nodegroup=web', 4],
    ['?labelSelector=eks.amazonaws.com/nodegroup+in+(web,batch)', 8],
    ['?labelSelector=eks.amazonaws.com/nodegroup+notin+(web)', 4],
    ['?labelSelector=eks.amazonaws.com/nodegroup,no/such', 0],
  ])('lists nodes by "%s"', async (query, count) => {
    const { items } = (await (await nodesOf(query, signed())).json()) as { items: unknown[] };
    expect(items).toHaveLength(count);
  });

  test('gives nodes by pages', async () => {
    type List = { items: unknown[]; metadata: { continue?: string; remainingItemCount?: number } };
    const first = (await (await nodesOf('?limit=5', signed())).json()) as List;
    expect([first.items.length, first.metadata.remainingItemCount]).toEqual([5, 3]);
    const next = await nodesOf(`?limit=5&continue=${first.metadata.continue}`, signed());
    const rest = (await next.json()) as List;
    expect([rest.items.length, rest.metadata.continue]).toEqual([3, undefined]);
  });
});
