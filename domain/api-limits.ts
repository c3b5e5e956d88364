import type { ProviderId } from './providers.ts';

/** A vendor's token bucket, per account and region: `burst` calls at once, refilled at `ratePerSecond`. */
export interface ApiLimit {
  /** Stable name, e.g. `aws.ecs.modify`; metrics and the limiter's keys carry it. */
  readonly bucket: string;
  readonly provider: ProviderId;
  /** The API as its SDK calls it, e.g. `ECS`. */
  readonly api: string;
  /** Operations that draw from it; absent for all of the API that no other bucket names. */
  readonly operations?: readonly string[];
  readonly burst: number;
  readonly ratePerSecond: number;
  /** Where the figures are from; `assumed` first where the vendor publishes none. */
  readonly source: string;
}

/** One call of a vendor's API, before it is sent. */
export interface VendorCall {
  readonly provider: ProviderId;
  readonly region: string;
  /** The API as its SDK calls it, e.g. `ECS`. */
  readonly api: string;
  /** The operation, e.g. `DescribeServices`. */
  readonly operation: string;
}

/** Every bucket the product paces itself by, sorted. The sandbox has a table of its own. */
export const API_LIMITS: readonly ApiLimit[] = [
  {
    bucket: 'aws.application-auto-scaling',
    provider: 'aws',
    api: 'Application Auto Scaling',
    burst: 40,
    ratePerSecond: 20,
    source: 'assumed: AWS publishes no figure for Application Auto Scaling',
  },
  {
    bucket: 'aws.auto-scaling',
    provider: 'aws',
    api: 'Auto Scaling',
    burst: 40,
    ratePerSecond: 10,
    source:
      'assumed: AWS says that all calls of EC2 Auto Scaling share one limit per account and region (re:Post, "autoscaling-api-calls-throttled"), and publishes no figure',
  },
  {
    bucket: 'aws.ecs.modify',
    provider: 'aws',
    api: 'ECS',
    operations: ['UpdateService'],
    burst: 50,
    ratePerSecond: 5,
    source: 'Amazon ECS API reference, request throttling: cluster service modify actions',
  },
  {
    bucket: 'aws.ecs.read',
    provider: 'aws',
    api: 'ECS',
    burst: 100,
    ratePerSecond: 20,
    source: 'Amazon ECS API reference, request throttling: cluster service read actions',
  },
  {
    bucket: 'aws.eks.modify',
    provider: 'aws',
    api: 'EKS',
    operations: ['UpdateNodegroupConfig'],
    burst: 20,
    ratePerSecond: 5,
    source: 'assumed: AWS publishes no figure for EKS',
  },
  {
    bucket: 'aws.eks.read',
    provider: 'aws',
    api: 'EKS',
    burst: 50,
    ratePerSecond: 10,
    source: 'assumed: AWS publishes no figure for EKS',
  },
  {
    bucket: 'aws.rds',
    provider: 'aws',
    api: 'RDS',
    burst: 40,
    ratePerSecond: 10,
    source: 'assumed: AWS publishes no figure for RDS',
  },
  {
    bucket: 'aws.route-53',
    provider: 'aws',
    api: 'Route 53',
    burst: 50,
    ratePerSecond: 10,
    source: 'Route 53 quotas since 2026-07-30: 50 burst, 10 a second per account and action',
  },
  {
    bucket: 'aws.route-53.health',
    provider: 'aws',
    api: 'Route 53',
    operations: ['GetHealthCheckStatus'],
    burst: 4,
    ratePerSecond: 1,
    source: 'Route 53 quotas since 2026-07-30: GetHealthCheckStatus 4 burst, 1 a second',
  },
];

/** The bucket a call draws from: the one that names its operation, else its API's; none where none is known. */
export function limitOf(call: Pick<VendorCall, 'provider' | 'api' | 'operation'>): ApiLimit | undefined {
  const ofApi = API_LIMITS.filter(({ provider, api }) => provider === call.provider && api === call.api);
  return (
    ofApi.find(({ operations }) => operations?.includes(call.operation)) ??
    ofApi.find(({ operations }) => operations === undefined)
  );
}
