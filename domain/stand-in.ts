import { mostUnits, sizingOf } from './allocation/capacity.ts';
import { cellsOf, type Fleet, providerOf, type ScalingTarget, type Workload } from './fleet.ts';
import { budgetFaults } from './infeasibility.ts';
import type {
  Distribution,
  PlanContent,
  PlannedFloor,
  PlanStepWindow,
  Requirements,
  Shortage,
} from './plan.ts';
import { PLAN_VALID_FOR_MS, planCost } from './plan-cost.ts';
import { byStepAndTarget, loadByHour, plannedFloor } from './planned-floor.ts';
import { plannedRoutes } from './planned-routes.ts';
import { quotaFaults } from './quota.ts';
import type { RunSettings } from './season.ts';
import type { MayCarry } from './selection.ts';
import { leverOfTarget } from './services.ts';
import { EPSILON, fits, type MarketDemand, usdPerDemand } from './shares.ts';
import { demandCarried } from './sizing/units-needed.ts';
import { roundUsd } from './usd.ts';

/** Everything a stand-in is decided from. */
export interface StandInInput {
  /** The plan in force, and its hash. */
  readonly planId: string;
  readonly content: PlanContent;
  readonly shortage: Shortage;
  readonly distribution: Distribution;
  readonly requirements: Requirements;
  readonly fleet: Fleet;
  readonly settings: RunSettings;
  /** Targets the request may change. */
  readonly selected: ReadonlySet<string>;
  readonly mayCarry: MayCarry;
  /** Targets that cannot take more in this step: short themselves, or let go of. */
  readonly unavailable: ReadonlySet<string>;
  /** Service time now, milliseconds since the epoch. */
  readonly nowMs: number;
}

/** The next generation of a plan; `declared` where all of it was part of the hash before. */
export type StandInOutcome =
  | { readonly status: 'planned'; readonly content: PlanContent; readonly declared: boolean }
  /** `reason` continues a sentence. */
  | { readonly status: 'none'; readonly reason: string };

/**
 * A plan in which others carry what the short target cannot: its declared fallbacks in their order, and where they do
 * not suffice also any other target of the workload, cheapest first, which was not part of the hash. All of it or
 * nothing; every other floor stays as it is. Pure.
 */
export function standIn(input: StandInInput): StandInOutcome {
  const target = input.fleet.targets.find(({ id }) => id === input.shortage.targetId);
  const floor = floorOfStep(input, input.shortage.targetId);
  if (!target || !floor) return { status: 'none', reason: 'the plan in force gives it no floor' };
  const declared = declaredFor(input, target.id).flatMap(
    (id) => input.fleet.targets.find((t) => t.id === id) ?? [],
  );
  const others = input.fleet.targets
    .filter((t) => t.workload === target.workload && t.id !== target.id && !declared.includes(t))
    .filter((t) => leverOfTarget(t)?.reversibility !== 'committed')
    .toSorted((a, b) => usdPerDemand(a) - usdPerDemand(b) || (a.id < b.id ? -1 : 1));
  const byDeclared = carriedBy(input, target, floor, declared);
  if (byDeclared.status === 'planned') {
    const ceiling = input.content.fallbacks?.ceilingHourlyUsd ?? 0;
    const { cost } = byDeclared.content;
    // Nothing new is asked for where it serves enough again, or all of it.
    const declared =
      grownFloors(input.content, byDeclared.content).length === 0 || cost.hourlyUsdAfter <= ceiling;
    return { ...byDeclared, declared };
  }
  const byAny = others.length === 0 ? byDeclared : carriedBy(input, target, floor, [...declared, ...others]);
  return byAny.status === 'planned' ? { ...byAny, declared: false } : byAny;
}

/**
 * A target's own fallbacks; where it stands in for another of this step already, also those that come after it there:
 * part of what it carries is that one's.
 */
function declaredFor(input: StandInInput, targetId: string, seen: readonly string[] = []): readonly string[] {
  const { fleet, content, shortage } = input;
  const own = fleet.targets.find(({ id }) => id === targetId)?.fallbacks ?? [];
  const before = (content.standIn?.shortages ?? []).filter(({ step }) => step === shortage.step);
  const inherited = before.flatMap((earlier): readonly string[] => {
    if (seen.includes(earlier.targetId)) return [];
    const chain = declaredFor(input, earlier.targetId, [...seen, targetId]);
    return chain.includes(targetId) ? chain.slice(chain.indexOf(targetId) + 1) : [];
  });
  return [...new Set([...own, ...inherited])].filter((id) => id !== targetId);
}

