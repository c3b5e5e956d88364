import type { MixedInstancesPolicy } from '@aws-sdk/client-auto-scaling';
import type {
  AutoScalingApi,
  GroupChange,
  GroupName,
  Launch,
  ScalingGroup,
} from '../../../../../activities/scalers/aws/_auto-scaling-api.ts';
import { asgScaler } from '../../../../../activities/scalers/aws/asg.ts';
import { ProviderError } from '../../../../../domain/errors.ts';
import type { ScalingTarget } from '../../../../../domain/fleet.ts';
import type { OwnedFields } from '../../../../../domain/owned-fields.ts';
import type { TargetState } from '../../../../../domain/scaler.ts';

const signal = new AbortController().signal;
const NOW_MS = Date.parse('2026-06-06T12:00:00Z');

function target(group: string, region = 'eu-west-1', autoscaled = false): ScalingTarget {
  return {
    id: `aws.asg/${region}/${group}`,
    service: 'aws.asg',
    region,
    reference: { group },
    workload: 'api',
    markets: ['gb'],
    capacityPerUnit: 100,
    maximumUnits: 50,
    hourlyUsdPerUnit: 0.05,
    critical: false,
    requiresStabilization: false,
    leadTimeMinutes: 10,
    loadSource: { kind: 'observations' },
    autoscaled,
    baselineUnits: 3,
  };
}

const POLICY: MixedInstancesPolicy = {
  LaunchTemplate: {
    LaunchTemplateSpecification: { LaunchTemplateId: 'lt-1', LaunchTemplateName: 'web', Version: '7' },
    Overrides: [
      { InstanceType: 'm7g.large', WeightedCapacity: '2' },
      {
        InstanceType: 'm7i.large',
        LaunchTemplateSpecification: { LaunchTemplateId: 'lt-2', LaunchTemplateName: 'intel', Version: '1' },
      },
    ],
  },
  InstancesDistribution: {
    OnDemandBaseCapacity: 1,
    OnDemandPercentageAboveBaseCapacity: 40,
    SpotAllocationStrategy: 'price-capacity-optimized',
  },
};

/** One region in memory; a group is known by its name alone. */
class FakeGroups implements AutoScalingApi {
  readonly calls: string[] = [];
  readonly changes: GroupChange[] = [];
  readonly groups = new Map<string, ScalingGroup>();
  readonly policies = new Set<string>();
  launches: readonly Launch[] = [];
  /** Thrown by the next write, after its effect. */
  nextError: ProviderError | undefined;

  add(group: string, desiredUnits: number, fields: Partial<ScalingGroup> = {}): void {
    this.groups.set(group, {
      group,
      minimumUnits: 2,
      desiredUnits,
      maximumUnits: 10,
      servingUnits: desiredUnits,
      presentUnits: fields.servingUnits ?? desiredUnits,
      zones: 3,
      suspended: [],
      loadBalanced: false,
      managedBy: null,
      deleting: false,
      policy: null,
      launchTemplate: null,
      ...fields,
    });
  }

  async describeGroups(region: string, groups: readonly string[]) {
    this.calls.push(`groups ${region} ${groups.length}`);
    return groups.flatMap((name) => this.groups.get(name) ?? []);
  }

  async autoscaledGroups(region: string, groups: readonly string[]) {
    this.calls.push(`policies ${region} ${groups.length}`);
    return new Set(groups.filter((name) => this.policies.has(name)));
  }

  async lastLaunches({ group }: GroupName) {
    this.calls.push(`launches ${group}`);
    return this.launches;
  }

  async update({ group }: GroupName, change: GroupChange) {
    this.calls.push(`update ${group}`);
    this.changes.push(change);
    const { minimumUnits, maximumUnits, policy } = change;
    const known = this.groups.get(group) as ScalingGroup;
    const within = Math.min(maximumUnits, Math.max(minimumUnits, known.desiredUnits));
    const desiredUnits = change.desiredUnits ?? within;
    this.groups.set(group, { ...known, minimumUnits, maximumUnits, desiredUnits, ...(policy && { policy }) });
    const error = this.nextError;
    this.nextError = undefined;
    if (error) throw error;
    return 'req-1';
  }
}

const range = (minimumUnits: number, maximumUnits: number, onDemandPercent?: number): OwnedFields => ({
  kind: 'range',
  minimumUnits,
  maximumUnits,
  ...(onDemandPercent !== undefined && { onDemandPercent }),
});
const size = (minimumUnits: number, units: number, maximumUnits: number): OwnedFields => ({
  kind: 'size',
  minimumUnits,
  units,
  maximumUnits,
});

