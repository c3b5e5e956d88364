import { cellId, cellOf, type Fleet, type ScalingTarget, type Workload } from './fleet.ts';
import { explain } from './floor-explanation.ts';
import { budgetFaults, unservedFaults, unusableTargets } from './infeasibility.ts';
import type {
  Distribution,
  Infeasibility,
  PlanContent,
  PlannedFloor,
  PlannedRoute,
  PlanStepWindow,
  Requirements,
} from './plan.ts';
import { planCost } from './plan-cost.ts';
import { describePeak } from './plan-peak.ts';
import { quotaFaults } from './quota.ts';
import type { RunSettings } from './season.ts';
import { type MayCarry, residencyRule, selectedTargetIds } from './selection.ts';
import { leverOfTarget } from './services.ts';
import { type Carrier, type MarketDemand, type Shares, shareOut } from './shares.ts';
import { weightsFromCapacity } from './weights.ts';

export { selectedTargetIds } from './selection.ts';

const DAY_MS = 86_400_000;
/** A plan is good for so long, in milliseconds of service time: live capacity and prices move on. */
const VALID_FOR_MS = DAY_MS;
/** Largest weight planned for; Route 53 takes 0 to 255. */
const MAXIMUM_WEIGHT = 255;
/** A need this close above a whole number, relatively, is that number: sums of floats are not exact. */
const ROUNDING = 1e-9;

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

/** The least units that carry the target's shares in its worst hour. */
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
  const loads = step.hoursMs.map((_, hour) =>
    demands.reduce((sum, d) => sum + (mine.get(d.market) ?? 0) * (d.demandByHour[hour] ?? 0), 0),
  );
  const demand = loads.reduce((a, b) => Math.max(a, b), 0);
  const hour = loads.indexOf(demand);
  const { utilizationPercent } = situation.settings.performanceTargets;
  const needUnits = demand / (target.capacityPerUnit * (utilizationPercent / 100));
  const leastUnits = Math.min(target.maximumUnits, Math.ceil(needUnits * (1 - ROUNDING)));
  // Between two rungs of a ladder there is nothing to ask for.
  const floorUnits = target.classes?.find(({ units }) => units >= leastUnits)?.units ?? leastUnits;
  if (floorUnits <= 0) return [];
  const { distribution } = situation;
  const explanation = explain({
    distribution,
    step,
    workload,
    target,
    mine,
    demands,
    hour,
    utilizationPercent,
  });
  return [{ targetId: target.id, step: step.step, floorUnits, needUnits, explanation }];
}

function contentOf(
  situation: Situation,
  floors: readonly PlannedFloor[],
  cost: PlanContent['cost'],
): PlanContent {
  const { fleet, requirements, inputs, nowMs, distribution, markets } = situation;
  const planned = new Set(floors.map((floor) => floor.targetId));
  const unreadQuotas = (requirements.quotas?.unread ?? []).map(({ reason }) => reason).toSorted();
  const cells = new Map(
    situation.targets.filter((t) => planned.has(t.id)).map((t) => [cellId(cellOf(t)), cellOf(t)]),
  );
  return {
    schemaVersion: 1,
    inputs,
    steps: requirements.steps,
    floors,
    cells: [...cells].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, cell]) => cell),
    routes: requirements.steps.flatMap((step) => routesOf(situation, step, floors)),
    cost,
    ...(unreadQuotas.length > 0 && { unreadQuotas }),
    drift: situation.targets.flatMap((target) => {
      const liveUnits = requirements.live[target.id]?.floorUnits ?? target.baselineUnits;
      const { id: targetId, baselineUnits } = target;
      return liveUnits === baselineUnits ? [] : [{ targetId, baselineUnits, liveUnits }];
    }),
    commitments: commitmentsOf(situation, floors),
    peak: describePeak(distribution, fleet.demandModel, markets),
    validUntilMs: Math.min(nowMs + VALID_FOR_MS, distribution.untilMs),
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

/** Weights in proportion to what each entry's cell is planned to carry. */
function routesOf(
  situation: Situation,
  step: PlanStepWindow,
  floors: readonly PlannedFloor[],
): readonly PlannedRoute[] {
  const { fleet, requirements } = situation;
  const floorUnits = new Map(
    floors.filter((f) => f.step === step.step).map((f) => [f.targetId, f.floorUnits]),
  );
  return fleet.recordSets
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .flatMap((set): readonly PlannedRoute[] => {
      const targets = situation.targets.filter((target) => target.workload === set.workload);
      if (!targets.some((target) => floorUnits.has(target.id))) return [];
      const capacityOf = (cell: string) =>
        targets
          .filter((target) => cellId(cellOf(target)) === cell)
          .map(
            (t) =>
              Math.max(requirements.live[t.id]?.floorUnits ?? 0, floorUnits.get(t.id) ?? 0) *
              t.capacityPerUnit,
          )
          .reduce((a, b) => a + b, 0);
      const capacity = set.entries.map((entry) => [entry.setIdentifier, capacityOf(cellId(entry))] as const);
      const weights = weightsFromCapacity(Object.fromEntries(capacity), MAXIMUM_WEIGHT);
      return weights ? [{ recordSetId: set.id, step: step.step, weights }] : [];
    });
}

function byStepAndTarget(a: PlannedFloor, b: PlannedFloor): number {
  if (a.step !== b.step) return a.step - b.step;
  return a.targetId < b.targetId ? -1 : 1;
}