/** Floors of the step that ran short that a generation raises or adds. */
export function grownFloors(before: PlanContent, after: PlanContent): readonly PlannedFloor[] {
  const step = after.standIn?.shortages.at(-1)?.step;
  const ofStep = (content: PlanContent) => content.floors.filter((floor) => floor.step === step);
  const units = new Map(ofStep(before).map(({ targetId, floorUnits }) => [targetId, floorUnits]));
  return ofStep(after).filter(({ targetId, floorUnits }) => floorUnits > (units.get(targetId) ?? 0));
}

type Generation =
  | { readonly status: 'planned'; readonly content: PlanContent }
  | (StandInOutcome & { status: 'none' });

function carriedBy(
  input: StandInInput,
  target: ScalingTarget,
  floor: PlannedFloor,
  candidates: readonly ScalingTarget[],
): Generation {
  const usable = candidates.filter(({ id }) => input.selected.has(id) && !input.unavailable.has(id));
  if (usable.length === 0) {
    const none = candidates.length === 0 ? 'it has no fallback' : 'none of its fallbacks can take more';
    return {
      status: 'none',
      reason: `${none} (${candidates.map(({ id }) => id).join(', ') || 'none declared'})`,
    };
  }
  const given = handOver(input, target, floor, usable);
  const names = usable.map(({ id }) => id).join(', ');
  if (given === null) return { status: 'none', reason: `${names} have no room for what it cannot carry` };
  const content = generationOf(input, given);
  const faults = [
    ...budgetFaults(input.settings, content.cost),
    ...quotaFaults(input.requirements.quotas?.readings ?? [], content.floors, input.requirements.live),
  ];
  if (faults.length === 0) return { status: 'planned', content };
  return {
    status: 'none',
    reason: `${names} could stand in, but ${faults.map((f) => f.message).join('; ')}`,
  };
}

/** Floors of the step after the hand-over: the short target's and those that grew. Null where a rest is left. */
function handOver(
  input: StandInInput,
  target: ScalingTarget,
  floor: PlannedFloor,
  candidates: readonly ScalingTarget[],
): readonly PlannedFloor[] | null {
  const situation = situationOf(input, target);
  if (!situation) return null;
  const { demands } = situation;
  const before = sharesOf(floor);
  const kept = keptPart(input, target, floor);
  const rest = new Map([...before].map(([market, share]) => [market, share * (1 - kept)]));
  const taken: PlannedFloor[] = [];
  // What stand-ins of this provider have taken of a market so far, by `provider market`.
  const ofProvider = new Map<string, number>();
  for (const candidate of candidates) {
    const mine = new Map(sharesOf(floorOfStep(input, candidate.id)));
    let took = false;
    for (const demand of demands) {
      const key = `${providerOf(candidate.service)} ${demand.market}`;
      const room = roomOf(input, situation, candidate, mine, demand);
      const providerLeft = providerRoom(input, candidate, demand.market) - (ofProvider.get(key) ?? 0);
      const share = Math.min(rest.get(demand.market) ?? 0, room, providerLeft);
      if (share <= EPSILON) continue;
      took = true;
      ofProvider.set(key, (ofProvider.get(key) ?? 0) + share);
      mine.set(demand.market, (mine.get(demand.market) ?? 0) + share);
      rest.set(demand.market, (rest.get(demand.market) ?? 0) - share);
    }
    if (!took) continue;
    const reserved = floorOfStep(input, candidate.id)?.floorUnits ?? 0;
    const raised = floorFor(input, situation, candidate, mine);
    taken.push(...raised.map((one) => ({ ...one, floorUnits: Math.max(one.floorUnits, reserved) })));
  }
  if ([...rest.values()].some((share) => share > EPSILON)) return null;
  const left = new Map([...before].map(([market, share]) => [market, share * kept]));
  return [...keptFloor(input, situation, target, left), ...taken];
}

interface Situation {
  readonly step: PlanStepWindow;
  readonly workload: Workload;
  readonly demands: readonly MarketDemand[];
}

function situationOf(
  { shortage, requirements, fleet }: StandInInput,
  target: ScalingTarget,
): Situation | null {
  const step = requirements.steps.find((window) => window.step === shortage.step);
  const workload = fleet.workloads.find(({ id }) => id === target.workload);
  if (!step || !workload) return null;
  const demands = requirements.demands
    .filter((demand) => demand.step === step.step && demand.workload === workload.id)
    .toSorted((a, b) => (a.market < b.market ? -1 : 1));
  return { step, workload, demands };
}

