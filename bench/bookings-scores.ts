import { pinballLoss } from '../domain/forecast/pinball.ts';
/** One hour of one workload and market: what was ready, what came, and what part of that came from weddings. */
export interface ScoredHour {
  readonly ready: number;
  readonly load: number;
  readonly eventLoad: number;
}

/** Figures of one method; loads of different workloads are made comparable by the workload's own mean load. */
export interface Scores {
  /** Mean pinball loss at {@link QUANTILE}, as a share of the mean load. */
  readonly meanPinball: number;
  /** Share of hours whose load was at most what was ready. */
  readonly coverage95: number;
  /** Share of the load that found nothing ready, at equal cost: in hours that weddings shape, and in all. */
  readonly eventUnserved: number;
  readonly allUnserved: number;
  /** Share of what was ready and not used, at equal cost. */
  readonly idleShare: number;
}

/** The quantile that is asked for. */
export const QUANTILE = 0.95;

/** Hours whose load comes from weddings by at least this share count as event hours. */
const EVENT_SHARE = 0.25;

/**
 * Scores of the hours of several groups (one per workload). At equal cost: `costFactor` of a group multiplies what was
 * ready, so that every method has as much ready on average. Groups count the same.
 */
export function scoresOf(
  groups: readonly { readonly hours: readonly ScoredHour[]; readonly costFactor: number }[],
): Scores {
  const each = groups.filter(({ hours }) => hours.length > 0).map(groupScores);
  const mean = (of: (scores: Scores) => number) => rounded(sum(each.map(of)) / each.length);
  return {
    meanPinball: mean((one) => one.meanPinball),
    coverage95: mean((one) => one.coverage95),
    eventUnserved: mean((one) => one.eventUnserved),
    allUnserved: mean((one) => one.allUnserved),
    idleShare: mean((one) => one.idleShare),
  };
}

/**
 * What every method may have ready on average, over the mean load: one budget for all, which does not move as the
 * product does. Chosen: half as much again as a perfect forecast would need.
 */
const BUDGET = 1.5;

/** The factor that brings what a method has ready to the common budget; 1 where it has nothing ready at all. */
export function equalCostFactor(hours: readonly ScoredHour[]): number {
  const ready = sum(hours.map((hour) => hour.ready));
  return ready === 0 ? 1 : (BUDGET * sum(hours.map(({ load }) => load))) / ready;
}

function groupScores({
  hours,
  costFactor,
}: {
  readonly hours: readonly ScoredHour[];
  readonly costFactor: number;
}): Scores {
  const meanLoad = sum(hours.map(({ load }) => load)) / hours.length;
  const paid = hours.map((hour) => ({ ...hour, ready: hour.ready * costFactor }));
  const events = paid.filter(({ load, eventLoad }) => eventLoad > 0 && eventLoad >= EVENT_SHARE * load);
  const losses = hours.map(({ ready, load }) => pinballLoss(QUANTILE, ready, load));
  return {
    meanPinball: sum(losses) / hours.length / meanLoad,
    coverage95: hours.filter(({ ready, load }) => load <= ready).length / hours.length,
    eventUnserved: unservedShare(events),
    allUnserved: unservedShare(paid),
    idleShare: share(
      paid.map(({ ready, load }) => Math.max(0, ready - load)),
      paid.map(({ ready }) => ready),
    ),
  };
}

function unservedShare(hours: readonly ScoredHour[]): number {
  return share(
    hours.map(({ ready, load }) => Math.max(0, load - ready)),
    hours.map(({ load }) => load),
  );
}

function share(part: readonly number[], whole: readonly number[]): number {
  const all = sum(whole);
  return all === 0 ? 0 : sum(part) / all;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
