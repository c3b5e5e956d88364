import type { ScalingTarget } from '../fleet.ts';

/** Markets that share targets, and the targets they share. A capacity can be told apart no further than this. */
export interface ServingGroup {
  /** Sorted. */
  readonly markets: readonly string[];
  /** Sorted by id. */
  readonly targets: readonly ScalingTarget[];
}

/** Targets of one workload in groups: two are in one where a market, or a chain of markets, is served by both. */
export function servingGroups(targets: readonly ScalingTarget[]): readonly ServingGroup[] {
  const byId = targets.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return byId.reduce<readonly ServingGroup[]>((groups, target) => {
    const touches = ({ markets }: ServingGroup) => markets.some((market) => target.markets.includes(market));
    const joined = groups.filter(touches);
    const markets = new Set([...target.markets, ...joined.flatMap((group) => group.markets)]);
    const members = [...joined.flatMap((group) => group.targets), target];
    const group = {
      markets: [...markets].toSorted(),
      targets: members.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    };
    return [...groups.filter((other) => !touches(other)), group];
  }, []);
}
