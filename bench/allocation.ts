import { solveInThreads } from '../activities/planner/solver-pool.ts';
import type { SolverLimits } from '../domain/allocation/mixed-integer.ts';
import { type AllocationInput, allocate, SOLVER_LIMITS } from '../domain/allocation.ts';
import { providerOf } from '../domain/fleet.ts';
import type { PlanContent } from '../domain/plan.ts';
import { PROVIDERS } from '../domain/providers.ts';
import { rivals } from './allocation-rivals.ts';
import { sampleSeasonInput } from './allocation-sample.ts';
import { allocationWorld } from './allocation-world.ts';
import type { Bench } from './registry.ts';

type Row = Readonly<Record<string, unknown>>;

const SMALL = { cells: 25, workloads: 12, steps: 1 };
const LARGE = { cells: 1_000, workloads: 12, steps: 1 };
const SEEDS = [1, 2, 3];
const SMALL_SECONDS = 3;
const LARGE_SECONDS = 10;
const REFERENCE_SECONDS = 60;
/** How far the large plan may be from the best found in a minute. */
const LARGE_GAP = 0.005;

/**
 * How quickly the cheapest plan is found and how good it is, on worlds of a seed; what it saves against other ways of
 * planning the same service; and whether a plan that survives the loss of a provider does. A row that has a bound says
 * whether it is `met`.
 */
export const benchAllocation: Bench = async (say) => {
  const rows: Row[] = [];
  const add = (row: Row) => {
    say(JSON.stringify(row));
    rows.push(row);
  };
  // The first answer of a thread takes the loading and compiling of the solver with it, once a process.
  await planned(allocationWorld({ cells: 4, workloads: 1, steps: 1, seed: 1 }));
  for (const seed of SEEDS) add(await small(seed));
  add(await large());
  for (const [season, input] of await seasons()) for (const row of await comparison(season, input)) add(row);
  for (const seed of SEEDS) for (const row of await survival(seed)) add(row);
  return rows;
};

