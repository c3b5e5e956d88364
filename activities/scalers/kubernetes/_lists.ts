import type { ScalingTarget } from '../../../domain/fleet.ts';
import {
  type Autoscaler,
  type ClusterApi,
  type Deployment,
  type NamespaceScope,
  namesOf,
  scopeId,
} from './_client.ts';

/** Deployments by target id, one list per namespace; a target whose Deployment is not there is left out. */
export async function deploymentsOf(
  api: ClusterApi,
  targets: readonly ScalingTarget[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Deployment>> {
  return byTarget(
    targets,
    (scope) => api.listDeployments(scope, signal),
    (deployment) => deployment.name,
  );
}

/** Autoscalers by the id of the target whose Deployment they scale. */
export async function autoscalersOf(
  api: ClusterApi,
  targets: readonly ScalingTarget[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Autoscaler>> {
  return byTarget(
    targets,
    (scope) => api.listAutoscalers(scope, signal),
    (autoscaler) => autoscaler.deployment,
  );
}

/** Autoscalers by target id, found by their own name. */
export async function autoscalersNamed(
  api: ClusterApi,
  targets: readonly ScalingTarget[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Autoscaler>> {
  return byTarget(
    targets,
    (scope) => api.listAutoscalers(scope, signal),
    (autoscaler) => autoscaler.name,
  );
}

async function byTarget<T>(
  targets: readonly ScalingTarget[],
  list: (scope: NamespaceScope) => Promise<readonly T[]>,
  nameOf: (object: T) => string | null,
): Promise<ReadonlyMap<string, T>> {
  const groups = [...Map.groupBy(targets, (target) => scopeId(namesOf(target))).values()];
  const lists = await Promise.all(
    groups.map(async (group): Promise<readonly [string, T][]> => {
      const [first] = group;
      if (!first) return [];
      const objects = new Map((await list(namesOf(first))).map((object) => [nameOf(object), object]));
      return group.flatMap((target): [string, T][] => {
        const object = objects.get(namesOf(target).name);
        return object ? [[target.id, object]] : [];
      });
    }),
  );
  return new Map(lists.flat());
}
