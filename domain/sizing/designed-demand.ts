import type { Fleet, ScalingTarget, Workload } from '../fleet.ts';
import type { Distribution, MarketDistribution, PlanStepWindow, Requirements } from '../plan.ts';
import { expectedAt, type HourlyDemand, hourlyDemands } from './hourly-demand.ts';
import { type Intensity, statedIntensity } from './intensity.ts';
import type { LearntDemand } from './learnt-demand.ts';
import { type ServedQuantile, servedQuantile } from './newsvendor.ts';
import { demandQuantile, designDemand, expectedShortfall } from './predictive-demand.ts';
import { overProvisioningTime } from './provisioning-growth.ts';

const MINUTE_MS = 60_000;

/** How sure a fleet's demand per user counts where it does not say, relative standard deviation. Assumed. */
export const DEMAND_PER_USER_DEVIATION = 0.1;

/** How much demand is made ready, and what observations taught of it. */
export interface DemandKnowledge {
  /** Share of a unit's capacity planned to be used at the peak, above 0 to 100. */
  readonly utilizationPercent: number;
  /** Quantile of demand in per cent, 50 to 99.9. Default what the costs of unserved and idle capacity say. */
  readonly servedPercent?: number | undefined;
  readonly learnt: readonly LearntDemand[];
}

/** What phase 2 needs of a fleet; what it does not say counts as none. */
export type RequirementsFleet = Pick<Fleet, 'workloads'> &
  Partial<Pick<Fleet, 'targets' | 'couplings' | 'demandModel'>>;

/** What {@link designedDemands} works from. */
export interface DesignInput {
  readonly distribution: Distribution;
  readonly steps: readonly PlanStepWindow[];
  /** Hours of all steps, ascending. */
  readonly hoursMs: readonly number[];
  readonly fleet: RequirementsFleet;
  readonly knowledge: DemandKnowledge;
  /** What demand of a workload's weddings is multiplied by because past seasons saw more than was planned. */
  readonly pastSeasonFactorOf: (workload: string, market: string) => number;
}

/** One workload's demand from one market over the whole window. */
interface Designed {
  readonly workload: Workload;
  readonly market: MarketDistribution;
  readonly demand: HourlyDemand;
  readonly quantile: ServedQuantile;
  readonly design: Float64Array;
  /** {@link design} over the time that capacity takes to come. */
  readonly needed: Float64Array;
  readonly pastSeasonFactor: number;
  readonly intensity: Intensity;
}

type Demand = Requirements['demands'][number];

/** Demand that is made ready, by step, workload and market; none where a step has none. */
export function designedDemands(input: DesignInput): readonly Demand[] {
  const { distribution, steps, hoursMs, fleet } = input;
  const position = new Map(distribution.hoursMs.map((hour, index) => [hour, index]));
  const index = new Map(hoursMs.map((hour, at) => [hour, at]));
  const byWorkload = Map.groupBy(
    distribution.markets.flatMap((market) => designedOf(input, market, position)),
    ({ workload }) => workload.id,
  );
  return steps.flatMap((step) => {
    const hours = step.hoursMs.map((hour) => index.get(hour) ?? -1);
    return fleet.workloads.flatMap(({ id }) =>
      (byWorkload.get(id) ?? []).flatMap((designed) => demandOf(step, hours, designed, position)),
    );
  });
}

function designedOf(
  { hoursMs, fleet, knowledge, pastSeasonFactorOf, steps }: DesignInput,
  market: MarketDistribution,
  position: ReadonlyMap<number, number>,
): readonly Designed[] {
  const { workloads, couplings = [], demandModel, targets = [] } = fleet;
  const grounds = new Map(
    workloads.map(({ id }) => {
      const known = knowledge.learnt.find((one) => one.workload === id && one.market === market.market);
      const stated = statedIntensity(demandModel?.demandPerUserDeviation ?? DEMAND_PER_USER_DEVIATION);
      const intensity = known?.intensity ?? stated;
      // What observations say of a user already is not to be said again by seasons that saw more.
      const factor = 1 + (pastSeasonFactorOf(id, market.market) - 1) * (1 - intensity.observedWeight);
      return [id, { intensity, base: known?.base ?? null, pastSeasonFactor: factor }];
    }),
  );
  const groundsOf = ({ id }: Workload) => grounds.get(id) ?? UNKNOWN;
  const demands = hourlyDemands(workloads, couplings, market, hoursMs, position, groundsOf);
  return workloads.flatMap((workload) => {
    const demand = demands.get(workload.id);
    if (!demand) return [];
    const carriers = targets.filter(
      (target) => target.workload === workload.id && target.markets.includes(market.market),
    );
    const quantile = quantileOf(workload, carriers, { demandModel, knowledge, steps });
    const design = designOf(demand, quantile.quantile);
    const needed = overProvisioningTime(design, hoursMs, longestLeadMs(carriers));
    const { intensity, pastSeasonFactor } = groundsOf(workload);
    return [{ workload, market, demand, quantile, design, needed, pastSeasonFactor, intensity }];
  });
}

