import type { Core } from '../../core.ts';
import type { CallContext, Resource } from '../../world.ts';
import { describeCapacityProviders, ownProviders, strategyOf } from './ecs-capacity-providers.ts';
import { describeTaskDefinition, describeTasks, listTasks } from './ecs-tasks.ts';
import { ACCOUNT_ID, AwsError, answersOf, ECS_CODES, jsonError } from './errors.ts';
import { type Input, type JsonService, members } from './json-operations.ts';
import { tagsOf } from './tags.ts';

/** Services of one DescribeServices. Source: ECS API reference, "up to 10 services". */
const DESCRIBE_LIMIT = 10;

const read = members('InvalidParameterException', 'InvalidParameterException');

/** Amazon ECS: services of clusters that exist as far as the world has services in them. */
export const ecs: JsonService = {
  target: 'AmazonEC2ContainerServiceV20141113',
  service: () => 'aws.ecs',
  answers: answersOf(ECS_CODES, jsonError),
  operations: {
    DescribeCapacityProviders: {
      write: false,
      bucket: 'aws.ecs.cluster-read',
      run: describeCapacityProviders,
    },
    DescribeServices: { write: false, bucket: 'aws.ecs.read', resourceKey: soleKey, run: describeServices },
    DescribeTaskDefinition: {
      write: false,
      bucket: 'aws.ecs.task-definition-read',
      run: describeTaskDefinition,
    },
    DescribeTasks: { write: false, bucket: 'aws.ecs.task-read', run: describeTasks },
    ListClusters: { write: false, bucket: 'aws.ecs.cluster-read', run: listClusters },
    ListServices: { write: false, bucket: 'aws.ecs.read', run: listServices },
    ListTasks: { write: false, bucket: 'aws.ecs.task-read', run: listTasks },
    UpdateService: { write: true, bucket: 'aws.ecs.modify', resourceKey: updatedKey, run: updateService },
  },
};

/** The service a name or ARN means. @throws AwsError when there is none. */
function serviceOf(core: Core, region: string, cluster: string, service: string): Resource {
  const found = core.world.find('aws.ecs', { cluster, service }, region);
  if (found) return found;
  clusterServices(core, region, cluster);
  throw new AwsError('ServiceNotFoundException', 'Service not found.');
}

function updateService(core: Core, input: Input, call: CallContext): unknown {
  const [cluster, name] = [clusterOf(input), read.text(input, 'service')];
  if (name === undefined) throw new AwsError('InvalidParameterException', 'service is required.');
  const other = Object.keys(input).filter((key) => !['cluster', 'service', 'desiredCount'].includes(key));
  if (other.length > 0) {
    throw new AwsError('UnsupportedFeatureException', `The sandbox does not change ${other.join(', ')}.`);
  }
  const desiredUnits = read.count(input, 'desiredCount');
  const resource = serviceOf(core, call.region, cluster, lastPart(name));
  if (desiredUnits !== undefined) core.world.change(resource, { desiredUnits }, call);
  return { service: shapeOf(resource, core.world.nowMs()) };
}

function describeServices(core: Core, input: Input, { region }: CallContext): unknown {
  const cluster = clusterOf(input);
  const names = read.list(input, 'services', DESCRIBE_LIMIT) ?? [];
  if (names.length === 0) throw new AwsError('InvalidParameterException', 'Services cannot be empty.');
  const tagged = (read.list(input, 'include', 1) ?? []).includes('TAGS');
  const known = clusterServices(core, region, cluster);
  const services: unknown[] = [];
  const failures: unknown[] = [];
  for (const name of new Set(names.map(lastPart))) {
    const resource = known.find(({ reference }) => reference.service === name);
    if (resource)
      services.push({ ...shapeOf(resource, core.world.nowMs()), ...(tagged && tagsShape(resource)) });
    else failures.push({ arn: arn(region, `service/${cluster}/${name}`), reason: 'MISSING' });
  }
  return { services, failures };
}

function listServices(core: Core, input: Input, { region }: CallContext): unknown {
  const services = clusterServices(core, region, clusterOf(input)).map(serviceArn).sort();
  const { items, next } = read.page(services, read.text(input, 'nextToken'), pageSize(input, 10));
  return { serviceArns: items, ...(next === undefined ? {} : { nextToken: next }) };
}

