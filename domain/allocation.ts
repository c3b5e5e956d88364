import { declaredFallbacks } from './fallbacks.ts';
import { cellsOf, type Fleet, type ScalingTarget, type Workload } from './fleet.ts';
import { budgetFaults, unservedFaults, unusableTargets } from './infeasibility.ts';
import type {
  Distribution,
  Infeasibility,
  PlanContent,
  PlannedFloor,
  PlanStepWindow,
  Requirements,
} from './plan.ts';
import { PLAN_VALID_FOR_MS, planCost } from './plan-cost.ts';
import { describePeak } from './plan-peak.ts';
import { byStepAndTarget, plannedFloor } from './planned-floor.ts';
import { plannedRoutes } from './planned-routes.ts';
import { quotaFaults } from './quota.ts';
import type { RunSettings } from './season.ts';
import { type MayCarry, residencyRule, selectedTargetIds } from './selection.ts';
import { leverOfTarget } from './services.ts';
import { type Carrier, type MarketDemand, type Shares, shareOut } from './shares.ts';

export { selectedTargetIds } from './selection.ts';

/** Everything phase 3 decides from. */
export interface AllocationInput {
  readonly distribution: Distribution;
  readonly requirements: Requirements;
  readonly fleet: Fleet;
  readonly settings: RunSettings;
  /** Markets the request asks for. */
  readonly markets: readonly string[];
  readonly inputs: PlanContent['inputs'];
  /** Service time now, milliseconds since the epoch. */
  readonly nowMs: number;
}

/** A plan, or every constraint that stands in its way. */
export type Allocation =
  | { readonly status: 'planned'; readonly content: PlanContent }
  | { readonly status: 'infeasible'; readonly infeasibilities: readonly Infeasibility[] };

interface Situation extends AllocationInput {
  readonly selected: ReadonlySet<string>;
  readonly mayCarry: MayCarry;
  /** Targets by id, in the order of their ids: a permuted fleet gives the same plan. */
  readonly targets: readonly ScalingTarget[];
}

interface StepOutcome {
  readonly floors: readonly PlannedFloor[];
  readonly faults: readonly Infeasibility[];
}

/** Phase 3: floors for every selected target and step, cheapest first under every constraint. Pure. */
export function allocate(input: AllocationInput): Allocation {
  const { fleet, settings, markets, requirements } = input;
  const situation: Situation = {
    ...input,
    selected: selectedTargetIds(fleet, settings, markets),
    mayCarry: residencyRule(fleet, markets, settings.complianceRequirements.excludedRegions),
    targets: fleet.targets.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  };
  const outcomes = requirements.steps.flatMap((step) =>
    fleet.workloads
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map((workload) => allocateWorkload(situation, step, workload)),
  );
  const floors = outcomes.flatMap((outcome) => outcome.floors).toSorted(byStepAndTarget);
  const cost = planCost(input, situation.selected, floors);
  const infeasibilities = [
    ...unusableTargets(situation),
    ...outcomes.flatMap((outcome) => outcome.faults),
    ...budgetFaults(settings, cost),
    ...quotaFaults(requirements.quotas?.readings ?? [], floors, requirements.live),
  ];
  if (infeasibilities.length > 0) return { status: 'infeasible', infeasibilities };
  return { status: 'planned', content: contentOf(situation, floors, cost) };
}

function allocateWorkload(situation: Situation, step: PlanStepWindow, workload: Workload): StepOutcome {
  const { requirements, settings, markets } = situation;
  const demands: readonly MarketDemand[] = requirements.demands
    .filter((demand) => demand.step === step.step && demand.workload === workload.id)
    .toSorted((a, b) => (a.market < b.market ? -1 : 1));
  const utilization = settings.performanceTargets.utilizationPercent / 100;
  const carriers = situation.targets
    .filter((target) => target.workload === workload.id)
    .map((target): Carrier => {
      const selected = situation.selected.has(target.id);
      const units = selected ? target.maximumUnits : (requirements.live[target.id]?.floorUnits ?? 0);
      return { target, selected, capacity: units * target.capacityPerUnit * utilization };
    });
  const share = settings.performanceRequirements.maximumProviderSharePercent / 100;
  const shares = shareOut(demands, carriers, situation.mayCarry, share);
  const asked = demands.filter((demand) => markets.includes(demand.market));
  return {
    floors: carriers
      .filter((carrier) => carrier.selected)
      .flatMap((carrier) => floorOf(situation, step, workload, demands, carrier.target, shares)),
    faults: unservedFaults({ ...situation, step, workload, carriers, demands, asked, shares }),
  };
}

function floorOf(
  situation: Situation,
  step: PlanStepWindow,
  workload: Workload,
  demands: readonly MarketDemand[],
  target: ScalingTarget,
  shares: Shares,
): readonly PlannedFloor[] {
  const mine = shares.byTarget.get(target.id);
  if (!mine) return [];
  const { distribution, settings } = situation;
  const { utilizationPercent } = settings.performanceTargets;
  return plannedFloor({ distribution, step, workload, demands, target, mine, utilizationPercent });
}

function contentOf(
  situation: Situation,
  floors: readonly PlannedFloor[],
  cost: PlanContent['cost'],
): PlanContent {
  const { fleet, requirements, inputs, nowMs, distribution, markets } = situation;
  const planned = new Set(floors.map((floor) => floor.targetId));
  const unreadQuotas = (requirements.quotas?.unread ?? []).map(({ reason }) => reason).toSorted();
  const fallbacks = declaredFallbacks(situation, floors, cost);
  return {
    schemaVersion: 1,
    inputs,
    steps: requirements.steps,
    floors,
    cells: cellsOf(situation.targets.filter((target) => planned.has(target.id))),
    routes: requirements.steps.flatMap((step) => plannedRoutes(fleet, requirements.live, step, floors)),
    cost,
    ...(unreadQuotas.length > 0 && { unreadQuotas }),
    drift: situation.targets.flatMap((target) => {
      const liveUnits = requirements.live[target.id]?.floorUnits ?? target.baselineUnits;
      const { id: targetId, baselineUnits } = target;
      return liveUnits === baselineUnits ? [] : [{ targetId, baselineUnits, liveUnits }];
    }),
    commitments: commitmentsOf(situation, floors),
    ...(fallbacks && { fallbacks }),
    peak: describePeak(distribution, fleet.demandModel, markets),
    validUntilMs: Math.min(nowMs + PLAN_VALID_FOR_MS, distribution.untilMs),
  };
}

/** The highest floor of every target whose lever has no way back, where it is above what is there. */
function commitmentsOf(
  { targets, requirements }: Situation,
  floors: readonly PlannedFloor[],
): PlanContent['commitments'] {
  return targets.flatMap((target) => {
    const lever = leverOfTarget(target);
    const mine = floors.filter((floor) => floor.targetId === target.id).map((floor) => floor.floorUnits);
    const floorUnits = mine.reduce((a, b) => Math.max(a, b), 0);
    const liveUnits = requirements.live[target.id]?.floorUnits ?? target.baselineUnits;
    if (lever?.reversibility !== 'committed' || floorUnits <= liveUnits) return [];
    const text = `${target.id} grows from ${liveUnits} to ${floorUnits} ${lever.unitName} and stays there: its vendor has no way back.`;
    return [{ targetId: target.id, liveUnits, floorUnits, text }];
  });
}
