import { describe, expect, test } from '@jest/globals';
import { API_LIMITS, bucketKey, limitOf, type VendorCall } from '../../../domain/api-limits.ts';

describe('the buckets the product paces itself by', () => {
  test('are sorted, unique, positive, and say where their figures are from', () => {
    const names = API_LIMITS.map(({ bucket }) => bucket);
    expect(names).toEqual([...new Set(names)].toSorted());
    for (const { burst, ratePerSecond, source } of API_LIMITS) {
      expect(Math.min(burst, ratePerSecond)).toBeGreaterThan(0);
      expect(source.length).toBeGreaterThan(10);
    }
  });

  test.each([
    ['aws', 'Auto Scaling', 'DescribePolicies', 'aws.auto-scaling'],
    ['aws', 'EKS', 'UpdateNodegroupConfig', 'aws.eks.modify'],
    ['aws', 'EKS', 'DescribeNodegroup', 'aws.eks.read'],
    ['aws', 'ECS', 'UpdateService', 'aws.ecs.modify'],
    ['aws', 'ECS', 'DescribeServices', 'aws.ecs.read'],
    ['aws', 'Route 53', 'GetHealthCheckStatus', 'aws.route-53.health'],
    ['aws', 'Route 53', 'GetChange', 'aws.route-53'],
    ['azure', 'ContainerService', 'AgentPools_CreateOrUpdate', 'azure.agent-pools.put'],
    ['azure', 'ContainerService', 'AgentPools_Get', 'azure.agent-pools.read'],
    ['datadog', 'Datadog', 'metrics', 'datadog.api'],
    ['gcp', 'Compute Engine', 'autoscalers.patch', 'gcp.compute.write'],
    ['gcp', 'Compute Engine', 'operations.get', 'gcp.compute.read'],
    ['kubernetes', 'Kubernetes', 'list:deployments', 'kubernetes.api'],
    ['aws', 'Compute Engine', 'operations.get', undefined],
    ['aws', 'Nothing', 'AtAll', undefined],
  ] as const)('%s %s %s draws from %s', (provider, api, operation, bucket) => {
    expect(limitOf({ provider, api, operation })?.bucket).toBe(bucket);
  });
});

describe('the key of a call', () => {
  const ecs: VendorCall = { provider: 'aws', region: 'r1', api: 'ECS', operation: 'UpdateService' };
  const route53: VendorCall = { ...ecs, api: 'Route 53', operation: 'GetChange' };
  const compute: VendorCall = {
    provider: 'gcp',
    region: 'r1',
    api: 'Compute Engine',
    operation: 'autoscalers.get',
    scope: 'p1',
  };
  const keyOf = (call: VendorCall) => {
    const limit = limitOf(call);
    if (!limit) throw new Error('no limit');
    return bucketKey(limit, call);
  };

  test.each([
    ['another operation of the same limit', compute, { operation: 'autoscalers.list' }],
    ['another region where the vendor counts all together', compute, { region: 'r2' }],
  ])('is the same for %s', (_what, call, change) => {
    expect(keyOf({ ...call, ...change })).toBe(keyOf(call));
  });

  test.each([
    ['another region', ecs, { region: 'r2' }],
    ['another account', ecs, { account: 'other' }],
    ['another project', compute, { scope: 'p2' }],
    ['another operation where the vendor counts each', route53, { operation: 'ListResourceRecordSets' }],
    ['another limit of the same API', ecs, { operation: 'DescribeServices' }],
  ])('is another one for %s', (_what, call, change) => {
    expect(keyOf({ ...call, ...change })).not.toBe(keyOf(call));
  });
});
