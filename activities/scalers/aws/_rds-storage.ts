import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import {
  type CountFields,
  type FloorAsk,
  floorOf,
  type OwnedFields,
  planFloor,
  settable,
} from '../../../domain/owned-fields.ts';
import type { Progress, Scaler, TargetState } from '../../../domain/scaler.ts';
import { DESCRIBE_LIMIT, type RdsApi } from './_rds-api.ts';
import { changeable, changedMeanwhile, INSTANCE, instancesOf } from './_rds-instances.ts';
import type { DbInstance } from './_rds-shapes.ts';
import { hasFailed, isUsable } from './_rds-statuses.ts';
import { identifierIn, perTarget, wantedOf } from './_targets.ts';

/** GiB of one instance. Source: RDS API reference, CreateDBInstance, 65,536 for most engines; fewer for SQL Server. */
const MAXIMUM_UNITS = 65_536;

/**
 * Least growth. Source: RDS API reference, ModifyDBInstance: a value less than 10 % above the current one is
 * rounded up to that.
 */
const LEAST_GROWTH = 1.1;

/** Baseline IOPS of a gp3 volume below the size from which they can be set. Source: RDS user guide, gp3 storage. */
const GP3_BASELINE_IOPS = 3_000;

/**
 * Allocated storage of one DB instance, in GiB. It only grows, by 10 % at least, and RDS then takes no further
 * change for 6 hours, or until `storage-optimization` is over, whichever is longer: a refusal meanwhile is
 * UpdateInProgress. The new size is usable during `storage-optimization`.
 *
 * Sizes are planned in steps of 10 % from the size before the first claim, so that a second, slightly higher claim
 * is a step RDS takes as it is. An instance of Aurora grows by itself and has no storage to set.
 */
export function storageScaler(api: RdsApi): Scaler {
  return {
    batchSize: DESCRIBE_LIMIT,
    read: (targets, signal) => perTarget(targets, INSTANCE, instancesOf(api, signal), stateOf),
    plan: planGrowth,
    apply: async (target, seen, wanted, _key, signal) => {
      const want = settable(target.id, seen.owned, wanted, ['count']);
      return { vendorRequestId: await grow(api, target, floorOf(seen.owned), want.units, signal) };
    },
    progress: (targets, wants, signal) =>
      perTarget(targets, INSTANCE, instancesOf(api, signal), (target, found) =>
        progressOf(wantedOf(target, wants), found),
      ),
  };
}

function stateOf({ id }: ScalingTarget, found: DbInstance): TargetState {
  return { owned: ownedOf(id, found), servingUnits: serving(found), fence: null };
}

/** @throws ProviderError as {@link planFloor}, and `QuotaExceeded` where a step of 10 % is above the maximum. */
function planGrowth(now: OwnedFields, ask: FloorAsk): OwnedFields {
  const asked = planFloor(now, ask, { maximumUnits: MAXIMUM_UNITS, unitName: 'GiB' });
  if (now.kind !== 'count' || asked.kind !== 'count' || asked.units === now.units) return asked;
  const highest = Math.min(ask.maximumUnits, MAXIMUM_UNITS);
  let step = now.units;
  while (step < asked.units) step = grown(step);
  const units = Math.min(step, highest);
  if (units >= grown(now.units)) return { ...asked, units };
  const message = `${now.units} GiB grow to ${grown(now.units)} at least, ${highest} are possible. Raise maximumUnits.`;
  throw new ProviderError('QuotaExceeded', message, { highestAcceptableUnits: now.units });
}

/** The least size a volume may grow to; whole GiB, and above what it was. */
function grown(gib: number): number {
  return Math.max(gib + 1, Math.ceil(gib * LEAST_GROWTH - 1e-9));
}

async function grow(
  api: RdsApi,
  target: ScalingTarget,
  seenGib: number,
  wantGib: number,
  signal: AbortSignal,
): Promise<string> {
  const found = await changeable(api, target, signal);
  const live = ownedOf(target.id, found).units;
  if (live === wantGib) return '';
  if (live !== seenGib) throw changedMeanwhile(target, `${seenGib} GiB`, `${live} GiB`);
  refuse(target, found, live, wantGib);
  const change = { allocatedGib: wantGib, iops: sentIops(found) };
  return api.modifyInstance(target.region, identifierIn(target, INSTANCE), change, signal);
}

/** @throws ProviderError for a size RDS would refuse, or round up to another than the one asked for. */
function refuse(target: ScalingTarget, found: DbInstance, live: number, want: number): void {
  const resource = target.id;
  if (want < live) {
    const message = `${target.id} has ${live} GiB and storage never shrinks: ${want} GiB cannot be given back. Accept what is there.`;
    throw new ProviderError('InvalidTarget', message, { resource });
  }
  if (want < grown(live)) {
    const message = `${target.id} has ${live} GiB, which grow to ${grown(live)} at least, not to ${want}.`;
    throw new ProviderError('QuotaExceeded', message, { resource, highestAcceptableUnits: live });
  }
  const { autoscaledToGib } = found;
  // RDS: "Max storage size must be greater than storage size".
  if (autoscaledToGib === null || want < autoscaledToGib) return;
  const message = `${want} GiB are not below the ${autoscaledToGib} that storage autoscaling of ${target.id} may go to. Raise its maximum.`;
  throw new ProviderError('QuotaExceeded', message, {
    resource,
    highestAcceptableUnits: autoscaledToGib - 1,
  });
}

/**
 * IOPS to be sent with a size: RDS refuses one without the other where they are provisioned, and refuses them for
 * a gp3 volume below 400 GiB (Oracle 200), which has exactly the baseline. SQL Server takes them at any size.
 */
function sentIops({ storageType, iops, engine }: DbInstance): number | null {
  if (iops === null || storageType === null || !['gp3', 'io1', 'io2'].includes(storageType)) return null;
  const settable = storageType !== 'gp3' || iops > GP3_BASELINE_IOPS || engine.startsWith('sqlserver');
  return settable ? iops : null;
}

function ownedOf(targetId: string, { instance, cluster, allocatedGib, pending }: DbInstance): CountFields {
  if (cluster === null) return { kind: 'count', units: pending.allocatedGib ?? allocatedGib };
  const message = `DB instance ${instance} is a member of DB cluster ${cluster}, whose storage is not set here. Take target ${targetId} out of the fleet.`;
  throw new ProviderError('InvalidTarget', message, { resource: targetId });
}

function serving(found: DbInstance): number | null {
  return isUsable(found) ? found.allocatedGib : null;
}

function progressOf(want: OwnedFields, found: DbInstance): Progress {
  const { status, allocatedGib, pending } = found;
  const [servingUnits, floor] = [serving(found), floorOf(want)];
  const moving = (reason: string): Progress => ({ status: 'moving', servingUnits, reason });
  if (hasFailed(found)) return { status: 'failed', servingUnits, reason: `the instance is ${status}` };
  if (allocatedGib < floor)
    return moving(`${allocatedGib} of ${floor} GiB are there, the instance is ${status}`);
  if (pending.allocatedGib !== null) return moving(`${pending.allocatedGib} GiB are pending`);
  if (servingUnits === null) return moving(`the instance is ${status}`);
  return { status: 'settled', servingUnits };
}
