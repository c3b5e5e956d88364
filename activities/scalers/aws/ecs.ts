import type { VendorConnection } from '../../../domain/connection.ts';
import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import { floorOf, type OwnedFields, planFloor, settable } from '../../../domain/owned-fields.ts';
import type { QuotaReader } from '../../../domain/quota.ts';
import type { ApplyReceipt, Progress, Scaler, TargetState } from '../../../domain/scaler.ts';
import type { Guarded } from '../../calls/call-guard.ts';
import type { ScalableTarget } from './_app-auto-scaling.ts';
import { type Explanations, explainMissingRoom } from './_capacity-providers.ts';
import { batches } from './_client.ts';
import {
  createEcsApi,
  DESCRIBE_SERVICES_LIMIT,
  type EcsApi,
  type EcsService,
  resourceIdOf,
  type ServiceName,
} from './_ecs-api.ts';
import { createEcsDirectory, discoverServices } from './_ecs-discovery.ts';
import { ecsQuotas, type ServicesOf } from './_ecs-quotas.ts';
import { createEcsUsageApi } from './_ecs-usage-api.ts';
import { createQuotaLimits } from './_quotas.ts';

/** Tasks of one service. Source: ECS quota "Tasks per service", default 5,000. */
const MAXIMUM_UNITS = 5_000;

/** What AWS says of one target. */
interface Found {
  readonly service: EcsService;
  /** Absent where no autoscaler is registered. */
  readonly scalable: ScalableTarget | undefined;
}

/**
 * Services of Amazon ECS. With a scalable target of Application Auto Scaling its minimum and maximum capacity
 * are owned; without one, the service's desired count.
 *
 * Where a service's capacity provider strategy places its tasks, that strategy stays as it is: more tasks are asked
 * for, and a provider over an Auto Scaling group has to make room for them. A service is settled when its tasks
 * run, whatever runs them.
 *
 * Protection is read-back: neither call takes a fence or a token, both set absolute values, so a repeat has no
 * second effect. A lowered minimum leaves the desired count where it is.
 */
export function createEcsScaler(connection: VendorConnection, { guard }: Guarded): Scaler & QuotaReader {
  const access = { connection, guard };
  const api = createEcsApi(access);
  const usage = createEcsUsageApi(access);
  return {
    ...ecsScaler(api),
    ...ecsQuotas({ services: servicesOf(api), usage, limits: createQuotaLimits(access) }),
    discover: discoverServices(createEcsDirectory(access), api.scalableTargets),
  };
}

/** The scaler over given calls of AWS. */
export function ecsScaler(api: EcsApi): Scaler {
  return {
    batchSize: DESCRIBE_SERVICES_LIMIT,
    read: async (targets, signal) => {
      const all = await describe(api, targets, signal);
      return new Map(targets.map((target) => [target.id, stateOf(target, found(target, all))]));
    },
    plan: (now, ask) => planFloor(now, ask, { maximumUnits: MAXIMUM_UNITS, unitName: 'tasks' }),
    apply: (target, seen, want, _key, signal) => applyOwned(api, target, seen, want, signal),
    progress: async (targets, wants, signal) => {
      const all = await describe(api, targets, signal);
      const states = targets.map((target) => ({ ...found(target, all), region: target.region }));
      const explanations = await explainMissingRoom(api, states, signal);
      return new Map(
        targets.map((target) => [target.id, progressOf(target, wants, found(target, all), explanations)]),
      );
    },
  };
}

