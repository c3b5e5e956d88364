import { capped, groupOf, learnScale, scaleAt } from './error-scales.ts';
import { addedLift, sundayOf } from './event-cells.ts';
import { PHASE_COUNTS } from './event-phases.ts';
import type { EventOutcome } from './event-response.ts';
import { type DayOfErrors, dayOfErrors, gather, learnErrors } from './expert-mixture.ts';
import { ANCHOR, learnDay, PROFILE_EXPERTS, shiftLevel, weekdayOf } from './profile-experts.ts';
import { type BlockForecast, COLUMNS, type RollingState, STACK, type Stratum } from './rolling-state.ts';
import { forget, learnCell } from './stacked-regression.ts';

/** A load so many scales from what was expected, and so much in logarithms, is strange. */
const STRANGE_SCALES = 5;
const STRANGE_LOG = 0.7;
/** After so many strange days a level has shifted; a day that is a single load says less. */
const SHIFTED_AFTER = { days: 2, daysOfOneLoad: 6 };
/** A strange load that is no outage is taken in as if it were this many scales away. */
const TAKEN_IN_SCALES = 2;

/** Learns from what came of a block, one day after the other. */
export function learnBlock(state: RollingState, block: BlockForecast): void {
  const forecast = state.profiles.daysSeen > 0;
  for (let i = 0; i < block.days; i += 1) {
    if (forecast) {
      learnErrorsOfDay(state, block, i);
      learnScalesOfDay(state, block, i);
      learnEvents(state, block, i);
      learnStack(state, block, i);
    }
    cleanDay(state, block, i, forecast);
    learnDay(state.profiles, block.fromDay + i);
  }
}

function learnErrorsOfDay(state: RollingState, block: BlockForecast, i: number): void {
  const { slotsPerDay, samples } = state.grid;
  const width = state.quantiles.length;
  const days = state.mixtures.map((mixture): DayOfErrors => dayOfErrors(mixture));
  for (let slot = 0; slot < slotsPerDay; slot += 1) {
    const cell = i * slotsPerDay + slot;
    const seen = samples[block.fromDay * slotsPerDay + cell] ?? Number.NaN;
    if (Number.isNaN(seen)) continue;
    const stratum = block.strata[cell] as Stratum;
    const day = days[stratum];
    const from = cell * COLUMNS * width;
    if (day)
      gather(state.mixtures[stratum], day, seen, block.expertQuantiles, from, block.quantiles, cell * width);
  }
  state.mixtures.forEach((mixture, stratum) => {
    const day = days[stratum];
    if (day) learnErrors(mixture, day);
  });
}

/** Scales per expert and hour of everyday cells, and per expert of event cells. */
function learnScalesOfDay(state: RollingState, block: BlockForecast, i: number): void {
  const { slotsPerDay } = state.grid;
  const weekday = weekdayOf(state.grid, block.fromDay + i);
  const share = 1 / Math.min(24, slotsPerDay);
  for (let slot = 0; slot < slotsPerDay; ) {
    const group = groupOf(slot, slotsPerDay, weekday);
    let until = slot + 1;
    while (until < slotsPerDay && groupOf(until, slotsPerDay, weekday) === group) until += 1;
    for (let expert = 0; expert < COLUMNS; expert += 1)
      learnGroup(state, block, i * slotsPerDay + slot, i * slotsPerDay + until, expert, group, share);
    slot = until;
  }
}

function learnGroup(
  state: RollingState,
  block: BlockForecast,
  fromCell: number,
  untilCell: number,
  expert: number,
  group: number,
  share: number,
): void {
  const { slotsPerDay, samples, offset } = state.grid;
  const sums = [0, 0, 0];
  const counts = [0, 0, 0];
  const states = [state.scales, ...state.eventScales];
  for (let cell = fromCell; cell < untilCell; cell += 1) {
    const seen = samples[block.fromDay * slotsPerDay + cell] ?? Number.NaN;
    if (Number.isNaN(seen)) continue;
    const stratum = block.strata[cell] ?? 0;
    const scales = states[stratum];
    if (!scales || expert >= scales.experts) continue;
    const error = Math.abs(Math.log(seen + offset) - (block.centres[cell * COLUMNS + expert] ?? 0));
    sums[stratum] = (sums[stratum] ?? 0) + capped(error, scaleAt(scales, expert, stratum === 0 ? group : 0));
    counts[stratum] = (counts[stratum] ?? 0) + 1;
  }
  states.forEach((scales, stratum) => {
    const count = counts[stratum] ?? 0;
    if (count === 0) return;
    learnScale(scales, expert, stratum === 0 ? group : 0, (sums[stratum] ?? 0) / count, share);
  });
}

function learnEvents(state: RollingState, block: BlockForecast, i: number): void {
  const { slotsPerDay, logMeans } = state.grid;
  const lifts = new Map<number, { cell: number; phase: number; seen: number }[]>();
  for (let slot = 0; slot < slotsPerDay; slot += 1) {
    const cell = i * slotsPerDay + slot;
    const seen = logMeans[block.fromDay * slotsPerDay + cell] ?? Number.NaN;
    const place = state.events.at(block.fromDay * slotsPerDay + cell);
    if (!place || Number.isNaN(seen)) continue;
    lifts.set(place.event, [...(lifts.get(place.event) ?? []), { cell, phase: place.phase, seen }]);
  }
  for (const [event, cells] of lifts) {
    const everyday = (cell: number) => block.everyday[cell] ?? 0;
    enterOutcome(state, block, i, event, state.multiplied, cells, ({ cell, seen }) => seen - everyday(cell));
    enterOutcome(state, block, i, event, state.added, cells, ({ cell, seen }) =>
      addedLift(everyday(cell), seen, block.reference),
    );
  }
}

