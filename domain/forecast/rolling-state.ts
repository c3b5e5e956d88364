import { type ErrorScales, errorScales } from './error-scales.ts';
import type { PlacedEvents } from './event-phases.ts';
import type { EventOutcome } from './event-response.ts';
import { type ExpertMixture, expertMixture } from './expert-mixture.ts';
import type { LoadGrid } from './load-grid.ts';
import { PROFILE_EXPERTS, type ProfileState, profileState } from './profile-experts.ts';
import { type RawExperts, rawExperts } from './raw-experts.ts';
import { type StackedRegression, stackedRegression } from './stacked-regression.ts';

/** Everyday experts of a mixture: those of the profiles, their stack, last week and two weeks as they were. */
export const STACK = PROFILE_EXPERTS.length;
export const RAW_WEEK = STACK + 1;
export const RAW_WINDOW = STACK + 2;
export const EVERYDAY = STACK + 3;
const EVERYDAY_PRIOR = [1, 1, 0.5, 1, 1, 1, 0.3, 4, 0.3, 0.3];
/** Around events: the response multiplied, the response added, no response, last week and two weeks as they were. */
export const EVENT_EXPERTS = 5;
const EVENT_PRIOR = [4, 4, 0.2, 0.2, 0.2];
/** Weights of the stack before any error: the others less the anchor. */
const STACKING_PRIOR = [0.2, 0.25, 0.15, 0.15, 0.15, 0];
/** Columns of a block: as many as the larger mixture has. */
export const COLUMNS = EVERYDAY;

const EVERYDAY_TEMPO = { tracking: 0.08, forgetting: 0.985, sharpness: 25, beliefDays: 5 };
/** Event days are few: their quantiles move further on each. */
const EVENT_TEMPO = { tracking: 0.15, forgetting: 0.97, sharpness: 25, beliefDays: 5 };
/** Mean absolute errors to standard deviations of a normal distribution. */
export const DEVIATION_PER_SCALE = 1.25;

/** Which mixture a cell belongs to: everyday, passing events (or days of them), whole days. */
export type Stratum = 0 | 1 | 2;

/** Everything learned so far. */
export interface RollingState {
  readonly grid: LoadGrid;
  readonly events: PlacedEvents;
  readonly quantiles: readonly number[];
  readonly profiles: ProfileState;
  readonly raw: RawExperts;
  readonly stack: StackedRegression;
  readonly scales: ErrorScales;
  readonly eventScales: readonly [ErrorScales, ErrorScales];
  readonly mixtures: readonly [ExpertMixture, ExpertMixture, ExpertMixture];
  /** By event, what came of it: as a multiple of the everyday load, and as an addition to it. */
  readonly multiplied: Map<number, EventOutcome>;
  readonly added: Map<number, EventOutcome>;
  /** Days in a row on which most loads were far from what was expected. */
  strangeDays: number;
}

/** Forecast of the days of a block, made at its begin. */
export interface BlockForecast {
  readonly fromDay: number;
  readonly days: number;
  /** log(load + offset) and scale of every expert, `[cell * COLUMNS + expert]`, cells from `fromDay`. */
  readonly centres: Float64Array;
  readonly scales: Float64Array;
  readonly strata: Uint8Array;
  /** Each expert's quantiles, `[(cell * COLUMNS + expert) * quantiles + q]`; empty unless kept. */
  readonly expertQuantiles: Float64Array;
  /** The forecast, `[cell * quantiles + q]`. */
  readonly quantiles: Float64Array;
  /** What experts said of the everyday load, `[cell * PROFILE_EXPERTS + expert]`, and their stack per cell. */
  readonly profiles: Float64Array;
  readonly everyday: Float64Array;
  /** Load of an average cell of the time, to which responses are added. */
  readonly reference: number;
}

/** A state that has seen nothing. */
export function rollingState(
  grid: LoadGrid,
  events: PlacedEvents,
  quantiles: readonly number[],
): RollingState {
  return {
    grid,
    events,
    quantiles,
    profiles: profileState(grid),
    raw: rawExperts(grid),
    stack: stackedRegression(STACKING_PRIOR),
    scales: errorScales(EVERYDAY),
    eventScales: [errorScales(EVENT_EXPERTS), errorScales(EVENT_EXPERTS)],
    mixtures: [
      expertMixture(quantiles, EVERYDAY_PRIOR, EVERYDAY_TEMPO, DEVIATION_PER_SCALE),
      expertMixture(quantiles, EVENT_PRIOR, EVENT_TEMPO, 1),
      expertMixture(quantiles, EVENT_PRIOR, EVENT_TEMPO, 1),
    ],
    multiplied: new Map(),
    added: new Map(),
    strangeDays: 0,
  };
}
