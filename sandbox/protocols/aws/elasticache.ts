import type { Core } from '../../core.ts';
import type { CallContext } from '../../world.ts';
import {
  allowedNodeTypes,
  changeNodeType,
  changeReplicas,
  changeShards,
  keyFor,
} from './elasticache-changes.ts';
import { groupOf, groupShape, groupsIn, nodeShape, nodesOf, statusOf } from './elasticache-groups.ts';
import { AwsError, answersOf } from './errors.ts';
import { listOf, type QueryInput, type QueryService, queryError, queryMembers } from './query-operations.ts';
import { pageOf } from './query-pages.ts';
import { tagList } from './tags.ts';

const BUCKET = 'aws.elasticache';

/** Codes of ElastiCache. Source: its API reference, errors of IncreaseReplicaCount and common errors. */
const CODES = {
  throttle: 'Throttling',
  serverError: ['InternalFailure', 500],
  denied: ['AccessDenied', 403],
  capacity: 'InsufficientCacheClusterCapacity',
  quota: 'NodeQuotaForCustomerExceeded',
  invalid: 'InvalidParameterValue',
} as const;

const read = queryMembers('InvalidParameterValue');

/** Amazon ElastiCache: replication groups with their nodes. */
export const elasticache: QueryService = {
  signingName: 'elasticache',
  service: 'aws.elasticache',
  namespace: 'http://elasticache.amazonaws.com/doc/2015-02-02/',
  version: '2015-02-02',
  answers: answersOf(CODES, queryError),
  operations: {
    DecreaseReplicaCount: change('replicas', changeReplicas('decrease')),
    DescribeCacheClusters: { write: false, bucket: BUCKET, run: describeNodes },
    DescribeReplicationGroups: { write: false, bucket: BUCKET, run: describeGroups },
    IncreaseReplicaCount: change('replicas', changeReplicas('increase')),
    ListAllowedNodeTypeModifications: { write: false, bucket: BUCKET, run: allowedNodeTypes },
    ListTagsForResource: { write: false, bucket: BUCKET, run: listTags },
    ModifyReplicationGroup: change('node-type', changeNodeType),
    ModifyReplicationGroupShardConfiguration: change('shards', changeShards),
  },
};

function change(lever: Parameters<typeof keyFor>[0], run: typeof changeShards) {
  return { write: true, bucket: BUCKET, resourceKey: keyFor(lever), run };
}

function describeGroups(core: Core, input: QueryInput, { region }: CallContext): object {
  const name = read.text(input, 'ReplicationGroupId');
  const found = name === undefined ? groupsIn(core, region) : [groupOf(core, region, name)];
  const { items, marker } = pageOf(input, found);
  const shapes = items.map((group) => groupShape(core, group));
  return { ReplicationGroups: listOf(shapes, 'ReplicationGroup'), ...marker };
}

function describeNodes(core: Core, input: QueryInput, { region }: CallContext): object {
  const all = groupsIn(core, region).flatMap((group) =>
    nodesOf(core, group).map((node) => nodeShape(group, node)),
  );
  const { items, marker } = pageOf(input, all);
  return { CacheClusters: listOf(items, 'CacheCluster'), ...marker };
}

/** Source: ElastiCache API reference: "If the cluster is not in the available state, [it] returns an error". */
function listTags(core: Core, input: QueryInput, { region }: CallContext): object {
  const arn = read.required(input, 'ResourceName');
  const [, , , , , kind, name = ''] = arn.split(':');
  if (kind !== 'replicationgroup') throw new AwsError('InvalidARN', `${arn} is no replication group.`);
  const group = groupOf(core, region, name);
  if (statusOf(core, group) !== 'available') {
    const message = `Replication group ${name} must be in available state.`;
    throw new AwsError('InvalidReplicationGroupState', message);
  }
  const { replicas, shards, machine } = group;
  return { TagList: listOf(tagList([replicas, shards, machine]), 'Tag') };
}
