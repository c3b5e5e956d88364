import {
  DescribeCacheClustersCommand,
  DescribeReplicationGroupsCommand,
  ElastiCacheClient,
  IncreaseReplicaCountCommand,
  ListTagsForResourceCommand,
  ModifyReplicationGroupShardConfigurationCommand,
} from '@aws-sdk/client-elasticache';
import { UNGUARDED } from '../../../activities/calls/call-guard.ts';
import { createElastiCacheScaler } from '../../../activities/scalers/aws/elasticache.ts';
import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { OwnedFields } from '../../../domain/owned-fields.ts';
import type { Scaler, TargetState } from '../../../domain/scaler.ts';
import { cacheTarget } from '../../support/fake-elasticache.ts';
import { type SandboxProcess, setPace, startSandbox } from '../../support/sandbox.ts';

const TIME_SCALE = 1_000;
const signal = new AbortController().signal;

const classes = [
  { name: 'cache.r7g.large', units: 2 },
  { name: 'cache.r7g.xlarge', units: 4 },
];
const replicas = cacheTarget('replicas', 'sessions');
const followed = cacheTarget('replicas', 'carts', { autoscaled: true });
const shards = cacheTarget('shards', 'carts', { maximumUnits: 90 });
const nodes = cacheTarget('node-type', 'sessions', { classes });
const oneWay = cacheTarget('node-type', 'queues', { classes });

const common = { service: 'aws.elasticache', region: 'eu-west-1' };
const large = { autoscaled: false, units: 2, className: 'cache.r7g.large' };
const WORLD = {
  resources: [
    { ...common, lever: 'replicas', reference: replicas.reference, autoscaled: false, units: 1 },
    {
      ...common,
      lever: 'replicas',
      reference: followed.reference,
      ...{ autoscaled: true, units: 1, minimumUnits: 1, maximumUnits: 3 },
    },
    { ...common, lever: 'shards', reference: shards.reference, autoscaled: false, units: 2 },
    { ...common, lever: 'node-type', reference: nodes.reference, ...large },
    {
      ...common,
      lever: 'node-type',
      reference: oneWay.reference,
      ...large,
      attributes: { scalesDown: false },
    },
  ],
};

let sandbox: SandboxProcess;
let scaler: Scaler;
/** Somebody else, with the vendor's own client. */
let person: ElastiCacheClient;

beforeAll(async () => {
  sandbox = await startSandbox({ timeScale: TIME_SCALE });
  const connection = { mode: 'sandbox', endpoint: sandbox.addresses.aws } as const;
  scaler = createElastiCacheScaler(connection, { guard: UNGUARDED });
  person = new ElastiCacheClient({
    region: 'eu-west-1',
    endpoint: sandbox.addresses.aws,
    credentials: { accessKeyId: 'PERSON', secretAccessKey: 'person' },
  });
});

afterAll(() => sandbox?.stop());

beforeEach(async () => {
  await setPace(sandbox, TIME_SCALE);
  await sandbox.loadWorld(WORLD);
});

