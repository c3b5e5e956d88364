import { setTimeout as sleep } from 'node:timers/promises';
import type { VendorConnection } from '../../../domain/connection.ts';
import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import {
  type CountFields,
  floorOf,
  type OwnedFields,
  planFloor,
  type RangeFields,
  sameOwned,
  settable,
} from '../../../domain/owned-fields.ts';
import type { ApplyReceipt, Progress, Scaler, TargetState } from '../../../domain/scaler.ts';
import type { Guarded } from '../../calls/call-guard.ts';
import {
  type Autoscaler,
  type ComputeApi,
  type ComputeOperation,
  type ComputeScope,
  createComputeApi,
  type InstanceGroup,
  PAGE_SIZE,
} from './_client.ts';
import { operationError } from './_errors.ts';

/** VMs of one regional group (zonal: 1,000). Source: Compute Engine, "Managed instance groups", limits. */
const MAXIMUM_UNITS = 2_000;

/** How long an accepted operation is watched for an error, in milliseconds; after that progress shows it. */
const OPERATION_WATCH_MS = 20_000;

/** First pause between two looks at an operation, in milliseconds; it doubles up to two seconds. */
const OPERATION_PAUSE_MS = 100;

interface Names extends ComputeScope {
  readonly name: string;
}

/** What a location held when it was listed. */
interface Location {
  readonly groups: ReadonlyMap<string, InstanceGroup>;
  readonly autoscalers: ReadonlyMap<string, Autoscaler>;
}

/**
 * Compute Engine managed instance groups, zonal and regional. With an autoscaler that is on, its minimum and
 * maximum replicas are owned; without one, or with mode OFF, the group's target size.
 *
 * Protection is read-back: neither call takes a fence, so the owned fields are read right before the write and
 * `Stale` is thrown when they are neither what was seen nor what is wanted. `key` goes out as `requestId`,
 * under which Compute Engine does a change once.
 */
export function createMigScaler(connection: VendorConnection, { guard }: Guarded): Scaler {
  return migScaler(createComputeApi({ connection, guard }));
}

/** The scaler over given calls of Compute Engine. */
export function migScaler(api: ComputeApi): Scaler {
  return {
    batchSize: PAGE_SIZE,
    read: async (targets, signal) => {
      const located = await locate(api, targets, signal);
      return new Map(targets.map((target) => [target.id, stateOf(target, located)]));
    },
    plan: (now, ask) => planFloor(now, ask, { maximumUnits: MAXIMUM_UNITS, unitName: 'instances' }),
    apply: (target, seen, want, key, signal) => applyOwned(api, target, seen, want, key, signal),
    progress: async (targets, wants, signal) => {
      const located = await locate(api, targets, signal);
      return new Map(targets.map((target) => [target.id, progressOf(target, wants, located)]));
    },
  };
}