const UNKNOWN = { intensity: statedIntensity(0), base: null, pastSeasonFactor: 1 } as const;

function quantileOf(
  workload: Workload,
  targets: readonly ScalingTarget[],
  grounds: Pick<DesignInput, 'knowledge' | 'steps'> & {
    readonly demandModel: Fleet['demandModel'] | undefined;
  },
): ServedQuantile {
  const { demandModel, knowledge, steps } = grounds;
  const { utilizationPercent, servedPercent } = knowledge;
  const stepMs = steps.reduce((longest, { fromMs, untilMs }) => Math.max(longest, untilMs - fromMs), 0);
  return servedQuantile({ workload, demandModel, targets, utilizationPercent, stepMs, servedPercent });
}

function designOf(demand: HourlyDemand, quantile: number): Float64Array {
  return demand.standardDeviation.map((standardDeviation, hour) =>
    designDemand({ mean: expectedAt(demand, hour), standardDeviation }, quantile),
  );
}

function longestLeadMs(targets: readonly ScalingTarget[]): number {
  return targets.reduce((longest, target) => Math.max(longest, target.leadTimeMinutes), 0) * MINUTE_MS;
}

function demandOf(
  step: PlanStepWindow,
  hours: readonly number[],
  designed: Designed,
  position: ReadonlyMap<number, number>,
): readonly Demand[] {
  const { workload, market, demand, design, needed, pastSeasonFactor } = designed;
  const demandByHour = hours.map((hour) => needed[hour] ?? 0);
  const peakDemand = demandByHour.reduce((a, b) => Math.max(a, b), 0);
  if (peakDemand === 0) return [];
  // The hour the peak comes from, not an earlier one that has to be ready for it; that one only at the end of a step.
  const own = hours.findIndex((hour) => design[hour] === peakDemand);
  const at = own >= 0 ? own : demandByHour.indexOf(peakDemand);
  const peakAtMs = step.hoursMs[at] ?? step.fromMs;
  const users = workload.liveStreamOnly ? market.liveStreamUsers : market.users;
  const peak = hours[at] ?? -1;
  return [
    {
      step: step.step,
      workload: workload.id,
      market: market.market,
      peakDemand,
      peakAtMs,
      peakUsers: users[position.get(peakAtMs) ?? -1] ?? 0,
      pastSeasonFactor,
      demandByHour,
      meanByHour: hours.map((hour) => expectedAt(demand, hour)),
      band: bandAt(demand, peak, designed.quantile.quantile),
      terms: termsAt(designed, peak),
      unservedShare: unservedShareOf(demand, hours, needed),
    },
  ];
}

/** Part of what is expected that is expected above what is ready in its own hour, 0 to 1: others' hours leave more. */
function unservedShareOf(demand: HourlyDemand, hours: readonly number[], needed: Float64Array): number {
  let [above, whole] = [0, 0];
  for (const hour of hours) {
    const mean = expectedAt(demand, hour);
    const standardDeviation = demand.standardDeviation[hour] ?? 0;
    above += expectedShortfall({ mean, standardDeviation }, needed[hour] ?? 0);
    whole += mean;
  }
  return whole > 0 ? above / whole : 0;
}

function bandAt(demand: HourlyDemand, hour: number, quantile: number): NonNullable<Demand['band']> {
  const standardDeviation = demand.standardDeviation[hour] ?? 0;
  const moments = { mean: expectedAt(demand, hour), standardDeviation };
  return {
    quantile,
    p50: demandQuantile(moments, 0.5),
    p95: demandQuantile(moments, 0.95),
    p99: demandQuantile(moments, 0.99),
  };
}

function termsAt({ demand, intensity, quantile }: Designed, hour: number): NonNullable<Demand['terms']> {
  return {
    eventDemand: demand.eventMean[hour] ?? 0,
    baseDemand: demand.baseMean[hour] ?? 0,
    coupledDemand: demand.coupledMean[hour] ?? 0,
    intensityFactor: intensity.factor,
    observedWeight: intensity.observedWeight,
    quantileBy: quantile.by,
    unservedUsd: quantile.unservedUsd,
    idleUsd: quantile.idleUsd,
  };
}