interface EventCell {
  readonly cell: number;
  readonly phase: number;
  readonly seen: number;
}

/** Means per phase; an event that goes on over midnight keeps what it had. */
function enterOutcome(
  state: RollingState,
  block: BlockForecast,
  i: number,
  index: number,
  outcomes: Map<number, EventOutcome>,
  cells: readonly EventCell[],
  liftOf: (cell: EventCell) => number,
): void {
  const event = state.events.events[index];
  if (!event) return;
  const known = outcomes.get(index);
  const lifts = known?.lifts ?? new Float64Array(PHASE_COUNTS[event.form]).fill(Number.NaN);
  const sums = new Map<number, readonly [sum: number, count: number]>();
  for (const cell of cells) {
    const [sum, count] = sums.get(cell.phase) ?? [0, 0];
    sums.set(cell.phase, [sum + liftOf(cell), count + 1]);
  }
  for (const [phase, [sum, count]] of sums) {
    const before = lifts[phase] ?? Number.NaN;
    lifts[phase] = Number.isNaN(before) ? sum / count : (before + sum / count) / 2;
  }
  if (!known) outcomes.set(index, { event, lifts, sunday: sundayOf(state, block.fromDay + i) });
}

function learnStack(state: RollingState, block: BlockForecast, i: number): void {
  const { slotsPerDay, logMeans } = state.grid;
  const width = PROFILE_EXPERTS.length;
  const differences = new Float64Array(width - 1);
  for (let slot = 0; slot < slotsPerDay; slot += 1) {
    const cell = i * slotsPerDay + slot;
    const seen = logMeans[block.fromDay * slotsPerDay + cell] ?? Number.NaN;
    if (Number.isNaN(seen) || block.strata[cell] !== 0) continue;
    const row = cell * width;
    const anchor = block.profiles[row + ANCHOR] ?? 0;
    for (let expert = 0, at = 0; expert < width; expert += 1) {
      if (expert === ANCHOR) continue;
      differences[at] = (block.profiles[row + expert] ?? 0) - anchor;
      at += 1;
    }
    // A strange load pulls no harder than one at the edge of the strange.
    const limit = STRANGE_SCALES * (block.scales[cell * COLUMNS + STACK] ?? 0) + STRANGE_LOG;
    learnCell(state.stack, differences, Math.min(limit, Math.max(-limit, seen - anchor)));
  }
  forget(state.stack);
}

/** Writes the cells the everyday experts may learn from: no events, no outages, and no more than a part of a spike. */
function cleanDay(state: RollingState, block: BlockForecast, i: number, forecast: boolean): void {
  const { slotsPerDay, logMeans } = state.grid;
  const { cells } = state.profiles;
  const first = block.fromDay * slotsPerDay + i * slotsPerDay;
  const strange: { readonly slot: number; readonly towards: number }[] = [];
  let everyday = 0;
  for (let slot = 0; slot < slotsPerDay; slot += 1) {
    const cell = i * slotsPerDay + slot;
    const seen = logMeans[first + slot] ?? Number.NaN;
    if (state.events.at(first + slot)) continue;
    cells[first + slot] = seen;
    if (!forecast || Number.isNaN(seen)) continue;
    everyday += 1;
    const expected = block.everyday[cell] ?? 0;
    const scale = block.scales[cell * COLUMNS + STACK] ?? 0;
    if (Math.abs(seen - expected) <= Math.max(STRANGE_LOG, STRANGE_SCALES * scale)) continue;
    const outage = seen < expected;
    strange.push({
      slot,
      towards: outage ? Number.NaN : expected + Math.min(STRANGE_LOG, TAKEN_IN_SCALES * scale),
    });
  }
  const strangeDay = everyday > 0 && strange.length > everyday / 2;
  state.strangeDays = strangeDay ? state.strangeDays + 1 : 0;
  const enough = slotsPerDay === 1 ? SHIFTED_AFTER.daysOfOneLoad : SHIFTED_AFTER.days;
  if (state.strangeDays > enough) {
    // The hours around events say too little of the level to move all that is known by them.
    if (everyday < slotsPerDay / 2) return;
    shiftLevel(
      state.profiles,
      block.fromDay + i,
      middle(strange.map(({ slot }) => shiftAt(state, block, i, slot))),
    );
    state.strangeDays = 0;
    return;
  }
  for (const { slot, towards } of strange) cells[first + slot] = towards;
}

function shiftAt(state: RollingState, block: BlockForecast, i: number, slot: number): number {
  const { slotsPerDay, logMeans } = state.grid;
  const seen = logMeans[(block.fromDay + i) * slotsPerDay + slot] ?? 0;
  return seen - (block.everyday[i * slotsPerDay + slot] ?? 0);
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
