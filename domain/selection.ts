import { type Fleet, providerOf, type ScalingTarget } from './fleet.ts';
import type { RunSettings } from './season.ts';

/** The part of a request that says which targets it may change. */
export type Selecting = Pick<RunSettings, 'targets' | 'providers'>;

/** Targets a request may change: named, of a named provider, and serving one of its markets. */
export function selectedTargetIds(
  fleet: Pick<Fleet, 'targets'>,
  request: Selecting,
  markets: readonly string[],
): ReadonlySet<string> {
  const chosen = fleet.targets.filter(
    (target) =>
      (request.targets === undefined || request.targets.includes(target.id)) &&
      (request.providers === undefined || request.providers.includes(providerOf(target.service))) &&
      target.markets.some((market) => markets.includes(market)),
  );
  return new Set(chosen.map((target) => target.id));
}

/** Whether a target may carry a market: residency of the fleet, and the regions this run excludes. */
export type MayCarry = (target: ScalingTarget, market: string) => boolean;

/** @param excludedRegions regions the run may not use for its own markets. */
export function residencyRule(
  fleet: Pick<Fleet, 'markets'>,
  markets: readonly string[],
  excludedRegions: readonly string[],
): MayCarry {
  const allowed = new Map(fleet.markets.map((market) => [market.id, new Set(market.allowedRegions)]));
  return (target, market) =>
    target.markets.includes(market) &&
    (allowed.get(market)?.has(target.region) ?? false) &&
    !(markets.includes(market) && excludedRegions.includes(target.region));
}
