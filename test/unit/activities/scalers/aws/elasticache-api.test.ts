import { UNGUARDED } from '../../../../../activities/calls/call-guard.ts';
import {
  createElastiCacheApi,
  type ElastiCacheApi,
} from '../../../../../activities/scalers/aws/_elasticache-api.ts';
import { ProviderError } from '../../../../../domain/errors.ts';
import { type QueryServer, refused, result, startQueryServer } from '../../../../support/query-server.ts';

let server: QueryServer;

const signal = new AbortController().signal;
const api = () =>
  createElastiCacheApi({ connection: { mode: 'sandbox', endpoint: server.endpoint }, guard: UNGUARDED });

beforeAll(async () => {
  server = await startQueryServer();
});

afterAll(() => server.stop());

beforeEach(() => server.reset());

async function failureOf(send: (client: ElastiCacheApi) => Promise<unknown>): Promise<ProviderError> {
  const error: unknown = await send(api()).then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ProviderError);
  return error as ProviderError;
}

const group = (name: string) =>
  `<ReplicationGroup><ReplicationGroupId>${name}</ReplicationGroupId><Status>modifying</Status>` +
  '<CacheNodeType>cache.r7g.large</CacheNodeType><ClusterEnabled>true</ClusterEnabled><MultiAZ>enabled</MultiAZ>' +
  '<AutomaticFailover>enabling</AutomaticFailover><NodeGroups><NodeGroup><NodeGroupId>0001</NodeGroupId>' +
  `<Status>modifying</Status><NodeGroupMembers><NodeGroupMember><CacheClusterId>${name}-0001-001</CacheClusterId>` +
  '</NodeGroupMember></NodeGroupMembers></NodeGroup></NodeGroups><PendingModifiedValues><Resharding><SlotMigration>' +
  '<ProgressPercentage>12.5</ProgressPercentage></SlotMigration></Resharding></PendingModifiedValues></ReplicationGroup>';

const groups = (...names: readonly string[]) =>
  `<ReplicationGroups>${names.map(group).join('')}</ReplicationGroups>`;

