import { dependableCapacity, type ScalingTarget, type Workload } from '../fleet.ts';
import type { Carrier } from '../shares.ts';
import type { UnitSizing } from '../sizing/units-needed.ts';

/** Most units a target can be asked for: its maximum, or its highest rung not above it. */
export function mostUnits({
  classes,
  maximumUnits,
}: Pick<ScalingTarget, 'classes' | 'maximumUnits'>): number {
  if (!classes) return maximumUnits;
  return classes.reduce((most, { units }) => (units <= maximumUnits ? Math.max(most, units) : most), 0);
}

/** What units of a target carry of its workload, at the share of their capacity planned to be used, 10 to 100. */
export function sizingOf(
  target: ScalingTarget,
  { queueing }: Pick<Workload, 'queueing'>,
  utilizationPercent: number,
): UnitSizing {
  return { capacityPerUnit: dependableCapacity(target), utilizationPercent, queueing, zones: target.zones };
}

/** What a carrier has and may get. */
export interface UnitOptions {
  /** There anyway; for a selected one not more than it may be asked for. */
  readonly baseUnits: number;
  readonly mostAdded: number;
  /** For a ladder of machine classes: what each rung above `baseUnits` adds, ascending. */
  readonly rungs?: readonly number[];
}

/** Units that are there, and what may be added to them; nothing is added to a target that is not selected. */
export function unitOptions({ target, selected, liveUnits }: Carrier): UnitOptions {
  if (!selected) return { baseUnits: liveUnits, mostAdded: 0 };
  const most = mostUnits(target);
  const baseUnits = Math.min(liveUnits, most);
  const mostAdded = most - baseUnits;
  if (!target.classes) return { baseUnits, mostAdded };
  const rungs = target.classes
    .map(({ units }) => units - baseUnits)
    .filter((units) => units > 0 && units <= mostAdded);
  return { baseUnits, mostAdded, rungs };
}
