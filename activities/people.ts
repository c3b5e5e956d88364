import { ProviderError } from '../domain/errors.ts';
import type { ScalingTarget } from '../domain/fleet.ts';
import {
  ceilingOf,
  floorOf,
  isPartWay,
  type OwnedFields,
  type RangeFields,
  type SizeFields,
  sameOwned,
} from '../domain/owned-fields.ts';
import { leverOfTarget } from '../domain/services.ts';
import { countingClaims } from '../store/claims.ts';
import { countLowered, type PersonsEdit, recordEdit, recordOwnPart } from '../store/people.ts';
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
  if (isOwnPart(leased, live)) {
    if (!(await recordOwnPart(deps.db, leased, live))) throw takenOver(leased);
    return null;
  }
  const claims = await countingClaims(deps.db, leased.id);
  const floors = claims.filter((claim) => claim.kind === 'floor');
  const floorUnits = Math.max(floorOf(preState), ...floors.map((claim) => claim.floorUnits));
  const theirs = claims.find((claim) => claim.kind === 'manual')?.fields ?? null;
  const known = ours as readonly OwnedFields[];
  const standing = { floorUnits, expected, known, preState, theirs };
  // Only a claim protects; what is below the pre-state alone is theirs, and an undo raises nothing.
  const unprotected = direction === 'undo' || floors.length === 0 || floorOf(live) >= floorUnits;
  const left = leftMaximum(live, standing);
  const fields = raisedFields(live, standing) ?? (unprotected ? left : null);
  if (fields !== null || unprotected) {
    await enterEdit(deps, leased, live, fields ? { kind: 'raised', fields } : { kind: 'takenBack' });
    return null;
  }
  const since = new Date(Math.min(...floors.map((claim) => claim.createdAt.getTime())));
  // Not remembered: until somebody sets it back, every later look must find it contested as well.
  if ((await countLowered(deps.db, leased.id, since)) >= RAISE_AGAIN_LIMIT) return contested(leased.id, live);
  await enterEdit(deps, leased, live, { kind: 'lowered', expected, left });
  return null;
}

/** @throws ProviderError `Stale` when the lease is over: what is there now may be another value. */
async function enterEdit(
  { db }: ActivityDependencies,
  leased: LeasedTarget,
  live: OwnedFields,
  edit: PersonsEdit,
): Promise<void> {
  if (!(await recordEdit(db, leased, live, edit))) throw takenOver(leased);
}

function takenOver({ id }: LeasedTarget): ProviderError {
  return new ProviderError('Stale', `${id} was taken over; reading again`, { resource: id });
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
  /** Everything of ours that may stand there: `expected`, and what unknown writes had seen or wanted. */
  readonly known: readonly OwnedFields[];
  readonly preState: OwnedFields;
  /** What a person raised it to before, where that still counts. */
  readonly theirs: OwnedFields | null;
}

/**
 * What a person wants to be left with, by a floor above what stood there or, of a value of theirs that they lower,
 * above everybody else's, or by a maximum they lifted; null where they raised nothing. A floor counts even below a claim that the
 * vendor has not taken yet, and may never take. With a lifted maximum alone the floor stays what it was before ours.
 */
function raisedFields(live: OwnedFields, standing: Standing): OwnedFields | null {
  const { floorUnits, expected, known, preState, theirs } = standing;
  const floor = floorOf(live);
  const isOurFloor = known.some((fields) => floorOf(fields) === floor);
  if (!isOurFloor && floor > Math.max(floorOf(expected), floorOf(preState))) return live;
  // Below what is ours and not below their own, it is ours alone that they took back.
  if (theirs !== null && floor > floorUnits && floor < floorOf(expected)) {
    return floor < floorOf(theirs) ? live : (leftMaximum(live, standing) ?? theirs);
  }
  const bounded = live.kind === expected.kind && (live.kind === 'range' || live.kind === 'size');
  const isOurCeiling = known.some((fields) => ceilingOf(fields) === ceilingOf(live));
  // A floor below our last is still ours where a write of unknown outcome may have set it.
  const ours = known.find((fields) => floorOf(fields) === floor) ?? expected;
  const stood = floor === floorOf(expected) ? expected : ours;
  const lifted = bounded && !isOurCeiling && ceilingOf(live) > ceilingOf(stood);
  if (!lifted || floor < floorOf(stood)) return null;
  return { ...(theirs ?? preState), maximumUnits: ceilingOf(live) } as OwnedFields;
}

/**
 * What stays of a maximum that a person lifted before, where they lower it and it is still above everybody else's,
 * or leave it and take back their floor alone; null for nothing. What is above their own is ours.
 */
function leftMaximum(
  live: OwnedFields,
  { floorUnits, preState, theirs }: Standing,
): RangeFields | SizeFields | null {
  if (theirs === null || (theirs.kind !== 'range' && theirs.kind !== 'size')) return null;
  if (live.kind !== theirs.kind || preState.kind !== theirs.kind) return null;
  const maximumUnits = Math.min(ceilingOf(live), ceilingOf(theirs));
  const others = ceilingOf(live) < ceilingOf(theirs) ? floorUnits : 0;
  if (maximumUnits <= Math.max(ceilingOf(preState), others)) return null;
  return { ...(floorOf(live) < floorOf(theirs) ? preState : theirs), maximumUnits };
}

function contested(targetId: string, live: OwnedFields): string {
  return (
    `Somebody lowered ${targetId} to ${floorOf(live)} a third time inside a protected window; it is left there. ` +
    'Agree with whoever does it and set it back, or cancel or release this run.'
  );
}
