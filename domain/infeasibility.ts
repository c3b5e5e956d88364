import { lossOf, type PartRules } from './allocation/part-model.ts';
import type { PartSolution } from './allocation/part-solution.ts';
import type { Part } from './allocation/parts.ts';
import type { Fleet, ScalingTarget } from './fleet.ts';
import { figure } from './floor-explanation.ts';
import type { Infeasibility, PlanContent } from './plan.ts';
import type { RunSettings } from './season.ts';
import type { MayCarry } from './selection.ts';
import { type MarketDemand, type Shares, shareOut } from './shares.ts';

/** What a part came to, where something is left over. */
interface Unserved extends Part {
  readonly solution: PartSolution;
  readonly markets: readonly string[];
  /** Of the fleet. */
  readonly targets: readonly ScalingTarget[];
  readonly mayCarry: MayCarry;
  readonly residency: MayCarry;
  readonly settings: RunSettings;
  readonly rules: PartRules;
}

/** Demand of the markets asked for that nobody can carry, and the constraint that is in the way. */
export function unservedFaults(unserved: Unserved): readonly Infeasibility[] {
  const { demands, carriers, mayCarry, markets, solution } = unserved;
  const asked = demands.filter(({ market }) => markets.includes(market));
  const left = asked.filter(({ market }) => (solution.rest.get(market) ?? 0) > 0);
  if (left.length === 0) {
    if (solution.undecided && unserved.rules.survival.of !== 'none') return [survivalUnknown(unserved)];
    return solution.infeasible ? survivalFaults(unserved, asked) : [];
  }
  const withoutProviderShare = shareOut(demands, carriers, mayCarry, 1);
  return left.map((demand) => unservedFault(unserved, demand, withoutProviderShare));
}

/** A plan that nobody has shown to survive is not said to. */
function survivalUnknown({ step, workload, rules }: Unserved): Infeasibility {
  const { of } = rules.survival;
  const resource = `${workload.id} in step ${step.step}`;
  const message = `survival: no plan was found in time that survives the loss of any ${of} for ${resource}. Plan again, with fewer markets or a lower performanceRequirements.promisedSharePercent.`;
  return { constraint: 'survival', resource, shortfall: 0, unit: `${workload.unit}/s`, message };
}

/** What the loss of a provider or region leaves over, the worst one for each market. */
function survivalFaults(unserved: Unserved, asked: readonly MarketDemand[]): readonly Infeasibility[] {
  const { step, workload, carriers, mayCarry, rules } = unserved;
  const { of, promisedShare } = rules.survival;
  const places = [...new Set(carriers.map(({ target }) => lossOf(of, target)))].toSorted();
  const promised = asked.map((demand) => ({
    ...demand,
    demandByHour: demand.demandByHour.map((value) => value * promisedShare),
  }));
  const lost = places.map((place) => {
    const left = carriers.filter(({ target }) => lossOf(of, target) !== place);
    return { place, rest: shareOut(promised, left, mayCarry, 1).rest };
  });
  return promised.flatMap(({ market, demandByHour }) => {
    const rests = lost.map(({ place, rest }) => ({ place, share: rest.get(market) ?? 0 }));
    const worst = rests.reduce((a, b) => (b.share > a.share ? b : a), { place: '', share: 0 });
    if (worst.share === 0) return [];
    const shortfall = worst.share * demandByHour.reduce((a, b) => Math.max(a, b), 0);
    const unit = `${workload.unit}/s`;
    const message = `survival: without ${worst.place} nobody can carry ${figure(shortfall)} ${unit} of ${workload.id} for market ${market} in step ${step.step}. Add targets elsewhere, raise maximumUnits there, or lower performanceRequirements.promisedSharePercent.`;
    return [{ constraint: 'survival', resource: `${market}/${workload.id}`, shortfall, unit, message }];
  });
}

function unservedFault(unserved: Unserved, demand: MarketDemand, freely: Shares): Infeasibility {
  const { step, workload, targets, carriers, mayCarry, residency, solution, settings } = unserved;
  const { market } = demand;
  const most = demand.demandByHour.reduce((a, b) => Math.max(a, b), 0);
  const shortfall = (solution.rest.get(market) ?? 0) * most;
  const unit = `${workload.unit}/s`;
  const what = `${market}/${workload.id}`;
  const lacks = `${figure(shortfall)} ${unit} of ${workload.id} for market ${market} in step ${step.step}`;
  const usable = carriers.filter(({ target }) => mayCarry(target, market));
  const serving = targets.filter((one) => one.workload === workload.id && one.markets.includes(market));
  const noneUsable = !usable.some((carrier) => carrier.selected);
  const allowed = serving.filter((one) => residency(one, market));
  if (allowed.length > usable.length && noneUsable) {
    const message = `latency: nobody near enough may carry ${lacks}; ${allowed.map(({ id }) => id).join(', ')} are further than ${workload.maximumRoundTripMs} ms. Raise maximumRoundTripMs of ${workload.id} or add a target nearer to its guests.`;
    return { constraint: 'latency', resource: what, shortfall, unit, message };
  }
  if (serving.length > allowed.length && noneUsable) {
    const regions = [...new Set(serving.map(({ region }) => region))].join(', ');
    const message = `residency: nobody may carry ${lacks}; its targets are in ${regions}. Allow one of these regions or add a target elsewhere.`;
    return { constraint: 'residency', resource: what, shortfall, unit, message };
  }
  const limit = settings.performanceRequirements.maximumProviderSharePercent;
  if (limit < 100 && (freely.rest.get(market) ?? 0) === 0) {
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
  readonly residency: MayCarry;
}): readonly Infeasibility[] {
  const { fleet, settings, markets, residency } = situation;
  const named = fleet.targets.filter((target) => settings.targets?.includes(target.id));
  return named.flatMap((target) =>
    target.markets
      .filter((market) => markets.includes(market) && !residency(target, market))
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