/** Reads once what is there can be told. */
async function read(target: ScalingTarget): Promise<TargetState> {
  for (;;) {
    try {
      const state = (await scaler.read([target], signal)).get(target.id);
      if (!state) throw new Error('not read');
      return state;
    } catch (error) {
      if (!(error instanceof ProviderError) || error.kind !== 'UpdateInProgress') throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function apply(target: ScalingTarget, want: OwnedFields) {
  return scaler.apply(target, await read(target), want, 'key', signal);
}

async function progressOf(target: ScalingTarget, want: OwnedFields) {
  return (await scaler.progress([target], new Map([[target.id, want]]), signal)).get(target.id);
}

/** Looks again until it is settled; fails by the test's time limit. */
async function settled(target: ScalingTarget, want: OwnedFields) {
  for (;;) {
    const progress = await progressOf(target, want);
    if (progress?.status === 'settled') return progress.servingUnits;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function groupNamed(ReplicationGroupId: string) {
  const answer = await person.send(new DescribeReplicationGroupsCommand({ ReplicationGroupId }));
  return answer.ReplicationGroups?.[0];
}

async function operations(): Promise<readonly string[]> {
  return (await sandbox.ledger()).map(({ operation, caller }) => `${caller} ${operation}`);
}

const count = (units: number): OwnedFields => ({ kind: 'count', units });
const rung = (name: string): OwnedFields => {
  return { kind: 'class', className: name, units: classes.find((one) => one.name === name)?.units ?? 0 };
};

describe('replicas against the sandbox', () => {
  test('are settled once every node is available, and given back', async () => {
    await apply(replicas, count(3));
    expect(await progressOf(replicas, count(3))).toMatchObject({ status: 'moving' });
    expect((await read(replicas)).owned).toEqual(count(3));
    expect(await settled(replicas, count(3))).toBe(3);
    await apply(replicas, count(1));
    expect((await read(replicas)).owned).toEqual(count(1));
    await settled(replicas, count(1));
  });

  test('asked for twice are there once: the second is no operation, which is success', async () => {
    await apply(replicas, count(2));
    await settled(replicas, count(2));
    await sandbox.faults(
      { match: { operation: 'DescribeCacheClusters' }, kind: 'staleRead', times: 1 },
      { match: { operation: 'DescribeReplicationGroups' }, kind: 'staleRead', times: 1 },
    );
    const seen = { owned: count(1), servingUnits: 1, fence: null };
    await expect(scaler.apply(replicas, seen, count(2), 'key', signal)).resolves.toEqual({
      vendorRequestId: '',
    });
    const { requests } = await sandbox.send('GET', '/requests');
    const refused = { vendor: 'aws', operation: 'IncreaseReplicaCount', status: 400, count: 1 };
    expect(requests).toContainEqual(refused);
    expect((await sandbox.ledger()).filter(({ effective }) => effective)).toHaveLength(1);
  });

  test('of a Multi-AZ group are never taken away to the last', async () => {
    await expect(apply(replicas, count(0))).rejects.toMatchObject({ kind: 'InvalidTarget' });
    expect(await sandbox.ledger()).toEqual([]);
  });

  test('are refused while the group is changed, and are Stale where a person changed them', async () => {
    await apply(nodes, rung('cache.r7g.xlarge'));
    await settled(nodes, rung('cache.r7g.xlarge'));
    const seen = await read(replicas);
    const change = { ReplicationGroupId: 'sessions', NewReplicaCount: 2, ApplyImmediately: true };
    await person.send(new IncreaseReplicaCountCommand(change));
    await expect(apply(replicas, count(4))).rejects.toMatchObject({ kind: 'UpdateInProgress' });
    await expect(scaler.apply(replicas, seen, count(4), 'key', signal)).rejects.toMatchObject({
      kind: 'Stale',
    });
    expect(await operations()).toEqual(['SANDBOX ModifyReplicationGroup', 'PERSON IncreaseReplicaCount']);
  });

  test('follow the minimum of a scalable target', async () => {
    const want = { kind: 'range', minimumUnits: 3, maximumUnits: 3 } as const;
    await apply(followed, want);
    expect(await settled(followed, want)).toBe(3);
    expect(await operations()).toEqual(['SANDBOX RegisterScalableTarget', 'autoscaler autoscale']);
  });
});

test('tags are said of an available group only', async () => {
  const { replicationGroup = '' } = replicas.reference;
  const ResourceName = `arn:aws:elasticache:eu-west-1:123456789012:replicationgroup:${replicationGroup}`;
  const tags = new ListTagsForResourceCommand({ ResourceName });
  const tagged = { attributes: { tags: { team: 'photos' } } };
  await sandbox.addToWorld({ resources: [{ ...WORLD.resources[0], ...tagged }] });
  expect((await person.send(tags)).TagList).toEqual([{ Key: 'team', Value: 'photos' }]);
  const more = { ReplicationGroupId: replicationGroup, NewReplicaCount: 3, ApplyImmediately: true };
  await setPace(sandbox, 1.001);
  await person.send(new IncreaseReplicaCountCommand(more));
  await expect(person.send(tags)).rejects.toMatchObject({ Code: 'InvalidReplicationGroupState' });
});

describe('shards against the sandbox', () => {
  test('are added, and taken away again so that the original ones stay', async () => {
    const before = (await read(shards)).owned;
    expect(before).toEqual({ kind: 'count', units: 2, members: ['0001', '0002'] });
    const raised = scaler.plan(before, { floorUnits: 4, maximumUnits: 90, lever: 'shards' });
    await apply(shards, raised);
    expect(await progressOf(shards, raised)).toMatchObject({ status: 'moving', servingUnits: null });
    expect(await settled(shards, raised)).toBe(4);
    await apply(shards, before);
    await settled(shards, before);
    expect((await read(shards)).owned).toEqual(before);
    const group = await groupNamed('carts');
    expect(group?.NodeGroups?.map(({ NodeGroupId }) => NodeGroupId)).toEqual(['0001', '0002']);
  });

  test('stay the original ones though a person has removed one of a lower number meanwhile', async () => {
    const before = (await read(shards)).owned;
    await apply(shards, { kind: 'count', units: 4, members: ['0001', '0002'] });
    await settled(shards, count(4));
    const away = { NodeGroupCount: 3, NodeGroupsToRemove: ['0001'] };
    const change = { ReplicationGroupId: 'carts', ApplyImmediately: true, ...away };
    await person.send(new ModifyReplicationGroupShardConfigurationCommand(change));
    expect((await read(shards)).owned).toMatchObject({ units: 3, members: ['0002', '0003', '0004'] });
    await apply(shards, before);
    expect((await read(shards)).owned).toMatchObject({ units: 2, members: ['0002', '0003'] });
  });

  test('on their way to fewer are no number while their slots are moved', async () => {
    await setPace(sandbox, 0.001);
    await apply(shards, { kind: 'count', units: 1, members: ['0001'] });
    await expect(scaler.read([shards], signal)).rejects.toMatchObject({ kind: 'UpdateInProgress' });
    expect(await progressOf(shards, count(1))).toMatchObject({ status: 'moving', servingUnits: null });
  });

  test('and replicas of one group are shown together', async () => {
    const raised = { kind: 'count', units: 3, members: ['0001', '0002'] } as const;
    await apply(shards, raised);
    await settled(shards, raised);
    const want = { kind: 'range', minimumUnits: 2, maximumUnits: 3 } as const;
    await apply(followed, want);
    await settled(followed, want);
    const group = await groupNamed('carts');
    expect(group?.NodeGroups?.map(({ NodeGroupMembers }) => NodeGroupMembers?.length)).toEqual([3, 3, 3]);
    expect(group?.MemberClusters).toHaveLength(9);
  });
});

describe('node type against the sandbox', () => {
  test('is not settled by a status that is available too early, and is given back', async () => {
    await setPace(sandbox, 0.001);
    await apply(nodes, rung('cache.r7g.xlarge'));
    expect(await groupNamed('sessions')).toMatchObject({
      Status: 'available',
      CacheNodeType: 'cache.r7g.large',
    });
    expect(await progressOf(nodes, rung('cache.r7g.xlarge'))).toMatchObject({
      status: 'moving',
      servingUnits: 2,
    });
    await setPace(sandbox, TIME_SCALE);
    expect(await settled(nodes, rung('cache.r7g.xlarge'))).toBe(4);
    await apply(nodes, rung('cache.r7g.large'));
    expect(await settled(nodes, rung('cache.r7g.large'))).toBe(2);
  });

  test('whose way back is not allowed is refused before anything is touched', async () => {
    await expect(apply(oneWay, rung('cache.r7g.xlarge'))).rejects.toMatchObject({
      kind: 'InvalidTarget',
      message: expect.stringContaining('come back to'),
    });
    expect(await sandbox.ledger()).toEqual([]);
    const bold = { ...oneWay, mayInterrupt: true };
    await apply(bold, rung('cache.r7g.xlarge'));
    await settled(bold, rung('cache.r7g.xlarge'));
    await expect(apply(bold, rung('cache.r7g.large'))).rejects.toMatchObject({ kind: 'InvalidTarget' });
    expect((await read(bold)).owned).toEqual(rung('cache.r7g.xlarge'));
  });

  test('and replicas of one group are shown together', async () => {
    await apply(replicas, count(2));
    await settled(replicas, count(2));
    await apply(nodes, rung('cache.r7g.xlarge'));
    await settled(nodes, rung('cache.r7g.xlarge'));
    const answer = await person.send(new DescribeCacheClustersCommand({}));
    const own = answer.CacheClusters?.filter((node) => node.ReplicationGroupId === 'sessions');
    expect(own?.map((node) => `${node.CacheClusterId} ${node.CacheNodeType}`)).toEqual([
      'sessions-001 cache.r7g.xlarge',
      'sessions-002 cache.r7g.xlarge',
      'sessions-003 cache.r7g.xlarge',
    ]);
  });
});