/** One list of groups and one of autoscalers per location named, all locations at once. */
async function locate(
  api: ComputeApi,
  targets: readonly ScalingTarget[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Location>> {
  const scopes = new Map(targets.map(namesOf).map((names) => [scopeId(names), names]));
  const located = await Promise.all(
    [...scopes].map(async ([id, scope]) => {
      const [groups, autoscalers] = await Promise.all([
        api.listGroups(scope, signal),
        api.listAutoscalers(scope, signal),
      ]);
      return [
        id,
        {
          groups: new Map(groups.map((group) => [group.name, group])),
          autoscalers: new Map(autoscalers.map((autoscaler) => [autoscaler.group, autoscaler])),
        },
      ] as const;
    }),
  );
  return new Map(located);
}

function found(target: ScalingTarget, located: ReadonlyMap<string, Location>) {
  const names = namesOf(target);
  const location = located.get(scopeId(names));
  const group = location?.groups.get(names.name);
  if (group === undefined) {
    throw new ProviderError(
      'NotFound',
      `Managed instance group ${resourceOf(names)} does not exist. Correct the reference of target ${target.id}.`,
      { resource: target.id },
    );
  }
  return { group, autoscaler: location?.autoscalers.get(names.name) };
}

function stateOf(target: ScalingTarget, located: ReadonlyMap<string, Location>): TargetState {
  const { group, autoscaler } = found(target, located);
  const body = {
    autoscaler: autoscaler?.name ?? null,
    policy: autoscaler?.policy ?? null,
  };
  return {
    owned: ownedOf(group, autoscaler),
    servingUnits: servingOf(group),
    fence: null,
    body,
  };
}

function ownedOf(group: InstanceGroup, autoscaler: Autoscaler | undefined): OwnedFields {
  if (autoscaler === undefined || autoscaler.mode === 'OFF') {
    return {
      kind: 'count',
      units: known(group.targetSize, group, 'targetSize'),
    };
  }
  return {
    kind: 'range',
    minimumUnits: known(autoscaler.minimumUnits, autoscaler, 'autoscalingPolicy.minNumReplicas'),
    maximumUnits: known(autoscaler.maximumUnits, autoscaler, 'autoscalingPolicy.maxNumReplicas'),
  };
}

/** Instances that run with no action pending; the target size is what was asked for and never counts. */
function servingOf(group: InstanceGroup): number {
  return known(group.runningUnits, group, 'currentActions.none');
}

function known(count: number | null, resource: { readonly name: string }, field: string): number {
  if (count !== null) return count;
  throw new ProviderError('Transient', `Compute Engine gave ${resource.name} without ${field}; not used.`);
}

function progressOf(
  target: ScalingTarget,
  wants: ReadonlyMap<string, OwnedFields>,
  located: ReadonlyMap<string, Location>,
): Progress {
  const { group, autoscaler } = found(target, located);
  const want = wants.get(target.id);
  if (want === undefined) {
    throw new ProviderError('InvalidTarget', `Nothing is wanted of ${target.id}.`, { resource: target.id });
  }
  const servingUnits = servingOf(group);
  const live = floorOf(ownedOf(group, autoscaler));
  const floor = floorOf(want);
  if (live < floor) {
    return {
      status: 'moving',
      servingUnits,
      reason: `the group guarantees ${live}, ${floor} is wanted`,
    };
  }
  if (servingUnits >= floor) return { status: 'settled', servingUnits };
  const changing = group.isStable ? '' : ', instances are being changed';
  return {
    status: 'moving',
    servingUnits,
    reason: `${servingUnits} of ${floor} instances run${changing}`,
  };
}

async function applyOwned(
  api: ComputeApi,
  target: ScalingTarget,
  seen: TargetState,
  wanted: OwnedFields,
  key: string,
  signal: AbortSignal,
): Promise<ApplyReceipt> {
  const names = namesOf(target);
  const want = settable(target.id, seen.owned, wanted, ['count', 'range']);
  const live = await readBack(api, names, signal);
  if (!sameOwned(live.owned, seen.owned) && !sameOwned(live.owned, want)) {
    const message = `${target.id} was changed by somebody else since it was read. Read it again.`;
    throw new ProviderError('Stale', message, { resource: target.id });
  }
  const operation = await write(api, names, live.autoscaler, want, key, signal);
  await watch(api, names, operation, signal);
  return { vendorRequestId: operation.name };
}

/** The group and its autoscaler right before a write. */
async function readBack(api: ComputeApi, names: Names, signal: AbortSignal) {
  const group = await api.getGroup(names, names.name, signal);
  const autoscaler =
    group.autoscaler === null ? undefined : await api.getAutoscaler(names, group.autoscaler, signal);
  return { autoscaler, owned: ownedOf(group, autoscaler) };
}

/** A patch carries the whole policy as just read: a part of one may reset what it leaves out. */
function write(
  api: ComputeApi,
  names: Names,
  autoscaler: Autoscaler | undefined,
  want: CountFields | RangeFields,
  key: string,
  signal: AbortSignal,
): Promise<ComputeOperation> {
  if (want.kind === 'count') return api.resize(names, names.name, want.units, key, signal);
  if (autoscaler === undefined) {
    const message = `The autoscaler of ${resourceOf(names)} is gone. Read the group again.`;
    throw new ProviderError('Stale', message, { resource: resourceOf(names) });
  }
  const range = {
    minNumReplicas: want.minimumUnits,
    maxNumReplicas: want.maximumUnits,
  };
  return api.patchAutoscaler(names, autoscaler.name, { ...autoscaler.policy, ...range }, key, signal);
}

/** Looks at an accepted operation until it is done, so that an error it ends with is thrown, not lost. */
async function watch(
  api: ComputeApi,
  names: Names,
  accepted: ComputeOperation,
  signal: AbortSignal,
): Promise<void> {
  const deadlineMs = Date.now() + OPERATION_WATCH_MS;
  let operation = accepted;
  let pauseMs = OPERATION_PAUSE_MS;
  while (!operation.done && Date.now() < deadlineMs && !signal.aborted) {
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    pauseMs = Math.min(pauseMs * 2, 2_000);
    operation = await api.getOperation(names, accepted.name, signal);
  }
  const error = operationError(operation.errors, resourceOf(names));
  if (error !== undefined) throw error;
}

function namesOf(target: ScalingTarget): Names {
  const { project, location, name } = target.reference;
  if (project && location && name) return { project, location, name };
  const message = `Target ${target.id} needs reference.project, reference.location and reference.name.`;
  throw new ProviderError('InvalidTarget', message, { resource: target.id });
}

function scopeId(scope: ComputeScope): string {
  return `${scope.project}/${scope.location}`;
}

function resourceOf(names: Names): string {
  return `${scopeId(names)}/${names.name}`;
}
