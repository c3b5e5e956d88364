import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { QuotaReader, QuotaReading } from '../../../domain/quota.ts';
import type { EcsService } from './_ecs-api.ts';
import type { EcsUsageApi, FargateTask } from './_ecs-usage-api.ts';
import { describedQuota, type QuotaLimits } from './_quotas.ts';

/** Codes of Fargate's quotas; what they are called is in the descriptor of `aws.ecs`. */
const ON_DEMAND = 'L-3032A538';
const SPOT = 'L-36FBB829';

/**
 * Services of one region with the targets they are of, named `cluster/service`; one that does not exist is left out.
 * @throws ProviderError
 */
export type ServicesOf = (
  region: string,
  targets: readonly ScalingTarget[],
  signal: AbortSignal,
) => Promise<readonly { readonly id: string; readonly name: string; readonly service: EcsService }[]>;

/** What quotas of ECS are read from. */
export interface EcsQuotaSources {
  readonly services: ServicesOf;
  readonly usage: EcsUsageApi;
  readonly limits: QuotaLimits;
}

/** What one more task of a target takes, in vCPUs of either kind. */
interface TaskSize {
  readonly id: string;
  readonly onDemand: number;
  readonly spot: number;
}

/**
 * Quotas of services on Fargate: vCPUs that run on demand, and interruptible ones. Use is every task of the
 * account and region, its own or not; pods that EKS runs on Fargate count too (EKS user guide) and are not seen.
 * Services on machines of an Auto Scaling group are bound by that group's quotas and not read here. "Tasks per
 * service" is no reading either: it cannot be raised, and the lever's maximum has it.
 */
export function ecsQuotas(sources: EcsQuotaSources): QuotaReader {
  return {
    quotas: async (targets, signal) => {
      const regions = Map.groupBy(targets, ({ region }) => region);
      const all = await Promise.all([...regions].map((entry) => ofRegion(sources, ...entry, signal)));
      return all.flat();
    },
  };
}

async function ofRegion(
  { services, usage, limits }: EcsQuotaSources,
  region: string,
  targets: readonly ScalingTarget[],
  signal: AbortSignal,
): Promise<readonly QuotaReading[]> {
  const found = await services(region, targets, signal);
  const onFargate = found.filter(({ service }) => {
    const { onDemand, spot } = fargateShares(service);
    return onDemand + spot > 0;
  });
  if (onFargate.length === 0) return [];
  const tasks = await usage.fargateTasks(region, signal);
  const sizes = await sizesOf(usage, region, onFargate, tasks, signal);
  const byService = Map.groupBy(tasks, ({ service }) => service);
  const own = onFargate.map(({ id, name }) => [id, byService.get(name)?.length ?? 0] as const);
  const purchases = (['onDemand', 'spot'] as const).filter((kind) => sizes.some((size) => size[kind] > 0));
  return Promise.all(
    purchases.map(async (kind): Promise<QuotaReading> => {
      const { code, title, quotaService } = describedQuota('aws.ecs', kind === 'spot' ? SPOT : ON_DEMAND);
      const counted = tasks.filter(({ spot }) => spot === (kind === 'spot'));
      return {
        provider: 'aws',
        quota: code,
        title,
        quotaService,
        region,
        unit: 'vCPU',
        limit: await limits(region, { quotaService, code }, signal),
        used: counted.reduce((sum, { vcpus }) => sum + vcpus, 0),
        perUnit: Object.fromEntries(sizes.flatMap((size) => (size[kind] > 0 ? [[size.id, size[kind]]] : []))),
        counted: Object.fromEntries(own),
      };
    }),
  );
}

/** Sizes of further tasks: of a definition that runs already as it runs, of any other as it is described. */
async function sizesOf(
  usage: EcsUsageApi,
  region: string,
  onFargate: Awaited<ReturnType<ServicesOf>>,
  tasks: readonly FargateTask[],
  signal: AbortSignal,
): Promise<readonly TaskSize[]> {
  const running = new Map(tasks.map(({ definition, vcpus }) => [definition, vcpus]));
  const sizes: TaskSize[] = [];
  for (const [definition, group] of Map.groupBy(onFargate, ({ service }) => service.taskDefinition)) {
    if (definition === '') {
      const names = group.map(({ service }) => service.service).join(', ');
      throw new ProviderError(
        'InvalidTarget',
        `ECS gives no task definition of ${names}, so no size of a task.`,
      );
    }
    const vcpus = running.get(definition) ?? (await usage.vcpusOf(region, definition, signal));
    for (const { id, service } of group) {
      const { onDemand, spot } = fargateShares(service);
      sizes.push({ id, onDemand: onDemand * vcpus, spot: spot * vcpus });
    }
  }
  return sizes;
}

/**
 * Parts of further tasks that go to Fargate, by the weights of the service's strategy; a base is for the first
 * tasks only. Where no line has a weight, all go where the base is.
 */
export function fargateShares({ launchType, strategy }: Pick<EcsService, 'launchType' | 'strategy'>): {
  readonly onDemand: number;
  readonly spot: number;
} {
  if (strategy.length === 0) return { onDemand: launchType === 'FARGATE' ? 1 : 0, spot: 0 };
  const weighted = strategy.some(({ weight }) => weight > 0);
  const partOf = (line: (typeof strategy)[number]) => (weighted ? line.weight : line.base);
  const total = strategy.reduce((sum, line) => sum + partOf(line), 0);
  const shareOf = (name: string) =>
    strategy.filter(({ provider }) => provider === name).reduce((sum, line) => sum + partOf(line), 0) /
    Math.max(1, total);
  return { onDemand: shareOf('FARGATE'), spot: shareOf('FARGATE_SPOT') };
}
