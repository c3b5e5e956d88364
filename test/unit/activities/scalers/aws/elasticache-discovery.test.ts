import { UNGUARDED } from '../../../../../activities/calls/call-guard.ts';
import type { ScalableTarget } from '../../../../../activities/scalers/aws/_app-auto-scaling.ts';
import {
  createElastiCacheDirectory,
  discoverGroups,
} from '../../../../../activities/scalers/aws/_elasticache-discovery.ts';
import { type DiscoveredTarget, draftFleet } from '../../../../../domain/discovery.ts';
import { discoveredBy } from '../../../../support/discovered.ts';
import {
  type QueryForm,
  type QueryServer,
  refused,
  result,
  startQueryServer,
} from '../../../../support/query-server.ts';

let server: QueryServer;
beforeAll(async () => {
  server = await startQueryServer();
});
afterAll(() => server.stop());
beforeEach(() => server.reset());

const TAGGED = '<TagList><Tag><Key>wedsync:fleet</Key><Value>summer</Value></Tag></TagList>';
const arnOf = (name: string) => `arn:aws:elasticache:eu-west-1:123456789012:replicationgroup:${name}`;

interface GroupXml {
  /** Nodes of each shard. */
  readonly shards?: readonly number[];
  readonly status?: string;
  readonly extra?: string;
}

const shardXml = (nodes: number, index: number) => {
  const member = '<NodeGroupMember><CacheClusterId>n</CacheClusterId></NodeGroupMember>';
  return `<NodeGroup><NodeGroupId>000${index + 1}</NodeGroupId><Status>available</Status><NodeGroupMembers>${member.repeat(nodes)}</NodeGroupMembers></NodeGroup>`;
};

const groupXml = (name: string, { shards = [3], status = 'available', extra = '' }: GroupXml = {}) =>
  `<ReplicationGroup><ReplicationGroupId>${name}</ReplicationGroupId><Status>${status}</Status>` +
  `<CacheNodeType>cache.r7g.large</CacheNodeType><ARN>${arnOf(name)}</ARN>${extra}` +
  `<NodeGroups>${shards.map(shardXml).join('')}</NodeGroups></ReplicationGroup>`;

const CLUSTER_MODE = '<ClusterEnabled>true</ClusterEnabled>';

/** Groups in one page, and what is said of the tags of each. */
function answerWith(
  groups: readonly string[],
  tags: (form: QueryForm, name: string) => { body: string },
): void {
  server.answer = (form) =>
    form.Action === 'ListTagsForResource'
      ? tags(form, form.ResourceName?.split(':').at(-1) ?? '')
      : result(form, `<ReplicationGroups>${groups.join('')}</ReplicationGroups>`);
}

const allTagged = (form: QueryForm) => result(form, TAGGED);

interface Scalables {
  readonly replicas?: ScalableTarget;
  readonly shards?: ScalableTarget;
}

function discovery({ replicas, shards }: Scalables = {}) {
  const access = { connection: { mode: 'sandbox', endpoint: server.endpoint }, guard: UNGUARDED } as const;
  const api = (target: ScalableTarget | undefined) => ({
    describe: async () => new Map(target ? [[target.resourceId, target]] : []),
  });
  return discoverGroups(createElastiCacheDirectory(access), {
    scalableReplicas: api(replicas),
    scalableShards: api(shards),
  });
}

const inShort = (targets: readonly DiscoveredTarget[]) =>
  targets.map(({ reference, lever, baselineUnits }) => [reference.replicationGroup, lever, baselineUnits]);

