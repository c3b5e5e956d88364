import type { Fleet, ScalingTarget, Workload } from '../fleet.ts';
import type { Distribution, PlanContent, Requirements } from '../plan.ts';
import type { RunSettings } from '../season.ts';
import { type MayCarry, residencyRule, selectedTargetIds } from '../selection.ts';
import type { Carrier } from '../shares.ts';
import { demandCarried } from '../sizing/units-needed.ts';
import { mostUnits, sizingOf } from './capacity.ts';
import { egressRule, latencyRule, type NetworkFacts } from './network.ts';
import type { PartRules } from './part-model.ts';
import { type Part, partsOf } from './parts.ts';

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
  /** Round trips and prices of egress. Default: nothing is known of them, and nothing follows from them. */
  readonly network?: NetworkFacts;
}

/** The input, and what follows from it at once. */
export interface Situation extends AllocationInput {
  readonly selected: ReadonlySet<string>;
  /** Residency and latency. */
  readonly mayCarry: MayCarry;
  readonly residency: MayCarry;
  /** Targets by id, in the order of their ids: a permuted fleet gives the same plan. */
  readonly targets: readonly ScalingTarget[];
  readonly rules: PartRules;
}

const HOUR_MS = 3_600_000;
/** A step that is over costs nothing more; its floors are still wanted, and cheap ones rather than dear ones. */
const LEAST_HOURS = 1;

/** Residency and latency: who may carry which market. */
export function mayCarryRule(
  input: Pick<AllocationInput, 'fleet' | 'settings' | 'markets' | 'distribution' | 'network'>,
): MayCarry {
  const { fleet, settings, markets } = input;
  const residency = residencyRule(fleet, markets, settings.complianceRequirements.excludedRegions);
  const nearEnough = latencyRule(input);
  return (target, market) => residency(target, market) && nearEnough(target, market);
}

/** Reads the input in the order of ids. */
export function situationOf(input: AllocationInput): Situation {
  const { fleet, settings, markets } = input;
  const {
    maximumProviderSharePercent,
    survivesLossOf = 'none',
    promisedSharePercent = 100,
  } = settings.performanceRequirements;
  const residency = residencyRule(fleet, markets, settings.complianceRequirements.excludedRegions);
  const mayCarry = mayCarryRule(input);
  return {
    ...input,
    selected: selectedTargetIds(fleet, settings, markets),
    mayCarry,
    residency,
    targets: fleet.targets.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    rules: {
      mayCarry,
      maximumProviderShare: maximumProviderSharePercent / 100,
      utilizationPercent: settings.performanceTargets.utilizationPercent,
      asked: new Set(markets),
      survival: { of: survivesLossOf, promisedShare: promisedSharePercent / 100 },
      usdPerDemandHour: egressRule(input),
    },
  };
}

/** Every step, workload and group of markets that share targets, in the order of their ids. */
export function partsOfSituation(situation: Situation): readonly Part[] {
  const { requirements, fleet, mayCarry } = situation;
  const workloads = fleet.workloads.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return requirements.steps.flatMap((step) =>
    workloads.flatMap((workload) => {
      const demands = requirements.demands
        .filter((demand) => demand.step === step.step && demand.workload === workload.id)
        .toSorted((a, b) => (a.market < b.market ? -1 : 1));
      const carriers = situation.targets
        .filter((target) => target.workload === workload.id)
        .map((target) => carrierOf(situation, workload, target));
      return partsOf({ step, workload, demands, carriers }, mayCarry);
    }),
  );
}

function carrierOf(
  { selected, requirements, rules }: Situation,
  workload: Workload,
  target: ScalingTarget,
): Carrier {
  const isSelected = selected.has(target.id);
  const liveUnits = requirements.live[target.id]?.floorUnits ?? 0;
  const units = isSelected ? mostUnits(target) : liveUnits;
  const capacity = demandCarried(units, sizingOf(target, workload, rules.utilizationPercent));
  return { target, selected: isSelected, liveUnits, capacity };
}

/** Hours of a step that are still to be paid for. */
export function unpaidHours({ nowMs }: Pick<AllocationInput, 'nowMs'>, { step }: Part): number {
  return Math.max(0, (step.untilMs - Math.max(step.fromMs, nowMs)) / HOUR_MS);
}

/** The same as a weight of the objective, in which no step counts nothing. */
export function paidHours(input: Pick<AllocationInput, 'nowMs'>, part: Part): number {
  return Math.max(LEAST_HOURS, unpaidHours(input, part));
}
