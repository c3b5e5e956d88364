/** A vendor's token bucket: `burst` calls at once, refilled at `ratePerSecond` of service time. */
export interface Limit {
  readonly bucket: string;
  readonly burst: number;
  readonly ratePerSecond: number;
  readonly source: string;
}

/** Every bucket the sandbox enforces, sorted; its own table, not the product's. */
export const LIMITS: readonly Limit[] = [
  {
    bucket: 'aws.application-auto-scaling',
    burst: 40,
    ratePerSecond: 20,
    source: 'assumed: AWS publishes no figure for Application Auto Scaling',
  },
  {
    bucket: 'aws.auto-scaling',
    burst: 40,
    ratePerSecond: 10,
    source: 'assumed: one bucket for all of EC2 Auto Scaling, as AWS says; it publishes no figure',
  },
  {
    bucket: 'aws.ec2.describe',
    burst: 50,
    ratePerSecond: 10,
    source:
      'third parties quoting the EC2 API reference: unfiltered and unpaginated describe actions, the lower figure',
  },
  {
    bucket: 'aws.ecs.cluster-read',
    burst: 50,
    ratePerSecond: 20,
    source:
      'Amazon ECS API reference, request throttling: cluster read actions 50 burst; that capacity providers are among them, and the rate, are assumed',
  },
  {
    bucket: 'aws.ecs.modify',
    burst: 50,
    ratePerSecond: 5,
    source: 'Amazon ECS API reference, request throttling: cluster service modify actions',
  },
  {
    bucket: 'aws.ecs.read',
    burst: 100,
    ratePerSecond: 20,
    source: 'Amazon ECS API reference, request throttling: cluster service read actions',
  },
  {
    bucket: 'aws.ecs.task-definition-read',
    burst: 50,
    ratePerSecond: 20,
    source: 'assumed: as cluster read actions',
  },
  {
    bucket: 'aws.ecs.task-read',
    burst: 100,
    ratePerSecond: 20,
    source: 'Amazon ECS API reference, request throttling: cluster resource read actions',
  },
  {
    bucket: 'aws.eks.modify',
    burst: 20,
    ratePerSecond: 5,
    source: 'assumed: AWS publishes no figure for EKS',
  },
  {
    bucket: 'aws.eks.read',
    burst: 50,
    ratePerSecond: 10,
    source: 'assumed: AWS publishes no figure for EKS',
  },
  {
    bucket: 'aws.elasticache',
    burst: 40,
    ratePerSecond: 10,
    source: 'assumed: AWS publishes no figure for ElastiCache',
  },
  {
    bucket: 'aws.iam',
    burst: 20,
    ratePerSecond: 5,
    source: 'assumed: AWS publishes no figure for SimulatePrincipalPolicy',
  },
  {
    bucket: 'aws.lambda',
    burst: 15,
    ratePerSecond: 15,
    source:
      'Lambda developer guide, quotas: 15 a second over all of the control plane, not adjustable; the burst is assumed',
  },
  {
    bucket: 'aws.lambda.get-function',
    burst: 100,
    ratePerSecond: 100,
    source: 'Lambda developer guide, quotas: GetFunction 100 a second, not adjustable; the burst is assumed',
  },
  {
    bucket: 'aws.price-list',
    burst: 10,
    ratePerSecond: 5,
    source: 'assumed: AWS publishes no figure for the Price List API',
  },
  {
    bucket: 'aws.rds',
    burst: 40,
    ratePerSecond: 10,
    source: 'assumed: AWS publishes no figure for RDS',
  },
  {
    bucket: 'aws.route-53',
    burst: 50,
    ratePerSecond: 10,
    source: 'Route 53 quotas since 2026-07-30: 50 burst, 10 a second per account and action',
  },
  {
    bucket: 'aws.route-53.health',
    burst: 4,
    ratePerSecond: 1,
    source: 'Route 53 quotas since 2026-07-30: GetHealthCheckStatus 4 burst, 1 a second',
  },
  {
    bucket: 'aws.service-quotas',
    burst: 10,
    ratePerSecond: 5,
    source:
      'Service Quotas user guide, API request rates: GetServiceQuota 5 a second and 5 more in one burst',
  },
  {
    bucket: 'aws.sts',
    burst: 100,
    ratePerSecond: 50,
    source: 'assumed: AWS publishes no figure for GetCallerIdentity',
  },
  {
    bucket: 'azure.agent-pools.put',
    burst: 20,
    ratePerSecond: 1 / 60,
    source: 'AKS throttling limits: PUT AgentPool 20 burst, 1 a minute',
  },
  {
    bucket: 'azure.agent-pools.read',
    burst: 200,
    ratePerSecond: 2,
    source: 'AKS throttling limits: GET 200 burst, 2 a second',
  },
  {
    bucket: 'azure.retail-prices',
    burst: 20,
    ratePerSecond: 5,
    source: 'assumed: Microsoft publishes no figure for the Retail Prices API',
  },
  {
    bucket: 'datadog.api',
    burst: 100,
    ratePerSecond: 10,
    source: 'assumed: Datadog limits vary by endpoint and account',
  },
  {
    bucket: 'gcp.compute.read',
    burst: 1_500,
    ratePerSecond: 25,
    source: 'Compute Engine API rate quotas: 1,500 a minute per project and group',
  },
  {
    bucket: 'gcp.compute.write',
    burst: 1_500,
    ratePerSecond: 25,
    source: 'Compute Engine API rate quotas: 1,500 a minute per project and group',
  },
  {
    bucket: 'kubernetes.api',
    burst: 800,
    ratePerSecond: 400,
    source: 'assumed: priority and fairness of an API server with default concurrency',
  },
];
