import { ProviderError } from './errors.ts';

/**
 * The fields a scaler sets, and nothing else. Pre-state, restore and "as before" speak of these only.
 *
 * - `range`: an autoscaler owns the count, we own its minimum and, where needed, its maximum.
 * - `count`: no autoscaler, we own the count.
 * - `size`: a group without an autoscaler that has a minimum and a maximum of its own beside its count.
 * - `class`: the size of one machine, a rung of the ladder that the target declares.
 */
export type OwnedFields = RangeFields | CountFields | SizeFields | ClassFields;

/** See {@link OwnedFields}. */
export interface RangeFields {
  readonly kind: 'range';
  readonly minimumUnits: number;
  readonly maximumUnits: number;
  /** Share of the units that must not be interruptible, 0 to 100; absent where the vendor has no such setting. */
  readonly onDemandPercent?: number;
  /**
   * Idle seconds until the vendor pauses it, where it has such a setting and the minimum is 0 (Aurora Serverless
   * v2): lost with a higher minimum, so a restore sends it again. No part of whether two values are the same.
   */
  readonly pauseAfterSeconds?: number;
}

/** See {@link OwnedFields}. */
export interface CountFields {
  readonly kind: 'count';
  readonly units: number;
  /**
   * The vendor's names of what is there, where taking away has to name it (shards): what a restore keeps. No
   * part of whether two values are the same.
   */
  readonly members?: readonly string[];
}

/** See {@link OwnedFields}. */
export interface SizeFields {
  readonly kind: 'size';
  readonly minimumUnits: number;
  readonly units: number;
  readonly maximumUnits: number;
  /** As in {@link RangeFields}. */
  readonly onDemandPercent?: number;
}

/** See {@link OwnedFields}. */
export interface ClassFields {
  readonly kind: 'class';
  /** The vendor's name, e.g. `db.r6g.xlarge`. */
  readonly className: string;
  /** What the ladder says it carries, in units. */
  readonly units: number;
}

/** One rung of a ladder of machine sizes, as a target declares it. */
export interface MachineClass {
  /** The vendor's name, e.g. `cache.r7g.large`. */
  readonly name: string;
  /** What it carries, in the target's units. */
  readonly units: number;
}

/** What {@link Scaler.plan} is asked: the least units, the most the target may ever have, and its own choices. */
export interface FloorAsk {
  readonly floorUnits: number;
  readonly maximumUnits: number;
  /** Which lever of the service; absent for its first. */
  readonly lever?: string | undefined;
  /** Rungs by ascending units, for a `class`. */
  readonly classes?: readonly MachineClass[] | undefined;
  /** Where given, the share set with a floor that is raised; see {@link RangeFields}. */
  readonly onDemandPercent?: number | undefined;
}

/** Floor guaranteed by owned fields, in units. */
export function floorOf(owned: OwnedFields): number {
  return owned.kind === 'range' ? owned.minimumUnits : owned.units;
}

/** The most that owned fields allow; where there is no maximum of its own, what is there. */
export function ceilingOf(owned: OwnedFields): number {
  return owned.kind === 'range' || owned.kind === 'size' ? owned.maximumUnits : owned.units;
}

/** True when both set the same fields to the same values. */
export function sameOwned(a: OwnedFields, b: OwnedFields): boolean {
  switch (a.kind) {
    case 'range':
      return b.kind === 'range' && a.minimumUnits === b.minimumUnits && sameGroup(a, b);
    case 'count':
      return b.kind === 'count' && a.units === b.units;
    case 'size':
      return b.kind === 'size' && a.minimumUnits === b.minimumUnits && a.units === b.units && sameGroup(a, b);
    case 'class':
      return b.kind === 'class' && a.className === b.className;
  }
}

/**
 * True for a count on the way from one value to another: a vendor that takes one thing a call (readers of a
 * cluster) may have been left there by a write that broke off.
 */
export function isPartWay(from: OwnedFields, to: OwnedFields, live: OwnedFields): boolean {
  if (from.kind !== 'count' || to.kind !== 'count' || live.kind !== 'count') return false;
  return Math.min(from.units, to.units) <= live.units && live.units <= Math.max(from.units, to.units);
}

function sameGroup(a: RangeFields | SizeFields, b: RangeFields | SizeFields): boolean {
  return a.maximumUnits === b.maximumUnits && a.onDemandPercent === b.onDemandPercent;
}

/**
 * Narrows what is to be set to the kinds a scaler sets, and to the kind that was seen: a range on a resource
 * without an autoscaler would register one, and a count is moved by its autoscaler.
 * @throws ProviderError `InvalidTarget`
 */
export function settable<K extends OwnedFields['kind']>(
  targetId: string,
  seen: OwnedFields,
  want: OwnedFields,
  kinds: readonly K[],
): Extract<OwnedFields, { readonly kind: K }> {
  if (want.kind === seen.kind && (kinds as readonly string[]).includes(want.kind)) {
    return want as Extract<OwnedFields, { readonly kind: K }>;
  }
  const message = `${targetId} has a ${seen.kind} to set, not a ${want.kind}. Read it again.`;
  throw new ProviderError('InvalidTarget', message, { resource: targetId });
}

/**
 * The owned fields that guarantee `floorUnits` and leave the rest of `now` as it is: a minimum or a count is
 * raised, never lowered, and a maximum is lifted only where the floor would not fit below it.
 * @throws ProviderError `InvalidTarget` for a class: see {@link planFloor}.
 */
