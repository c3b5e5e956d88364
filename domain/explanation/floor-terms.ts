import type { ScalingTarget } from '../fleet.ts';
import type { DemandShare, PlannedFloor } from '../plan.ts';
import { type PlanGrounds, type StoredDemand, targetOf, workloadOf } from './plan-grounds.ts';

/**
 * What one market adds to a floor, from bookings to demand carried here, at the target's own worst hour:
 * `users × demandPerUser × pastSeasonFactor + otherDemand = meanDemand`, `meanDemand × designFactor = demand`,
 * `demand × share = carried`. Demands are in the workload's unit per second.
 */
export interface MarketTerm {
  readonly market: string;
  /** Bookings under way in that hour. */
  readonly bookings: number;
  /** Concurrent users expected, of bookings not yet made too. */
  readonly users: number;
  /** The part of them that bookings in hand cause; null where the distribution is not known any more. */
  readonly bookedUsers: number | null;
  /** Null where the plan's fleet is not known any more. */
  readonly demandPerUser: number | null;
  readonly pastSeasonFactor: number;
  /**
   * Expected demand that users × demandPerUser does not say: of everybody else, of other workloads, of phases that
   * differ, and what observations taught. Null where it cannot be told.
   */
  readonly otherDemand: number | null;
  /** Null where neither the expected demand nor the fleet is known. */
  readonly meanDemand: number | null;
  /** What the expected demand is multiplied by for its quantile and for growth while capacity is made. */
  readonly designFactor: number | null;
  /** What is known of the demand at its own highest hour of the step, which may be another one; null without. */
  readonly atPeak: Pick<StoredDemand, 'peakAtMs' | 'band' | 'terms'> | null;
  /** Demand to be ready for. */
  readonly demand: number;
  /** Part of it given to this target, 0 to 1. */
  readonly share: number;
  readonly carried: number;
}

/** Units that one reason adds to a floor; all of them add up to it. */
export interface UnitTerm {
  readonly reason: 'load' | 'queueing' | 'zones' | 'rounding' | 'rung' | 'survival';
  readonly units: number;
}

/** The sum behind one floor. */
export interface FloorTerms {
  readonly peakAtMs: number;
  readonly markets: readonly MarketTerm[];
  /** Demand carried here, of all markets: the sum of `carried`. */
  readonly demand: number;
  /** What a unit counts with: less than its own capacity where a part of it may be interrupted. */
  readonly capacityPerUnit: number;
  /** Its own; null where the fleet is not known any more. */
  readonly nominalCapacityPerUnit: number | null;
  readonly utilizationPercent: number;
  /** `capacityPerUnit × utilizationPercent / 100`. */
  readonly usablePerUnit: number;
  readonly needUnits: number;
  readonly floorUnits: number;
  /** Adds up to `floorUnits`, in the order in which it was reckoned; reasons that add nothing are left out. */
  readonly units: readonly UnitTerm[];
}

/** Less than this part of a number is rounding of floats and no term of its own. */
const ROUNDING = 1e-9;

/** The terms of a floor as the plan has them, with what requirements and fleet know beside it. */
export function floorTerms(grounds: PlanGrounds, floor: PlannedFloor): FloorTerms {
  const { peakAtMs, shares, demand, capacityPerUnit, utilizationPercent } = floor.explanation;
  const target = targetOf(grounds, floor.targetId);
  return {
    peakAtMs,
    markets: shares.map((share) => marketTerm(grounds, floor, target, share)),
    demand,
    capacityPerUnit,
    nominalCapacityPerUnit: target?.capacityPerUnit ?? null,
    utilizationPercent,
    usablePerUnit: capacityPerUnit * (utilizationPercent / 100),
    needUnits: floor.needUnits,
    floorUnits: floor.floorUnits,
    units: unitTerms(floor, target),
  };
}

