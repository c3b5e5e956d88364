import { alternativesOf } from './allocation/alternatives.ts';
import { conflictOf } from './allocation/conflict.ts';
import { expectedUnserved } from './allocation/expected-unserved.ts';
import type { Solver, SolverLimits } from './allocation/mixed-integer.ts';
import type { PartSolution } from './allocation/part-solution.ts';
import { relaxationText } from './allocation/relaxation-text.ts';
import {
  type AllocationInput,
  partsOfSituation,
  type Situation,
  situationOf,
} from './allocation/situation.ts';
import { optimalityOf, type Solved, solveApart, solveTogether } from './allocation/solve-parts.ts';
import { declaredFallbacks } from './fallbacks.ts';
import { cellsOf } from './fleet.ts';
import { budgetFaults, unservedFaults, unusableTargets } from './infeasibility.ts';
import type { Alternatives, Conflict, Infeasibility, PlanContent, PlannedFloor } from './plan.ts';
import { PLAN_VALID_FOR_MS, planCost } from './plan-cost.ts';
import { describePeak } from './plan-peak.ts';
import { byStepAndTarget, plannedFloor } from './planned-floor.ts';
import { plannedRoutes } from './planned-routes.ts';
import { quotaFaults } from './quota.ts';
import { leverOfTarget } from './services.ts';

export type { AllocationInput } from './allocation/situation.ts';
export { selectedTargetIds } from './selection.ts';

/** A plan, or every constraint that stands in its way. */
export type Allocation =
  | { readonly status: 'planned'; readonly content: PlanContent }
  | {
      readonly status: 'infeasible';
      readonly infeasibilities: readonly Infeasibility[];
      /** Absent where it is a target named that may not be used, and where it was not found in time. */
      readonly conflict?: Conflict;
    };

/** A plan within a hundredth of a per cent of the cheapest is the cheapest; a long search stops with what it has. */
export const SOLVER_LIMITS: SolverLimits = { relativeGap: 1e-4, timeLimitMs: 20_000 };

/** Whether there is a plan without a constraint, and about what it costs, is asked up to sixteen times. */
const CONFLICT_LIMITS: SolverLimits = { relativeGap: 1e-3, timeLimitMs: 2_000 };

/** What another plan would cost is for comparison only: to a tenth of a per cent, or what three seconds find. */
const ALTERNATIVE_LIMITS: SolverLimits = { relativeGap: 1e-3, timeLimitMs: 3_000 };

/**
 * Phase 3: the cheapest floors of every selected target and step under every constraint. Pure but for the solver, which
 * is given; the same for permuted input, unless time was up.
 */
export async function allocate(
  input: AllocationInput,
  solve: Solver,
  limits: SolverLimits = SOLVER_LIMITS,
): Promise<Allocation> {
  const situation = situationOf(input);
  const outcome = await outcomeWith(situation, solve, limits);
  if (outcome.infeasibilities.length === 0) {
    return { status: 'planned', content: contentOf(situation, outcome) };
  }
  // An attempt that time cut off proves nothing, and a conflict that follows from it might be none.
  let cutOff = isUndecided(outcome);
  const conflict = await conflictOf(situation, async (relaxed) => {
    if (cutOff) return null;
    const again = situationOf(relaxed);
    const attempt = await outcomeWith(again, solve, CONFLICT_LIMITS);
    cutOff = isUndecided(attempt);
    const { infeasibilities, cost, floors } = attempt;
    if (infeasibilities.length > 0) return null;
    return {
      seasonUsd: cost.seasonUsd,
      needs: (family) => relaxationText(situation, family, { cost, floors }),
    };
  });
  return {
    status: 'infeasible',
    infeasibilities: outcome.infeasibilities,
    ...(conflict && !cutOff && { conflict }),
  };
}

/** What the same demand would cost otherwise (see {@link alternativesOf}), by a shorter search of each. */
export function compareAlternatives(input: AllocationInput, solve: Solver): Promise<Alternatives> {
  return alternativesOf(input, async (other) => {
    const { cost, infeasibilities } = await outcomeWith(situationOf(other), solve, ALTERNATIVE_LIMITS);
    const [first] = infeasibilities;
    return first ? { status: 'infeasible', reason: first.message } : { status: 'planned', cost };
  });
}