describe('ElastiCache client', () => {
  const change = { ReplicationGroupId: 'sessions', ApplyImmediately: 'true' };
  test.each<[string, (client: ElastiCacheApi) => Promise<unknown>, Readonly<Record<string, string>>]>([
    [
      'more replicas',
      (client) => client.setReplicas('eu-west-1', 'sessions', { from: 1, to: 3 }, signal),
      { ...change, Action: 'IncreaseReplicaCount', NewReplicaCount: '3' },
    ],
    [
      'fewer replicas',
      (client) => client.setReplicas('eu-west-1', 'sessions', { from: 3, to: 0 }, signal),
      { ...change, Action: 'DecreaseReplicaCount', NewReplicaCount: '0' },
    ],
    [
      'more shards',
      (client) => client.setShards('eu-west-1', 'sessions', { to: 4, remove: [] }, signal),
      { ...change, Action: 'ModifyReplicationGroupShardConfiguration', NodeGroupCount: '4' },
    ],
    [
      'fewer shards, by name',
      (client) => client.setShards('eu-west-1', 'sessions', { to: 2, remove: ['0004', '0003'] }, signal),
      {
        ...change,
        Action: 'ModifyReplicationGroupShardConfiguration',
        NodeGroupCount: '2',
        'NodeGroupsToRemove.NodeGroupToRemove.1': '0004',
        'NodeGroupsToRemove.NodeGroupToRemove.2': '0003',
      },
    ],
    [
      'a node type, at once',
      (client) => client.setNodeType('eu-west-1', 'sessions', 'cache.r7g.xlarge', signal),
      { ...change, Action: 'ModifyReplicationGroup', CacheNodeType: 'cache.r7g.xlarge' },
    ],
  ])('asks for %s and nothing else', async (_what, send, form) => {
    await expect(send(api())).resolves.toBe('req-7');
    expect(server.received).toEqual([{ ...form, Version: '2015-02-02' }]);
  });

  test('names one group, and picks several from all of them, page by page', async () => {
    server.answer = (form) => {
      const next = form.Marker === undefined ? '<Marker>more</Marker>' : '';
      return result(form, next + (form.Marker === undefined ? groups('a', 'other') : groups('b')));
    };
    const found = await api().describeGroups('eu-west-1', ['a', 'b', 'gone'], signal);
    expect(found.map((one) => one.group)).toEqual(['a', 'b']);
    expect(server.received.map((form) => [form.ReplicationGroupId, form.Marker])).toEqual([
      [undefined, undefined],
      [undefined, 'more'],
    ]);
    server.reset();
    server.answer = (form) => result(form, groups('a'));
    await api().describeGroups('eu-west-1', ['a'], signal);
    expect(server.received.map((form) => form.ReplicationGroupId)).toEqual(['a']);
  });

  test('leaves out a group that does not exist, and throws on any other refusal', async () => {
    server.answer = () => refused(404, 'ReplicationGroupNotFoundFault', 'ReplicationGroup x not found.');
    await expect(api().describeGroups('eu-west-1', ['x'], signal)).resolves.toEqual([]);
    server.answer = () => refused(403, 'AccessDenied', 'not authorized');
    const error = await failureOf((client) => client.describeGroups('eu-west-1', ['x'], signal));
    expect(error.kind).toBe('PermissionDenied');
  });

  test('reads a group with its shards and what is pending', async () => {
    server.answer = (form) => result(form, groups('sessions'));
    expect(await api().describeGroups('eu-west-1', ['sessions'], signal)).toEqual([
      {
        group: 'sessions',
        status: 'modifying',
        nodeType: 'cache.r7g.large',
        clusterEnabled: true,
        multiAz: true,
        failsOver: false,
        globalDatastore: null,
        shards: [{ id: '0001', status: 'modifying', nodes: ['sessions-0001-001'] }],
        pending: ['Resharding'],
        reshardedPercent: 12.5,
      },
    ]);
  });

  test('reads nodes of replication groups, and passes over clusters that are in none', async () => {
    const node = (name: string, xml: string) =>
      `<CacheCluster><CacheClusterId>${name}</CacheClusterId><CacheClusterStatus>creating</CacheClusterStatus>${xml}</CacheCluster>`;
    const own =
      '<ReplicationGroupId>sessions</ReplicationGroupId><CacheNodeType>cache.r7g.large</CacheNodeType>' +
      '<PendingModifiedValues><CacheNodeType>cache.r7g.xlarge</CacheNodeType><EngineVersion>8.1</EngineVersion></PendingModifiedValues>';
    server.answer = (form) =>
      result(form, `<CacheClusters>${node('sessions-001', own)}${node('memcached', '')}</CacheClusters>`);
    expect(await api().describeNodes('eu-west-1', signal)).toEqual([
      {
        node: 'sessions-001',
        group: 'sessions',
        status: 'creating',
        nodeType: 'cache.r7g.large',
        pendingNodeType: 'cache.r7g.xlarge',
        otherPending: ['EngineVersion'],
      },
    ]);
  });

  test('counts a node once that is on two pages, because the list grew while it was read', async () => {
    const node = (name: string) =>
      `<CacheCluster><CacheClusterId>${name}</CacheClusterId><ReplicationGroupId>sessions</ReplicationGroupId>` +
      '<CacheClusterStatus>available</CacheClusterStatus><CacheNodeType>cache.r7g.large</CacheNodeType></CacheCluster>';
    server.answer = (form) => {
      const nodes = form.Marker === undefined ? ['a-001', 'b-001'] : ['b-001', 'b-002'];
      const next = form.Marker === undefined ? '<Marker>more</Marker>' : '';
      return result(form, `${next}<CacheClusters>${nodes.map(node).join('')}</CacheClusters>`);
    };
    const found = await api().describeNodes('eu-west-1', signal);
    expect(found.map((one) => one.node)).toEqual(['a-001', 'b-001', 'b-002']);
  });

  test('reads what a group may become', async () => {
    const up = '<ScaleUpModifications><member>cache.r7g.xlarge</member></ScaleUpModifications>';
    server.answer = (form) => result(form, `${up}<ScaleDownModifications/>`);
    await expect(api().allowedNodeTypes('eu-west-1', 'sessions', signal)).resolves.toEqual({
      up: ['cache.r7g.xlarge'],
      down: [],
    });
  });

  test('never makes up what an answer lacks', async () => {
    server.answer = (form) => {
      return result(
        form,
        '<ReplicationGroups><ReplicationGroup><Status>available</Status></ReplicationGroup></ReplicationGroups>',
      );
    };
    const error = await failureOf((client) => client.describeGroups('eu-west-1', ['x'], signal));
    expect(error.kind).toBe('Transient');
  });

  test('takes "nothing was to be done" for done, and every other refusal for one', async () => {
    server.answer = () => refused(400, 'NoOperationFault', 'No changes were required.');
    const replicas = { from: 1, to: 3 };
    await expect(api().setReplicas('eu-west-1', 'sessions', replicas, signal)).resolves.toBe('');
    await expect(api().setShards('eu-west-1', 'sessions', { to: 3, remove: [] }, signal)).resolves.toBe('');
    server.answer = () => refused(400, 'InvalidReplicationGroupState', 'not available');
    const error = await failureOf((client) => client.setReplicas('eu-west-1', 'sessions', replicas, signal));
    expect(error.kind).toBe('UpdateInProgress');
  });

  test.each([
    [400, 'InvalidReplicationGroupState', 'UpdateInProgress'],
    [400, 'InvalidCacheClusterState', 'UpdateInProgress'],
    [400, 'InsufficientCacheClusterCapacity', 'InsufficientCapacity'],
    [400, 'NodeQuotaForCustomerExceeded', 'QuotaExceeded'],
    [400, 'NodeQuotaForClusterExceeded', 'QuotaExceeded'],
    [400, 'NodeGroupsPerReplicationGroupQuotaExceeded', 'QuotaExceeded'],
    [404, 'ReplicationGroupNotFoundFault', 'NotFound'],
    [404, 'NodeGroupNotFoundFault', 'NotFound'],
    [400, 'InvalidParameterCombination', 'InvalidTarget'],
    [400, 'Throttling', 'Throttled'],
    [500, 'InternalFailure', 'Transient'],
  ])('says of %i %s, by its code on the wire, that it is %s', async (status, code, kind) => {
    server.answer = () => refused(status, code, 'refused');
    const error = await failureOf((client) =>
      client.setNodeType('eu-west-1', 'x', 'cache.r7g.large', signal),
    );
    expect({ kind: error.kind, code: error.vendorCode }).toEqual({ kind, code });
    expect(server.received).toHaveLength(1);
  });
});
