/** A stretch of wall time, milliseconds since the epoch. */
export type Interval = readonly [fromMs: number, untilMs: number];

/** One execution of an activity that calls vendors. */
export interface Execution {
  /** What it belongs to, e.g. a cell; executions of one branch may overlap. */
  readonly branch: string;
  readonly span: Interval;
  /** When it waited for a vendor call, the limiter or settling. */
  readonly waits: readonly Interval[];
}

/** A branch of the run that could run between these times. */
export interface BranchSpan {
  readonly branch: string;
  readonly span: Interval;
}

/**
 * Milliseconds in which every branch that could run waited for a vendor. A branch waits when one of its
 * executions waits and none of them works. Time in which no branch runs at all is ours, and so is time in
 * which one branch works or is between two activities while others wait.
 * @param excluded times that are neither ours nor the vendors', e.g. waiting for approval.
 */
export function vendorMs(
  branches: readonly BranchSpan[],
  executions: readonly Execution[],
  excluded: readonly Interval[] = [],
): number {
  const waits = new Map<string, readonly Interval[]>();
  for (const [branch, group] of Map.groupBy(executions, (execution) => execution.branch)) {
    const waiting = union(group.flatMap((execution) => execution.waits));
    const working = union(group.flatMap((execution) => subtract([execution.span], union(execution.waits))));
    waits.set(branch, subtract(waiting, working));
  }
  const active = branches.map((branch) => ({ ...branch, waits: waits.get(branch.branch) ?? [] }));
  const everyone = union(active.flatMap((branch) => branch.waits));
  const held = active.flatMap((branch) => subtract([branch.span], branch.waits));
  return total(subtract(subtract(everyone, union(held)), union(excluded)));
}

/** Total length of intervals that do not overlap, in milliseconds. */
export function total(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, [from, until]) => sum + (until - from), 0);
}

/** The same times as intervals that do not overlap, ascending. */
export function union(intervals: readonly Interval[]): readonly Interval[] {
  const merged: [number, number][] = [];
  for (const [from, until] of intervals.toSorted((a, b) => a[0] - b[0])) {
    if (until <= from) continue;
    const last = merged.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], until);
    else merged.push([from, until]);
  }
  return merged;
}

/** `minuend` without `subtrahend`; both as {@link union} gives them. */
export function subtract(minuend: readonly Interval[], subtrahend: readonly Interval[]): readonly Interval[] {
  const left: Interval[] = [];
  for (const [from, until] of minuend) {
    let start = from;
    for (const [cutFrom, cutUntil] of subtrahend) {
      if (cutUntil <= start || cutFrom >= until) continue;
      if (cutFrom > start) left.push([start, cutFrom]);
      start = Math.max(start, cutUntil);
    }
    if (start < until) left.push([start, until]);
  }
  return left;
}