async function outcomeWith(situation: Situation, solve: Solver, limits: SolverLimits): Promise<Outcome> {
  const parts = partsOfSituation(situation);
  const apart = outcomeOf(situation, await solveApart(situation, parts, solve, limits));
  return apart.onlyTogether ? keptTogether(situation, apart, solve, limits) : apart;
}

function isUndecided({ solved }: Outcome): boolean {
  return solved.solutions.some(({ undecided = false }) => undecided);
}

interface Outcome {
  readonly solved: Solved;
  readonly floors: readonly PlannedFloor[];
  readonly cost: PlanContent['cost'];
  readonly infeasibilities: readonly Infeasibility[];
  /** Whether all that is in the way is what ties parts together: budgets and quotas. */
  readonly onlyTogether: boolean;
}

function outcomeOf(situation: Situation, solved: Solved): Outcome {
  const { settings, requirements, selected } = situation;
  const floors = solved.solutions
    .flatMap((solution) => floorsOf(situation, solution))
    .toSorted(byStepAndTarget);
  const cost = planCost(situation, selected, floors);
  const ofParts = [
    ...unusableTargets(situation),
    ...solved.solutions.flatMap((solution) => unservedFaults({ ...situation, ...solution.part, solution })),
  ];
  const together = [
    ...budgetFaults(settings, cost),
    ...quotaFaults(requirements.quotas?.readings ?? [], floors, requirements.live),
  ];
  const onlyTogether = ofParts.length === 0 && together.length > 0;
  return { solved, floors, cost, infeasibilities: [...ofParts, ...together], onlyTogether };
}

/** A dearer plan may keep a budget or a quota that the cheapest of each part does not; where none does, that one says what is missing. */
async function keptTogether(
  situation: Situation,
  apart: Outcome,
  solve: Solver,
  limits: SolverLimits,
): Promise<Outcome> {
  const parts = apart.solved.solutions.map(({ part }) => part);
  const solved = await solveTogether(situation, parts, solve, limits);
  if (!solved) return apart;
  const outcome = outcomeOf(situation, solved);
  return outcome.infeasibilities.length > 0 ? apart : outcome;
}

/** The least units that carry what each target carries; with N-1 what the search reserved beside. */
function floorsOf(situation: Situation, { part, byTarget, units }: PartSolution): readonly PlannedFloor[] {
  const { distribution, rules } = situation;
  const { step, workload, demands } = part;
  const { utilizationPercent, survival } = rules;
  return part.carriers
    .filter(({ selected }) => selected)
    .flatMap(({ target }) => {
      const mine = byTarget.get(target.id) ?? new Map<string, number>();
      const wantedUnits = survival.of === 'none' ? 0 : (units.get(target.id) ?? 0);
      const carried = { distribution, step, workload, demands, target, mine, utilizationPercent };
      return plannedFloor({ ...carried, ...(wantedUnits > 0 && { reserve: { wantedUnits, ...survival } }) });
    });
}

function contentOf(situation: Situation, { floors, cost, solved }: Outcome): PlanContent {
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
    optimality: optimalityOf(solved),
    expectedUnserved: expectedUnserved(requirements, markets),
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
  const highest = new Map<string, number>();
  for (const { targetId, floorUnits } of floors) {
    highest.set(targetId, Math.max(highest.get(targetId) ?? 0, floorUnits));
  }
  return targets.flatMap((target) => {
    const lever = leverOfTarget(target);
    const floorUnits = highest.get(target.id) ?? 0;
    const liveUnits = requirements.live[target.id]?.floorUnits ?? target.baselineUnits;
    if (lever?.reversibility !== 'committed' || floorUnits <= liveUnits) return [];
    const text = `${target.id} grows from ${liveUnits} to ${floorUnits} ${lever.unitName} and stays there: its vendor has no way back.`;
    return [{ targetId: target.id, liveUnits, floorUnits, text }];
  });
}
