import type { Solver } from '../domain/allocation/mixed-integer.ts';
import type { Part } from '../domain/allocation/parts.ts';
import { partsOfSituation, situationOf } from '../domain/allocation/situation.ts';
import { type AllocationInput, allocate } from '../domain/allocation.ts';
import type { PlannedFloor } from '../domain/plan.ts';
import { planCost } from '../domain/plan-cost.ts';
import { plannedFloor } from '../domain/planned-floor.ts';
import { PROVIDERS } from '../domain/providers.ts';
import { shareOut } from '../domain/shares.ts';

/** What another way of planning costs at the same service, in USD over the season; null where it cannot serve it. */
export interface Rival {
  readonly method: 'single-cloud' | 'proportional' | 'greedy';
  readonly seasonUsd: number | null;
  /** Which one, of a single cloud. */
  readonly note?: string;
}

/** Units enough for a whole season on one provider. */
const ROOMY = 1_000;

/**
 * Every market's demand carried in full, by three others:
 * the best single provider, planned by the same search, though with no provider's share kept and with a thousand times
 * the maxima and no ladders; a split in proportion to what targets can carry at most; and cheapest first, up to the same provider's
 * share, which was the product's own way before.
 */
export async function rivals(input: AllocationInput, solve: Solver): Promise<readonly Rival[]> {
  return [
    await singleCloud(input, solve),
    byShares(input, 'proportional', proportional),
    byShares(input, 'greedy', greedy),
  ];
}

async function singleCloud(input: AllocationInput, solve: Solver): Promise<Rival> {
  const { fleet, settings } = input;
  const roomy = {
    ...fleet,
    targets: fleet.targets.map(({ classes: _ladder, ...target }) => ({
      ...target,
      maximumUnits: target.maximumUnits * ROOMY,
    })),
  };
  const plans = [];
  for (const provider of PROVIDERS) {
    const alone = {
      ...settings,
      providers: [provider],
      costConstraints: { approvalExpiresAfterMinutes: 240 },
      performanceRequirements: { maximumProviderSharePercent: 100 },
    };
    const outcome = await allocate({ ...input, fleet: roomy, settings: alone }, solve);
    if (outcome.status === 'planned') plans.push({ provider, usd: outcome.content.cost.seasonUsd });
  }
  const [best] = plans.toSorted((a, b) => a.usd - b.usd);
  return { method: 'single-cloud', seasonUsd: best?.usd ?? null, ...(best && { note: best.provider }) };
}

type SharesOf = (
  part: Part,
  input: AllocationInput,
) => ReadonlyMap<string, ReadonlyMap<string, number>> | null;

function byShares(input: AllocationInput, method: Rival['method'], sharesOf: SharesOf): Rival {
  const situation = situationOf(input);
  const { utilizationPercent } = input.settings.performanceTargets;
  const floors: PlannedFloor[] = [];
  for (const part of partsOfSituation(situation)) {
    const byTarget = sharesOf(part, input);
    if (!byTarget) return { method, seasonUsd: null };
    for (const { target, selected } of part.carriers) {
      const mine = byTarget.get(target.id);
      if (!mine || !selected) continue;
      const { step, workload, demands } = part;
      const { distribution } = input;
      floors.push(
        ...plannedFloor({ distribution, step, workload, demands, target, mine, utilizationPercent }),
      );
    }
  }
  return { method, seasonUsd: planCost(input, situation.selected, floors).seasonUsd };
}

const greedy: SharesOf = (part, input) => {
  const { rules } = situationOf({ ...input, requirements: { ...input.requirements, steps: [] } });
  const { byTarget, rest } = shareOut(
    part.demands,
    part.carriers,
    rules.mayCarry,
    rules.maximumProviderShare,
  );
  return [...rest.values()].some((share) => share > 0) ? null : byTarget;
};

const proportional: SharesOf = (part, input) => {
  const { mayCarry } = situationOf({ ...input, requirements: { ...input.requirements, steps: [] } });
  const byTarget = new Map<string, Map<string, number>>();
  for (const { market } of part.demands) {
    const able = part.carriers.filter(({ target, selected }) => selected && mayCarry(target, market));
    const all = able.reduce((sum, { capacity }) => sum + capacity, 0);
    if (all === 0) return null;
    for (const { target, capacity } of able) {
      const mine = byTarget.get(target.id) ?? new Map<string, number>();
      byTarget.set(target.id, mine.set(market, capacity / all));
    }
  }
  return byTarget;
};
