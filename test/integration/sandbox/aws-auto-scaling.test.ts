import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { UNCACHED } from '../../../activities/calls/read-cache.ts';
import { createAsgScaler } from '../../../activities/scalers/aws/asg.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { OwnedFields } from '../../../domain/owned-fields.ts';
import type { Progress, Scaler } from '../../../domain/scaler.ts';
import { type SandboxProcess, startSandbox } from '../../support/sandbox.ts';

const TIME_SCALE = 1_000;
const signal = new AbortController().signal;

const WEB = 'aws.asg/eu-west-1/web';
const BATCH = 'aws.asg/eu-west-1/batch';

function target(group: string): ScalingTarget {
  return {
    id: `aws.asg/eu-west-1/${group}`,
    service: 'aws.asg',
    region: 'eu-west-1',
    reference: { group },
    workload: 'gallery',
    markets: ['gb'],
    capacityPerUnit: 100,
    maximumUnits: 100,
    hourlyUsdPerUnit: 0.05,
    critical: false,
    requiresStabilization: false,
    leadTimeMinutes: 10,
    loadSource: { kind: 'observations' },
    autoscaled: false,
    baselineUnits: 4,
  };
}

const web = target('web');
const batch = target('batch');

/** A group of a world. */
function group(name: string, fields: object = {}) {
  return {
    service: 'aws.asg',
    region: 'eu-west-1',
    reference: { group: name },
    autoscaled: false,
    minimumUnits: 2,
    maximumUnits: 8,
    units: 4,
    provisioningSeconds: 60,
    ...fields,
  };
}

const WORLD = {
  resources: [group('web', { autoscaled: true, onDemandPercent: 100 }), group('batch')],
};

