import type { VendorConnection } from '../../../domain/connection.ts';
import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import { floorOf, type OwnedFields, planFloor, settable } from '../../../domain/owned-fields.ts';
import type { QuotaReader } from '../../../domain/quota.ts';
import type { ApplyReceipt, Progress, Scaler, TargetState } from '../../../domain/scaler.ts';
import type { Guarded } from '../../calls/call-guard.ts';
import { createScalableTargetsList, type ScalableTarget } from './_app-auto-scaling.ts';
import {
  createLambdaApi,
  type FunctionVersion,
  type LambdaApi,
  PROVISIONED_CONCURRENCY,
  type ProvisionedConcurrency,
  resourceIdOf,
} from './_lambda-api.ts';
import { createLambdaDirectory, discoverVersions } from './_lambda-discovery.ts';
import { lambdaQuotas } from './_lambda-quotas.ts';

/** Our own guard: Lambda has no maximum per function beside the account's quota of concurrent executions. */
const MAXIMUM_UNITS = 100_000;

/** What AWS says of one target. */
interface Found {
  /** Null where nothing is provisioned, which is a count of 0. */
  readonly config: ProvisionedConcurrency | null;
  /** Absent where no autoscaler is registered. */
  readonly scalable: ScalableTarget | undefined;
}

/**
 * Provisioned concurrency of a version or an alias. With a scalable target of Application Auto Scaling its
 * minimum and maximum capacity are owned; without one, the number provisioned, 0 for none at all.
 *
 * Reserved concurrency is never written. It is the function's maximum as well (0 blocks every invocation), so a
 * floor above it is refused here: Application Auto Scaling would take such a minimum and never reach it.
 *
 * Protection is read-back: no call takes a fence or a token, all set absolute values, so a repeat has no second
 * effect.
 */
export function createLambdaScaler(connection: VendorConnection, { guard }: Guarded): Scaler & QuotaReader {
  const access = { connection, guard };
  const api = createLambdaApi(access);
  const scalables = createScalableTargetsList(access, PROVISIONED_CONCURRENCY);
  return {
    ...lambdaScaler(api),
    ...lambdaQuotas(api, namesOf),
    discover: discoverVersions(createLambdaDirectory(access), api, scalables),
  };
}

/** The scaler over given calls of AWS. */
export function lambdaScaler(api: LambdaApi): Scaler {
  return {
    // Lambda has no call that reads several functions.
    batchSize: 1,
    read: async (targets, signal) => {
      const all = await describe(api, targets, signal);
      return new Map(targets.map((target) => [target.id, stateOf(found(target, all))]));
    },
    plan: (now, ask) =>
      planFloor(now, ask, { maximumUnits: MAXIMUM_UNITS, unitName: 'execution environments' }),
    apply: (target, seen, want, _key, signal) => applyOwned(api, target, seen, want, signal),
    progress: async (targets, wants, signal) => {
      const all = await describe(api, targets, signal);
      return new Map(targets.map((target) => [target.id, progressOf(target, wants, found(target, all))]));
    },
  };
}