async function readOne(api: AutoScalingApi, wanted: ScalingTarget): Promise<TargetState> {
  const state = (await asgScaler(api).read([wanted], signal)).get(wanted.id);
  if (state === undefined) throw new Error('not read');
  return state;
}

async function progressOf(api: AutoScalingApi, wanted: ScalingTarget, want: OwnedFields) {
  const scaler = asgScaler(api, () => NOW_MS);
  return (await scaler.progress([wanted], new Map([[wanted.id, want]]), signal)).get(wanted.id);
}

describe('aws.asg reads', () => {
  test('a range where a policy owns the count, all three sizes where nobody does', async () => {
    const api = new FakeGroups();
    api.add('auto', 5, { servingUnits: 4 });
    api.add('fixed', 3);
    api.policies.add('auto');
    const state = { fence: null, body: { policy: null } };
    expect(await readOne(api, target('auto'))).toEqual({ ...state, owned: range(2, 10), servingUnits: 4 });
    expect(await readOne(api, target('fixed'))).toEqual({ ...state, owned: size(2, 3, 10), servingUnits: 3 });
  });

  test('a range where the fleet says that somebody else owns the count, though the group has no policy', async () => {
    const api = new FakeGroups();
    api.add('nodes', 5);
    expect((await readOne(api, target('nodes', 'eu-west-1', true))).owned).toEqual(range(2, 10));
  });

  test.each<[string, MixedInstancesPolicy | null, number | undefined]>([
    ['the share of its mixed instances policy', POLICY, 40],
    ['the default share of a policy that says none', { LaunchTemplate: {} }, 100],
    ['no share without a policy', null, undefined],
    [
      'no share with distribution segments, which a share would remove',
      { InstancesDistribution: { DistributionSegments: [{ TargetCapacityTypes: ['on-demand'] }] } },
      undefined,
    ],
  ])('%s', async (_what, policy, percent) => {
    const api = new FakeGroups();
    api.add('mixed', 3, { policy });
    const { owned, body } = await readOne(api, target('mixed'));
    expect(owned.kind === 'size' && owned.onDemandPercent).toBe(percent);
    expect(body).toEqual({ policy });
  });

  test('a hundred groups a call, and the policies of a region once', async () => {
    const api = new FakeGroups();
    const targets = Array.from({ length: 130 }, (_, index) => target(`g${index}`));
    for (const { reference } of targets) api.add(reference.group as string, 2);
    const states = await asgScaler(api).read([...targets, target('g0', 'us-east-1')], signal);
    expect(states.size).toBe(131);
    expect(api.calls.toSorted()).toEqual([
      'groups eu-west-1 100',
      'groups eu-west-1 30',
      'groups us-east-1 1',
      'policies eu-west-1 130',
      'policies us-east-1 1',
    ]);
  });

  test('NotFound for a group that is not there or is being deleted, never a number', async () => {
    const api = new FakeGroups();
    api.add('old', 3, { deleting: true });
    await expect(readOne(api, target('gone'))).rejects.toMatchObject({ kind: 'NotFound' });
    await expect(readOne(api, target('old'))).rejects.toMatchObject({ kind: 'NotFound' });
  });
});