export function raiseFloor(now: OwnedFields, floorUnits: number): OwnedFields {
  const atLeast = (units: number) => Math.max(units, floorUnits);
  switch (now.kind) {
    case 'count':
      return { ...now, units: atLeast(now.units) };
    case 'range':
      return {
        ...now,
        minimumUnits: atLeast(now.minimumUnits),
        maximumUnits: atLeast(now.maximumUnits),
      };
    case 'size':
      return {
        ...now,
        minimumUnits: atLeast(now.minimumUnits),
        units: atLeast(now.units),
        maximumUnits: atLeast(now.maximumUnits),
      };
    case 'class':
      throw new ProviderError(
        'InvalidTarget',
        `${now.className} is raised by a rung of a ladder, not by units.`,
      );
  }
}

/**
 * {@link Scaler.plan} for a vendor that takes any whole number up to a maximum, or a rung of the ladder asked
 * with: a floor at or below what `now` guarantees leaves it alone.
 * @throws ProviderError `InvalidTarget` | `QuotaExceeded`
 */
export function planFloor(
  now: OwnedFields,
  ask: FloorAsk,
  vendor: { readonly maximumUnits: number; readonly unitName: string },
): OwnedFields {
  if (!Number.isInteger(ask.floorUnits) || ask.floorUnits < 0) {
    throw new ProviderError('InvalidTarget', `A floor is a whole number of units, not ${ask.floorUnits}.`);
  }
  if (ask.floorUnits <= floorOf(now)) return now;
  const highest = Math.min(ask.maximumUnits, vendor.maximumUnits);
  if (ask.floorUnits > highest) {
    throw new ProviderError(
      'QuotaExceeded',
      `${ask.floorUnits} ${vendor.unitName} are asked for, ${highest} are possible. Raise maximumUnits (vendor limit ${vendor.maximumUnits}).`,
      { highestAcceptableUnits: highest },
    );
  }
  if (now.kind === 'class') return rungFor(ask, highest);
  const raised = raiseFloor(now, ask.floorUnits);
  const { onDemandPercent } = ask;
  const hasShare =
    (raised.kind === 'range' || raised.kind === 'size') && raised.onDemandPercent !== undefined;
  return hasShare && onDemandPercent !== undefined ? { ...raised, onDemandPercent } : raised;
}

function rungFor({ classes = [], floorUnits }: FloorAsk, highestUnits: number): ClassFields {
  const possible = classes.filter(({ units }) => units <= highestUnits);
  const rung = possible.find(({ units }) => units >= floorUnits);
  if (rung) return { kind: 'class', className: rung.name, units: rung.units };
  const highest = possible.at(-1);
  const message = `No class of the target up to ${highestUnits} units carries ${floorUnits}; the largest is ${highest?.name ?? 'none'}. Add one to its classes, or raise maximumUnits.`;
  throw new ProviderError('QuotaExceeded', message, { highestAcceptableUnits: highest?.units ?? 0 });
}

/** What of `want` a release may set: it gives back and never raises, whatever somebody took away meanwhile. */
export function withoutIncrease(live: OwnedFields, want: OwnedFields): OwnedFields {
  if (live.kind === 'count' && want.kind === 'count') {
    return { ...want, units: Math.min(live.units, want.units) };
  }
  if (live.kind === 'class' && want.kind === 'class') return live.units < want.units ? live : want;
  if (live.kind === 'range' && want.kind === 'range') {
    return {
      ...want,
      ...bounds(Math.min, live, want),
      ...shareOf(floorOf(live) < floorOf(want) ? live : want),
    };
  }
  if (live.kind === 'size' && want.kind === 'size') {
    const units = Math.min(live.units, want.units);
    return {
      ...want,
      ...bounds(Math.min, live, want),
      units,
      ...shareOf(live.units < want.units ? live : want),
    };
  }
  return want;
}

/** A share goes with the floor it is set with. */
function shareOf({ onDemandPercent }: RangeFields | SizeFields): { readonly onDemandPercent?: number } {
  return onDemandPercent === undefined ? {} : { onDemandPercent };
}

/**
 * What of `want` may be set while the gate is closed: everything but a lower count, a smaller class or a lower
 * maximum. A minimum takes nothing away by itself.
 */
export function withoutDecrease(live: OwnedFields, want: OwnedFields): OwnedFields {
  if (live.kind === 'count' && want.kind === 'count') {
    return { ...want, units: Math.max(live.units, want.units) };
  }
  if (live.kind === 'class' && want.kind === 'class') return live.units > want.units ? live : want;
  if (live.kind === 'range' && want.kind === 'range') {
    return { ...want, maximumUnits: Math.max(live.maximumUnits, want.maximumUnits) };
  }
  if (live.kind === 'size' && want.kind === 'size') {
    const maximumUnits = Math.max(live.maximumUnits, want.maximumUnits);
    return { ...want, units: Math.max(live.units, want.units), maximumUnits };
  }
  return want;
}

type Bounded = Pick<RangeFields, 'minimumUnits' | 'maximumUnits'>;

function bounds(pick: (a: number, b: number) => number, a: Bounded, b: Bounded): Bounded {
  return {
    minimumUnits: pick(a.minimumUnits, b.minimumUnits),
    maximumUnits: pick(a.maximumUnits, b.maximumUnits),
  };
}