const range = (minimumUnits: number, maximumUnits: number, onDemandPercent = 100): OwnedFields => ({
  kind: 'range',
  minimumUnits,
  maximumUnits,
  onDemandPercent,
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
  scaler = createAsgScaler(connection, { guard: UNGUARDED, cache: UNCACHED });
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

/** Looks again until the progress has this status; fails by the test's time limit. */
async function progressed(wanted: ScalingTarget, want: OwnedFields, status: Progress['status']) {
  for (;;) {
    const seen = await progressOf(wanted, want);
    if (seen.status === status) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const calls = async () =>
  ((await sandbox.send('GET', '/requests')).requests as { operation: string; count: number }[]).map(
    ({ operation, count }) => `${operation} ${count}`,
  );

describe('the Auto Scaling scaler against the sandbox', () => {
  test('a raised minimum moves the desired capacity, and is settled when instances are in service', async () => {
    const want = scaler.plan((await stateOf(web)).owned, { floorUnits: 10, maximumUnits: 100 });
    expect(want).toEqual(range(10, 10));
    await apply(web, want);
    expect(await progressed(web, want, 'settled')).toEqual({ status: 'settled', servingUnits: 10 });
    expect(await sandbox.ledger()).toMatchObject([
      {
        operation: 'UpdateAutoScalingGroup',
        resource: WEB,
        before: { minimumUnits: 2, maximumUnits: 8, desiredUnits: 4, onDemandPercent: 100 },
        after: { minimumUnits: 10, maximumUnits: 10, desiredUnits: 10, onDemandPercent: 100 },
      },
    ]);
  });

  test('instances that are pending do not serve yet', async () => {
    await sandbox.faults({ match: { resource: WEB }, kind: 'slowProvisioning', fraction: 10_000 });
    await apply(web, range(10, 10));
    expect(await progressOf(web, range(10, 10))).toEqual({
      status: 'moving',
      servingUnits: 4,
      reason: '4 of 10 units are in service and healthy',
    });
  });

  test('all three sizes of a group without an autoscaler are set and given back', async () => {
    const before = (await stateOf(batch)).owned;
    expect(before).toEqual(size(2, 4, 8));
    const want = size(12, 12, 12);
    await apply(batch, want);
    await progressed(batch, want, 'settled');
    await apply(batch, before);
    expect(await progressed(batch, before, 'settled')).toEqual({ status: 'settled', servingUnits: 4 });
    expect((await stateOf(batch)).owned).toEqual(before);
  });

  test('a spot share goes with a raised floor by the whole policy, and comes back with it', async () => {
    const before = await stateOf(web);
    const want = scaler.plan(before.owned, { floorUnits: 6, maximumUnits: 100, onDemandPercent: 30 });
    expect(want).toEqual(range(6, 8, 30));
    await apply(web, want);
    const raised = await stateOf(web);
    expect(raised.owned).toEqual(want);
    await apply(web, before.owned);
    const restored = await stateOf(web);
    expect(restored.owned).toEqual(before.owned);
    // Nothing of the policy but its share was ever another.
    expect(restored.body).toEqual(before.body);
    expect((await sandbox.ledger()).map(({ after }) => after.onDemandPercent)).toEqual([30, 100]);
  });

  test('a group whose Launch is suspended is refused a higher floor, by the name of the process', async () => {
    const suspended = group('batch', { attributes: { suspendedProcesses: ['Launch'] } });
    await sandbox.addToWorld({ resources: [suspended] });
    await expect(apply(batch, size(6, 6, 8))).rejects.toMatchObject({
      kind: 'InvalidTarget',
      message: expect.stringContaining('process Launch of Auto Scaling group batch is suspended'),
    });
    expect(await sandbox.ledger()).toEqual([]);
    await sandbox.send('POST', '/people', { resource: BATCH, change: { desiredUnits: 3 } });
    await expect(apply(batch, size(1, 2, 8))).resolves.toBeDefined();
  });

  test('a group whose Launch is suspended on the way has failed, and says why', async () => {
    await sandbox.addToWorld({
      resources: [group('batch', { attributes: { suspendedProcesses: ['Launch'] } })],
    });
    await sandbox.send('POST', '/outages', { resource: BATCH, servingUnits: 1 });
    expect(await progressOf(batch, size(2, 4, 8))).toEqual({
      status: 'failed',
      servingUnits: 1,
      reason: expect.stringContaining('process Launch'),
    });
  });

  test('instances that EC2 has no room for in any zone have failed, as what serves stays what it is', async () => {
    await sandbox.faults({ match: { resource: BATCH }, kind: 'stuckProvisioning', fraction: 0.5 });
    const want = size(8, 8, 8);
    await apply(batch, want);
    const failed = await progressed(batch, want, 'failed');
    expect(failed).toMatchObject({
      reason: expect.stringMatching(/of 8 units .* InsufficientCapacity, .*sufficient m7g.large capacity/),
    });
    expect(failed.servingUnits).toBeLessThan(8);
  });

  test('a quota of EC2 that is reached while launching is told as one', async () => {
    const attributes = { launchFailure: 'VcpuLimitExceeded' };
    await sandbox.addToWorld({ resources: [group('batch', { attributes })] });
    await sandbox.faults({ match: { resource: BATCH }, kind: 'stuckProvisioning', fraction: 0.5 });
    await apply(batch, size(8, 8, 8));
    const failed = await progressed(batch, size(8, 8, 8), 'failed');
    expect(failed).toMatchObject({ reason: expect.stringContaining('QuotaExceeded') });
  });

  test('instances that are in service but unhealthy do not serve', async () => {
    await sandbox.send('POST', '/outages', { resource: BATCH, servingUnits: 3 });
    expect((await stateOf(batch)).servingUnits).toBe(3);
    expect(await progressOf(batch, size(2, 4, 8))).toMatchObject({ status: 'moving', servingUnits: 3 });
  });

  test('units are weights where instances have them', async () => {
    await sandbox.addToWorld({
      resources: [group('batch', { units: 6, attributes: { weightedCapacity: 2 } })],
    });
    expect((await stateOf(batch)).servingUnits).toBe(6);
  });

  test('what a person changed since it was read is Stale, and stays', async () => {
    const seen = await stateOf(batch);
    await sandbox.send('POST', '/people', { resource: BATCH, change: { desiredUnits: 5 } });
    const applied = scaler.apply(batch, seen, size(8, 8, 8), 'key', signal);
    await expect(applied).rejects.toMatchObject({ kind: 'Stale' });
    expect((await stateOf(batch)).owned).toEqual(size(2, 5, 8));
  });

  test('a policy that is disabled owns nothing, and one that is suspended still does', async () => {
    const policy = { PolicyName: 'cpu', PolicyType: 'TargetTrackingScaling', Enabled: false };
    const suspended = {
      scalingPolicies: [{ ...policy, Enabled: true }],
      suspendedProcesses: ['AlarmNotification'],
    };
    await sandbox.addToWorld({
      resources: [
        group('web', { attributes: { scalingPolicies: [policy] } }),
        group('batch', { attributes: suspended }),
      ],
    });
    expect((await stateOf(web)).owned.kind).toBe('size');
    expect((await stateOf(batch)).owned.kind).toBe('range');
  });

  test('a group of an EKS node group is refused', async () => {
    const tags = { 'eks:nodegroup-name': 'blue' };
    await sandbox.addToWorld({ resources: [group('batch', { attributes: { tags } })] });
    await expect(apply(batch, size(6, 6, 8))).rejects.toMatchObject({ kind: 'InvalidTarget' });
  });

  test('130 groups are read in two calls of groups and as many pages of policies as there are', async () => {
    const names = Array.from({ length: 130 }, (_, index) => `g${String(index).padStart(3, '0')}`);
    await sandbox.loadWorld({ resources: names.map((name) => group(name, { autoscaled: true })) });
    expect((await scaler.read(names.map(target), signal)).size).toBe(130);
    expect((await calls()).toSorted()).toEqual(['DescribeAutoScalingGroups 2', 'DescribePolicies 2']);
  });

  test('a write costs one look and one update; launches are asked of only when instances are missing', async () => {
    const seen = await stateOf(batch);
    const want = size(6, 6, 8);
    await scaler.apply(batch, seen, want, 'key', signal);
    await progressed(batch, want, 'settled');
    const counted = await calls();
    expect(counted).toContain('UpdateAutoScalingGroup 1');
    expect(counted).toContain('DescribePolicies 1');
    expect(counted.some((line) => line.startsWith('DescribeScalingActivities'))).toBe(false);
  });

  test.each([
    ['denied', 'PermissionDenied'],
    ['serverError', 'Transient'],
    ['invalid', 'InvalidTarget'],
    ['quota', 'QuotaExceeded'],
    ['down', 'Transient'],
  ])('the fault %s is %s', async (kind, expected) => {
    const seen = await stateOf(batch);
    await sandbox.faults({ match: { vendor: 'aws' }, kind });
    const applied = scaler.apply(batch, seen, size(6, 6, 8), 'key', signal);
    await expect(applied).rejects.toMatchObject({ kind: expected });
    expect(await sandbox.ledger()).toEqual([]);
  });
});

describe('groups by their tags', () => {
  const credentials = { accessKeyId: 'PERSON', secretAccessKey: 'person' };
  const described = async (input: object) => {
    const person = new AutoScalingClient({
      region: 'eu-west-1',
      endpoint: sandbox.addresses.aws,
      credentials,
    });
    const { AutoScalingGroups = [] } = await person.send(new DescribeAutoScalingGroupsCommand(input));
    return AutoScalingGroups.map(({ AutoScalingGroupName, Tags }) => [AutoScalingGroupName, Tags?.[0]]);
  };
  const byKey = (...Values: string[]) => ({ Name: 'tag-key', Values });

  test('are found by any of the keys, and shown with them', async () => {
    const attributes = { tags: { team: 'photos' } };
    await sandbox.addToWorld({ resources: [group('web', { attributes })] });
    const tag = expect.objectContaining({ Key: 'team', Value: 'photos', ResourceId: 'web' });
    expect(await described({ Filters: [byKey('other', 'team')] })).toEqual([['web', tag]]);
    expect(await described({ Filters: [byKey('other')] })).toEqual([]);
  });

  test.each([
    ['another filter', { Filters: [{ Name: 'tag-value', Values: ['photos'] }] }],
    ['two filters', { Filters: [byKey('a'), byKey('b')] }],
    ['a filter beside names', { Filters: [byKey('a')], AutoScalingGroupNames: ['web'] }],
  ])('are refused by %s rather than found by half of it', async (_what, input) => {
    await expect(described(input)).rejects.toMatchObject({ name: 'ValidationError' });
  });
});
