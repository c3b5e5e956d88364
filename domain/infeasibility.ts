import type { Fleet, ScalingTarget, Workload } from './fleet.ts';
import { figure } from './floor-explanation.ts';
import type { Infeasibility, PlanContent, PlanStepWindow } from './plan.ts';
import type { RunSettings } from './season.ts';
import type { MayCarry } from './selection.ts';
import { type Carrier, type MarketDemand, type Shares, shareOut } from './shares.ts';

/** What a step and workload came to, where something is left over. */
interface Unserved {
  readonly step: PlanStepWindow;
  readonly workload: Workload;
  readonly carriers: readonly Carrier[];
  readonly demands: readonly MarketDemand[];
  /** Demands of the markets asked for. */
  readonly asked: readonly MarketDemand[];
  readonly shares: Shares;
  readonly mayCarry: MayCarry;
  readonly settings: RunSettings;
}

/** Demand of the markets asked for that nobody can carry, and the constraint that is in the way. */
export function unservedFaults(unserved: Unserved): readonly Infeasibility[] {
  const left = unserved.asked.filter(({ market }) => (unserved.shares.rest.get(market) ?? 0) > 0);
  if (left.length === 0) return [];
  const { demands, carriers, mayCarry } = unserved;
  const withoutProviderShare = shareOut(demands, carriers, mayCarry, 1);
  return left.map((demand) => unservedFault(unserved, demand, withoutProviderShare));
}

function unservedFault(unserved: Unserved, demand: MarketDemand, freely: Shares): Infeasibility {
  const { step, workload, carriers, mayCarry, shares, settings } = unserved;
  const { market } = demand;
  const most = demand.demandByHour.reduce((a, b) => Math.max(a, b), 0);
  const shortfall = (shares.rest.get(market) ?? 0) * most;
  const unit = `${workload.unit}/s`;
  const what = `${market}/${workload.id}`;
  const lacks = `${figure(shortfall)} ${unit} of ${workload.id} for market ${market} in step ${step.step}`;
  const serving = carriers.filter(({ target }) => target.markets.includes(market));
  const usable = serving.filter(({ target }) => mayCarry(target, market));
  if (serving.length > usable.length && !usable.some((carrier) => carrier.selected)) {
    const regions = [...new Set(serving.map(({ target }) => target.region))].join(', ');
    const message = `residency: nobody may carry ${lacks}; its targets are in ${regions}. Allow one of these regions or add a target elsewhere.`;
    return { constraint: 'residency', resource: what, shortfall, unit, message };
  }
  if ((freely.rest.get(market) ?? 0) === 0) {
    const limit = settings.performanceRequirements.maximumProviderSharePercent;
    const message = `providerShare: ${lacks} is left over with at most ${limit} % on one provider. Raise maximumProviderSharePercent or add targets of another provider.`;
    return { constraint: 'providerShare', resource: what, shortfall, unit, message };
  }
  const full = usable.filter((carrier) => carrier.selected).map(({ target }) => target.id);
  const where =
    full.length > 0 ? `${full.join(', ')} are at their maximum` : 'the request selects no target for it';
  const message = `maximumUnits: nobody can carry ${lacks}; ${where}. Raise maximumUnits, select more targets or add some.`;
  return { constraint: 'maximumUnits', resource: what, shortfall, unit, message };
}

/** Targets the request names though their region may not carry one of its markets. */
export function unusableTargets(situation: {
  readonly fleet: Fleet;
  readonly settings: RunSettings;
  readonly markets: readonly string[];
  readonly mayCarry: MayCarry;
}): readonly Infeasibility[] {
  const { fleet, settings, markets, mayCarry } = situation;
  const named = fleet.targets.filter((target) => settings.targets?.includes(target.id));
  return named.flatMap((target) =>
    target.markets
      .filter((market) => markets.includes(market) && !mayCarry(target, market))
      .map((market) => breach(target, market)),
  );
}

function breach(target: ScalingTarget, market: string): Infeasibility {
  const message = `residency: ${target.id} is in ${target.region}, which may not carry market ${market}. Leave the target out, or allow the region.`;
  return { constraint: 'residency', resource: target.id, shortfall: 1, unit: 'regions', message };
}

/** Budgets the plan does not keep. */
export function budgetFaults(
  { costConstraints }: Pick<RunSettings, 'costConstraints'>,
  cost: PlanContent['cost'],
): readonly Infeasibility[] {
  const { maximumHourlyUsd, maximumSeasonUsd } = costConstraints;
  const faults: Infeasibility[] = [];
  if (maximumHourlyUsd !== undefined && cost.hourlyUsdAfter > maximumHourlyUsd) {
    const shortfall = cost.hourlyUsdAfter - maximumHourlyUsd;
    faults.push({
      constraint: 'hourlyBudget',
      resource: 'costConstraints.maximumHourlyUsd',
      shortfall,
      unit: 'USD/h',
      message: `hourlyBudget: the plan costs ${figure(cost.hourlyUsdAfter)} USD/h, ${figure(shortfall)} more than costConstraints.maximumHourlyUsd allows. Raise it, or plan for fewer markets or a higher utilization.`,
    });
  }
  if (maximumSeasonUsd !== undefined && cost.seasonUsd > maximumSeasonUsd) {
    const shortfall = cost.seasonUsd - maximumSeasonUsd;
    faults.push({
      constraint: 'seasonBudget',
      resource: 'costConstraints.maximumSeasonUsd',
      shortfall,
      unit: 'USD',
      message: `seasonBudget: the plan adds ${figure(cost.seasonUsd)} USD over the window, ${figure(shortfall)} more than costConstraints.maximumSeasonUsd allows. Raise it, or shorten the window.`,
    });
  }
  return faults;
}
