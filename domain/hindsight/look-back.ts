import type { ScalingTarget, Workload } from '../fleet.ts';
import type { PlanContent, PlanStepWindow, Requirements } from '../plan.ts';
import type { Hindsight, HindsightRow, HindsightSubject } from './hindsight.ts';
import { type ScoredStep, scoreCapacity, scoreForecast } from './score-steps.ts';
import { type ServingGroup, servingGroups } from './serving-groups.ts';
import {
  type HourlyLoads,
  marketKey,
  type PlannedDemand,
  pastHours,
  stepCapacity,
  stepHours,
  sumOf,
} from './step-hours.ts';

/** Everything a look back is made from. */
export interface HindsightInput {
  /** The plan in force at the end, and what it was made from. */
  readonly content: Pick<PlanContent, 'steps' | 'floors'>;
  readonly requirements: Pick<Requirements, 'demands' | 'live'>;
  readonly workloads: readonly Workload[];
  /** Declarations of all targets that were there. */
  readonly targets: readonly ScalingTarget[];
  readonly selected: ReadonlySet<string>;
  /** Markets the run was asked for. */
  readonly markets: readonly string[];
  readonly utilizationPercent: number;
  readonly loads: HourlyLoads;
  /** Up to when capacity was held, or now; milliseconds since the epoch. */
  readonly untilMs: number;
}

/** How many silent targets a reason names. */
const MOST_NAMED = 5;

/** What every step of a plan that has begun came to so far, then all of it together; none before the first hour is over. */
export function lookBack(input: HindsightInput): readonly Hindsight[] {
  const begun = input.content.steps.filter((step) => pastHours(step, input.untilMs).length > 0);
  const subjects = subjectsOf(input).map((subject) => scoredSubject(input, begun, subject));
  const over = (step: number | null, windows: readonly PlanStepWindow[]): Hindsight => ({
    step,
    fromMs: Math.min(...windows.map((window) => window.fromMs)),
    untilMs: Math.min(input.untilMs, Math.max(...windows.map((window) => window.untilMs))),
    rows: subjects.map((subject) => rowOf(input, subject, windows)),
  });
  const steps = begun.map((window) => over(window.step, [window]));
  return steps.length === 0 ? [] : [...steps, over(null, begun)];
}

interface Subject {
  readonly workload: Workload;
  readonly group: ServingGroup;
  /** The one market looked at by itself; absent for the group as a whole. */
  readonly market?: string;
}

/** Groups that serve a market asked for; where loads of single markets are known, those too. */
function subjectsOf({ workloads, targets, markets, loads }: HindsightInput): readonly Subject[] {
  return workloads
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .flatMap((workload) => {
      const groups = servingGroups(targets.filter((target) => target.workload === workload.id));
      const asked = groups.filter((group) => group.markets.some((market) => markets.includes(market)));
      return asked.flatMap((group): Subject[] => {
        const known = group.markets.filter((market) => loads.byMarket.has(marketKey(workload.id, market)));
        const single = group.markets.length > 1 ? known : [];
        return [{ workload, group }, ...single.map((market) => ({ workload, group, market }))];
      });
    });
}

/** Every step that has begun, by step, once with the loads of targets and once with those of markets. */
interface ScoredSubject extends Subject {
  readonly byTargets: ReadonlyMap<number, ScoredStep>;
  readonly byMarkets: ReadonlyMap<number, ScoredStep>;
}

function scoredSubject(
  input: HindsightInput,
  begun: readonly PlanStepWindow[],
  subject: Subject,
): ScoredSubject {
  const scored = (source: HindsightSubject['source']) =>
    new Map(begun.map((step) => [step.step, scoredStep(input, step, subject, source)]));
  return {
    ...subject,
    byTargets: subject.market === undefined ? scored('targets') : new Map(),
    byMarkets: input.loads.byMarket.size > 0 ? scored('markets') : new Map(),
  };
}

function rowOf(
  input: HindsightInput,
  subject: ScoredSubject,
  windows: readonly PlanStepWindow[],
): HindsightRow {
  const byTargets = windows.flatMap(({ step }) => subject.byTargets.get(step) ?? []);
  const source = isObserved(byTargets) ? 'targets' : 'markets';
  const scored =
    source === 'targets' ? byTargets : windows.flatMap(({ step }) => subject.byMarkets.get(step) ?? []);
  const { workload, group, market } = subject;
  const markets = market === undefined ? group.markets : [market];
  const row: HindsightSubject = { workload: workload.id, unit: workload.unit, markets, source };
  if (!isObserved(scored))
    return { ...row, status: 'notScored', reason: reasonOf(input, subject, byTargets) };
  const capacity = market === undefined ? scoreCapacity(scored) : null;
  return { ...row, status: 'scored', forecast: scoreForecast(scored), capacity };
}

function isObserved(steps: readonly ScoredStep[]): boolean {
  return steps.some(({ hours }) => hours.some(({ observed }) => observed !== null));
}

function scoredStep(
  input: HindsightInput,
  step: PlanStepWindow,
  { workload, group, market }: Subject,
  source: HindsightSubject['source'],
): ScoredStep {
  const markets = market === undefined ? group.markets : [market];
  const demands: readonly PlannedDemand[] = input.requirements.demands.filter(
    (demand) =>
      demand.step === step.step && demand.workload === workload.id && markets.includes(demand.market),
  );
  const floors = input.content.floors.filter((floor) => floor.step === step.step);
  const { live } = input.requirements;
  const capacity = stepCapacity({ ...input, step, workload, group, demands, floors, live });
  const { byTarget, byMarket } = input.loads;
  const targets = capacity.carriers.map(({ targetId, heldUnits }) => ({
    loads: byTarget.get(targetId),
    needed: heldUnits > 0,
  }));
  const demanded = markets.map((name) => ({
    loads: byMarket.get(marketKey(workload.id, name)),
    needed: demands.some((one) => one.market === name),
  }));
  const observedAt = sumOf(source === 'targets' ? targets : demanded);
  return { ...stepHours(step, input.untilMs, demands, observedAt), ...capacity };
}

/** Which readings are missing, so that somebody can see to it that they come. */
function reasonOf(
  { loads }: HindsightInput,
  { workload, market }: Subject,
  steps: readonly ScoredStep[],
): string {
  if (market !== undefined) return `no demand of ${workload.id} from ${market} was reported in this time`;
  const serving = steps.flatMap(({ carriers }) => carriers.filter(({ heldUnits }) => heldUnits > 0));
  const ids = [...new Set(serving.map(({ targetId }) => targetId))].toSorted();
  if (ids.length === 0) return 'no target that was to serve had a unit, and nothing was reported by market';
  const hours = steps.flatMap((step) => step.hours.map(({ atMs }) => atMs));
  const silent = ids.filter((id) => !hours.some((hour) => loads.byTarget.get(id)?.has(hour)));
  if (silent.length === 0)
    return 'there is no hour in which every target that was to serve reported its load';
  const named = silent.slice(0, MOST_NAMED).join(', ');
  const others = silent.length > MOST_NAMED ? ` and ${silent.length - MOST_NAMED} more` : '';
  return `no load was reported of ${named}${others}; send it to POST /api/observations`;
}
