import type { Queueing } from '../fleet.ts';
import { halfinWhittBeta, largestLoad } from './erlang-c.ts';

/** What a unit of a target carries, and what has to be there beside that. */
export interface UnitSizing {
  /** Demand one unit carries, in the workload's unit per second; above 0. */
  readonly capacityPerUnit: number;
  /** Share of a unit's capacity planned to be used at the peak, above 0 to 100. */
  readonly utilizationPercent: number;
  /** How the workload waits for a unit. Default `none`. */
  readonly queueing?: Queueing | undefined;
  /** Zones the units are spread over evenly: what is left when one is lost carries the demand. Default no claim. */
  readonly zones?: number | undefined;
}

/** A line `fixedUnits + unitsPerDemand × demand`, with demand in the workload's unit per second. */
export interface UnitsLine {
  readonly fixedUnits: number;
  readonly unitsPerDemand: number;
}

/** Share of requests that may wait for a server where a workload does not say. */
const DELAY_PROBABILITY = 0.2;

/** A square root has no tangent at 0; below this many servers the one here is taken. */
const LEAST_LOAD = 0.01;

/** Erlang C is worked out up to so many servers, beyond it square-root staffing adds what more load takes. */
const ERLANG_SERVERS = 400;

/** Servers that a load in erlangs takes, and how many more each further erlang takes there. */
interface Staffing {
  servers(load: number): number;
  slope(load: number): number;
}

/**
 * Units of a target that a demand takes, before rounding: monotone and concave in the demand, 0 for 0.
 * Without queueing `demand / (capacityPerUnit × utilization)`. With it that is the offered load, and the units are
 * the servers that keep the share of waiting requests: `load + β √load` (square root, Halfin and Whitt), or Erlang C
 * with the line between two whole numbers of servers. Times `zones / (zones - 1)`, which leaves enough when one is lost.
 */
export function unitsNeeded(demand: number, sizing: UnitSizing): number {
  if (demand <= 0) return 0;
  const { staffing, serversPerUnit, zoneFactor } = termsOf(sizing);
  return (zoneFactor * staffing.servers(loadOf(demand, sizing, serversPerUnit))) / serversPerUnit;
}

/**
 * The line that touches {@link unitsNeeded} at a demand: no demand takes more units than the line says, and at
 * `atDemand` it is exact. Of a square root that holds from a hundredth of a server on; below, the line stands there.
 */
export function unitsNeededTangent(atDemand: number, sizing: UnitSizing): UnitsLine {
  const { staffing, serversPerUnit, zoneFactor } = termsOf(sizing);
  const load = Math.max(LEAST_LOAD, loadOf(atDemand, sizing, serversPerUnit));
  const slope = staffing.slope(load);
  const loadPerDemand = loadOf(1, sizing, serversPerUnit);
  return {
    fixedUnits: (zoneFactor * Math.max(0, staffing.servers(load) - slope * load)) / serversPerUnit,
    unitsPerDemand: (zoneFactor * slope * loadPerDemand) / serversPerUnit,
  };
}

/** Most demand that so many units carry, in the workload's unit per second: the inverse of {@link unitsNeeded}. */
export function demandCarried(units: number, sizing: UnitSizing): number {
  if (units <= 0) return 0;
  const { staffing, zoneFactor } = termsOf(sizing);
  const most = (units / zoneFactor) * sizing.capacityPerUnit * (sizing.utilizationPercent / 100);
  if (staffing === LINEAR) return most;
  let low = 0;
  let high = most;
  // Not by a fixed number of halvings: the last digits decide whether a unit more is bought.
  for (let middle = high / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (unitsNeeded(middle, sizing) > units) high = middle;
    else low = middle;
  }
  return low;
}

function loadOf(demand: number, sizing: UnitSizing, serversPerUnit: number): number {
  return (demand / (sizing.capacityPerUnit * (sizing.utilizationPercent / 100))) * serversPerUnit;
}

function termsOf({ queueing, zones = 1 }: UnitSizing): {
  readonly staffing: Staffing;
  readonly serversPerUnit: number;
  readonly zoneFactor: number;
} {
  const zoneFactor = zones > 1 ? zones / (zones - 1) : 1;
  if (queueing === undefined || queueing.kind === 'none') {
    return { staffing: LINEAR, serversPerUnit: 1, zoneFactor };
  }
  const { kind, delayProbability = DELAY_PROBABILITY, serversPerUnit = 1 } = queueing;
  const staffing = remembered(`${kind} ${delayProbability}`, () =>
    kind === 'squareRoot' ? squareRoot(delayProbability) : erlang(delayProbability),
  );
  return { staffing, serversPerUnit, zoneFactor };
}

const LINEAR: Staffing = { servers: (load) => load, slope: () => 1 };

function squareRoot(delayProbability: number): Staffing {
  const beta = halfinWhittBeta(delayProbability);
  return {
    servers: (load) => load + beta * Math.sqrt(load),
    slope: (load) => 1 + beta / (2 * Math.sqrt(load)),
  };
}

/** Corners are the largest loads of 0, 1, 2, ... servers; each further server takes more load than the one before. */
function erlang(delayProbability: number): Staffing {
  const corners = [0];
  for (let servers = 1; servers <= ERLANG_SERVERS; servers += 1) {
    corners.push(largestLoad(servers, delayProbability));
  }
  const last = corners[ERLANG_SERVERS] ?? 0;
  const further = squareRoot(delayProbability);
  const slopeAfter = (index: number) => 1 / ((corners[index + 1] ?? 0) - (corners[index] ?? 0));
  return {
    servers: (load) => {
      if (load >= last) return ERLANG_SERVERS + further.servers(load) - further.servers(last);
      const index = cornerBelow(corners, load);
      return index + slopeAfter(index) * (load - (corners[index] ?? 0));
    },
    slope: (load) => (load >= last ? further.slope(load) : slopeAfter(cornerBelow(corners, load))),
  };
}

/** Index of the last corner at or below a load; corners ascend from 0. */
function cornerBelow(corners: readonly number[], load: number): number {
  let low = 0;
  let high = corners.length - 2;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((corners[middle] ?? 0) <= load) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Corners cost some milliseconds and are always the same; fleets name few shares. */
const staffings = new Map<string, Staffing>();

function remembered(key: string, make: () => Staffing): Staffing {
  const known = staffings.get(key) ?? make();
  staffings.set(key, known);
  return known;
}
