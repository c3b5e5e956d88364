import type { Vendor } from './connection.ts';

/** A vendor's token bucket, per account and region: `burst` calls at once, refilled at `ratePerSecond`. */
export interface ApiLimit {
  /** Stable name, e.g. `aws.ecs.modify`; metrics and the limiter's keys carry it. */
  readonly bucket: string;
  readonly provider: Vendor;
  /** The API as its SDK calls it, e.g. `ECS`. */
  readonly api: string;
  /** Operations that draw from it; absent for all of the API that no other bucket names. */
  readonly operations?: readonly string[];
  /** The vendor counts each operation on its own; default all of them together. */
  readonly perOperation?: true;
  /** The vendor counts calls to all regions together; default each region on its own. */
  readonly worldwide?: true;
  readonly burst: number;
  readonly ratePerSecond: number;
  /** Where the figures are from; `assumed` first where the vendor publishes none. */
  readonly source: string;
}

/** One call of a vendor's API, before it is sent. */
export interface VendorCall {
  readonly provider: Vendor;
  /** The vendor's region; a cluster's name for Kubernetes, `global` where the vendor has none. */
  readonly region: string;
  /** The API as its SDK calls it, e.g. `ECS`. */
  readonly api: string;
  /** The operation, e.g. `DescribeServices`. */
  readonly operation: string;
  /** Id of the connection it is made with; default the vendor's only one. */
  readonly account?: string;
  /** What the vendor counts by besides account and region, e.g. a project or an agent pool; default nothing. */
  readonly scope?: string;
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
    bucket: 'aws.ec2.describe',
    provider: 'aws',
    api: 'EC2',
    burst: 50,
    ratePerSecond: 10,
    source:
      'third parties quoting the EC2 API reference: unfiltered and unpaginated describe actions, the lower figure',
  },
  {
    bucket: 'aws.ecs.cluster-read',
    provider: 'aws',
    api: 'ECS',
    operations: ['DescribeCapacityProviders', 'ListClusters'],
    burst: 50,
    ratePerSecond: 20,
    source:
      'Amazon ECS API reference, request throttling: cluster read actions 50 burst; that capacity providers are among them, and the rate, are assumed',
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
    bucket: 'aws.ecs.task-definition-read',
    provider: 'aws',
    api: 'ECS',
    operations: ['DescribeTaskDefinition'],
    burst: 50,
    ratePerSecond: 20,
    source: 'assumed: as cluster read actions',
  },
  {
    bucket: 'aws.ecs.task-read',
    provider: 'aws',
    api: 'ECS',
    operations: ['DescribeTasks', 'ListTasks'],
    burst: 100,
    ratePerSecond: 20,
    source: 'Amazon ECS API reference, request throttling: cluster resource read actions',
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
    bucket: 'aws.elasticache',
    provider: 'aws',
    api: 'ElastiCache',
    burst: 40,
    ratePerSecond: 10,
    source: 'assumed: AWS publishes no figure for ElastiCache',
  },
  {
    bucket: 'aws.iam',
    provider: 'aws',
    api: 'IAM',
    burst: 20,
    ratePerSecond: 5,
    source: 'assumed: AWS publishes no figure for SimulatePrincipalPolicy',
  },
  {
    bucket: 'aws.lambda',
    provider: 'aws',
    api: 'Lambda',
    burst: 15,
    ratePerSecond: 15,
    source:
      'Lambda developer guide, quotas: 15 a second over all of the control plane, not adjustable; the burst is assumed',
  },
  {
    bucket: 'aws.price-list',
    provider: 'aws',
    api: 'Pricing',
    worldwide: true,
    burst: 10,
    ratePerSecond: 5,
    source: 'assumed: AWS publishes no figure for the Price List API',
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
    perOperation: true,
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
  {
    bucket: 'aws.service-quotas',
    provider: 'aws',
    api: 'Service Quotas',
    burst: 10,
    ratePerSecond: 5,
    source:
      'Service Quotas user guide, API request rates: GetServiceQuota 5 a second and 5 more in one burst',
  },
  {
    bucket: 'aws.sts',
    provider: 'aws',
    api: 'STS',
    burst: 100,
    ratePerSecond: 50,
    source: 'assumed: AWS publishes no figure for GetCallerIdentity and AssumeRole',
  },
  {
    bucket: 'azure.agent-pools.put',
    provider: 'azure',
    api: 'ContainerService',
    operations: ['AgentPools_CreateOrUpdate'],
    burst: 20,
    ratePerSecond: 1 / 60,
    source: 'AKS throttling limits: PUT AgentPool 20 burst, 1 a minute, per agent pool',
  },
  {
    bucket: 'azure.agent-pools.read',
    provider: 'azure',
    api: 'ContainerService',
    burst: 200,
    ratePerSecond: 2,
    source: 'AKS throttling limits: GET 200 burst, 2 a second, per cluster',
  },
  {
    bucket: 'azure.retail-prices',
    provider: 'azure',
    api: 'Retail Prices',
    worldwide: true,
    burst: 20,
    ratePerSecond: 5,
    source: 'assumed: Microsoft publishes no figure for the Retail Prices API',
  },
  {
    bucket: 'datadog.api',
    provider: 'datadog',
    api: 'Datadog',
    burst: 100,
    ratePerSecond: 10,
    source: 'assumed: Datadog limits vary by endpoint and account',
  },
  {
    bucket: 'gcp.compute.read',
    provider: 'gcp',
    api: 'Compute Engine',
    worldwide: true,
    burst: 1_500,
    ratePerSecond: 25,
    source: 'Compute Engine API rate quotas: 1,500 a minute per project and group',
  },
  {
    bucket: 'gcp.compute.write',
    provider: 'gcp',
    api: 'Compute Engine',
    operations: ['autoscalers.patch', 'instanceGroupManagers.resize'],
    worldwide: true,
    burst: 1_500,
    ratePerSecond: 25,
    source: 'Compute Engine API rate quotas: 1,500 a minute per project and group',
  },
  {
    bucket: 'kubernetes.api',
    provider: 'kubernetes',
    api: 'Kubernetes',
    burst: 800,
    ratePerSecond: 400,
    source: 'assumed: priority and fairness of an API server with default concurrency',
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

/** Names the one bucket of a call among all accounts, regions and scopes; the limiter's key. */
export function bucketKey(limit: ApiLimit, call: VendorCall): string {
  const { account = 'default', region, scope = '', operation } = call;
  const place = limit.worldwide ? '' : region;
  return [limit.bucket, account, place, scope, limit.perOperation ? operation : ''].join('|');
}
