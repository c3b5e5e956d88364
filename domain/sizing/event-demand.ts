import { WEDDING_PHASES, type WeddingPhase } from '../distribution/wedding-shape.ts';
import type { Workload } from '../fleet.ts';
import type { Distribution, MarketDistribution } from '../plan.ts';

/** What of a market's distribution its demand follows from; what is absent from an old one counts as certain. */
export type UncertainMarket = Pick<MarketDistribution, 'market' | 'users' | 'liveStreamUsers'> &
  Partial<
    Pick<MarketDistribution, 'usersVariance' | 'liveStreamUsersVariance' | 'usersByPhase' | 'sharedSpread'>
  >;

/** Demand that weddings cause by hour of a distribution, in the workload's unit per second, by the fleet's figures. */
export interface EventDemand {
  readonly mean: Float64Array;
  /** Variance of what is independent between weddings, (unit per second)². */
  readonly independentVariance: Float64Array;
  /** Relative standard deviation common to all hours. */
  readonly sharedSpread: number;
}

/**
 * Users by phase × demand per user in it. Viewers of live streams have no phases of their own.
 * The variance is that of users times the square of the largest demand per user, whatever the mix of phases: with a
 * mean of them, guests added to a quiet phase would narrow the spread of a busy one.
 */
export function eventDemand(workload: Workload, market: UncertainMarket): EventDemand {
  const { demandPerUser, demandPerUserByPhase = {}, liveStreamOnly = false } = workload;
  const users = liveStreamOnly ? market.liveStreamUsers : market.users;
  const byPhase = liveStreamOnly ? undefined : market.usersByPhase;
  const perUser = (phase: WeddingPhase) => demandPerUserByPhase[phase] ?? demandPerUser;
  const rates = byPhase ? WEDDING_PHASES.map(perUser) : [demandPerUser];
  const largest = rates.reduce((a, b) => Math.max(a, b), 0);
  const mean = Float64Array.from(users, (count, hour) =>
    byPhase
      ? WEDDING_PHASES.reduce((sum, phase) => sum + (byPhase[phase][hour] ?? 0) * perUser(phase), 0)
      : count * demandPerUser,
  );
  const variance = liveStreamOnly ? viewersVariance(market) : (market.usersVariance ?? []);
  return {
    mean,
    independentVariance: Float64Array.from(users, (_, hour) => (variance[hour] ?? 0) * largest ** 2),
    sharedSpread: market.sharedSpread ?? 0,
  };
}

/** Viewers are some of the users: not known better, they vary as all do, but by no more than their own number. */
function viewersVariance(market: UncertainMarket): readonly number[] {
  const { liveStreamUsersVariance, usersVariance = [], liveStreamUsers } = market;
  return (
    liveStreamUsersVariance ??
    liveStreamUsers.map((viewers, hour) => Math.min(usersVariance[hour] ?? 0, viewers ** 2))
  );
}

/**
 * Demand expected of one market's weddings in hours that were observed, by the fleet's figures, in the workload's unit
 * per second; zero in hours without weddings and in all of them for a market that the distribution does not have.
 */
export function eventDemandAt(
  distribution: Distribution,
  workload: Workload,
  market: string,
  observed: { readonly startMs: number; readonly stepMs: number; readonly values: readonly unknown[] },
): readonly number[] {
  const expected: number[] = Array(observed.values.length).fill(0);
  const found = distribution.markets.find((candidate) => candidate.market === market);
  if (!found) return expected;
  for (const [index, demand] of eventDemand(workload, found).mean.entries()) {
    const hour = ((distribution.hoursMs[index] ?? 0) - observed.startMs) / observed.stepMs;
    if (hour >= 0 && hour < expected.length) expected[hour] = demand;
  }
  return expected;
}
