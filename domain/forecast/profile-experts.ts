import type { LoadGrid } from './load-grid.ts';

/** Experts on the everyday load, in the order of their columns. Every one forecasts log(load + offset). */
export const PROFILE_EXPERTS = [
  'last week',
  'four weeks',
  'weekly profile, slow level',
  'weekly profile, fast level',
  'daily profile',
  'yesterday',
  'a year ago',
] as const;

/** Column of the expert the others are compared with; it always has an answer. */
export const ANCHOR = 3;

const WEEK_DAYS = 7;
const LOOK_BACK_WEEKS = 6;
const LOOK_BACK_DAYS = 21;
const FOUR_WEEKS = [0.4, 0.3, 0.2, 0.1] as const;
const YEAR_DAYS = 364;
const YEAR_WINDOW_DAYS = 7;
const SLOW_LEVEL = 0.12;
const FAST_LEVEL = 0.5;
const PROFILE_RATE = 0.15;
const DAILY_RATE = 0.25;
/** Of what is new on a weekday never seen, so much is put down to that weekday, and no more than the largest. */
const NEW_WEEKDAY = { share: 0.7, largest: 0.4 };

/** What the experts know. `cells` holds the history cleaned of events and outliers, NaN where nothing is known. */
export interface ProfileState {
  readonly grid: LoadGrid;
  readonly cells: Float64Array;
  /** Weekday by slot, relative to the level of the day. */
  readonly weekly: Float64Array;
  readonly weeklySeen: Float64Array;
  /** Per slot, relative to the effect of the weekday. */
  readonly daily: Float64Array;
  readonly dailySeen: Float64Array;
  readonly dayLevels: Float64Array;
  slowLevel: number;
  fastLevel: number;
  daysSeen: number;
}

/** Experts that know nothing yet. */
export function profileState(grid: LoadGrid): ProfileState {
  const { slotsPerDay, historyDays } = grid;
  return {
    grid,
    cells: new Float64Array(historyDays * slotsPerDay).fill(Number.NaN),
    weekly: new Float64Array(WEEK_DAYS * slotsPerDay),
    weeklySeen: new Float64Array(WEEK_DAYS * slotsPerDay),
    daily: new Float64Array(slotsPerDay),
    dailySeen: new Float64Array(slotsPerDay),
    dayLevels: new Float64Array(historyDays).fill(Number.NaN),
    slowLevel: 0,
    fastLevel: 0,
    daysSeen: 0,
  };
}

/** Weekday of a day of the grid, 0 for Monday. */
export function weekdayOf(grid: LoadGrid, day: number): number {
  return (grid.weekdayOfFirst + day) % WEEK_DAYS;
}

/** Weekly profile at a weekday and slot; the mean of the other weekdays where that one was never seen. */
export function weeklyAt(state: ProfileState, weekday: number, slot: number): number {
  const at = weekday * state.grid.slotsPerDay + slot;
  if ((state.weeklySeen[at] ?? 0) > 0) return state.weekly[at] ?? 0;
  let [sum, seen] = [0, 0];
  for (let other = 0; other < WEEK_DAYS; other += 1) {
    const index = other * state.grid.slotsPerDay + slot;
    if ((state.weeklySeen[index] ?? 0) === 0) continue;
    sum += state.weekly[index] ?? 0;
    seen += 1;
  }
  return seen > 0 ? sum / seen : 0;
}

/**
 * Writes what every expert says of a day into `into`, a row per slot. Only days before `today` are looked at.
 * @param weekdayEffects mean of the weekly profile per weekday. @param yearShift see {@link yearShiftAt}.
 */
export function profileForecasts(
  state: ProfileState,
  today: number,
  day: number,
  weekdayEffects: readonly number[],
  yearShift: number,
  into: Float64Array,
): void {
  const { slotsPerDay } = state.grid;
  const weekday = weekdayOf(state.grid, day);
  const width = PROFILE_EXPERTS.length;
  for (let slot = 0; slot < slotsPerDay; slot += 1) {
    const profile = weeklyAt(state, weekday, slot);
    const fast = profile + state.fastLevel;
    const row = slot * width;
    into[row] = orElse(lastWeek(state, today, day, slot), fast);
    into[row + 1] = orElse(fourWeeks(state, today, day, slot), fast);
    into[row + 2] = profile + state.slowLevel;
    into[row + 3] = fast;
    const seen = (state.dailySeen[slot] ?? 0) > 0;
    into[row + 4] = seen ? (state.daily[slot] ?? 0) + (weekdayEffects[weekday] ?? 0) : fast;
    into[row + 5] = orElse(yesterday(state, today, slot, profile), fast);
    into[row + 6] = fast + yearShift;
  }
}

/** Mean of the weekly profile per weekday, from Monday. */
export function weekdayEffectsOf(state: ProfileState): readonly number[] {
  const { slotsPerDay } = state.grid;
  return Array.from({ length: WEEK_DAYS }, (_, weekday) => {
    let sum = 0;
    for (let slot = 0; slot < slotsPerDay; slot += 1) sum += weeklyAt(state, weekday, slot);
    return sum / slotsPerDay;
  });
}

/** How the level moved a year ago from the place of `today` to that of `day`; 0 where that is not known. */
export function yearShiftAt(state: ProfileState, today: number, day: number): number {
  const then = levelAround(state, day - YEAR_DAYS, today);
  const now = levelAround(state, today - 1 - YEAR_DAYS, today);
  return Number.isNaN(then - now) ? 0 : then - now;
}

