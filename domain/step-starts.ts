import type { PlanContent } from './plan.ts';

/**
 * When the capacity of each step is asked for, in milliseconds of service time: the step's begin less the
 * longest lead time of its targets and the request's additional lead.
 * @param leadMinutes lead time by target id; a target not named counts 0.
 */
export function stepStarts(
  content: Pick<PlanContent, 'steps' | 'floors'>,
  leadMinutes: ReadonlyMap<string, number>,
  additionalLeadMinutes: number,
): ReadonlyMap<number, number> {
  return new Map(
    content.steps.map((step) => {
      const floors = content.floors.filter((floor) => floor.step === step.step);
      const longest = Math.max(0, ...floors.map((floor) => leadMinutes.get(floor.targetId) ?? 0));
      return [step.step, step.fromMs - (longest + additionalLeadMinutes) * 60_000];
    }),
  );
}
