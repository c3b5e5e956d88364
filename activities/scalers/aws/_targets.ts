import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { OwnedFields } from '../../../domain/owned-fields.ts';

/** A kind of resource, as a message names it and a target's reference finds it. */
export interface ResourceKind {
  /** E.g. `DB cluster`. */
  readonly title: string;
  /** Key of the reference that holds its identifier. */
  readonly field: string;
}

/**
 * The identifier a target's reference gives, in lower case: RDS and ElastiCache store identifiers so, whatever
 * case they were given in. @throws ProviderError `InvalidTarget` where the reference lacks it.
 */
export function identifierIn(target: ScalingTarget, { field }: ResourceKind): string {
  const identifier = target.reference[field];
  if (identifier) return identifier.toLowerCase();
  const message = `Target ${target.id} needs reference.${field}.`;
  throw new ProviderError('InvalidTarget', message, { resource: target.id });
}

/** Gives what exists of the identifiers of one region, by identifier; one that does not is left out. */
export type Find<T> = (region: string, identifiers: readonly string[]) => Promise<ReadonlyMap<string, T>>;

/**
 * What is to be said of every target, by its id, from what was found of it; regions at once.
 * @throws ProviderError `NotFound` for a target whose resource does not exist.
 */
export async function perTarget<T, S>(
  targets: readonly ScalingTarget[],
  kind: ResourceKind,
  find: Find<T>,
  say: (target: ScalingTarget, found: T) => S,
): Promise<ReadonlyMap<string, S>> {
  const regions = Map.groupBy(targets, (target) => target.region);
  const said = await Promise.all(
    [...regions].map(async ([region, group]) => {
      const all = await find(region, [...new Set(group.map((target) => identifierIn(target, kind)))]);
      return group.map((target): [string, S] => [target.id, say(target, foundIn(all, target, kind))]);
    }),
  );
  return new Map(said.flat());
}

/** What is found of one target. @throws ProviderError `NotFound` */
export async function foundOne<T>(target: ScalingTarget, kind: ResourceKind, find: Find<T>): Promise<T> {
  return foundIn(await find(target.region, [identifierIn(target, kind)]), target, kind);
}

/** What is wanted of a target. @throws ProviderError `InvalidTarget` where nothing is. */
export function wantedOf(target: ScalingTarget, wants: ReadonlyMap<string, OwnedFields>): OwnedFields {
  const want = wants.get(target.id);
  if (want !== undefined) return want;
  throw new ProviderError('InvalidTarget', `Nothing is wanted of ${target.id}.`, { resource: target.id });
}

function foundIn<T>(all: ReadonlyMap<string, T>, target: ScalingTarget, kind: ResourceKind): T {
  const identifier = identifierIn(target, kind);
  const found = all.get(identifier);
  if (found !== undefined) return found;
  const message = `${kind.title} ${identifier} does not exist in ${target.region}. Correct the reference of target ${target.id}.`;
  throw new ProviderError('NotFound', message, { resource: target.id });
}
