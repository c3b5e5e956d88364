import { isDeepStrictEqual } from 'node:util';
import { floorOf, type OwnedFields } from '../domain/scaler.ts';
import { countingClaims } from '../store/claims.ts';
import {
  countLowered,
  endManualClaims,
  recordLowered,
  recordManualClaim,
  rememberSeen,
} from '../store/people.ts';
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
  if (ours.some((value) => isDeepStrictEqual(value, live))) return null;
  await rememberSeen(deps.db, leased.id, live);
  const claims = (await countingClaims(deps.db, leased.id)).filter((claim) => claim.kind === 'floor');
  const floorUnits = Math.max(floorOf(preState), ...claims.map((claim) => claim.floorUnits));
  if (isBeyond(live, floorUnits, expected)) {
    await recordManualClaim(deps.db, leased.id, live);
    return null;
  }
  await endManualClaims(deps.db, leased.id, 'taken back by the person who set it');
  // Only a claim protects; what is below the pre-state alone is theirs, and an undo raises nothing.
  if (direction === 'undo' || claims.length === 0 || floorOf(live) >= floorUnits) return null;
  const since = new Date(Math.min(...claims.map((claim) => claim.createdAt.getTime())));
  if ((await countLowered(deps.db, leased.id, since)) >= RAISE_AGAIN_LIMIT) return contested(leased.id, live);
  await recordLowered(deps.db, leased.id, { seen: live, expected });
  return null;
}

/** Whether a person asks for more than everybody else does: a higher floor, or a maximum they lifted. */
function isBeyond(live: OwnedFields, floorUnits: number, expected: OwnedFields): boolean {
  if (floorOf(live) > floorUnits) return true;
  const lifted =
    live.kind === 'range' && expected.kind === 'range' && live.maximumUnits > expected.maximumUnits;
  return lifted && floorOf(live) >= floorOf(expected);
}

function contested(targetId: string, live: OwnedFields): string {
  return (
    `Somebody lowered ${targetId} to ${floorOf(live)} a third time inside a protected window; it is left there. ` +
    'Agree with whoever does it and set it back, or cancel or release this run.'
  );
}