/** The targets' states by their ids; regions at once, one region's calls in turn. */
async function describe(
  api: LambdaApi,
  targets: readonly ScalingTarget[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Found>> {
  const named = targets.map((target) => ({ id: target.id, name: namesOf(target) }));
  const regions = Map.groupBy(named, ({ name }) => name.region);
  const all = await Promise.all(
    [...regions].map(async ([region, group]) => {
      const ids = group.map(({ name }) => resourceIdOf(name));
      const [configs, scalables] = await Promise.all([
        inTurn(group, ({ name }) => api.provisioned(name, signal)),
        api.scalableTargets.describe(region, ids, signal),
      ]);
      return group.map(({ id, name }, index): [string, Found] => {
        return [id, { config: configs[index] ?? null, scalable: scalables.get(resourceIdOf(name)) }];
      });
    }),
  );
  return new Map(all.flat());
}

async function inTurn<T, R>(items: readonly T[], call: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await call(item));
  return results;
}

function found(target: ScalingTarget, all: ReadonlyMap<string, Found>): Found {
  const state = all.get(target.id);
  if (state !== undefined) return state;
  throw new ProviderError('Transient', `${target.id} was not read.`, { resource: target.id });
}

function stateOf(state: Found): TargetState {
  return { owned: ownedOf(state), servingUnits: state.config?.availableUnits ?? 0, fence: null };
}

function ownedOf({ config, scalable }: Found): OwnedFields {
  if (scalable === undefined) return { kind: 'count', units: config?.requestedUnits ?? 0 };
  const { minimumUnits, maximumUnits } = scalable;
  return { kind: 'range', minimumUnits, maximumUnits };
}

/**
 * Settled is what Lambda calls READY: until an allocation is complete none of its environments takes a request.
 * An autoscaler's own failed attempt to go higher is no failure of a floor that is there.
 */
function progressOf(target: ScalingTarget, wants: ReadonlyMap<string, OwnedFields>, state: Found): Progress {
  const want = wants.get(target.id);
  if (want === undefined) {
    throw new ProviderError('InvalidTarget', `Nothing is wanted of ${target.id}.`, { resource: target.id });
  }
  const { status = 'READY', statusReason = '', availableUnits: servingUnits = 0 } = state.config ?? {};
  const moving = (reason: string): Progress => ({ status: 'moving', servingUnits, reason });
  const [live, floor] = [floorOf(ownedOf(state)), floorOf(want)];
  if (live < floor) return moving(`the function guarantees ${live}, ${floor} is wanted`);
  const short = `${servingUnits} of ${floor} execution environments are available`;
  if (servingUnits < floor && status === 'FAILED') {
    return { status: 'failed', servingUnits, reason: `${short}; Lambda says: ${statusReason}` };
  }
  if (servingUnits < floor) return moving(short);
  if (status === 'IN_PROGRESS') return moving('an allocation is under way');
  return { status: 'settled', servingUnits };
}

async function applyOwned(
  api: LambdaApi,
  target: ScalingTarget,
  seen: TargetState,
  wanted: OwnedFields,
  signal: AbortSignal,
): Promise<ApplyReceipt> {
  const want = settable(target.id, seen.owned, wanted, ['count', 'range']);
  const name = namesOf(target);
  if (floorOf(want) > floorOf(seen.owned)) await checkReserved(api, name, floorOf(want), signal);
  return { vendorRequestId: await send(api, name, want, signal) };
}

async function send(
  api: LambdaApi,
  name: FunctionVersion,
  want: Extract<OwnedFields, { readonly kind: 'count' | 'range' }>,
  signal: AbortSignal,
): Promise<string> {
  if (want.kind === 'range') {
    return api.scalableTargets.setRange(name.region, { ...want, resourceId: resourceIdOf(name) }, signal);
  }
  // Lambda takes no 0; taking the setting away is how a function without it looks.
  return want.units === 0
    ? api.removeProvisioned(name, signal)
    : api.setProvisioned(name, want.units, signal);
}

/** @throws ProviderError `QuotaExceeded` where the function's reserved concurrency has no room for the floor. */
async function checkReserved(
  api: LambdaApi,
  { region, function: functionName, qualifier }: FunctionVersion,
  floorUnits: number,
  signal: AbortSignal,
): Promise<void> {
  const reserved = await api.reservedUnits(region, functionName, signal);
  if (reserved === null) return;
  const requested = await api.requestedOf(region, functionName, signal);
  const others = [...requested].reduce((sum, [other, units]) => sum + (other === qualifier ? 0 : units), 0);
  const highestAcceptableUnits = Math.max(0, reserved - others);
  if (floorUnits <= highestAcceptableUnits) return;
  const message = `Function ${functionName} in ${region} has ${reserved} executions reserved, which is its maximum, and other versions have ${others} of them provisioned: ${floorUnits} cannot be provisioned on ${qualifier}. Raise its reserved concurrency or take it away.`;
  throw new ProviderError('QuotaExceeded', message, { resource: functionName, highestAcceptableUnits });
}

/** Names Lambda's own pattern allows. Source: Lambda API reference, FunctionName and Qualifier. */
const FUNCTION_NAME = /^[a-zA-Z0-9-_]{1,64}$/;
const QUALIFIER = /^[a-zA-Z0-9-_]{1,128}$/;

function namesOf(target: ScalingTarget): FunctionVersion {
  const { function: name = '', qualifier = '' } = target.reference;
  if (FUNCTION_NAME.test(name) && QUALIFIER.test(qualifier)) {
    return { region: target.region, function: name, qualifier };
  }
  const message = `Target ${target.id} needs reference.function, a name and no ARN, and reference.qualifier, a published version or an alias: $LATEST cannot have provisioned concurrency.`;
  throw new ProviderError('InvalidTarget', message, { resource: target.id });
}
