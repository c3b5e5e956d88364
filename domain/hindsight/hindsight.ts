import type { PlanMoney } from './regret.ts';

/** How well demand was forecast; loads and losses in the workload's unit per second. */
export interface ForecastScores {
  /** Hours that were forecast, are over and were observed, and those that were not observed. */
  readonly hours: number;
  readonly unobservedHours: number;
  /** Days in UTC that the hours observed lie in: hours of one day say much the same. */
  readonly days: number;
  /** Means over the hours observed. */
  readonly expectedMean: number;
  readonly observedMean: number;
  /** Observed over expected mean; null where nothing was expected. */
  readonly bias: number | null;
  /** Quantiles scored; 0.5 stands for the expected demand, the other for the demand made ready. */
  readonly quantiles: readonly number[];
  /** Mean pinball loss over hours and quantiles. */
  readonly pinball: number;
  /** Share of hours the quantile was enough for; null where a plan had no quantile. */
  readonly coverage: { readonly quantile: number; readonly share: number } | null;
  /** What later forecasts learn from it (correction.ts), beyond what this one had learnt itself. */
  readonly lesson: Lesson;
}

/** Factors that would have made a forecast right, before anything it had learnt itself. */
export interface Lesson {
  /** Of the expected demand; null where nothing was expected. */
  readonly level: number | null;
  /** Of the distance from there to the quantile, so that the quantile covers what it says; null without a quantile. */
  readonly spread: number | null;
}

/** How well capacity was chosen; money over the hours observed. */
export interface CapacityScores extends PlanMoney {
  /** Hours of the steps that are over and were observed, and those that were not. */
  readonly hours: number;
  readonly unobservedHours: number;
  /** Share of all load above what the floors in force carry as promised, 0 to 1. */
  readonly unservedShare: number;
  /** Share of all capacity that no load needed, 0 to 1. */
  readonly idleShare: number;
}

/** One workload and the markets whose load or capacity cannot be told apart. */
export interface HindsightSubject {
  readonly workload: string;
  /** What its loads are counted in, per second. */
  readonly unit: string;
  readonly markets: readonly string[];
  /** Whose readings were added up: of all targets that serve the markets, or of the workload by market. */
  readonly source: 'targets' | 'markets';
}

/** Scores of one subject, or why there are none. */
export type HindsightRow = HindsightSubject &
  (
    | {
        readonly status: 'scored';
        /** Null where nothing was forecast in any hour observed. */
        readonly forecast: ForecastScores | null;
        /** Null for a market by itself: capacity is shared between markets. */
        readonly capacity: CapacityScores | null;
      }
    | { readonly status: 'notScored'; readonly reason: string }
  );

/** What a step of a plan, or all of it so far, came to. */
export interface Hindsight {
  /** Null for the whole plan. */
  readonly step: number | null;
  /** Milliseconds since the epoch; the end is where capacity was given back, if that was before. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Empty where there is nothing to score, with `reason`. */
  readonly rows: readonly HindsightRow[];
  readonly reason?: string;
}

/** What a look back is about, for people and as a key: `step 0`, `whole`. */
export function scopeOf({ step }: Pick<Hindsight, 'step'>): string {
  return step === null ? 'whole' : `step ${step}`;
}
