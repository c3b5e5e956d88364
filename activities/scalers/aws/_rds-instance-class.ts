import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import { type ClassFields, type OwnedFields, planFloor, settable } from '../../../domain/owned-fields.ts';
import type { Progress, Scaler, TargetState } from '../../../domain/scaler.ts';
import { DESCRIBE_LIMIT, type RdsApi } from './_rds-api.ts';
import { changeable, changedMeanwhile, INSTANCE, instancesOf } from './_rds-instances.ts';
import type { DbInstance } from './_rds-shapes.ts';
import { hasFailed, isUsable } from './_rds-statuses.ts';
import { rungOf } from './_rungs.ts';
import { identifierIn, perTarget, wantedOf } from './_targets.ts';

/** No vendor's limit: units are the ladder's own, and a fleet file takes no more. */
const MAXIMUM_UNITS = 1_000_000;

/**
 * Class of one DB instance, a rung of the target's own ladder, changed at once and not in the maintenance window.
 * It interrupts the database: a Multi-AZ instance fails over (typically 60 to 120 s), any other is down while it
 * is replaced.
 *
 * A class that was asked for and is pending is what is owned. `available` alone says nothing: RDS may still show
 * it while the change begins, and shows it again with the change put off; so a class is settled when the instance
 * is `available`, runs it, and none is pending.
 */
export function instanceClassScaler(api: RdsApi): Scaler {
  return {
    batchSize: DESCRIBE_LIMIT,
    read: (targets, signal) => perTarget(targets, INSTANCE, instancesOf(api, signal), stateOf),
    plan: (now, ask) => planFloor(now, ask, { maximumUnits: MAXIMUM_UNITS, unitName: 'units' }),
    apply: async (target, seen, wanted, _key, signal) => {
      const want = settable(target.id, seen.owned, wanted, ['class']);
      return { vendorRequestId: await setClass(api, target, seen.owned as ClassFields, want, signal) };
    },
    progress: (targets, wants, signal) =>
      perTarget(targets, INSTANCE, instancesOf(api, signal), (target, found) =>
        progressOf(target, wantedOf(target, wants), found),
      ),
  };
}

function stateOf(target: ScalingTarget, found: DbInstance): TargetState {
  return { owned: ownedOf(target, found), servingUnits: serving(target, found), fence: null };
}

async function setClass(
  api: RdsApi,
  target: ScalingTarget,
  seen: ClassFields,
  want: ClassFields,
  signal: AbortSignal,
): Promise<string> {
  if (!target.mayInterrupt) throw uninterruptible(target, want);
  const found = await changeable(api, target, signal);
  const asked = ownedOf(target, found).className;
  // Put off to the maintenance window it is asked for and not under way: asking again begins it.
  const underWay = asked === found.className || found.status !== 'available';
  if (asked === want.className && underWay) return '';
  if (asked !== want.className && asked !== seen.className) {
    throw changedMeanwhile(target, seen.className, asked);
  }
  const change = { className: want.className };
  return api.modifyInstance(target.region, identifierIn(target, INSTANCE), change, signal);
}

function ownedOf(target: ScalingTarget, { className, pending }: DbInstance): ClassFields {
  return rungOf(target, pending.className ?? className);
}

function serving(target: ScalingTarget, found: DbInstance): number | null {
  return isUsable(found) ? rungOf(target, found.className).units : null;
}

function progressOf(target: ScalingTarget, want: OwnedFields, found: DbInstance): Progress {
  const { status, className, pending } = found;
  const servingUnits = serving(target, found);
  const moving = (reason: string): Progress => ({ status: 'moving', servingUnits, reason });
  if (hasFailed(found)) return { status: 'failed', servingUnits, reason: `the instance is ${status}` };
  if (want.kind !== 'class') return moving(`a class is set here, not a ${want.kind}`);
  const asked = pending.className === null ? '' : `, ${pending.className} is pending`;
  if (rungOf(target, className).units < want.units) {
    return moving(`the instance is ${status} as ${className}${asked}; ${want.className} is wanted`);
  }
  if (pending.className !== null) return moving(`the instance runs ${className}${asked}`);
  if (status !== 'available' || servingUnits === null) return moving(`the instance is ${status}`);
  return { status: 'settled', servingUnits };
}

function uninterruptible(target: ScalingTarget, want: ClassFields): ProviderError {
  const message = `A change to ${want.className} interrupts ${target.id}. Declare mayInterrupt in the fleet, or give it another lever.`;
  return new ProviderError('InvalidTarget', message, { resource: target.id });
}