function listClusters(core: Core, input: Input, { region }: CallContext): unknown {
  const names = [...core.world.resources.values()]
    .filter((resource) => resource.service === 'aws.ecs' && resource.region === region)
    .map(({ reference }) => arn(region, `cluster/${reference.cluster}`));
  const { items, next } = read.page(
    [...new Set(names)].sort(),
    read.text(input, 'nextToken'),
    pageSize(input, 100),
  );
  return { clusterArns: items, ...(next === undefined ? {} : { nextToken: next }) };
}

/** Source: ECS API reference, `maxResults` of ListServices (default 10) and ListClusters (default 100). */
function pageSize(input: Input, otherwise: number): number {
  return Math.min(100, Math.max(1, read.count(input, 'maxResults') ?? otherwise));
}

function clusterServices(core: Core, region: string, cluster: string): Resource[] {
  core.world.tick();
  const found = [...core.world.resources.values()].filter(
    (resource) =>
      resource.service === 'aws.ecs' && resource.region === region && resource.reference.cluster === cluster,
  );
  if (found.length === 0) throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
  return found;
}

/** A service as ECS shows it. A new desired count is no new deployment, so there is always one. */
function shapeOf(resource: Resource, nowMs: number): object {
  const { desiredUnits, servingUnits, region, reference } = resource;
  const pendingUnits = Math.max(0, desiredUnits - servingUnits);
  const counts = { desiredCount: desiredUnits, runningCount: servingUnits, pendingCount: pendingUnits };
  const taskDefinition = arn(region, `task-definition/${reference.service}:1`);
  const createdAt = 1_700_000_000;
  return {
    serviceArn: serviceArn(resource),
    serviceName: reference.service,
    clusterArn: arn(region, `cluster/${reference.cluster}`),
    status: 'ACTIVE',
    ...counts,
    ...placementOf(resource),
    schedulingStrategy: 'REPLICA',
    taskDefinition,
    createdAt,
    deployments: [
      {
        id: 'ecs-svc/0000000000000000001',
        status: 'PRIMARY',
        taskDefinition,
        ...counts,
        failedTasks: 0,
        rolloutState: 'COMPLETED',
        createdAt,
        updatedAt: createdAt,
      },
    ],
    events: eventsOf(resource, nowMs),
  };
}

/** ECS leaves tags out unless asked. */
function tagsShape(resource: Resource): object {
  return { tags: Object.entries(tagsOf([resource])).map(([key, value]) => ({ key, value })) };
}

/** A service has a launch type or a strategy, never both; the world says which in the attributes. */
function placementOf(resource: Resource): object {
  const strategy = strategyOf(resource);
  if (strategy.length > 0) return { capacityProviderStrategy: strategy };
  return { launchType: resource.attributes.launchType ?? 'FARGATE' };
}

/** ECS says in an event, and nowhere else, that it finds no room for a task. */
function eventsOf(resource: Resource, nowMs: number): unknown[] {
  const stuck = resource.busyUntilMs === Number.POSITIVE_INFINITY;
  if (!stuck || resource.servingUnits >= resource.desiredUnits) return [];
  const onMachines = ownProviders(resource).length > 0 || resource.attributes.launchType === 'EC2';
  const why = onMachines
    ? ' because no container instance met all of its requirements. The closest matching container instance has insufficient memory available.'
    : '. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone.';
  const message = `(service ${resource.reference.service}) was unable to place a task${why}`;
  return [{ id: `event-${resource.version}`, createdAt: nowMs / 1000, message }];
}

function soleKey(input: Input, region: string): string | undefined {
  const services = input.services;
  if (!Array.isArray(services) || services.length !== 1) return undefined;
  return `aws.ecs/${region}/${clusterOf(input)}/${lastPart(String(services[0]))}`;
}

function updatedKey(input: Input, region: string): string | undefined {
  return `aws.ecs/${region}/${clusterOf(input)}/${lastPart(String(input.service))}`;
}

function clusterOf(input: Input): string {
  return lastPart(read.text(input, 'cluster') ?? 'default');
}

function serviceArn({ region, reference }: Resource): string {
  return arn(region, `service/${reference.cluster}/${reference.service}`);
}

function arn(region: string, resource: string): string {
  return `arn:aws:ecs:${region}:${ACCOUNT_ID}:${resource}`;
}

/** A name as it is, or the last part of an ARN. */
function lastPart(nameOrArn: string): string {
  return nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1);
}
