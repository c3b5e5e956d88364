import { ProviderError } from '../../../domain/errors.ts';
import { batches } from './_client.ts';
import { type CapacityProvider, DESCRIBE_PROVIDERS_LIMIT, type EcsApi, type EcsService } from './_ecs-api.ts';

/** Why a service's tasks find no room, as a clause to be added to a reason; empty where there is nothing to say. */
export type Explanations = (region: string, service: EcsService) => string;

/** Providers that AWS runs itself, which have no group that could be too small. */
const AWS_MANAGED = ['FARGATE', 'FARGATE_SPOT'];

/**
 * Reads the capacity providers of services for whose tasks ECS found no room, and only theirs: what group
 * stands behind them and whether anything makes it grow is said nowhere else.
 */
export async function explainMissingRoom(
  api: Pick<EcsApi, 'describeCapacityProviders'>,
  found: readonly { readonly region: string; readonly service: EcsService }[],
  signal: AbortSignal,
): Promise<Explanations> {
  const providers = new Map<string, CapacityProvider>();
  const stuck = found.filter(
    ({ service }) => service.runningUnits < service.desiredUnits && service.blockedBy,
  );
  for (const [region, group] of Map.groupBy(stuck, (one) => one.region)) {
    const names = [...new Set(group.flatMap(({ service }) => groupProviders(service)))];
    for (const batch of batches(names, DESCRIBE_PROVIDERS_LIMIT)) {
      for (const provider of await described(api, region, batch, signal)) {
        providers.set(`${region}/${provider.name}`, provider);
      }
    }
  }
  return (region, service) =>
    groupProviders(service)
      .flatMap((name) => providers.get(`${region}/${name}`) ?? [])
      .map(clauseOf)
      .join('');
}

/** How the tasks stand is known without this; not being able to say more is no reason not to say it. */
async function described(
  api: Pick<EcsApi, 'describeCapacityProviders'>,
  region: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly CapacityProvider[]> {
  try {
    return await api.describeCapacityProviders(region, names, signal);
  } catch (error) {
    if (error instanceof ProviderError) return [];
    throw error;
  }
}

function groupProviders({ strategy }: EcsService): readonly string[] {
  return strategy.map(({ provider }) => provider).filter((name) => !AWS_MANAGED.includes(name));
}

function clauseOf({ name, group, managedScaling, targetPercent }: CapacityProvider): string {
  if (group === '') return `; capacity provider ${name} has no room`;
  const advice =
    managedScaling === 'ENABLED'
      ? `managed scaling adds instances for ${targetPercent ?? 100} % of use, up to the group's maximum: raise that if it is reached`
      : 'managed scaling is off, so somebody has to add instances to the group';
  return `; capacity provider ${name} has no room in Auto Scaling group ${group}: ${advice}`;
}
