import type { Task } from '@aws-sdk/client-ecs';
import { ProviderError } from '../../../domain/errors.ts';
import { type AwsAccess, batches, mapped, regionalClients } from './_client.ts';
import { everyPage } from './_pages.ts';

/** A task that AWS runs on machines of its own. */
export interface FargateTask {
  /** ARN of the task definition it was made from. */
  readonly definition: string;
  /** `cluster/service` that it is of; empty for none. */
  readonly service: string;
  readonly vcpus: number;
  /** Interruptible. */
  readonly spot: boolean;
}

/** The calls of ECS that say what runs on Fargate. All throw ProviderError. */
export interface EcsUsageApi {
  /** vCPUs of one task of a task definition; one HTTP request. */
  vcpusOf(region: string, taskDefinition: string, signal: AbortSignal): Promise<number>;
  /** Every task of the account in the region that runs on Fargate or is about to, cluster by cluster. */
  fargateTasks(region: string, signal: AbortSignal): Promise<readonly FargateTask[]>;
}

/** Tasks of one DescribeTasks. Source: ECS API reference. */
const DESCRIBE_TASKS_LIMIT = 100;

/** CPU units of a vCPU. Source: ECS API reference, RegisterTaskDefinition. */
const UNITS_PER_VCPU = 1_024;

type Client = import('@aws-sdk/client-ecs').ECSClient;

/** Loads the SDK at the first call; one client per region. */
export function createEcsUsageApi(access: AwsAccess): EcsUsageApi {
  const clients = regionalClients(access, async (options) => {
    const { ECSClient } = await import('@aws-sdk/client-ecs');
    return new ECSClient(options);
  });
  return {
    vcpusOf: (region, taskDefinition, abortSignal) =>
      mapped(`ECS ${region}/${taskDefinition}`, async () => {
        const client = await clients(region);
        const { DescribeTaskDefinitionCommand } = await import('@aws-sdk/client-ecs');
        const command = new DescribeTaskDefinitionCommand({ taskDefinition });
        const answer = await client.send(command, { abortSignal });
        return vcpusIn(answer.taskDefinition?.cpu, taskDefinition);
      }),
    fargateTasks: (region, signal) =>
      mapped(`ECS ${region}`, async () => {
        const client = await clients(region);
        const tasks: FargateTask[] = [];
        for (const cluster of await clustersOf(client, signal)) {
          for (const batch of batches(await tasksOf(client, cluster, signal), DESCRIBE_TASKS_LIMIT)) {
            tasks.push(...(await described(client, cluster, batch, signal)).flatMap(toFargate));
          }
        }
        return tasks;
      }),
  };
}

async function clustersOf(client: Client, abortSignal: AbortSignal): Promise<readonly string[]> {
  const { ListClustersCommand } = await import('@aws-sdk/client-ecs');
  return everyPage('ListClusters', async (nextToken) => {
    const command = new ListClustersCommand(nextToken === undefined ? {} : { nextToken });
    const answer = await client.send(command, { abortSignal });
    return { items: answer.clusterArns, next: answer.nextToken };
  });
}

/** Not filtered by launch type: tasks of a capacity provider are to be among them. */
async function tasksOf(
  client: Client,
  cluster: string,
  abortSignal: AbortSignal,
): Promise<readonly string[]> {
  const { ListTasksCommand } = await import('@aws-sdk/client-ecs');
  return everyPage('ListTasks', async (nextToken) => {
    const command = new ListTasksCommand({ cluster, ...(nextToken !== undefined && { nextToken }) });
    const answer = await client.send(command, { abortSignal });
    return { items: answer.taskArns, next: answer.nextToken };
  });
}

/** A task that ended meanwhile is missing and takes nothing any more. @throws ProviderError for any other failure */
async function described(
  client: Client,
  cluster: string,
  tasks: readonly string[],
  abortSignal: AbortSignal,
): Promise<readonly Task[]> {
  const { DescribeTasksCommand } = await import('@aws-sdk/client-ecs');
  const command = new DescribeTasksCommand({ cluster, tasks: [...tasks] });
  const answer = await client.send(command, { abortSignal });
  const other = answer.failures?.find((failure) => failure.reason !== 'MISSING');
  if (other) throw new ProviderError('Transient', `ECS could not describe ${other.arn}: ${other.reason}`);
  return answer.tasks ?? [];
}

function toFargate(task: Task): readonly FargateTask[] {
  const { taskArn = 'a task', taskDefinitionArn: definition = '', launchType, capacityProviderName } = task;
  if (launchType !== 'FARGATE' && !capacityProviderName?.startsWith('FARGATE')) return [];
  const spot = capacityProviderName === 'FARGATE_SPOT';
  return [{ definition, service: serviceOf(task), vcpus: vcpusIn(task.cpu, taskArn), spot }];
}

/** Source: ECS API reference, Task, group: `service:` and the name for a task of a service. */
function serviceOf({ clusterArn = '', group = '' }: Task): string {
  const [kind, service] = group.split(':');
  return kind === 'service' ? `${clusterArn.slice(clusterArn.lastIndexOf('/') + 1)}/${service}` : '';
}

/** `1024` or `1 vCPU`. Source: ECS API reference, RegisterTaskDefinition, cpu. */
function vcpusIn(cpu: string | undefined, what: string): number {
  const [, number = '', inVcpus] = /^([\d.]+)\s*(vcpu)?$/i.exec(cpu ?? '') ?? [];
  const vcpus = Number(number) / (inVcpus ? 1 : UNITS_PER_VCPU);
  if (vcpus > 0) return vcpus;
  throw new ProviderError('Transient', `ECS did not say how many vCPUs ${what} has.`);
}
