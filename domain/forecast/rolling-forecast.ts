import { groupOf, scaleAt } from './error-scales.ts';
import { fillEventCell, responsesTo } from './event-cells.ts';
import type { ExpectedResponse } from './event-response.ts';
import { reweigh } from './expert-mixture.ts';
import { ANCHOR, PROFILE_EXPERTS, profileForecasts, weekdayOf, yearShiftAt } from './profile-experts.ts';
import {
  type BlockForecast,
  COLUMNS,
  DEVIATION_PER_SCALE,
  EVERYDAY,
  RAW_WEEK,
  RAW_WINDOW,
  type RollingState,
  STACK,
  type Stratum,
} from './rolling-state.ts';
import { stackingWeights } from './stacked-regression.ts';

/** Everyday load is not taken to grow beyond so many times the highest ever seen: errors in logarithms can run away. */
const LARGEST_GROWTH = 3;

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

function fillQuantiles(state: RollingState, block: BlockForecast, measuredDays: number): void {
  const { slotsPerDay } = state.grid;
  const width = state.quantiles.length;
  const walk = measuredDays < block.days ? levelWalk(state) : 0;
  const scratch = new Float64Array(COLUMNS * width);
  const kept = block.expertQuantiles.length > 0;
  const limit = everydayLimit(state, block.fromDay);
  for (let cell = 0; cell < block.strata.length; cell += 1) {
    const own = kept
      ? block.expertQuantiles.subarray(cell * COLUMNS * width, (cell + 1) * COLUMNS * width)
      : scratch;
    const beyond = Math.max(0, Math.floor(cell / slotsPerDay) + 1 - measuredDays);
    fillCell(state, block, cell, own, walk * beyond, limit);
  }
}

/** Highest everyday load that is taken to be possible; around events nobody knows. */
function everydayLimit({ grid: { highestBefore } }: RollingState, fromDay: number): number {
  const highest = highestBefore[Math.min(fromDay, highestBefore.length - 1)] ?? 0;
  return highest > 0 ? highest * LARGEST_GROWTH : Number.POSITIVE_INFINITY;
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
  everydayLimit: number,
): void {
  const { offset } = state.grid;
  const width = state.quantiles.length;
  const stratum = block.strata[cell] as Stratum;
  const mixture = state.mixtures[stratum];
  const at = cell * COLUMNS;
  const leading = block.scales[at + (stratum === 0 ? STACK : 0)] ?? 0;
  const limit = stratum === 0 ? everydayLimit : Number.POSITIVE_INFINITY;
  let highest = 0;
  for (let q = 0; q < width; q += 1) {
    let average = 0;
    for (let expert = 0; expert < mixture.experts; expert += 1) {
      const index = expert * width + q;
      const scale = widened(block.scales[at + expert] ?? 0, extraVariance);
      const value =
        Math.exp((block.centres[at + expert] ?? 0) + scale * (mixture.offsets[index] ?? 0)) - offset;
      own[index] = Math.min(limit, Math.max(0, value));
      average += (mixture.weights[index] ?? 0) * (own[index] ?? 0);
    }
    const corrected = (average + offset) * Math.exp(leading * (mixture.corrections[q] ?? 0)) - offset;
    highest = Math.min(limit, Math.max(highest, corrected));
    block.quantiles[cell * width + q] = highest;
  }
}

function widened(scale: number, extraVariance: number): number {
  if (extraVariance === 0) return scale;
  return Math.sqrt(scale * scale + extraVariance / DEVIATION_PER_SCALE ** 2);
}
