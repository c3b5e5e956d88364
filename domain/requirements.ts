import { forecastCorrection } from './hindsight/correction.ts';
import type { Distribution, PastSeason, PlanStepWindow, Requirements } from './plan.ts';
import { type DemandKnowledge, designedDemands, type RequirementsFleet } from './sizing/designed-demand.ts';
import type { LearntDemand } from './sizing/learnt-demand.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** A stretch of the window, before it is known which hours have demand. */
export type StepSpan = Omit<PlanStepWindow, 'hoursMs'>;

/** Cuts the window into steps of `stepDays` days of 24 hours; the last may be shorter. */
export function stepWindows(fromMs: number, untilMs: number, stepDays: number): readonly StepSpan[] {
  const lengthMs = Math.min(stepDays * DAY_MS, untilMs - fromMs);
  const count = Math.max(1, Math.ceil((untilMs - fromMs) / lengthMs));
  return Array.from({ length: count }, (_, step) => ({
    step,
    fromMs: fromMs + step * lengthMs,
    untilMs: Math.min(untilMs, fromMs + (step + 1) * lengthMs),
  }));
}

/**
 * What demand of a workload from a market is multiplied by because past seasons of the same id saw more than was
 * expected (hindsight/correction.ts), 1 to 3. Seasons that saw less lower nothing: what was promised stays promised.
 */
export function pastSeasonFactor(
  pastSeasons: readonly PastSeason[],
  workload: string,
  market: string,
): number {
  const lessons = pastSeasons
    .filter((past) => past.workload === workload)
    .flatMap((past) => past.lessons ?? []);
  return Math.max(1, forecastCorrection(lessons.filter((lesson) => lesson.market === market)).level);
}

/** The expected demand as it is: nothing learnt, nothing above the mean. */
const AS_EXPECTED: DemandKnowledge = { utilizationPercent: 100, servedPercent: 50, learnt: [] };

/**
 * Phase 2: demand of every workload from every market in every step, hour by hour, in the workload's unit per
 * second, with its distribution (sizing/hourly-demand.ts) and the part of it that is made ready
 * (sizing/designed-demand.ts). Beside it what runs now. More users in any hour never lower any of it.
 * @param knowledge default the mean: fleets' figures as they are, with nothing above what is expected.
 */
export function calculateRequirements(
  distribution: Distribution,
  spans: readonly StepSpan[],
  fleet: RequirementsFleet,
  live: Requirements['live'],
  pastSeasons: Requirements['pastSeasons'],
  knowledge: DemandKnowledge = AS_EXPECTED,
): Requirements {
  const hoursMs = hoursWithDemand(distribution, knowledge.learnt);
  const steps = spans.map((span): PlanStepWindow => {
    const touches = (hour: number) => hour + HOUR_MS > span.fromMs && hour < span.untilMs;
    return { ...span, hoursMs: hoursMs.filter(touches) };
  });
  const pastSeasonFactorOf = (workload: string, market: string) =>
    pastSeasonFactor(pastSeasons, workload, market);
  const demands = designedDemands({ distribution, steps, hoursMs, fleet, knowledge, pastSeasonFactorOf });
  const history = knowledge.learnt.map(({ workload, market, hours }) => ({ workload, market, hours }));
  return { steps, demands, live, pastSeasons, ...(history.length > 0 && { history }) };
}

/** Hours of weddings; every hour of the window once there is base demand, which has no quiet ones. */
function hoursWithDemand(
  { hoursMs, fromMs, untilMs }: Distribution,
  learnt: readonly LearntDemand[],
): readonly number[] {
  if (learnt.length === 0) return hoursMs;
  const firstMs = Math.floor(fromMs / HOUR_MS) * HOUR_MS;
  const count = Math.ceil((untilMs - firstMs) / HOUR_MS);
  return Array.from({ length: count }, (_, hour) => firstMs + hour * HOUR_MS);
}

/** So many digits of a demand say all that is known of it, and make a season's requirements half as long. */
const DIGITS = 6;

/** Requirements as they are kept: every demand to six significant digits, which leaves zero and order as they are. */
export function roundedRequirements(requirements: Requirements): Requirements {
  const demands = requirements.demands.map((demand) => ({
    ...demand,
    peakDemand: rounded(demand.peakDemand),
    demandByHour: demand.demandByHour.map(rounded),
    ...(demand.meanByHour && { meanByHour: demand.meanByHour.map(rounded) }),
    ...(demand.band && { band: allRounded(demand.band) }),
    ...(demand.terms && { terms: allRounded(demand.terms) }),
    ...(demand.unservedShare !== undefined && { unservedShare: rounded(demand.unservedShare) }),
  }));
  return { ...requirements, demands };
}

function allRounded<T extends object>(figures: T): T {
  const entries = Object.entries(figures).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'number' ? rounded(value) : value,
  ]);
  return Object.fromEntries(entries) as T;
}

function rounded(value: number): number {
  return value === 0 ? 0 : Number(value.toPrecision(DIGITS));
}
