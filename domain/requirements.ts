import type { Fleet, Workload } from './fleet.ts';
import type { Distribution, MarketDistribution, PastSeason, PlanStepWindow, Requirements } from './plan.ts';

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

/** A season that saw more than this many times what was planned was another kind of season. */
const LARGEST_CORRECTION = 3;

/**
 * What demand of a workload is multiplied by because past seasons of the same id saw more than was planned:
 * the largest of observed over planned, at least 1 and at most 3. A season that saw less lowers nothing.
 */
export function pastSeasonFactor(pastSeasons: readonly PastSeason[], workload: string): number {
  const factors = pastSeasons
    .filter((past) => past.workload === workload && past.observedDemand !== null && past.peakDemand > 0)
    .map((past) => (past.observedDemand ?? 0) / past.peakDemand);
  return Math.min(LARGEST_CORRECTION, Math.max(1, ...factors));
}

/**
 * Phase 2: demand of every workload from every market in every step, hour by hour, in the workload's unit per
 * second: concurrent users × `demandPerUser` × {@link pastSeasonFactor}. Beside it what runs now.
 */
export function calculateRequirements(
  distribution: Distribution,
  spans: readonly StepSpan[],
  fleet: Pick<Fleet, 'workloads'>,
  live: Requirements['live'],
  pastSeasons: Requirements['pastSeasons'],
): Requirements {
  const steps = spans.map((span): PlanStepWindow => {
    const touches = (hour: number) => hour + HOUR_MS > span.fromMs && hour < span.untilMs;
    return { ...span, hoursMs: distribution.hoursMs.filter(touches) };
  });
  const position = new Map(distribution.hoursMs.map((hour, index) => [hour, index]));
  const demands = steps.flatMap((step) =>
    fleet.workloads.flatMap((workload) =>
      distribution.markets.flatMap((market) =>
        demandOf(step, workload, market, position, pastSeasonFactor(pastSeasons, workload.id)),
      ),
    ),
  );
  return { steps, demands, live, pastSeasons };
}

function demandOf(
  step: PlanStepWindow,
  workload: Workload,
  market: MarketDistribution,
  position: ReadonlyMap<number, number>,
  factor: number,
): Requirements['demands'] {
  const users = workload.liveStreamOnly ? market.liveStreamUsers : market.users;
  const usersByHour = step.hoursMs.map((hour) => users[position.get(hour) ?? -1] ?? 0);
  const peakUsers = usersByHour.reduce((a, b) => Math.max(a, b), 0);
  if (peakUsers === 0) return [];
  const demandByHour = usersByHour.map((count) => count * workload.demandPerUser * factor);
  const peakAtMs = step.hoursMs[usersByHour.indexOf(peakUsers)] ?? step.fromMs;
  return [
    {
      step: step.step,
      workload: workload.id,
      market: market.market,
      peakDemand: peakUsers * workload.demandPerUser * factor,
      peakAtMs,
      peakUsers,
      pastSeasonFactor: factor,
      demandByHour,
    },
  ];
}