function levelAround(state: ProfileState, day: number, today: number): number {
  let [sum, seen] = [0, 0];
  const until = Math.min(today - 1, day + YEAR_WINDOW_DAYS);
  for (let at = Math.max(0, day - YEAR_WINDOW_DAYS); at <= until; at += 1) {
    const level = state.dayLevels[at] ?? Number.NaN;
    if (Number.isNaN(level)) continue;
    sum += level;
    seen += 1;
  }
  return seen >= YEAR_WINDOW_DAYS ? sum / seen : Number.NaN;
}

function lastWeek(state: ProfileState, today: number, day: number, slot: number): number {
  let at = day - WEEK_DAYS;
  while (at >= today) at -= WEEK_DAYS;
  for (let tried = 0; tried < LOOK_BACK_WEEKS; tried += 1, at -= WEEK_DAYS) {
    const value = at < 0 ? Number.NaN : cellAt(state, at, slot);
    if (!Number.isNaN(value)) return value;
  }
  return Number.NaN;
}

function fourWeeks(state: ProfileState, today: number, day: number, slot: number): number {
  let at = day - WEEK_DAYS;
  while (at >= today) at -= WEEK_DAYS;
  let [sum, weights] = [0, 0];
  for (const weight of FOUR_WEEKS) {
    const value = at < 0 ? Number.NaN : cellAt(state, at, slot);
    if (!Number.isNaN(value)) {
      sum += weight * value;
      weights += weight;
    }
    at -= WEEK_DAYS;
  }
  return weights > 0 ? sum / weights : Number.NaN;
}

function yesterday(state: ProfileState, today: number, slot: number, profile: number): number {
  const oldest = Math.max(0, today - LOOK_BACK_DAYS);
  for (let at = Math.min(today, state.grid.historyDays) - 1; at >= oldest; at -= 1) {
    const value = cellAt(state, at, slot);
    if (!Number.isNaN(value)) return value - weeklyAt(state, weekdayOf(state.grid, at), slot) + profile;
  }
  return Number.NaN;
}

function cellAt(state: ProfileState, day: number, slot: number): number {
  return state.cells[day * state.grid.slotsPerDay + slot] ?? Number.NaN;
}

function orElse(value: number, otherwise: number): number {
  return Number.isNaN(value) ? otherwise : value;
}

/** Takes in a day whose cleaned cells have been written. A day without any changes nothing. */
export function learnDay(state: ProfileState, day: number): void {
  const { slotsPerDay } = state.grid;
  const weekday = weekdayOf(state.grid, day);
  let [sum, seen] = [0, 0];
  for (let slot = 0; slot < slotsPerDay; slot += 1) {
    const value = cellAt(state, day, slot);
    if (Number.isNaN(value)) continue;
    sum += value - weeklyAt(state, weekday, slot);
    seen += 1;
  }
  if (seen === 0) return;
  const known = weekdaySeen(state, weekday) || state.daysSeen === 0;
  const level = sum / seen - (known ? 0 : newWeekdayPart(sum / seen - state.fastLevel));
  state.dayLevels[day] = level;
  const trust = Math.min(1, (4 * seen) / slotsPerDay);
  state.daysSeen += 1;
  const rate = (least: number) => Math.max(least, 1 / state.daysSeen) * (state.daysSeen === 1 ? 1 : trust);
  state.slowLevel += rate(SLOW_LEVEL) * (level - state.slowLevel);
  state.fastLevel += rate(FAST_LEVEL) * (level - state.fastLevel);
  learnProfiles(state, day, weekday, level);
}

function newWeekdayPart(moved: number): number {
  const { share, largest } = NEW_WEEKDAY;
  return Math.min(largest, Math.max(-largest, share * moved));
}

function weekdaySeen(state: ProfileState, weekday: number): boolean {
  const { slotsPerDay } = state.grid;
  for (let slot = 0; slot < slotsPerDay; slot += 1)
    if ((state.weeklySeen[weekday * slotsPerDay + slot] ?? 0) > 0) return true;
  return false;
}

/** Moves all that is known to a new level: last week as it would have been. */
export function shiftLevel(state: ProfileState, today: number, by: number): void {
  const { slotsPerDay } = state.grid;
  const from = Math.max(0, today - LOOK_BACK_WEEKS * WEEK_DAYS) * slotsPerDay;
  for (let cell = from; cell < today * slotsPerDay; cell += 1)
    state.cells[cell] = (state.cells[cell] ?? 0) + by;
  for (let slot = 0; slot < slotsPerDay; slot += 1) state.daily[slot] = (state.daily[slot] ?? 0) + by;
  state.slowLevel += by;
  state.fastLevel += by;
}

function learnProfiles(state: ProfileState, day: number, weekday: number, level: number): void {
  const { slotsPerDay } = state.grid;
  const effect = weekdayEffectsOf(state)[weekday] ?? 0;
  for (let slot = 0; slot < slotsPerDay; slot += 1) {
    const value = cellAt(state, day, slot);
    if (Number.isNaN(value)) continue;
    const at = weekday * slotsPerDay + slot;
    const before = weeklyAt(state, weekday, slot);
    const seen = (state.weeklySeen[at] ?? 0) + 1;
    const rate = Math.max(PROFILE_RATE, 1 / seen);
    state.weekly[at] = before + rate * (value - level - before);
    state.weeklySeen[at] = seen;
    const dailySeen = (state.dailySeen[slot] ?? 0) + 1;
    const daily = state.daily[slot] ?? 0;
    state.daily[slot] = daily + Math.max(DAILY_RATE, 1 / dailySeen) * (value - effect - daily);
    state.dailySeen[slot] = dailySeen;
  }
}