describe('aws.asg applies', () => {
  test.each<[string, boolean, OwnedFields, GroupChange]>([
    [
      'minimum and maximum of an autoscaled group',
      true,
      range(12, 12),
      { minimumUnits: 12, maximumUnits: 12 },
    ],
    [
      'the desired capacity as well where it is ours',
      false,
      size(12, 12, 12),
      { minimumUnits: 12, maximumUnits: 12, desiredUnits: 12 },
    ],
  ])('%s, in one call', async (_what, autoscaled, want, change) => {
    const api = new FakeGroups();
    api.add('web', 3);
    const web = target('web', 'eu-west-1', autoscaled);
    const seen = await readOne(api, web);
    await asgScaler(api).apply(web, seen, want, 'key', signal);
    expect(api.changes).toEqual([change]);
    await asgScaler(api).apply(web, await readOne(api, web), seen.owned, 'key', signal);
    expect((await readOne(api, web)).owned).toEqual(seen.owned);
  });

  test('a share by the whole policy as seen, naming launch templates by id alone', async () => {
    const api = new FakeGroups();
    api.add('web', 3, { policy: POLICY });
    const web = target('web', 'eu-west-1', true);
    const seen = await readOne(api, web);
    const { plan, apply } = asgScaler(api);
    const want = plan(seen.owned, { floorUnits: 4, maximumUnits: 50, onDemandPercent: 80 });
    expect(want).toEqual(range(4, 10, 80));
    // What is seen may have been stored and read again, in another order of its fields.
    const { LaunchTemplate, InstancesDistribution } = POLICY;
    const stored = { ...seen, body: { policy: { InstancesDistribution, LaunchTemplate } } };
    await apply(web, stored, want, 'key', signal);
    const sent = api.changes[0]?.policy;
    expect(sent).toEqual({
      LaunchTemplate: {
        LaunchTemplateSpecification: { LaunchTemplateId: 'lt-1', Version: '7' },
        Overrides: [
          { InstanceType: 'm7g.large', WeightedCapacity: '2' },
          {
            InstanceType: 'm7i.large',
            LaunchTemplateSpecification: { LaunchTemplateId: 'lt-2', Version: '1' },
          },
        ],
      },
      InstancesDistribution: { ...POLICY.InstancesDistribution, OnDemandPercentageAboveBaseCapacity: 80 },
    });
  });

  test('no policy where the share stays, whatever became of the policy meanwhile', async () => {
    const api = new FakeGroups();
    api.add('web', 3, { policy: POLICY });
    const web = target('web', 'eu-west-1', true);
    const seen = await readOne(api, web);
    api.add('web', 3, { policy: { ...POLICY, LaunchTemplate: {} } });
    await asgScaler(api).apply(web, seen, range(4, 10, 40), 'key', signal);
    expect(api.changes).toEqual([{ minimumUnits: 4, maximumUnits: 10 }]);
  });

  test('nothing over a change of somebody else', async () => {
    const api = new FakeGroups();
    const web = target('web', 'eu-west-1', true);
    api.add('web', 3, { policy: POLICY });
    const seen = await readOne(api, web);
    const apply = (want: OwnedFields) => asgScaler(api).apply(web, seen, want, 'key', signal);
    api.add('web', 3, { policy: POLICY, minimumUnits: 3 });
    await expect(apply(range(4, 10, 40))).rejects.toMatchObject({ kind: 'Stale' });
    const template = { LaunchTemplateSpecification: { LaunchTemplateId: 'lt-1', Version: '8' } };
    api.add('web', 3, { policy: { ...POLICY, LaunchTemplate: template } });
    await expect(apply(range(4, 10, 80))).rejects.toMatchObject({ kind: 'Stale' });
    expect(api.changes).toEqual([]);
  });

  test('a count that a policy moved meanwhile is no change of somebody else', async () => {
    const api = new FakeGroups();
    api.add('auto', 3);
    api.policies.add('auto');
    const seen = await readOne(api, target('auto'));
    api.add('auto', 9);
    await asgScaler(api).apply(target('auto'), seen, range(4, 10), 'key', signal);
    expect(api.groups.get('auto')?.desiredUnits).toBe(9);
  });

  test('nothing more on the repeat of a write whose answer was lost', async () => {
    const api = new FakeGroups();
    api.add('fixed', 3);
    const seen = await readOne(api, target('fixed'));
    api.nextError = new ProviderError('Transient', 'reset');
    const apply = () => asgScaler(api).apply(target('fixed'), seen, size(8, 8, 10), 'key', signal);
    await expect(apply()).rejects.toMatchObject({ kind: 'Transient' });
    await expect(apply()).resolves.toEqual({ vendorRequestId: '' });
    expect(api.changes).toHaveLength(1);
  });

  test.each<[string, Partial<ScalingGroup>, RegExp | null]>([
    ['Launch is suspended', { suspended: ['AZRebalance', 'Launch'] }, /process Launch .* suspended/],
    [
      'it is behind a load balancer that new instances are kept from',
      { suspended: ['AddToLoadBalancer'], loadBalanced: true },
      /process AddToLoadBalancer/,
    ],
    ['no load balancer waits for its instances', { suspended: ['AddToLoadBalancer'] }, null],
    ['it cannot shrink', { suspended: ['Terminate', 'AlarmNotification'] }, null],
    ['EKS manages it', { managedBy: 'EKS node group web' }, /managed by EKS node group web/],
  ])('a higher floor to a group of which %s only where it can grow by us', async (_what, fields, refusal) => {
    const api = new FakeGroups();
    api.add('web', 3, fields);
    const seen = await readOne(api, target('web'));
    const applied = asgScaler(api).apply(target('web'), seen, size(6, 6, 10), 'key', signal);
    if (refusal === null) await expect(applied).resolves.toBeDefined();
    else
      await expect(applied).rejects.toMatchObject({
        kind: 'InvalidTarget',
        message: expect.stringMatching(refusal),
      });
    expect(api.changes).toHaveLength(refusal === null ? 1 : 0);
  });

  test('a lower floor while Launch is suspended, so that an undo is not held up', async () => {
    const api = new FakeGroups();
    api.add('web', 6, { minimumUnits: 6, suspended: ['Launch'] });
    const seen = await readOne(api, target('web'));
    await asgScaler(api).apply(target('web'), seen, size(2, 3, 10), 'key', signal);
    expect(api.groups.get('web')).toMatchObject({ minimumUnits: 2, desiredUnits: 3 });
  });
});

