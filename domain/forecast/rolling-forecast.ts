import { type ErrorScales, errorScales, groupOf, scaleAt } from './error-scales.ts';
import { PHASE_COUNTS, type PlacedEvents } from './event-phases.ts';
import { type EventOutcome, type ExpectedResponse, expectedResponse } from './event-response.ts';
import { type ExpertMixture, expertMixture, reweigh } from './expert-mixture.ts';
import type { LoadGrid } from './load-grid.ts';
import {
  ANCHOR,
  PROFILE_EXPERTS,
  type ProfileState,
  profileForecasts,
  profileState,
  weekdayOf,
  weeklyAt,
  yearShiftAt,
} from './profile-experts.ts';
import { type RawExperts, rawExperts } from './raw-experts.ts';
import { type StackedRegression, stackedRegression, stackingWeights } from './stacked-regression.ts';

/** Everyday experts of a mixture: those of the profiles, their stack, last week and two weeks as they were. */
export const STACK = PROFILE_EXPERTS.length;
const RAW_WEEK = STACK + 1;
const RAW_WINDOW = STACK + 2;
const EVERYDAY = STACK + 3;
const EVERYDAY_PRIOR = [1, 1, 0.5, 1, 1, 1, 0.3, 4, 0.3, 0.3];
/** Around events: the response multiplied, the response added, no response, last week and two weeks as they were. */
const EVENT_EXPERTS = 5;
const EVENT_PRIOR = [4, 4, 0.2, 0.2, 0.2];
/** Weights of the stack before any error: the others less the anchor. */
const STACKING_PRIOR = [0.2, 0.25, 0.15, 0.15, 0.15, 0];
/** Columns of a block: as many as the larger mixture has. */
export const COLUMNS = EVERYDAY;

const EVERYDAY_TEMPO = { tracking: 0.08, forgetting: 0.985, sharpness: 25, beliefDays: 5 };
/** Event days are few and each like no other, so weights move with care. */
const EVENT_TEMPO = { tracking: 0.15, forgetting: 0.97, sharpness: 25, beliefDays: 5 };
/** Mean absolute errors to standard deviations of a normal distribution. */
const DEVIATION_PER_SCALE = 1.25;
/** A load is no further from its reference than this in an added response: the logarithm needs it above zero. */
const LEAST_ADDED = 0.05;

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

/**
 * Forecasts `days` days from the begin of day `fromDay`, knowing the days before it.
 * @param measuredDays days ahead up to which own errors were measured; the spread grows beyond. Default `days`,
 *   and the experts' own quantiles are kept to learn from.
 */
export function forecastBlock(
  state: RollingState,
  fromDay: number,
  days: number,
  measuredDays?: number,
): BlockForecast {
  const { slotsPerDay } = state.grid;
  const cells = days * slotsPerDay;
  const width = state.quantiles.length;
  const block: BlockForecast = {
    fromDay,
    days,
    centres: new Float64Array(cells * COLUMNS),
    scales: new Float64Array(cells * COLUMNS),
    strata: new Uint8Array(cells),
    expertQuantiles: new Float64Array(measuredDays === undefined ? cells * COLUMNS * width : 0),
    quantiles: new Float64Array(cells * width),
    profiles: new Float64Array(cells * PROFILE_EXPERTS.length),
    everyday: new Float64Array(cells),
    reference: 0,
  };
  if (state.profiles.daysSeen === 0) return block;
  state.mixtures.forEach(reweigh);
  fillEveryday(state, block);
  const whole = { ...block, reference: referenceOf(state, block) };
  fillStrata(state, whole);
  fillQuantiles(state, whole, measuredDays ?? days);
  return whole;
}

function fillEveryday(state: RollingState, { fromDay, days, profiles, everyday }: BlockForecast): void {
  const { slotsPerDay } = state.grid;
  const width = PROFILE_EXPERTS.length;
  const weights = stackingWeights(state.stack);
  for (let i = 0; i < days; i += 1) {
    const rows = profiles.subarray(i * slotsPerDay * width, (i + 1) * slotsPerDay * width);
    const shift = yearShiftAt(state.profiles, fromDay, fromDay + i);
    profileForecasts(state.profiles, fromDay, fromDay + i, shift, rows);
    for (let slot = 0; slot < slotsPerDay; slot += 1)
      everyday[i * slotsPerDay + slot] = stacked(rows, slot * width, weights);
  }
}

