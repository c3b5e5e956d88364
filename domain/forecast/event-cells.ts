import { groupOf, scaleAt } from './error-scales.ts';
import { PHASE_COUNTS } from './event-phases.ts';
import { type EventOutcome, type ExpectedResponse, expectedResponse } from './event-response.ts';
import { weekdayOf, weeklyAt } from './profile-experts.ts';
import {
  type BlockForecast,
  COLUMNS,
  DEVIATION_PER_SCALE,
  EVENT_EXPERTS,
  type RollingState,
  STACK,
  type Stratum,
} from './rolling-state.ts';

/** A load is no further from its reference than this in an added response: the logarithm needs it above zero. */
const LEAST_ADDED = 0.05;

/** Expected responses to an event, multiplied and added. */
export function responsesTo(
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

/** Writes what every expert says of a cell in or around an event. */
export function fillEventCell(
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
