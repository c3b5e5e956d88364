import { ProviderError } from '../domain/errors.ts';
import type { ScalingTarget } from '../domain/fleet.ts';
import { ceilingOf, floorOf, isPartWay, type OwnedFields, sameOwned } from '../domain/owned-fields.ts';
import { leverOfTarget } from '../domain/services.ts';
import { countingClaims } from '../store/claims.ts';
import { countLowered, type PersonsEdit, recordEdit } from '../store/people.ts';
import type { Intent, LeasedTarget } from '../store/targets.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** A value lowered by somebody inside a protected window is raised again this often, then a person is asked. */
const RAISE_AGAIN_LIMIT = 2;

/**
 * Tells a person's edit from our own values. What they ask beyond all others becomes a claim of theirs, which
 * the newest value replaces; a value lowered below the claims is raised again at most twice.
 * @returns why nothing may be written, where a person has to be asked; else null.
 */
export async function noticePeople(
  deps: ActivityDependencies,
  leased: LeasedTarget,
  unresolved: readonly Intent[],
  live: OwnedFields,
  direction: 'forward' | 'undo',
): Promise<string | null> {
  const preState = leased.preState as OwnedFields | null;
  const expected = (leased.lastApplied as OwnedFields | null) ?? preState;
  if (preState === null || expected === null) return null;
  const ours = [expected, ...leased.unresolved.map((i) => i.want), ...unresolved.map((i) => i.seen)];
  if (ours.some((value) => sameOwned(value as OwnedFields, live))) return null;
  if (isOwnPart(leased, live)) return null;
  const claims = await countingClaims(deps.db, leased.id);
  const floors = claims.filter((claim) => claim.kind === 'floor');
  const floorUnits = Math.max(floorOf(preState), ...floors.map((claim) => claim.floorUnits));
  const asked = askedBeyond(live, {
    floorUnits,
    expected,
    preState,
    hasManual: claims.length > floors.length,
  });
  if (asked !== null) {
    await enterEdit(deps, leased, live, { kind: 'raised', floorUnits: asked });
    return null;
  }
  // Only a claim protects; what is below the pre-state alone is theirs, and an undo raises nothing.
  if (direction === 'undo' || floors.length === 0 || floorOf(live) >= floorUnits) {
    await enterEdit(deps, leased, live, { kind: 'takenBack' });
    return null;
  }
  const since = new Date(Math.min(...floors.map((claim) => claim.createdAt.getTime())));
  // Not remembered: until somebody sets it back, every later look must find it contested as well.
  if ((await countLowered(deps.db, leased.id, since)) >= RAISE_AGAIN_LIMIT) return contested(leased.id, live);
  await enterEdit(deps, leased, live, { kind: 'lowered', expected });
  return null;
}

/** @throws ProviderError `Stale` when the lease is over: what is there now may be another value. */
async function enterEdit(
  { db }: ActivityDependencies,
  leased: LeasedTarget,
  live: OwnedFields,
  edit: PersonsEdit,
): Promise<void> {
  if (await recordEdit(db, leased, live, edit)) return;
  throw new ProviderError('Stale', `${leased.id} was taken over; reading again`, { resource: leased.id });
}

/** A value on the way of a write of ours that may have broken off, where one write is several calls. */
function isOwnPart({ spec, unresolved }: LeasedTarget, live: OwnedFields): boolean {
  if (!leverOfTarget(spec as ScalingTarget)?.stepwise) return false;
  return unresolved.some(({ seen, want }) => isPartWay(seen as OwnedFields, want as OwnedFields, live));
}

/** Where the claims and our own last value stand when a person's edit is judged. */
interface Standing {
  /** The most that pre-state and runs ask for. */
  readonly floorUnits: number;
  readonly expected: OwnedFields;
  readonly preState: OwnedFields;
  readonly hasManual: boolean;
}

/**
 * Units a person asks for beyond everybody else, by a higher floor or a maximum they lifted; null where they
 * do not. With a lifted maximum alone the floor stays ours to give back, so theirs is the pre-state's.
 */
function askedBeyond(live: OwnedFields, standing: Standing): number | null {
  const { floorUnits, expected, preState, hasManual } = standing;
  const floor = floorOf(live);
  const raised = floor > floorOf(expected) || hasManual;
  if (floor > floorUnits && raised) return floor;
  const bounded = live.kind === expected.kind && (live.kind === 'range' || live.kind === 'size');
  const lifted = bounded && ceilingOf(live) > ceilingOf(expected);
  return lifted && floor >= floorOf(expected) ? floorOf(preState) : null;
}

function contested(targetId: string, live: OwnedFields): string {
  return (
    `Somebody lowered ${targetId} to ${floorOf(live)} a third time inside a protected window; it is left there. ` +
    'Agree with whoever does it and set it back, or cancel or release this run.'
  );
}
