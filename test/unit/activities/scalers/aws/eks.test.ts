import type {
  EksApi,
  Nodegroup,
  NodegroupName,
  NodegroupSizes,
} from '../../../../../activities/scalers/aws/_eks-api.ts';
import type { ClusterName } from '../../../../../activities/scalers/aws/_eks-nodes.ts';
import { eksScaler } from '../../../../../activities/scalers/aws/eks.ts';
import { ProviderError } from '../../../../../domain/errors.ts';
import type { ScalingTarget } from '../../../../../domain/fleet.ts';
import type { OwnedFields } from '../../../../../domain/owned-fields.ts';
import type { TargetState } from '../../../../../domain/scaler.ts';

const signal = new AbortController().signal;

function target(nodegroup: string, autoscaled = true, cluster = 'weddings'): ScalingTarget {
  return {
    id: `aws.eks/${cluster}/${nodegroup}`,
    service: 'aws.eks',
    region: 'eu-west-1',
    reference: { cluster, nodegroup },
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

/** Clusters in memory; node groups are known by their name alone. */
class FakeEks implements EksApi {
  readonly calls: string[] = [];
  readonly updates: (NodegroupSizes & { readonly token: string })[] = [];
  readonly nodegroups = new Map<string, Nodegroup & { readonly readyUnits: number }>();
  /** Thrown by the next write, after its effect. */
  nextError: ProviderError | undefined;

  add(
    name: string,
    desiredUnits: number,
    fields: Partial<Nodegroup> & { readonly readyUnits?: number } = {},
  ): void {
    this.nodegroups.set(name, {
      status: 'ACTIVE',
      capacityType: 'ON_DEMAND',
      minimumUnits: 2,
      desiredUnits,
      maximumUnits: 10,
      issues: [],
      instanceTypes: ['m7g.large'],
      launchTemplate: null,
      autoScalingGroups: [`eks-${name}`],
      readyUnits: desiredUnits,
      ...fields,
    });
  }

  async describeNodegroup({ nodegroup }: NodegroupName) {
    this.calls.push(`nodegroup ${nodegroup}`);
    const found = this.nodegroups.get(nodegroup);
    if (!found) throw new ProviderError('NotFound', `No node group found for name: ${nodegroup}.`);
    return found;
  }

  async updateSizes({ nodegroup }: NodegroupName, sizes: NodegroupSizes, token: string) {
    this.updates.push({ ...sizes, token });
    const known = this.nodegroups.get(nodegroup);
    if (known) this.nodegroups.set(nodegroup, { ...known, ...sizes });
    const error = this.nextError;
    this.nextError = undefined;
    if (error) throw error;
    return 'update-1';
  }

  async readyNodes({ cluster }: ClusterName, nodegroups: readonly string[]) {
    this.calls.push(`nodes ${cluster} ${nodegroups.length}`);
    return new Map(nodegroups.map((name) => [name, this.nodegroups.get(name)?.readyUnits ?? 0]));
  }
}

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

async function readOne(api: EksApi, wanted: ScalingTarget): Promise<TargetState> {
  const state = (await eksScaler(api).read([wanted], signal)).get(wanted.id);
  if (state === undefined) throw new Error('not read');
  return state;
}

async function progressOf(api: EksApi, wanted: ScalingTarget, want: OwnedFields) {
  return (await eksScaler(api).progress([wanted], new Map([[wanted.id, want]]), signal)).get(wanted.id);
}

describe('aws.eks reads', () => {
  test('a range where an autoscaler owns the size, all three sizes elsewhere, and nodes that are Ready', async () => {
    const api = new FakeEks();
    api.add('web', 5, { readyUnits: 4, capacityType: 'SPOT' });
    const state = {
      servingUnits: 4,
      fence: null,
      body: { capacityType: 'SPOT', autoScalingGroups: ['eks-web'] },
    };
    expect(await readOne(api, target('web'))).toEqual({ ...state, owned: range(2, 10) });
    expect(await readOne(api, target('web', false))).toEqual({ ...state, owned: size(2, 5, 10) });
  });

  test('each group by a call, the nodes of a cluster by one', async () => {
    const api = new FakeEks();
    const targets = Array.from({ length: 12 }, (_, index) =>
      target(`n${index}`, true, index < 9 ? 'a' : 'b'),
    );
    for (const { reference } of targets) api.add(reference.nodegroup as string, 2);
    expect((await eksScaler(api).read(targets, signal)).size).toBe(12);
    expect(api.calls.filter((call) => call.startsWith('nodegroup'))).toHaveLength(12);
    expect(api.calls.filter((call) => call.startsWith('nodes'))).toEqual(['nodes a 9', 'nodes b 3']);
  });

  test.each(['DELETING', 'CREATE_FAILED', 'DELETE_FAILED'])('NotFound for one that is %s', async (status) => {
    const api = new FakeEks();
    api.add('old', 3, { status });
    await expect(readOne(api, target('old'))).rejects.toMatchObject({ kind: 'NotFound' });
  });

  test('nothing where the nodes of a cluster cannot be read', async () => {
    const api = new FakeEks();
    api.add('web', 3);
    api.readyNodes = async () => {
      throw new ProviderError('PermissionDenied', 'nodes is forbidden');
    };
    await expect(readOne(api, target('web'))).rejects.toMatchObject({ kind: 'PermissionDenied' });
  });
});

describe('aws.eks applies', () => {
  test.each<[string, boolean, number, OwnedFields, NodegroupSizes]>([
    ['no desired size that lies within', true, 8, range(6, 12), { minimumUnits: 6, maximumUnits: 12 }],
    [
      'a desired size up to a minimum above it, which EKS refuses alone',
      true,
      4,
      range(6, 10),
      { minimumUnits: 6, maximumUnits: 10, desiredUnits: 6 },
    ],
    [
      'a desired size down to a maximum below it',
      true,
      9,
      range(2, 5),
      { minimumUnits: 2, maximumUnits: 5, desiredUnits: 5 },
    ],
    [
      'the desired size where it is ours',
      false,
      4,
      size(6, 7, 10),
      { minimumUnits: 6, maximumUnits: 10, desiredUnits: 7 },
    ],
  ])('%s, under the key of the write', async (_what, autoscaled, desired, want, sizes) => {
    const api = new FakeEks();
    api.add('web', desired);
    const web = target('web', autoscaled);
    const receipt = await eksScaler(api).apply(web, await readOne(api, web), want, 'key-1', signal);
    expect(receipt).toEqual({ vendorRequestId: 'update-1' });
    expect(api.updates).toEqual([{ ...sizes, token: 'key-1' }]);
    expect((await readOne(api, web)).owned).toEqual(want);
  });

  test('nothing more on the repeat of a write whose answer was lost', async () => {
    const api = new FakeEks();
    api.add('web', 4);
    const seen = await readOne(api, target('web'));
    api.nextError = new ProviderError('Transient', 'reset');
    const apply = () => eksScaler(api).apply(target('web'), seen, range(6, 10), 'key', signal);
    await expect(apply()).rejects.toMatchObject({ kind: 'Transient' });
    await expect(apply()).resolves.toEqual({ vendorRequestId: '' });
    expect(api.updates).toHaveLength(1);
  });

  test('nothing over a change of somebody else, for which an autoscaler does not count', async () => {
    const api = new FakeEks();
    api.add('web', 4);
    const [seen, seenSize] = [await readOne(api, target('web')), await readOne(api, target('web', false))];
    api.add('web', 7);
    const { apply } = eksScaler(api);
    const sized = apply(target('web', false), seenSize, size(9, 9, 10), 'key', signal);
    await expect(sized).rejects.toMatchObject({ kind: 'Stale' });
    expect(api.updates).toEqual([]);
    await apply(target('web'), seen, range(6, 10), 'key', signal);
    expect(api.nodegroups.get('web')?.desiredUnits).toBe(7);
  });

  test('a refusal by a group that is not well, with what ails it', async () => {
    const api = new FakeEks();
    api.add('web', 4, {
      status: 'DEGRADED',
      capacityType: 'SPOT',
      issues: ['Ec2SubnetNotFound: it is gone'],
    });
    const seen = await readOne(api, target('web'));
    api.nextError = new ProviderError('UpdateInProgress', 'not in Active State');
    await expect(
      eksScaler(api).apply(target('web'), seen, range(6, 10), 'key', signal),
    ).rejects.toMatchObject({
      kind: 'UpdateInProgress',
      message: 'not in Active State; health issues (SPOT, eks-web): Ec2SubnetNotFound: it is gone',
    });
  });
});

const NO_ROOM =
  'AsgInstanceLaunchFailures: Could not launch Spot Instances. UnfulfillableCapacity - Unable to fulfill';
const VCPUS =
  'AsgInstanceLaunchFailures: Could not launch On-Demand Instances. VcpuLimitExceeded - more vCPU capacity';
const ADDRESSES = 'InsufficientFreeAddresses: no free addresses in subnet-1';

describe('aws.eks progresses', () => {
  test.each<[string, Parameters<FakeEks['add']>[2], OwnedFields, string, string | undefined, lacks?: string]>(
    [
      ['sizes and nodes are there', { minimumUnits: 8 }, range(8, 10), 'settled', undefined],
      [
        'the update is through and nodes are not Ready',
        { minimumUnits: 8, readyUnits: 5 },
        range(8, 10),
        'moving',
        '5 of 8 nodes are Ready, the node group is ACTIVE',
      ],
      [
        'nodes are Ready while it is UPDATING',
        { minimumUnits: 8, status: 'UPDATING' },
        range(8, 10),
        'settled',
        undefined,
      ],
      ['the minimum is not in force', {}, range(8, 10), 'moving', 'guarantees 2, 8 is wanted'],
      [
        'the desired size is not in force',
        { desiredUnits: 6 },
        size(8, 8, 10),
        'moving',
        'guarantees 6, 8 is wanted',
      ],
      ['it is being deleted', { minimumUnits: 8, status: 'DELETING' }, range(8, 10), 'failed', 'DELETING'],
      [
        'it is DEGRADED for want of capacity',
        { minimumUnits: 8, readyUnits: 5, status: 'DEGRADED', capacityType: 'SPOT', issues: [NO_ROOM] },
        range(8, 10),
        'failed',
        'DEGRADED: InsufficientCapacity; health issues (SPOT, eks-web)',
        'InsufficientCapacity',
      ],
      [
        'it is DEGRADED for a quota',
        { minimumUnits: 8, readyUnits: 5, status: 'DEGRADED', issues: [VCPUS] },
        range(8, 10),
        'failed',
        'QuotaExceeded',
        'QuotaExceeded',
      ],
      [
        'its issues may be those of before its update',
        { minimumUnits: 8, readyUnits: 5, status: 'UPDATING', issues: [NO_ROOM] },
        range(8, 10),
        'moving',
        'UnfulfillableCapacity',
      ],
      [
        'it is DEGRADED for something a person can mend',
        { minimumUnits: 8, readyUnits: 5, status: 'DEGRADED', issues: [ADDRESSES] },
        range(8, 10),
        'moving',
        'InsufficientFreeAddresses',
      ],
      [
        'it is DEGRADED and has all its nodes',
        { minimumUnits: 8, status: 'DEGRADED', issues: [NO_ROOM] },
        range(8, 10),
        'settled',
        undefined,
      ],
    ],
  )('when %s it is what it should be', async (_when, fields, want, status, reason) => {
    const [lacks] = (status === 'failed' && reason?.match(/InsufficientCapacity|QuotaExceeded/)) || [];
    const api = new FakeEks();
    api.add('web', 8, fields);
    expect(await progressOf(api, target('web'), want)).toEqual({
      status,
      servingUnits: fields?.readyUnits ?? 8,
      ...(reason !== undefined && { reason: expect.stringContaining(reason) }),
      ...(lacks && { lacks }),
    });
  });
});
