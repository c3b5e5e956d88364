import type { Workload } from '../fleet.ts';
import type { PlanStepWindow } from '../plan.ts';
import type { MayCarry } from '../selection.ts';
import type { Carrier, MarketDemand } from '../shares.ts';

/** Markets and targets of one workload in one step that nothing but budgets, quotas and changes ties to others. */
export interface Part {
  readonly step: PlanStepWindow;
  readonly workload: Workload;
  /** By market. */
  readonly demands: readonly MarketDemand[];
  /** By target; only those that may carry one of the markets. */
  readonly carriers: readonly Carrier[];
}

/** Cuts what has to be carried into parts: markets that share a target are in one. In the order of their first market. */
export function partsOf(whole: Part, mayCarry: MayCarry): readonly Part[] {
  const groupOf = new Map(whole.demands.map(({ market }) => [market, market]));
  const root = (market: string): string => {
    const up = groupOf.get(market) ?? market;
    return up === market ? market : root(up);
  };
  const carried = whole.carriers.map((carrier) => ({
    carrier,
    markets: whole.demands.map(({ market }) => market).filter((market) => mayCarry(carrier.target, market)),
  }));
  for (const { markets } of carried) {
    for (const market of markets.slice(1)) {
      const [one, other] = [root(markets[0] ?? market), root(market)].toSorted();
      if (one !== undefined && other !== undefined) groupOf.set(other, one);
    }
  }
  const groups = Map.groupBy(whole.demands, ({ market }) => root(market));
  return [...groups].map(([group, demands]) => ({
    ...whole,
    demands,
    carriers: carried
      .filter(({ markets: [first] }) => first !== undefined && root(first) === group)
      .map(({ carrier }) => carrier),
  }));
}

/** Hours that none other covers, in which every one of the demands is at least as high; the heaviest first. */
export function bindingHours(demands: readonly MarketDemand[]): readonly number[] {
  const hours = demands[0]?.demandByHour.length ?? 0;
  const at = (hour: number) => demands.map(({ demandByHour }) => demandByHour[hour] ?? 0);
  const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const byLoad = Array.from({ length: hours }, (_, hour) => ({ hour, values: at(hour) }))
    .filter(({ values }) => total(values) > 0)
    .toSorted((a, b) => total(b.values) - total(a.values) || a.hour - b.hour);
  const kept: typeof byLoad = [];
  for (const one of byLoad) {
    const covered = kept.some(({ values }) =>
      one.values.every((value, index) => value <= (values[index] ?? 0)),
    );
    if (!covered) kept.push(one);
  }
  return kept.map(({ hour }) => hour);
}