/** Never outside of what the experts say: few errors make wild weights. */
function stacked(rows: Float64Array, row: number, weights: Float64Array): number {
  const anchor = rows[row + ANCHOR] ?? 0;
  let [sum, lowest, highest] = [anchor, anchor, anchor];
  for (let expert = 0, weight = 0; expert < PROFILE_EXPERTS.length; expert += 1) {
    if (expert === ANCHOR) continue;
    const said = rows[row + expert] ?? 0;
    sum += (weights[weight] ?? 0) * (said - anchor);
    lowest = Math.min(lowest, said);
    highest = Math.max(highest, said);
    weight += 1;
  }
  return Math.min(highest, Math.max(lowest, sum));
}

/** Mean everyday load over the block. */
function referenceOf({ grid }: RollingState, { everyday }: BlockForecast): number {
  let sum = 0;
  for (const value of everyday) sum += Math.exp(value);
  return Math.max(grid.offset, sum / everyday.length);
}

function fillStrata(state: RollingState, block: BlockForecast): void {
  const { slotsPerDay } = state.grid;
  const responses = new Map<number, readonly [ExpectedResponse, ExpectedResponse]>();
  for (let cell = 0; cell < block.strata.length; cell += 1) {
    const day = block.fromDay + Math.floor(cell / slotsPerDay);
    const place = state.events.at(block.fromDay * slotsPerDay + cell);
    if (!place) {
      fillEverydayCell(state, block, cell, day);
      continue;
    }
    const known = responses.get(place.event) ?? responsesTo(state, place.event, day);
    responses.set(place.event, known);
    fillEventCell(state, block, cell, day, place, known);
  }
}

function fillEverydayCell(state: RollingState, block: BlockForecast, cell: number, day: number): void {
  const { slotsPerDay } = state.grid;
  const slot = cell % slotsPerDay;
  const at = cell * COLUMNS;
  const profiles = cell * PROFILE_EXPERTS.length;
  for (let expert = 0; expert < STACK; expert += 1)
    block.centres[at + expert] = block.profiles[profiles + expert] ?? 0;
  const everyday = block.everyday[cell] ?? 0;
  block.centres[at + STACK] = everyday;
  block.centres[at + RAW_WEEK] = state.raw.lastWeek(block.fromDay, day, slot, everyday);
  block.centres[at + RAW_WINDOW] = state.raw.twoWeeks(block.fromDay, slot, everyday);
  const group = groupOf(slot, slotsPerDay, weekdayOf(state.grid, day));
  for (let expert = 0; expert < EVERYDAY; expert += 1)
    block.scales[at + expert] = scaleAt(state.scales, expert, group);
}

function responsesTo(
  state: RollingState,
  event: number,
  day: number,
): readonly [ExpectedResponse, ExpectedResponse] {
  const placed = state.events.events[event];
  if (!placed) throw new RangeError(`no event ${event}`);
  const sunday = sundayOf(state, day);
  const past = (outcomes: ReadonlyMap<number, EventOutcome>) => [...outcomes.values()];
  return [
    expectedResponse(placed, sunday, past(state.multiplied)),
    expectedResponse(placed, sunday, past(state.added)),
  ];
}

/** Sunday less the weekday of a day, by hour. */
export function sundayOf(state: RollingState, day: number): Float64Array {
  const { grid, profiles } = state;
  const hours = PHASE_COUNTS.wholeDay;
  const weekday = weekdayOf(grid, day);
  const differences = new Float64Array(hours);
  for (let hour = 0; hour < hours; hour += 1) {
    const slot = Math.min(grid.slotsPerDay - 1, Math.floor(((hour + 0.5) * grid.slotsPerDay) / hours));
    differences[hour] = weeklyAt(profiles, 6, slot) - weeklyAt(profiles, weekday, slot);
  }
  return differences;
}

function fillEventCell(
  state: RollingState,
  block: BlockForecast,
  cell: number,
  day: number,
  place: { readonly event: number; readonly phase: number },
  [multiplied, added]: readonly [ExpectedResponse, ExpectedResponse],
): void {
  const { slotsPerDay } = state.grid;
  const slot = cell % slotsPerDay;
  const stratum: Stratum = state.events.events[place.event]?.form === 'wholeDay' ? 2 : 1;
  const everyday = block.everyday[cell] ?? 0;
  const at = cell * COLUMNS;
  block.strata[cell] = stratum;
  block.centres[at] = everyday + (multiplied.lifts[place.phase] ?? 0);
  block.centres[at + 1] = addedTo(everyday, added.lifts[place.phase] ?? 0, block.reference);
  block.centres[at + 2] = everyday;
  block.centres[at + 3] = state.raw.lastWeek(block.fromDay, day, slot, everyday);
  block.centres[at + 4] = state.raw.twoWeeks(block.fromDay, slot, everyday);
  const group = groupOf(slot, slotsPerDay, weekdayOf(state.grid, day));
  const spread = DEVIATION_PER_SCALE * scaleAt(state.scales, STACK, group);
  const relative = relativeLift(multiplied, place.phase);
  block.scales[at] = Math.hypot(relative * multiplied.amplitudeDeviation, multiplied.cellDeviation, spread);
  block.scales[at + 1] = Math.hypot(
    relativeLift(added, place.phase) * added.amplitudeDeviation,
    added.cellDeviation,
    spread,
  );
  for (let expert = 2; expert < EVENT_EXPERTS; expert += 1)
    block.scales[at + expert] =
      DEVIATION_PER_SCALE * scaleAt(state.eventScales[(stratum - 1) as 0 | 1], expert, 0);
}

