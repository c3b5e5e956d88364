import { type Fleet, providerOf, type ScalingTarget } from '../fleet.ts';
import type { Distribution } from '../plan.ts';
import type { ProviderId } from '../providers.ts';
import type { MayCarry } from '../selection.ts';

/** What is known of networks; null for what is not. */
export interface NetworkFacts {
  /** From where people of a zone live to a region, in milliseconds. */
  readonly roundTripMs: (timeZone: string, provider: ProviderId, region: string) => number | null;
  /** From a region to its guests, in USD. */
  readonly egressUsdPerGb: (provider: ProviderId, region: string) => number | null;
}

/** What networks are asked about. */
export interface NetworkGrounds {
  readonly fleet: Fleet;
  readonly distribution: Distribution;
  readonly network?: NetworkFacts;
}

const SECONDS_PER_HOUR = 3_600;

/**
 * Whether a target is near enough to a market for its workload's `maximumRoundTripMs`: the mean round trip over the
 * zones of its guests, as far as it is known. A distance that nobody has measured is no reason to refuse.
 */
export function latencyRule(grounds: NetworkGrounds): MayCarry {
  const limits = new Map(
    grounds.fleet.workloads.map(({ id, maximumRoundTripMs }) => [id, maximumRoundTripMs]),
  );
  return (target, market) => {
    const limit = limits.get(target.workload);
    const roundTripMs = limit === undefined ? null : meanRoundTripMs(grounds, target, market);
    return limit === undefined || roundTripMs === null || roundTripMs <= limit;
  };
}

/** Mean over the zones of a market's guests, in milliseconds; null where none of them is known. */
export function meanRoundTripMs(
  { fleet, distribution, network }: NetworkGrounds,
  { service, region }: Pick<ScalingTarget, 'service' | 'region'>,
  market: string,
): number | null {
  const counted = distribution.markets.find((candidate) => candidate.market === market);
  const timeZone = fleet.markets.find(({ id }) => id === market)?.timeZone;
  const zones = counted?.zones ?? (timeZone === undefined ? [] : [{ timeZone, share: 1 }]);
  const known = zones.flatMap((zone) => {
    const ms = network?.roundTripMs(zone.timeZone, providerOf(service), region) ?? null;
    return ms === null ? [] : [{ ms, share: zone.share }];
  });
  const share = known.reduce((sum, one) => sum + one.share, 0);
  return share > 0 ? known.reduce((sum, one) => sum + one.ms * one.share, 0) / share : null;
}

/** USD for what one unit of demand per second sends to guests in an hour: `egressGbPerUnit × 3,600 × USD per GB`. */
export function egressRule({ fleet, network }: NetworkGrounds): (target: ScalingTarget) => number {
  const gbPerUnit = new Map(fleet.workloads.map(({ id, egressGbPerUnit = 0 }) => [id, egressGbPerUnit]));
  return ({ workload, service, region }) => {
    const gb = gbPerUnit.get(workload) ?? 0;
    return gb === 0 ? 0 : gb * SECONDS_PER_HOUR * (network?.egressUsdPerGb(providerOf(service), region) ?? 0);
  };
}

/** Whether a plan of this fleet follows from facts of networks, so that they are part of its inputs. */
export function usesNetwork({ workloads }: Pick<Fleet, 'workloads'>): boolean {
  return workloads.some(
    ({ egressGbPerUnit = 0, maximumRoundTripMs }) => egressGbPerUnit > 0 || maximumRoundTripMs !== undefined,
  );
}
