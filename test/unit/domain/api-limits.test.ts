import { describe, expect, test } from '@jest/globals';
import { API_LIMITS, limitOf } from '../../../domain/api-limits.ts';

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
    ['Auto Scaling', 'DescribePolicies', 'aws.auto-scaling'],
    ['EKS', 'UpdateNodegroupConfig', 'aws.eks.modify'],
    ['EKS', 'DescribeNodegroup', 'aws.eks.read'],
    ['ECS', 'UpdateService', 'aws.ecs.modify'],
    ['ECS', 'DescribeServices', 'aws.ecs.read'],
    ['Route 53', 'GetHealthCheckStatus', 'aws.route-53.health'],
    ['Route 53', 'GetChange', 'aws.route-53'],
    ['Nothing', 'AtAll', undefined],
  ])('%s %s draws from %s', (api, operation, bucket) => {
    expect(limitOf({ provider: 'aws', api, operation })?.bucket).toBe(bucket);
  });
});