interface Measured {
  readonly content: PlanContent | null;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function planned(input: AllocationInput, limits: SolverLimits = SOLVER_LIMITS): Promise<Measured> {
  const cpu = process.cpuUsage();
  const from = performance.now();
  const outcome = await allocate(input, solveInThreads, limits);
  const seconds = round((performance.now() - from) / 1_000, 3);
  const { user, system } = process.cpuUsage(cpu);
  const cpuSeconds = round((user + system) / 1e6, 3);
  return { content: outcome.status === 'planned' ? outcome.content : null, seconds, cpuSeconds };
}

async function small(seed: number): Promise<Row> {
  const { content, seconds, cpuSeconds } = await planned(allocationWorld({ ...SMALL, seed }));
  const gap = content?.optimality?.gap ?? null;
  const met = seconds < SMALL_SECONDS && gap !== null && gap <= SOLVER_LIMITS.relativeGap;
  return {
    case: `25 cells × 12 workloads, seed ${seed}`,
    seconds,
    cpuSeconds,
    gap,
    seasonUsd: usdOf(content),
    met,
  };
}

async function large(): Promise<Row> {
  const input = allocationWorld({ ...LARGE, seed: 1 });
  const quick = await planned(input, { ...SOLVER_LIMITS, timeLimitMs: LARGE_SECONDS * 600 });
  const reference = await planned(input, { relativeGap: 1e-6, timeLimitMs: REFERENCE_SECONDS * 1_000 });
  const [usd, best] = [usdOf(quick.content), usdOf(reference.content)];
  const aboveBest = usd === null || best === null ? null : round(usd / best - 1, 6);
  const { seconds, cpuSeconds, content } = quick;
  const met = seconds < LARGE_SECONDS && aboveBest !== null && aboveBest <= LARGE_GAP;
  const gap = content?.optimality?.gap ?? null;
  return {
    case: '1,000 cells × 12 workloads',
    seconds,
    cpuSeconds,
    gap,
    seasonUsd: usd,
    bestIn60sUsd: best,
    aboveBest,
    met,
  };
}

async function seasons(): Promise<readonly (readonly [string, AllocationInput])[]> {
  const random = SEEDS.map(
    (seed) => [`random ${seed}`, allocationWorld({ ...SMALL, seed, steps: 4 })] as const,
  );
  return [['sample', await sampleSeasonInput()], ...random];
}

/** Saving in per cent of what the other way costs. Where a single cloud is dearer or not depends on the share kept. */
async function comparison(season: string, withLive: AllocationInput): Promise<readonly Row[]> {
  // Nothing runs yet: what is there today would help most who uses most providers.
  const none = { floorUnits: 0, servingUnits: 0 };
  const live = Object.fromEntries(withLive.fleet.targets.map(({ id }) => [id, none]));
  const input = { ...withLive, requirements: { ...withLive.requirements, live } };
  const ours = usdOf((await planned(input)).content);
  const performanceRequirements = {
    ...input.settings.performanceRequirements,
    maximumProviderSharePercent: 100,
  };
  const free = usdOf(
    (await planned({ ...input, settings: { ...input.settings, performanceRequirements } })).content,
  );
  return (await rivals(input, solveInThreads)).map(({ method, seasonUsd, note }) => ({
    case: `saving, ${season} season`,
    against: note ? `${method} (${note})` : method,
    seasonUsd: ours,
    otherUsd: seasonUsd,
    savingPercent: saving(ours, seasonUsd),
    savingPercentWithoutProviderShare: saving(free, seasonUsd),
  }));
}

/** Every provider taken away in turn, with the planned units as the most there is: can what is left carry it? */
async function survival(seed: number): Promise<readonly Row[]> {
  const without = usdOf((await planned(allocationWorld({ ...SMALL, seed }))).content);
  const performanceRequirements = { survivesLossOf: 'provider', promisedSharePercent: 100 };
  const input = allocationWorld({ ...SMALL, seed, performanceRequirements });
  const { content, seconds, cpuSeconds } = await planned(input);
  const usd = usdOf(content);
  const rows: Row[] = [];
  for (const provider of PROVIDERS) {
    const lost = content ? content.steps.map(({ step }) => afterLoss(input, content, provider, step)) : [];
    const left = await Promise.all(lost.map((one) => planned(one)));
    rows.push({
      case: `N-1, seed ${seed}, without ${provider}`,
      seconds,
      cpuSeconds,
      gap: content?.optimality?.gap ?? null,
      seasonUsd: usd,
      costsMorePercent: usd === null || without === null ? null : round((100 * (usd - without)) / without, 2),
      met: left.length > 0 && left.every((one) => one.content !== null),
    });
  }
  return rows;
}

/** What is left in a step when a provider is gone: the units planned for it and no more. */
export function afterLoss(
  input: AllocationInput,
  content: PlanContent,
  provider: string,
  step: number,
): AllocationInput {
  const ofStep = content.floors.filter((floor) => floor.step === step);
  const floors = new Map(ofStep.map(({ targetId, floorUnits }) => [targetId, floorUnits]));
  const { live } = input.requirements;
  const targets = input.fleet.targets
    .filter(({ service }) => providerOf(service) !== provider)
    .map((target) => {
      const maximumUnits = Math.max(live[target.id]?.floorUnits ?? 0, floors.get(target.id) ?? 0);
      return { ...target, maximumUnits };
    });
  const settings = { ...input.settings, performanceRequirements: { maximumProviderSharePercent: 100 } };
  const requirements = {
    ...input.requirements,
    steps: input.requirements.steps.filter((window) => window.step === step),
    demands: input.requirements.demands.filter((demand) => demand.step === step),
  };
  return { ...input, requirements, fleet: { ...input.fleet, targets }, settings };
}

function usdOf(content: PlanContent | null): number | null {
  return content?.cost.seasonUsd ?? null;
}

function saving(ours: number | null, other: number | null): number | null {
  return ours === null || other === null ? null : round(100 * (1 - ours / other), 2);
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
