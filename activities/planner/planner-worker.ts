import type { Fleet } from '../../domain/fleet.ts';
import { forecastSeries } from '../../domain/forecast/series-forecast.ts';
import type { Distribution, Requirements } from '../../domain/plan.ts';
import type { StepSpan } from '../../domain/requirements.ts';
import { calculateRequirements, roundedRequirements } from '../../domain/requirements.ts';
import { requirementsSummary } from '../../domain/requirements-summary.ts';
import type { DemandKnowledge } from '../../domain/sizing/designed-demand.ts';
import { type DemandHistory, type LearntDemand, learnDemand } from '../../domain/sizing/learnt-demand.ts';

/** Phase 2 once everything is read. */
export interface RequirementsTask {
  readonly distribution: Distribution;
  readonly steps: readonly StepSpan[];
  readonly fleet: Fleet;
  readonly live: Requirements['live'];
  readonly quotas: NonNullable<Requirements['quotas']>;
  readonly pastSeasons: Requirements['pastSeasons'];
  readonly knowledge: DemandKnowledge;
}

/** Requirements as they are stored, JSON text, and as a report tells them. */
export interface RequirementsResult {
  readonly json: string;
  readonly summary: unknown;
}

/** Forecasts the base demand of one workload from one market and learns what its users cause. */
export function learn(history: DemandHistory): LearntDemand {
  return learnDemand(history, forecastSeries);
}

/** Calculates requirements; as text, because a season's are megabytes that nobody else in the process needs apart. */
export function requirements(task: RequirementsTask): RequirementsResult {
  const { distribution, steps, fleet, live, pastSeasons, knowledge, quotas } = task;
  const calculated = calculateRequirements(distribution, steps, fleet, live, pastSeasons, knowledge);
  const kept: Requirements = { ...roundedRequirements(calculated), quotas };
  return { json: JSON.stringify(kept), summary: requirementsSummary(kept) };
}