function launch(status: Launch['status'], message = '', minutesAgo = 0): Launch {
  return { status, message, startedMs: NOW_MS - minutesAgo * 60_000 };
}

const NO_ROOM =
  'We currently do not have sufficient m7g.large capacity in the Availability Zone you requested.';
const VCPUS =
  'Could not launch On-Demand Instances. VcpuLimitExceeded - You have requested more vCPU capacity';

describe('aws.asg progresses', () => {
  test.each<[string, Partial<ScalingGroup>, OwnedFields, string]>([
    ['minimum and instances are there', { minimumUnits: 8, servingUnits: 8 }, range(8, 10), 'settled'],
    ['the minimum is not yet in force', { minimumUnits: 2, servingUnits: 9 }, range(8, 10), 'moving'],
    ['instances are pending', { minimumUnits: 8, servingUnits: 5, presentUnits: 8 }, range(8, 10), 'moving'],
    ['the desired capacity is reached', { desiredUnits: 8, servingUnits: 8 }, size(8, 8, 10), 'settled'],
    ['it is not yet asked for', { desiredUnits: 6, servingUnits: 8 }, size(8, 8, 10), 'moving'],
    [
      'Launch was suspended on the way',
      { minimumUnits: 8, servingUnits: 5, suspended: ['Launch'] },
      range(8, 10),
      'failed',
    ],
    [
      'Launch was suspended once everything was there',
      { minimumUnits: 8, servingUnits: 8, suspended: ['Launch'] },
      range(8, 10),
      'settled',
    ],
  ])('when %s it is what it should be', async (_when, fields, want, status) => {
    const api = new FakeGroups();
    api.add('web', 8, fields);
    const { servingUnits } = api.groups.get('web') as ScalingGroup;
    expect(await progressOf(api, target('web'), want)).toMatchObject({ status, servingUnits });
    expect(api.calls).not.toContain('launches web');
  });

  test.each<[string, readonly Launch[], string, string]>([
    [
      'in every zone',
      [launch('failed', NO_ROOM), launch('failed', NO_ROOM), launch('failed', NO_ROOM)],
      'failed',
      'InsufficientCapacity',
    ],
    ['in one zone, the others not yet tried', [launch('failed', NO_ROOM)], 'moving', 'InsufficientCapacity'],
    ['an hour ago', [60, 60, 60].map((minutes) => launch('failed', NO_ROOM, minutes)), 'moving', '5 of 8'],
    [
      'before one that came through',
      [launch('successful'), ...Array.from({ length: 3 }, () => launch('failed', NO_ROOM, 1))],
      'moving',
      '5 of 8',
    ],
    ['for a quota', [launch('failed', VCPUS), launch('successful', '', 1)], 'failed', 'QuotaExceeded'],
    [
      'for an image that is gone',
      Array.from({ length: 4 }, () => launch('failed', 'The image id does not exist')),
      'moving',
      'The image id does not exist',
    ],
  ])('a group whose launches failed %s', async (_when, launches, status, reason) => {
    const api = new FakeGroups();
    api.add('web', 8, { minimumUnits: 8, servingUnits: 5 });
    api.launches = launches;
    expect(await progressOf(api, target('web'), range(8, 10))).toEqual({
      status,
      servingUnits: 5,
      reason: expect.stringContaining(reason),
      ...(status === 'failed' && { lacks: reason }),
    });
  });
});