/** Largest further share of a market that fits into a target beside what it carries. */
function roomOf(
  input: StandInInput,
  { step, workload, demands }: Situation,
  candidate: ScalingTarget,
  mine: ReadonlyMap<string, number>,
  demand: MarketDemand,
): number {
  if (!input.mayCarry(candidate, demand.market)) return 0;
  const { utilizationPercent } = input.settings.performanceTargets;
  const capacity = demandCarried(mostUnits(candidate), sizingOf(candidate, workload, utilizationPercent));
  const load = Float64Array.from(loadByHour(step, demands, mine));
  return fits(load, demand.demandByHour, capacity);
}

/** Part of its shares that the short target still carries, 0 to 1. */
function keptPart(
  { shortage, settings, fleet }: StandInInput,
  target: ScalingTarget,
  { explanation }: PlannedFloor,
): number {
  const workload = fleet.workloads.find(({ id }) => id === target.workload) ?? {};
  const sizing = sizingOf(target, workload, settings.performanceTargets.utilizationPercent);
  // A pure reserve carries nothing that somebody else could take.
  if (explanation.demand === 0) return 1;
  return Math.min(1, demandCarried(shortage.keptUnits, sizing) / explanation.demand);
}

/** What the plan in force leaves of a provider's largest share of a market, without what the short target gives up. */
function providerRoom(input: StandInInput, candidate: ScalingTarget, market: string): number {
  const provider = providerOf(candidate.service);
  const byId = new Map(input.fleet.targets.map((target) => [target.id, target]));
  const carried = input.content.floors
    .filter((floor) => floor.step === input.shortage.step)
    .reduce((sum, floor) => {
      const carrier = byId.get(floor.targetId);
      if (!carrier || carrier.workload !== candidate.workload) return sum;
      if (providerOf(carrier.service) !== provider) return sum;
      const part = carrier.id === input.shortage.targetId ? keptPart(input, carrier, floor) : 1;
      return sum + part * (sharesOf(floor).get(market) ?? 0);
    }, 0);
  return input.settings.performanceRequirements.maximumProviderSharePercent / 100 - carried;
}

function floorFor(
  { distribution, settings }: StandInInput,
  { step, workload, demands }: Situation,
  target: ScalingTarget,
  mine: ReadonlyMap<string, number>,
): readonly PlannedFloor[] {
  const { utilizationPercent } = settings.performanceTargets;
  return plannedFloor({ distribution, step, workload, demands, target, mine, utilizationPercent });
}

/** What the short target keeps is a floor even where its share rounds to fewer units. */
function keptFloor(
  input: StandInInput,
  situation: Situation,
  target: ScalingTarget,
  mine: ReadonlyMap<string, number>,
): readonly PlannedFloor[] {
  const { keptUnits } = input.shortage;
  return floorFor(input, situation, target, mine).map((floor) => ({ ...floor, floorUnits: keptUnits }));
}

function generationOf(input: StandInInput, changed: readonly PlannedFloor[]): PlanContent {
  const { content, shortage, fleet, requirements, distribution, nowMs } = input;
  const ofStep = new Set([shortage.targetId, ...changed.map(({ targetId }) => targetId)]);
  const unchanged = content.floors.filter(
    (floor) => floor.step !== shortage.step || !ofStep.has(floor.targetId),
  );
  const floors = [...unchanged, ...changed].toSorted(byStepAndTarget);
  const planned = new Set(floors.map(({ targetId }) => targetId));
  return {
    ...content,
    floors,
    cells: cellsOf(fleet.targets.filter(({ id }) => planned.has(id))),
    routes: requirements.steps.flatMap((step) => plannedRoutes(fleet, requirements.live, step, floors)),
    cost: costOf(input, floors),
    standIn: {
      replaces: input.planId,
      generation: (content.standIn?.generation ?? 1) + 1,
      shortages: [...(content.standIn?.shortages ?? []), shortage],
    },
    validUntilMs: Math.min(nowMs + PLAN_VALID_FOR_MS, distribution.untilMs),
  };
}

/** A plan's cost counts from now on: what the floors before have cost until now stays spent. */
function costOf(input: StandInInput, floors: readonly PlannedFloor[]): PlanContent['cost'] {
  const { content, selected } = input;
  const after = planCost(input, selected, floors);
  const asItWas = planCost(input, selected, content.floors);
  return { ...after, seasonUsd: roundUsd(content.cost.seasonUsd + after.seasonUsd - asItWas.seasonUsd) };
}

function floorOfStep({ content, shortage }: StandInInput, targetId: string): PlannedFloor | undefined {
  return content.floors.find((floor) => floor.step === shortage.step && floor.targetId === targetId);
}

function sharesOf(floor: PlannedFloor | undefined): ReadonlyMap<string, number> {
  return new Map(floor?.explanation.shares.map(({ market, share }) => [market, share]));
}
