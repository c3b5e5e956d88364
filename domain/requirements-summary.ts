import type { Requirements } from './plan.ts';

/** Phase 2 as a report tells it: per step, workload and market the peak, and what was learnt from. */
export function requirementsSummary(requirements: Requirements): unknown {
  const { steps, demands, live, pastSeasons, quotas, history = [] } = requirements;
  return {
    steps: steps.map(({ step, fromMs, untilMs }) => ({
      step,
      from: new Date(fromMs).toISOString(),
      until: new Date(untilMs).toISOString(),
    })),
    demands: demands.map(({ step, workload, market, peakDemand, peakAtMs, peakUsers, band }) => ({
      step,
      workload,
      market,
      peakDemand: Math.round(peakDemand * 100) / 100,
      peakAt: new Date(peakAtMs).toISOString(),
      peakUsers: Math.round(peakUsers),
      ...(band && { band }),
    })),
    targetsRead: Object.keys(live).length,
    quotas: { read: quotas?.readings.length ?? 0, unread: quotas?.unread ?? [] },
    history: historySummary(demands, history),
    pastSeasons,
  };
}

/** How many of the pairs of workload and market that have demand were ever observed, and what that means. */
function historySummary(
  demands: Requirements['demands'],
  history: NonNullable<Requirements['history']>,
): { readonly observed: number; readonly pairs: number; readonly text: string } {
  const pairOf = ({ workload, market }: { readonly workload: string; readonly market: string }) =>
    JSON.stringify([workload, market]);
  const observed = new Set(history.map(pairOf));
  const pairs = new Set([...demands.map(pairOf), ...observed]);
  const without = pairs.size - observed.size;
  const text =
    without === 0
      ? 'Every workload and market was observed.'
      : `${without} of ${pairs.size} pairs of workload and market were never observed: their base demand counts as zero, and a user there as the fleet says. POST /api/observations takes demand by workload and market.`;
  return { observed: observed.size, pairs: pairs.size, text };
}
