import type { Core } from '../../core.ts';
import type { CallContext, Resource } from '../../world.ts';
import { strategyOf } from './ecs-capacity-providers.ts';
import { ACCOUNT_ID, AwsError } from './errors.ts';
import { type Input, members } from './json-operations.ts';

/** Tasks of a page and of one DescribeTasks. Source: ECS API reference. */
const LIMIT = 100;

/** CPU units of a task where the service's attribute `taskCpu` says nothing else. */
const TASK_CPU = '256';

const read = members('InvalidParameterException', 'InvalidParameterException');

/** ListTasks: one per desired task of every service of the cluster. */
export function listTasks(core: Core, input: Input, { region }: CallContext): unknown {
  const cluster = lastPart(read.text(input, 'cluster') ?? 'default');
  const arns = servicesOf(core, region, cluster).flatMap(tasksOf);
  const size = Math.min(LIMIT, Math.max(1, read.count(input, 'maxResults') ?? LIMIT));
  const { items, next } = read.page(arns, read.text(input, 'nextToken'), size);
  return { taskArns: items, ...(next === undefined ? {} : { nextToken: next }) };
}

/** DescribeTasks: the first of a service's tasks run, the others are about to. */
export function describeTasks(core: Core, input: Input, { region }: CallContext): unknown {
  const cluster = lastPart(read.text(input, 'cluster') ?? 'default');
  const asked = read.list(input, 'tasks', LIMIT) ?? [];
  const services = servicesOf(core, region, cluster);
  const found = asked.map((task) => {
    const [, name, number] = /^(.*)\.(\d+)$/.exec(lastPart(task)) ?? [];
    const service = services.find(({ reference }) => reference.service === name);
    const alive = service !== undefined && Number(number) < service.desiredUnits;
    return { arn: task, shape: alive ? shapeOf(service, Number(number)) : undefined };
  });
  return {
    tasks: found.flatMap(({ shape }) => shape ?? []),
    failures: found.filter(({ shape }) => shape === undefined).map(({ arn }) => ({ arn, reason: 'MISSING' })),
  };
}

/** DescribeTaskDefinition, for definitions named after their service, as DescribeServices gives them. */
export function describeTaskDefinition(core: Core, input: Input, { region }: CallContext): unknown {
  const name = lastPart(read.text(input, 'taskDefinition') ?? '');
  const [family] = name.split(':');
  const service = [...core.world.resources.values()].find(
    (resource) =>
      resource.service === 'aws.ecs' && resource.region === region && resource.reference.service === family,
  );
  if (!service) throw new AwsError('ClientException', 'Unable to describe task definition.');
  const taskDefinitionArn = arn(region, `task-definition/${family}:1`);
  const cpu = taskCpu(service);
  return {
    taskDefinition: { taskDefinitionArn, family, revision: 1, status: 'ACTIVE', cpu, memory: '512' },
    tags: [],
  };
}

function tasksOf({ region, reference, desiredUnits }: Resource): string[] {
  return Array.from({ length: desiredUnits }, (_, number) =>
    arn(region, `task/${reference.cluster}/${reference.service}.${number}`),
  );
}

function shapeOf(service: Resource, number: number): object {
  const { region, reference, servingUnits } = service;
  return {
    taskArn: arn(region, `task/${reference.cluster}/${reference.service}.${number}`),
    clusterArn: arn(region, `cluster/${reference.cluster}`),
    taskDefinitionArn: arn(region, `task-definition/${reference.service}:1`),
    group: `service:${reference.service}`,
    desiredStatus: 'RUNNING',
    lastStatus: number < servingUnits ? 'RUNNING' : 'PENDING',
    cpu: taskCpu(service),
    memory: '512',
    ...placementOf(service, number),
  };
}

/** The first tasks go where the base is, the others round the strategy by weight. */
function placementOf(service: Resource, number: number): object {
  const strategy = strategyOf(service);
  if (strategy.length === 0) return { launchType: service.attributes.launchType ?? 'FARGATE' };
  const base = strategy.flatMap((line) => Array<string>(line.base).fill(line.capacityProvider));
  const round = strategy.flatMap((line) => Array<string>(line.weight).fill(line.capacityProvider));
  const capacityProviderName = base[number] ?? round[(number - base.length) % Math.max(1, round.length)];
  return {
    capacityProviderName,
    launchType: capacityProviderName?.startsWith('FARGATE') ? 'FARGATE' : 'EC2',
  };
}

function servicesOf(core: Core, region: string, cluster: string): Resource[] {
  core.world.tick();
  const found = [...core.world.resources.values()].filter(
    (resource) =>
      resource.service === 'aws.ecs' && resource.region === region && resource.reference.cluster === cluster,
  );
  if (found.length === 0) throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
  return found;
}

function taskCpu({ attributes }: Resource): string {
  return String(attributes.taskCpu ?? TASK_CPU);
}

function arn(region: string, resource: string): string {
  return `arn:aws:ecs:${region}:${ACCOUNT_ID}:${resource}`;
}

function lastPart(nameOrArn: string): string {
  return nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1);
}