/** What exists of the targets, by `region/cluster/service`; regions at once, one region's calls in turn. */
async function describe(
  api: EcsApi,
  targets: readonly ScalingTarget[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Found>> {
  const regions = Map.groupBy(targets.map(namesOf), (name) => name.region);
  const all = await Promise.all(
    [...regions].map(async ([region, names]) => {
      const [services, scalables] = await Promise.all([
        describeServices(api, region, names, signal),
        api.scalableTargets.describe(region, names.map(resourceIdOf), signal),
      ]);
      return names.flatMap((name): [string, Found][] => {
        const service = services.get(resourceIdOf(name));
        return service ? [[idOf(name), { service, scalable: scalables.get(resourceIdOf(name)) }]] : [];
      });
    }),
  );
  return new Map(all.flat());
}

/** For {@link ecsQuotas}; a service that does not exist is left out. */
function servicesOf(api: EcsApi): ServicesOf {
  return async (region, targets, signal) => {
    const services = await describeServices(api, region, targets.map(namesOf), signal);
    return targets.flatMap((target) => {
      const { cluster, service: own } = namesOf(target);
      const service = services.get(resourceIdOf({ cluster, service: own }));
      const name = `${cluster.slice(cluster.lastIndexOf('/') + 1)}/${own}`;
      return service ? [{ id: target.id, name, service }] : [];
    });
  };
}

async function describeServices(
  api: EcsApi,
  region: string,
  names: readonly ServiceName[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, EcsService>> {
  const services = new Map<string, EcsService>();
  for (const [cluster, group] of Map.groupBy(names, (name) => name.cluster)) {
    const wanted = [...new Set(group.map((name) => name.service))];
    for (const batch of batches(wanted, DESCRIBE_SERVICES_LIMIT)) {
      for (const service of await api.describeServices(region, cluster, batch, signal)) {
        services.set(resourceIdOf({ cluster, service: service.service }), service);
      }
    }
  }
  return services;
}

function found(target: ScalingTarget, all: ReadonlyMap<string, Found>): Found {
  const name = namesOf(target);
  const state = all.get(idOf(name));
  if (state !== undefined) return state;
  throw new ProviderError(
    'NotFound',
    `ECS service ${name.service} of cluster ${name.cluster} does not exist in ${name.region}. Correct the reference of target ${target.id}.`,
    { resource: target.id },
  );
}

function stateOf(target: ScalingTarget, state: Found): TargetState {
  const { status, runningUnits } = state.service;
  // ECS still describes a deleted service for a while.
  if (status !== 'ACTIVE') {
    const message = `ECS service ${state.service.service} is ${status}, so it cannot be scaled.`;
    throw new ProviderError('NotFound', message, { resource: target.id });
  }
  return { owned: ownedOf(state), servingUnits: runningUnits, fence: null };
}

function ownedOf({ service, scalable }: Found): OwnedFields {
  if (scalable === undefined) return { kind: 'count', units: service.desiredUnits };
  const { minimumUnits, maximumUnits } = scalable;
  return { kind: 'range', minimumUnits, maximumUnits };
}

function progressOf(
  target: ScalingTarget,
  wants: ReadonlyMap<string, OwnedFields>,
  state: Found,
  explanations: Explanations,
): Progress {
  const want = wants.get(target.id);
  if (want === undefined) {
    throw new ProviderError('InvalidTarget', `Nothing is wanted of ${target.id}.`, { resource: target.id });
  }
  const { status, runningUnits: servingUnits, deployments, lastEvent, blockedBy } = state.service;
  const moving = (reason: string) => ({ status: 'moving', servingUnits, reason }) as const;
  if (status !== 'ACTIVE') return { status: 'failed', servingUnits, reason: `the service is ${status}` };
  const live = floorOf(ownedOf(state));
  const floor = floorOf(want);
  if (live < floor) return moving(`the service guarantees ${live}, ${floor} is wanted`);
  if (servingUnits < floor) {
    const event = blockedBy || lastEvent;
    const said = event === '' ? '' : `; ECS says: ${event}`;
    const short = moving(
      `${servingUnits} of ${floor} tasks run${explanations(target.region, state.service)}${said}`,
    );
    // ECS goes on trying by itself: only at the settle deadline is it known that there is no room.
    return blockedBy === '' ? short : { ...short, lacks: 'InsufficientCapacity' };
  }
  if (want.kind === 'count' && deployments > 1) return moving(`${deployments} deployments are under way`);
  return { status: 'settled', servingUnits };
}

async function applyOwned(
  api: EcsApi,
  target: ScalingTarget,
  seen: TargetState,
  wanted: OwnedFields,
  signal: AbortSignal,
): Promise<ApplyReceipt> {
  const want = settable(target.id, seen.owned, wanted, ['count', 'range']);
  const name = namesOf(target);
  const send = () =>
    want.kind === 'count'
      ? api.setDesiredCount(name, want.units, signal)
      : api.scalableTargets.setRange(name.region, { ...want, resourceId: resourceIdOf(name) }, signal);
  return { vendorRequestId: await send() };
}

function namesOf(target: ScalingTarget): ServiceName {
  const { cluster, service } = target.reference;
  if (cluster && service) return { region: target.region, cluster, service };
  const message = `Target ${target.id} needs reference.cluster and reference.service.`;
  throw new ProviderError('InvalidTarget', message, { resource: target.id });
}

function idOf(name: ServiceName): string {
  return `${name.region}/${resourceIdOf(name)}`;
}
