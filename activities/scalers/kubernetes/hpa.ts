import type { VendorConnection } from '../../../domain/connection.ts';
import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import { type OwnedFields, planFloor } from '../../../domain/owned-fields.ts';
import type { ApplyReceipt, Progress, Scaler, TargetState } from '../../../domain/scaler.ts';
import type { Guarded } from '../../calls/call-guard.ts';
import {
  type Autoscaler,
  type AutoscalerBody,
  type ClusterApi,
  createClusterApi,
  type Deployment,
  namesOf,
  scopeId,
} from './_client.ts';
import { autoscalersNamed } from './_lists.ts';
import { found, progressOf } from './deployment.ts';

/** Replicas are an int32 without a maximum of their own; this is our guard against a slip. */
const MAXIMUM_UNITS = 10_000;

/** Objects of one namespace that one list gives. */
const BATCH_SIZE = 500;

/**
 * HorizontalPodAutoscalers (autoscaling/v2) of Deployments: `minReplicas` and `maxReplicas` are owned, the
 * replicas never. A change is a PUT of the whole object as it was seen, fenced by its resourceVersion.
 */
export function createHpaScaler(connection: VendorConnection, { guard }: Guarded): Scaler {
  return hpaScaler(createClusterApi({ connection, guard }));
}

/** The scaler over given calls of Kubernetes. */
export function hpaScaler(api: ClusterApi): Scaler {
  return {
    batchSize: BATCH_SIZE,
    read: async (targets, signal) => {
      const all = await scaled(api, targets, signal);
      return new Map(targets.map((target) => [target.id, stateOf(found(target, all))]));
    },
    plan: (now, ask) => planFloor(now, ask, { maximumUnits: MAXIMUM_UNITS, unitName: 'replicas' }),
    apply: (target, seen, want, _key, signal) => applyOwned(api, target, seen, want, signal),
    progress: async (targets, wants, signal) => {
      const all = await scaled(api, targets, signal);
      return new Map(
        targets.map((target) => [target.id, hpaProgress(found(target, all), wants.get(target.id))]),
      );
    },
  };
}

interface Scaled {
  readonly autoscaler: Autoscaler;
  readonly deployment: Deployment;
}

/** Autoscalers with the Deployments they scale, one list of each per namespace. */
async function scaled(
  api: ClusterApi,
  targets: readonly ScalingTarget[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Scaled>> {
  const autoscalers = await autoscalersNamed(api, targets, signal);
  const scopes = new Map(targets.map(namesOf).map((names) => [scopeId(names), names]));
  const deployments = new Map<string, Deployment>();
  await Promise.all(
    [...scopes].map(async ([scope, names]) => {
      for (const deployment of await api.listDeployments(names, signal)) {
        deployments.set(`${scope}/${deployment.name}`, deployment);
      }
    }),
  );
  return new Map(
    targets.flatMap((target): [string, Scaled][] => {
      const autoscaler = autoscalers.get(target.id);
      if (!autoscaler) return [];
      const deployment = deployments.get(`${scopeId(namesOf(target))}/${autoscaler.deployment}`);
      if (deployment) return [[target.id, { autoscaler, deployment }]];
      const message = `HPA ${autoscaler.name} of ${target.id} scales no Deployment that exists; only Deployments are supported.`;
      throw new ProviderError('InvalidTarget', message, { resource: target.id });
    }),
  );
}

function stateOf({ autoscaler, deployment }: Scaled): TargetState {
  const { minimumUnits, maximumUnits, resourceVersion, body } = autoscaler;
  return {
    owned: { kind: 'range', minimumUnits, maximumUnits },
    servingUnits: deployment.availableReplicas,
    fence: resourceVersion,
    body,
  };
}

/** Settled only once the autoscaler itself guarantees the floor: pods that are there by chance may go again. */
function hpaProgress({ autoscaler, deployment }: Scaled, want: OwnedFields | undefined): Progress {
  const progress = progressOf(deployment, want);
  if (
    progress.status !== 'settled' ||
    want?.kind !== 'range' ||
    autoscaler.minimumUnits >= want.minimumUnits
  ) {
    return progress;
  }
  const reason = `the autoscaler guarantees ${autoscaler.minimumUnits}, ${want.minimumUnits} is wanted`;
  return { status: 'moving', servingUnits: progress.servingUnits, reason };
}

async function applyOwned(
  api: ClusterApi,
  target: ScalingTarget,
  seen: TargetState,
  want: OwnedFields,
  signal: AbortSignal,
): Promise<ApplyReceipt> {
  const body = seen.body as AutoscalerBody | undefined;
  if (want.kind !== 'range' || seen.fence === null || !body?.spec) {
    const message = `${target.id} has a range to set on the object as it was read. Read it again.`;
    throw new ProviderError('InvalidTarget', message, { resource: target.id });
  }
  const names = namesOf(target);
  const metadata = { ...body.metadata, resourceVersion: seen.fence };
  const spec = { ...body.spec, minReplicas: want.minimumUnits, maxReplicas: want.maximumUnits };
  const object = { ...body, metadata, spec };
  return { vendorRequestId: await api.replaceAutoscaler(names, names.name, object, signal) };
}
