import { type LiveResource, ownedText } from '../../../cli/demo/sandbox.ts';
import type { LedgerEntry } from '../sandbox.ts';
import type { PlacedTarget } from './fleet.ts';

/** Settings of a resource as the ledger has them before and after a change. */
export interface Settings {
  readonly minimumUnits: number | null;
  readonly maximumUnits: number | null;
  readonly desiredUnits: number;
  readonly onDemandPercent?: number;
  readonly className?: string;
}

/** What was judged of one target. */
export interface Figures {
  /** Writes of ours that the vendor accepted, and those of them that changed an owned field. */
  readonly writes: number;
  readonly changes: number;
  /** Times a run was told that its floor is in force, and it was. */
  readonly reached: number;
  readonly edits: number;
}

/**
 * What must hold of one target, known from what runs and people did and from the sandbox's ledger, and from
 * nothing that the product keeps.
 */
export interface LedgerJudge {
  readonly figures: Figures;
  /** Settings as the ledger last had them. */
  readonly live: Settings;
  /** The most anybody has asked for or set so far, in units. */
  readonly highest: number;
  /** Whether the last change was a person's. */
  readonly lastByPerson: boolean;
  claim(step: number, floorUnits: number): void;
  release(steps: readonly number[]): void;
  /** Whether a live claim is beyond what the target may have. */
  readonly asksTooMuch: boolean;
  /** Takes new entries in their order. @returns what of them must not be. */
  judge(entries: readonly LedgerEntry[]): readonly string[];
  /** A run has been told that the vendor holds what is claimed. @returns what is wrong with that. */
  inForce(): readonly string[];
  /** Everybody has let go. @returns how the resource differs from what it was, or as a person left it. */
  atTheEnd(resource: LiveResource): readonly string[];
}

/** @param placed as it was put into the world. @param initial its resource as the sandbox has it then. */
export function createLedgerJudge(placed: PlacedTarget, initial: LiveResource): LedgerJudge {
  const { target, variant } = placed;
  const { lever } = variant;
  const claims = new Map<number, number>();
  const figures = { writes: 0, changes: 0, reached: 0, edits: 0 };
  // What the product restores to: what was there, and later what a person raised it to.
  let base = settingsOf(initial);
  let live = base;
  let lastByPerson = false;
  let highest = floorIn(base);
  let largest = floorIn(base);
  // Values of ours since somebody asked for something new.
  let values = new Set<string>();
  const keys = new Set<string>();

  function floorIn(settings: Settings): number {
    if (settings.className !== undefined) {
      return target.classes?.find(({ name }) => name === settings.className)?.units ?? Number.NaN;
    }
    return variant.autoscaled ? (settings.minimumUnits ?? 0) : settings.desiredUnits;
  }

  function ceilingIn(settings: Settings): number {
    return Math.max(floorIn(settings), settings.maximumUnits ?? 0);
  }

  function textOf(settings: Settings): string {
    const { className = null, onDemandPercent = null, ...units } = settings;
    return ownedText({ ...initial, ...units, className, onDemandPercent });
  }

  function isPossible(floorUnits: number): boolean {
    const most = Math.max(target.maximumUnits, floorIn(base));
    const sizes = target.classes?.map(({ units }) => units) ?? [floorUnits];
    return sizes.some((units) => units >= floorUnits && units <= most);
  }

  const required = () => Math.max(floorIn(base), ...[...claims.values()].filter(isPossible));

  function judgeOwn({ before, after, key, operation }: LedgerEntry): readonly string[] {
    const [was, is, need] = [floorIn(before), floorIn(after), required()];
    const found: string[] = [];
    const most = Math.max(target.maximumUnits, ceilingIn(base));
    // A write of several calls passes the numbers between; one that leaves the floor alone has not set it.
    const onItsWay = is === was || (lever.stepwise === true && is > was);
    if (!(is >= need) && !onItsWay) found.push(`sets ${is} units where ${need} are owed`);
    if (!(ceilingIn(after) <= most) && ceilingIn(after) !== ceilingIn(before)) {
      found.push(`sets up to ${ceilingIn(after)} units where ${most} are allowed`);
    }
    if ((after.maximumUnits ?? 0) < (base.maximumUnits ?? 0)) {
      found.push(`sets a maximum of ${after.maximumUnits} where ${base.maximumUnits} was there before`);
    }
    const lowMinimum = (after.minimumUnits ?? 0) < (base.minimumUnits ?? 0);
    if (lowMinimum)
      found.push(`sets a minimum of ${after.minimumUnits} where ${base.minimumUnits} was there`);
    figures.writes += 1;
    if (textOf(before) !== textOf(after)) {
      figures.changes += 1;
      if (values.has(textOf(after))) found.push(`sets ${textOf(after)} a second time`);
      if (key !== null && keys.has(key) && !lever.stepwise)
        found.push(`has a second effect under key ${key}`);
      values.add(textOf(after));
      if (key !== null) keys.add(key);
    }
    return found.map((text) => `${target.id}: ${operation} ${text} (${textOf(before)} → ${textOf(after)})`);
  }

  /** What they raised is what is to be left behind; what was ours before is not. */
  function takeEdit(before: Settings, after: Settings): void {
    figures.edits += 1;
    values = new Set();
    base = floorIn(after) > floorIn(before) ? after : { ...base, maximumUnits: after.maximumUnits };
  }

  return {
    figures,
    get live() {
      return live;
    },
    get highest() {
      return highest;
    },
    get lastByPerson() {
      return lastByPerson;
    },
    get asksTooMuch() {
      return ![...claims.values()].every(isPossible);
    },
    claim(step, floorUnits) {
      claims.set(step, floorUnits);
      values = new Set();
      if (isPossible(floorUnits)) highest = Math.max(highest, rungAbove(floorUnits, target.classes));
    },
    release(steps) {
      for (const step of steps) claims.delete(step);
      values = new Set();
    },
    judge(entries) {
      return entries.flatMap((entry) => {
        const isEdit = entry.caller === 'person';
        live = entry.after;
        largest = Math.max(largest, floorIn(live));
        highest = Math.max(highest, floorIn(live));
        if (entry.caller === 'autoscaler') return [];
        if (entry.effective) lastByPerson = isEdit;
        if (!isEdit) return judgeOwn(entry);
        takeEdit(entry.before, entry.after);
        return [];
      });
    },
    inForce() {
      figures.reached += 1;
      const [is, need] = [floorIn(live), required()];
      return is >= need ? [] : [`${target.id}: said to be in force with ${is} units where ${need} are owed`];
    },
    atTheEnd(resource) {
      const committed = lever.reversibility === 'committed';
      const [is, owed] = committed
        ? [`count ${floorIn(settingsOf(resource))}`, `count ${largest}`]
        : [textOf(settingsOf(resource)), textOf(base)];
      return is === owed ? [] : [`${target.id}: left with ${is} where ${owed} is owed`];
    },
  };
}

function rungAbove(floorUnits: number, classes: readonly { readonly units: number }[] | undefined): number {
  return classes?.find(({ units }) => units >= floorUnits)?.units ?? floorUnits;
}

function settingsOf(resource: LiveResource): Settings {
  const { minimumUnits, maximumUnits, desiredUnits, onDemandPercent, className } = resource;
  return {
    minimumUnits,
    maximumUnits,
    desiredUnits,
    ...(onDemandPercent !== null && { onDemandPercent }),
    ...(className !== null && { className }),
  };
}
