import type { ScalingTarget } from '../domain/fleet.ts';
import type { PlanContent } from '../domain/plan.ts';
import { stepStarts } from '../domain/step-starts.ts';
import { requestOfRun } from '../store/run-context.ts';
import { targetSnapshots } from '../store/targets.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** When each step's capacity is asked for, in milliseconds of service time. */
export async function startsOf(
  deps: ActivityDependencies,
  runId: string,
  content: PlanContent,
): Promise<ReadonlyMap<number, number>> {
  const { additionalLeadMinutes } = await requestOfRun(deps.db, runId);
  const ids = [...new Set(content.floors.map((floor) => floor.targetId))];
  const specs = (await targetSnapshots(deps.db, ids)).map((row) => row.spec as ScalingTarget);
  const leadMinutes = new Map(specs.map((target) => [target.id, target.leadTimeMinutes]));
  return stepStarts(content, leadMinutes, additionalLeadMinutes);
}
