import type { FleetEvent } from './events.ts';
import { growth, type PlacedTarget } from './fleet.ts';
import type { LedgerJudge } from './ledger-judge.ts';

/** A change as `POST /people` of the sandbox takes it. */
type Edit = Readonly<Record<string, number | string>>;

/**
 * What a person sets: more than anybody asked for or set so far, so that it cannot be taken for one of our values,
 * and no more than the target may have. @returns null where there is no such value.
 */
export function personsEdit(
  { variant, target, resource }: PlacedTarget,
  { live, highest }: LedgerJudge,
  { field, percent }: FleetEvent & { readonly kind: 'person' },
): Edit | null {
  const { lever, autoscaled } = variant;
  if (field === 'maximum') {
    const maximumUnits = (live.maximumUnits ?? 0) + 1 + Math.floor(percent / 4);
    const isPossible = live.maximumUnits !== null && maximumUnits <= lever.vendorMaximumUnits.units;
    return isPossible ? { maximumUnits } : null;
  }
  const classes = target.classes?.filter(({ units }) => units > highest && units <= target.maximumUnits);
  if (classes) {
    const className = chosen(classes, percent)?.name;
    return className === undefined ? null : { className };
  }
  const sizes =
    lever.reversibility === 'committed' ? growth(Number(resource.units), 20) : every(target.maximumUnits);
  const units = chosen(
    sizes.filter((size) => size > highest && size <= target.maximumUnits),
    percent,
  );
  if (units === undefined) return null;
  if (live.maximumUnits === null) return { desiredUnits: units };
  const bounds = { minimumUnits: units, maximumUnits: Math.max(live.maximumUnits, units) };
  return autoscaled ? bounds : { ...bounds, desiredUnits: units };
}

function every(most: number): readonly number[] {
  return Array.from({ length: most }, (_, index) => index + 1);
}

function chosen<T>(all: readonly T[], percent: number): T | undefined {
  // Most of what is left stays left for others.
  return all[Math.floor((all.length * percent) / 400)];
}
