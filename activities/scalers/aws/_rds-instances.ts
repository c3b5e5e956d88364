import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { RdsApi } from './_rds-api.ts';
import type { DbInstance } from './_rds-shapes.ts';
import { foundOne, identifierIn, type ResourceKind } from './_targets.ts';

/** What a target of one instance names. */
export const INSTANCE: ResourceKind = { title: 'DB instance', field: 'instance' };

/** Instances by identifier; one that does not exist is left out. */
export function instancesOf(api: Pick<RdsApi, 'describeInstances'>, signal: AbortSignal) {
  return async (region: string, names: readonly string[]): Promise<ReadonlyMap<string, DbInstance>> => {
    const found = await api.describeInstances(region, names, signal);
    return new Map(found.map((instance) => [instance.instance, instance]));
  };
}

/**
 * The instance as it is now, before a change of it. RDS applies with a change everything else that is pending,
 * at once: a version somebody has put off to the maintenance window must not ride along.
 * @throws ProviderError `UpdateInProgress` while something of others is pending.
 */
export async function changeable(
  api: RdsApi,
  target: ScalingTarget,
  signal: AbortSignal,
): Promise<DbInstance> {
  const found = await foundOne(target, INSTANCE, instancesOf(api, signal));
  const { others } = found.pending;
  if (others.length === 0) return found;
  const message = `DB instance ${identifierIn(target, INSTANCE)} has ${others.join(', ')} pending, which a change would apply at once. Let it be applied or withdraw it.`;
  throw new ProviderError('UpdateInProgress', message, { resource: target.id });
}

/** Somebody changed what was seen: RDS has no fence, so the read before the write takes its place. */
export function changedMeanwhile(target: ScalingTarget, seen: string, live: string): ProviderError {
  const message = `DB instance ${identifierIn(target, INSTANCE)} was ${seen} and is ${live} now; read it again.`;
  return new ProviderError('Stale', message, { resource: target.id });
}
