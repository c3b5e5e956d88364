import type { VendorConnection } from '../../../domain/connection.ts';
import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import { floorOf, type OwnedFields, planFloor } from '../../../domain/owned-fields.ts';
import type { ApplyReceipt, Progress, Scaler, TargetState } from '../../../domain/scaler.ts';
import type { Guarded } from '../../calls/call-guard.ts';
import { type Autoscaler, type ClusterApi, createClusterApi, type Deployment, namesOf } from './_client.ts';
import { autoscalersOf, deploymentsOf } from './_lists.ts';

/** Replicas are an int32 without a maximum of their own; this is our guard against a slip. */
const MAXIMUM_UNITS = 10_000;

/** Objects of one namespace that one list gives. */
const BATCH_SIZE = 500;

/**
 * Deployments without an autoscaler: the replica count is owned, through the scale subresource and fenced by
 * the resourceVersion that was seen. A Deployment that an HPA scales is refused: its count is not ours.
 */
export function createDeploymentScaler(connection: VendorConnection, { guard }: Guarded): Scaler {
  return deploymentScaler(createClusterApi({ connection, guard }));
}

/** The scaler over given calls of Kubernetes. */
export function deploymentScaler(api: ClusterApi): Scaler {
  return {
    batchSize: BATCH_SIZE,
    read: async (targets, signal) => {
      const [deployments, autoscalers] = await Promise.all([
        deploymentsOf(api, targets, signal),
        autoscalersOf(api, targets, signal),
      ]);
      return new Map(targets.map((target) => [target.id, stateOf(target, deployments, autoscalers)]));
    },
    plan: (now, ask) => planFloor(now, ask, { maximumUnits: MAXIMUM_UNITS, unitName: 'replicas' }),
    apply: (target, seen, want, _key, signal) => applyOwned(api, target, seen, want, signal),
    progress: async (targets, wants, signal) => {
      const deployments = await deploymentsOf(api, targets, signal);
      return new Map(
        targets.map((target) => [target.id, progressOf(found(target, deployments), wants.get(target.id))]),
      );
    },
  };
}

/** Where a Deployment stands on its way to a count, or to an autoscaler's minimum. */
export function progressOf(deployment: Deployment, want: OwnedFields | undefined): Progress {
  const servingUnits = deployment.availableReplicas;
  if (want === undefined) {
    throw new ProviderError('InvalidTarget', `Nothing is wanted of Deployment ${deployment.name}.`);
  }
  const floor = floorOf(want);
  const reason = shortfall(deployment, floor);
  if (reason === null) return { status: 'settled', servingUnits };
  if (deployment.stalled !== null) return { status: 'failed', servingUnits, reason: deployment.stalled };
  return { status: 'moving', servingUnits, reason };
}

/** What is missing for `floor`. Pods on their way out are available for a while, so the count is asked too. */
function shortfall(deployment: Deployment, floor: number): string | null {
  const { availableReplicas, replicas, observed } = deployment;
  if (availableReplicas < floor) return `${availableReplicas} of ${floor} replicas are available`;
  if (replicas < floor) return `the Deployment asks for ${replicas} replicas, ${floor} are wanted`;
  return observed ? null : 'the last change has not been taken up yet';
}

/** @throws ProviderError `NotFound` */
export function found<T>(target: ScalingTarget, objects: ReadonlyMap<string, T>): T {
  const object = objects.get(target.id);
  if (object) return object;
  const { cluster, namespace, name } = namesOf(target);
  throw new ProviderError(
    'NotFound',
    `${name} does not exist in namespace ${namespace} of cluster ${cluster}. Correct the reference of target ${target.id}.`,
    { resource: target.id },
  );
}

function stateOf(
  target: ScalingTarget,
  deployments: ReadonlyMap<string, Deployment>,
  autoscalers: ReadonlyMap<string, Autoscaler>,
): TargetState {
  const deployment = found(target, deployments);
  const autoscaler = autoscalers.get(target.id);
  if (autoscaler) {
    const message = `HPA ${autoscaler.name} owns the replicas of ${target.id}. Declare the target as kubernetes.hpa.`;
    throw new ProviderError('InvalidTarget', message, { resource: target.id });
  }
  return {
    owned: { kind: 'count', units: deployment.replicas },
    servingUnits: deployment.availableReplicas,
    fence: deployment.resourceVersion,
  };
}

async function applyOwned(
  api: ClusterApi,
  target: ScalingTarget,
  seen: TargetState,
  want: OwnedFields,
  signal: AbortSignal,
): Promise<ApplyReceipt> {
  if (want.kind !== 'count' || seen.fence === null) {
    const message = `${target.id} has a count to set under a resourceVersion. Read it again.`;
    throw new ProviderError('InvalidTarget', message, { resource: target.id });
  }
  const names = namesOf(target);
  return { vendorRequestId: await api.replaceScale(names, names.name, want.units, seen.fence, signal) };
}
