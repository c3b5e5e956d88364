import { sizingOf } from '../allocation/capacity.ts';
import type { PlanStepWindow } from '../plan.ts';
import { demandCarried } from '../sizing/units-needed.ts';
import type { PlanGrounds, StoredDemand } from './plan-grounds.ts';

const HOUR_MS = 3_600_000;

/** Demand of one workload over the plan's time, hour by hour, beside what its floors carry; in its unit per second. */
export interface WorkloadOutlook {
  readonly workload: string;
  readonly unit: string;
  /** Begin of the first hour, milliseconds since the epoch; one value per hour follows. */
  readonly startMs: number;
  /** Expected demand of all markets; null where the plan was made without. */
  readonly expected: readonly number[] | null;
  /** Demand the plan is made for, of all markets: what its quantile and growth come to. */
  readonly design: readonly number[];
  /** What the floors of the hour's step carry at the planned utilization, with what is there anyway. */
  readonly carried: readonly number[];
  readonly steps: readonly StepOutlook[];
}

/** The highest of one step. */
export interface StepOutlook {
  readonly step: number;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Hour with the highest demand the plan is made for. */
  readonly peakAtMs: number;
  readonly expectedAtPeak: number | null;
  readonly designAtPeak: number;
  readonly carried: number;
}

/** Outlook of every workload with any demand, by id; null where requirements or fleet are not known any more. */
export function workloadOutlooks(grounds: PlanGrounds): readonly WorkloadOutlook[] | null {
  const { fleet, requirements } = grounds;
  if (!fleet || !requirements) return null;
  return fleet.workloads
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .flatMap(({ id, unit }) => {
      const demands: readonly StoredDemand[] = requirements.demands.filter(
        (demand) => demand.workload === id,
      );
      return demands.length === 0 ? [] : [outlookOf(grounds, { workload: id, unit }, demands)];
    });
}

function outlookOf(
  grounds: PlanGrounds,
  name: Pick<WorkloadOutlook, 'workload' | 'unit'>,
  demands: readonly StoredDemand[],
): WorkloadOutlook {
  const { steps } = grounds.content;
  const startMs = Math.floor((steps[0]?.fromMs ?? 0) / HOUR_MS) * HOUR_MS;
  const hours = Math.ceil(((steps.at(-1)?.untilMs ?? startMs) - startMs) / HOUR_MS);
  const zeros = () => Array.from({ length: hours }, () => 0);
  const [design, expected, carried] = [zeros(), zeros(), zeros()];
  const carriedBySteps = steps.map((step) => carriedIn(grounds, name.workload, step));
  const slotOf = (ms: number) => Math.floor((ms - startMs) / HOUR_MS);
  for (const [index, window] of steps.entries()) {
    carried.fill(carriedBySteps[index] ?? 0, slotOf(window.fromMs));
    const ofStep = demands.filter((demand) => demand.step === window.step);
    for (const [hour, ms] of window.hoursMs.entries()) {
      // An hour that two steps share has the same demand in both.
      const slot = slotOf(ms);
      design[slot] = sumOf(ofStep, (demand) => demand.demandByHour[hour]);
      expected[slot] = sumOf(ofStep, (demand) => demand.meanByHour?.[hour]);
    }
  }
  const known = demands.every((demand) => demand.meanByHour !== undefined);
  const outlook = { ...name, startMs, expected: known ? expected : null, design, carried };
  const stepsOutlook = steps.map((window, index) =>
    stepOutlook(outlook, window, carriedBySteps[index] ?? 0, slotOf),
  );
  return { ...outlook, steps: stepsOutlook };
}

function stepOutlook(
  { design, expected, startMs }: Omit<WorkloadOutlook, 'steps'>,
  { step, fromMs, untilMs }: PlanStepWindow,
  carried: number,
  slotOf: (ms: number) => number,
): StepOutlook {
  const first = slotOf(fromMs);
  const mine = design.slice(first, slotOf(untilMs - 1) + 1);
  const designAtPeak = mine.reduce((a, b) => Math.max(a, b), 0);
  const peak = first + Math.max(0, mine.indexOf(designAtPeak));
  return {
    step,
    fromMs,
    untilMs,
    peakAtMs: startMs + peak * HOUR_MS,
    expectedAtPeak: expected?.[peak] ?? null,
    designAtPeak,
    carried,
  };
}

/** What the workload's targets carry in a step: the higher of what is there and the floor, at planned utilization. */
function carriedIn({ content, fleet, requirements }: PlanGrounds, workload: string, window: PlanStepWindow) {
  const floors = content.floors.filter((floor) => floor.step === window.step);
  const utilizationPercent = floors[0]?.explanation.utilizationPercent ?? 100;
  const planned = new Map(floors.map((floor) => [floor.targetId, floor]));
  const own = fleet?.workloads.find(({ id }) => id === workload);
  return sumOf(fleet?.targets ?? [], (target) => {
    if (target.workload !== workload) return 0;
    const live = requirements?.live[target.id]?.floorUnits ?? 0;
    const floor = planned.get(target.id);
    const most = Math.max(live, floor?.floorUnits ?? 0);
    return demandCarried(most, sizingOf(target, own ?? {}, utilizationPercent));
  });
}

function sumOf<T>(values: readonly T[], of: (value: T) => number | undefined): number {
  return values.reduce((sum, value) => sum + (of(value) ?? 0), 0);
}