function marketTerm(
  grounds: PlanGrounds,
  floor: PlannedFloor,
  target: ScalingTarget | null,
  { market, bookings, users, demand, share }: DemandShare,
): MarketTerm {
  const demandPerUser = workloadOf(grounds, target?.workload)?.demandPerUser ?? null;
  const { peakAtMs } = floor.explanation;
  const stored = storedDemand(grounds, floor, target, market);
  // Of this market; the floor names the highest of all its markets.
  const pastSeasonFactor = stored?.pastSeasonFactor ?? floor.explanation.pastSeasonFactor;
  const ofUsers = demandPerUser === null ? null : users * demandPerUser * pastSeasonFactor;
  const meanDemand = meanAt(grounds, stored, floor.step, peakAtMs) ?? ofUsers;
  return {
    market,
    bookings,
    users,
    bookedUsers: bookedUsersAt(grounds, target, market, peakAtMs),
    demandPerUser,
    pastSeasonFactor,
    otherDemand: ofUsers === null || meanDemand === null ? null : difference(meanDemand, ofUsers),
    meanDemand,
    designFactor: meanDemand === null ? null : quotient(demand, meanDemand),
    atPeak: stored?.band ? { peakAtMs: stored.peakAtMs, band: stored.band, ...termsOf(stored) } : null,
    demand,
    share,
    carried: demand * share,
  };
}

function termsOf({ terms }: StoredDemand): Pick<StoredDemand, 'terms'> {
  return terms ? { terms } : {};
}

function storedDemand(
  { requirements }: PlanGrounds,
  { step }: PlannedFloor,
  target: ScalingTarget | null,
  market: string,
): StoredDemand | undefined {
  return requirements?.demands.find(
    (demand) => demand.step === step && demand.workload === target?.workload && demand.market === market,
  );
}

function bookedUsersAt(
  grounds: PlanGrounds,
  target: ScalingTarget | null,
  market: string,
  atMs: number,
): number | null {
  const hour = grounds.distribution?.hoursMs.indexOf(atMs) ?? -1;
  const found = grounds.distribution?.markets.find((one) => one.market === market);
  const streams = workloadOf(grounds, target?.workload)?.liveStreamOnly ?? false;
  // Runs planned before bookings yet to come were expected have neither.
  const booked: readonly number[] | undefined = streams ? found?.bookedLiveStreamUsers : found?.bookedUsers;
  return booked?.[hour] ?? null;
}

function meanAt(
  { content }: PlanGrounds,
  stored: StoredDemand | undefined,
  step: number,
  atMs: number,
): number | null {
  const hours = content.steps.find((window) => window.step === step)?.hoursMs ?? [];
  return stored?.meanByHour?.[hours.indexOf(atMs)] ?? null;
}

function difference(a: number, b: number): number {
  return Math.abs(a - b) <= ROUNDING * Math.abs(a) ? 0 : a - b;
}

/** Null where nothing was expected and something is made ready all the same. */
function quotient(demand: number, mean: number): number | null {
  if (mean === 0) return demand === 0 ? 1 : null;
  return difference(demand, mean) === 0 ? 1 : demand / mean;
}

function unitTerms(floor: PlannedFloor, target: ScalingTarget | null): readonly UnitTerm[] {
  const { floorUnits, needUnits, explanation } = floor;
  const { demand, capacityPerUnit, utilizationPercent } = explanation;
  const load = demand / (capacityPerUnit * (utilizationPercent / 100));
  const withoutZones = Math.max(load, needUnits * partLeftWithoutZone(target));
  const { reserveUnits: survival = 0 } = floor;
  const carrying = floorUnits - survival;
  const wholeUnits = Math.min(carrying, Math.ceil(needUnits * (1 - ROUNDING)));
  const terms: readonly UnitTerm[] = [
    { reason: 'load', units: load },
    { reason: 'queueing', units: withoutZones - load },
    { reason: 'zones', units: needUnits - withoutZones },
    { reason: 'rounding', units: wholeUnits - needUnits },
    { reason: 'rung', units: carrying - wholeUnits },
    { reason: 'survival', units: survival },
  ];
  return terms.filter(({ units }) => Math.abs(units) > ROUNDING * Math.max(1, needUnits));
}

function partLeftWithoutZone(target: ScalingTarget | null): number {
  const zones = target?.zones ?? 0;
  return zones > 1 ? (zones - 1) / zones : 1;
}