/** How much of the uncertainty of the whole event a phase shares, from a fifth to all of it. */
function relativeLift({ lifts }: ExpectedResponse, phase: number): number {
  let largest = 1e-9;
  for (const lift of lifts) largest = Math.max(largest, Math.abs(lift));
  return Math.min(1, Math.max(0.2, Math.abs(lifts[phase] ?? 0) / largest));
}

/** Everyday load with a multiple of the reference added, as a logarithm. */
function addedTo(everyday: number, lift: number, reference: number): number {
  const load = Math.exp(everyday);
  return Math.log(Math.max(LEAST_ADDED * load, load + reference * Math.expm1(lift)));
}

/** The lift that {@link addedTo} would need to reach a load. */
export function addedLift(everyday: number, seen: number, reference: number): number {
  return Math.log(Math.max(LEAST_ADDED, 1 + (Math.exp(seen) - Math.exp(everyday)) / reference));
}

function fillQuantiles(state: RollingState, block: BlockForecast, measuredDays: number): void {
  const { slotsPerDay } = state.grid;
  const width = state.quantiles.length;
  const walk = measuredDays < block.days ? levelWalk(state) : 0;
  const scratch = new Float64Array(COLUMNS * width);
  const kept = block.expertQuantiles.length > 0;
  for (let cell = 0; cell < block.strata.length; cell += 1) {
    const own = kept
      ? block.expertQuantiles.subarray(cell * COLUMNS * width, (cell + 1) * COLUMNS * width)
      : scratch;
    const beyond = Math.max(0, Math.floor(cell / slotsPerDay) + 1 - measuredDays);
    fillCell(state, block, cell, own, walk * beyond);
  }
}

/** Variance by which the level of the days drifts away per day. */
function levelWalk({ profiles: { dayMeans } }: RollingState): number {
  const lag = Math.min(28, Math.floor(dayMeans.length / 3));
  let [squares, seen] = [0, 0];
  for (let day = lag; day < dayMeans.length; day += 1) {
    const moved = (dayMeans[day] ?? Number.NaN) - (dayMeans[day - lag] ?? Number.NaN);
    if (Number.isNaN(moved)) continue;
    squares += Math.min(moved * moved, 4);
    seen += 1;
  }
  return seen > 0 && lag > 0 ? squares / seen / lag : 0;
}

function fillCell(
  state: RollingState,
  block: BlockForecast,
  cell: number,
  own: Float64Array,
  extraVariance: number,
): void {
  const { offset } = state.grid;
  const width = state.quantiles.length;
  const stratum = block.strata[cell] as Stratum;
  const mixture = state.mixtures[stratum];
  const at = cell * COLUMNS;
  const leading = block.scales[at + (stratum === 0 ? STACK : 0)] ?? 0;
  let highest = 0;
  for (let q = 0; q < width; q += 1) {
    let average = 0;
    for (let expert = 0; expert < mixture.experts; expert += 1) {
      const index = expert * width + q;
      const scale = widened(block.scales[at + expert] ?? 0, extraVariance);
      const value =
        Math.exp((block.centres[at + expert] ?? 0) + scale * (mixture.offsets[index] ?? 0)) - offset;
      own[index] = Math.max(0, value);
      average += (mixture.weights[index] ?? 0) * (own[index] ?? 0);
    }
    const corrected = (average + offset) * Math.exp(leading * (mixture.corrections[q] ?? 0)) - offset;
    highest = Math.max(highest, corrected);
    block.quantiles[cell * width + q] = highest;
  }
}

function widened(scale: number, extraVariance: number): number {
  if (extraVariance === 0) return scale;
  return Math.sqrt(scale * scale + extraVariance / DEVIATION_PER_SCALE ** 2);
}