describe('discovery of ElastiCache', () => {
  test('follows the pages, and asks for the tags of each group once', async () => {
    server.answer = (form) => {
      if (form.Action === 'ListTagsForResource') return allTagged(form);
      const first = form.Marker === undefined;
      const groups = `<ReplicationGroups>${groupXml(first ? 'a' : 'b')}</ReplicationGroups>`;
      return result(form, first ? `${groups}<Marker>more</Marker>` : groups);
    };
    expect(inShort(await discoveredBy(discovery()))).toEqual([
      ['a', undefined, 2],
      ['a', 'node-type', null],
      ['b', undefined, 2],
      ['b', 'node-type', null],
    ]);
    expect(
      server.received.map(({ Action, Marker, ResourceName }) => [Action, Marker ?? ResourceName]),
    ).toEqual([
      ['DescribeReplicationGroups', undefined],
      ['DescribeReplicationGroups', 'more'],
      ['ListTagsForResource', arnOf('a')],
      ['ListTagsForResource', arnOf('b')],
    ]);
  });

  test('gives replicas of the shard with fewest, and shards in cluster mode', async () => {
    answerWith([groupXml('feed', { shards: [3, 2, 4], extra: CLUSTER_MODE })], allTagged);
    expect(inShort(await discoveredBy(discovery()))).toEqual([
      ['feed', undefined, 1],
      ['feed', 'shards', 3],
      ['feed', 'node-type', null],
    ]);
  });

  test('takes the range of an autoscaler, lever by lever', async () => {
    answerWith([groupXml('feed', { shards: [3, 3], extra: CLUSTER_MODE })], allTagged);
    const resourceId = 'replication-group/feed';
    const scalables = { shards: { resourceId, minimumUnits: 4, maximumUnits: 12 } };
    expect(await discoveredBy(discovery(scalables))).toMatchObject([
      { autoscaled: false, baselineUnits: 2, maximumUnits: null },
      { lever: 'shards', autoscaled: true, baselineUnits: 4, maximumUnits: 12 },
      { lever: 'node-type', autoscaled: false, className: 'cache.r7g.large' },
    ]);
  });

  test('proposes no node type, for which a ladder would be needed', async () => {
    answerWith([groupXml('feed')], allTagged);
    const draft = draftFleet(await discoveredBy(discovery()), null);
    expect(draft.targets.map(({ id }) => id)).toEqual(['aws.elasticache/eu-west-1/feed']);
  });

  test('gives only the replicas of a member of a Global Datastore', async () => {
    const extra = `${CLUSTER_MODE}<GlobalReplicationGroupInfo><GlobalReplicationGroupId>world</GlobalReplicationGroupId></GlobalReplicationGroupInfo>`;
    answerWith([groupXml('feed', { extra })], allTagged);
    expect(inShort(await discoveredBy(discovery()))).toEqual([['feed', undefined, 2]]);
  });

  test('leaves out what does not bear the tag, is gone or is on its way out', async () => {
    const groups = [groupXml('bare'), groupXml('gone'), groupXml('leaving', { status: 'deleting' })];
    answerWith(groups, (form, name) =>
      name === 'gone'
        ? refused(404, 'ReplicationGroupNotFoundFault', 'not found')
        : result(form, '<TagList/>'),
    );
    expect(await discoveredBy(discovery())).toEqual([]);
  });

  test('finds the rest where the tags of one group cannot be said now, and then says so', async () => {
    answerWith([groupXml('busy', { status: 'modifying' }), groupXml('feed')], (form, name) =>
      name === 'busy'
        ? refused(400, 'InvalidReplicationGroupState', 'busy must be in available state')
        : allTagged(form),
    );
    const found: string[] = [];
    const looking = async () => {
      const options = { tagKey: 'wedsync:fleet' };
      for await (const one of discovery()('eu-west-1', options, AbortSignal.timeout(10_000))) {
        found.push(one.reference.replicationGroup ?? '');
      }
    };
    await expect(looking()).rejects.toMatchObject({ kind: 'UpdateInProgress' });
    expect(found).toEqual(['feed', 'feed']);
  });

  test.each([
    ['tags that may not be read', groupXml('feed'), 'PermissionDenied'],
    ['a group without its ARN', groupXml('feed').replace(/<ARN>.*<\/ARN>/, ''), 'Transient'],
  ])('throws for %s', async (_what, group, kind) => {
    answerWith([group], () => refused(403, 'AccessDenied', 'not authorized'));
    await expect(discoveredBy(discovery())).rejects.toMatchObject({ kind });
  });

  test('asks for the tags of one group where that is enough', async () => {
    answerWith([groupXml('a'), groupXml('b')], (form) => result(form, ''));
    expect(await discoveredBy(discovery(), { atMost: 1 })).toEqual([]);
    expect(server.received).toHaveLength(2);
  });
});
