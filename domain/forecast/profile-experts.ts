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
const FAST_LEVEL = 0.35;
const PROFILE_RATE = 0.15;
const DAILY_RATE = 0.25;
/** Weekday effects are of so many weeks, and drawn to none as if so many more had shown none. */
const EFFECT_WEEKS = 14;
const EFFECT_PRIOR_WEEKS = 0.15;
const LEVEL_DAYS = 42;

/** What the experts know. `cells` holds the history cleaned of events and outliers, NaN where nothing is known. */
export interface ProfileState {
  readonly grid: LoadGrid;
  readonly cells: Float64Array;
  /** Shape of the day by weekday and slot, relative to the mean of the day. */
  readonly weekly: Float64Array;
  readonly weeklySeen: Float64Array;
  /** Per slot, relative to the effect of the weekday. */
  readonly daily: Float64Array;
  readonly dailySeen: Float64Array;
  /** Per day, what its mean would be with all of its slots; NaN for days without a load. */
  readonly dayMeans: Float64Array;
  /** How much of each day was seen, 0..1. */
  readonly dayTrust: Float64Array;
  /** Mean of a weekday less that of its week, from Monday. */
  readonly weekdayEffects: Float64Array;
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
    dayMeans: new Float64Array(historyDays).fill(Number.NaN),
    dayTrust: new Float64Array(historyDays),
    weekdayEffects: new Float64Array(WEEK_DAYS),
    slowLevel: 0,
    fastLevel: 0,
    daysSeen: 0,
  };
}

/** Weekday of a day of the grid, 0 for Monday. */
export function weekdayOf(grid: LoadGrid, day: number): number {
  return (grid.weekdayOfFirst + day) % WEEK_DAYS;
}

/** Weekly profile at a weekday and slot, relative to the level. */
export function weeklyAt(state: ProfileState, weekday: number, slot: number): number {
  return shapeAt(state, weekday, slot) + (state.weekdayEffects[weekday] ?? 0);
}

/** Shape of a weekday at a slot; the mean of the other weekdays where that one was never seen. */
function shapeAt(state: ProfileState, weekday: number, slot: number): number {
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
 * @param yearShift see {@link yearShiftAt}.
 */
export function profileForecasts(
  state: ProfileState,
  today: number,
  day: number,
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
    into[row + 4] = seen ? (state.daily[slot] ?? 0) + (state.weekdayEffects[weekday] ?? 0) : fast;
    into[row + 5] = orElse(yesterday(state, today, slot, profile), fast);
    into[row + 6] = fast + yearShift;
  }
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
    const level = state.dayMeans[at] ?? Number.NaN;
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
    sum += value - shapeAt(state, weekday, slot);
    seen += 1;
  }
  if (seen === 0) return;
  state.daysSeen += 1;
  state.dayMeans[day] = sum / seen;
  state.dayTrust[day] = Math.min(1, (4 * seen) / slotsPerDay);
  learnWeekdayEffects(state, day);
  learnLevels(state, day);
  learnShapes(state, day, weekday, sum / seen);
}

/**
 * Medians over some weeks of how a day differs from the seven days around it: growth, which moves every day of a week,
 * leaves no trace in them. Only once there is a whole week.
 */
function learnWeekdayEffects(state: ProfileState, today: number): void {
  const differences = Array.from({ length: WEEK_DAYS }, (): number[] => []);
  for (let day = Math.max(0, today - EFFECT_WEEKS * WEEK_DAYS + 1); day <= today; day += 1) {
    const from = Math.max(0, Math.min(day - 3, today - WEEK_DAYS + 1));
    const difference = (state.dayMeans[day] ?? Number.NaN) - weekMean(state, from);
    if (!Number.isNaN(difference)) differences[weekdayOf(state.grid, day)]?.push(difference);
  }
  differences.forEach((some, weekday) => {
    const sorted = [...some].sort((a, b) => a - b);
    const half = sorted.length / 2;
    const middle = ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2;
    state.weekdayEffects[weekday] = (middle * some.length) / (some.length + EFFECT_PRIOR_WEEKS);
  });
}

/** Mean of seven days, NaN where too few of them are known. */
function weekMean(state: ProfileState, from: number): number {
  let [sum, seen] = [0, 0];
  for (let day = from; day < from + WEEK_DAYS; day += 1) {
    const mean = state.dayMeans[day] ?? Number.NaN;
    if (Number.isNaN(mean)) continue;
    sum += mean;
    seen += 1;
  }
  return seen >= WEEK_DAYS - 1 ? sum / seen : Number.NaN;
}

/** Smooths the means of the days, less what their weekday makes of them, anew: the effects move. */
function learnLevels(state: ProfileState, today: number): void {
  let days = 0;
  for (let day = Math.max(0, today - LEVEL_DAYS); day <= today; day += 1) {
    const mean = state.dayMeans[day] ?? Number.NaN;
    if (Number.isNaN(mean)) continue;
    days += 1;
    const level = mean - (state.weekdayEffects[weekdayOf(state.grid, day)] ?? 0);
    const trust = days === 1 ? 1 : (state.dayTrust[day] ?? 0);
    const slow = days === 1 ? level : state.slowLevel;
    const fast = days === 1 ? level : state.fastLevel;
    state.slowLevel = slow + Math.max(SLOW_LEVEL, 1 / days) * trust * (level - slow);
    state.fastLevel = fast + Math.max(FAST_LEVEL, 1 / days) * trust * (level - fast);
  }
}

/** Moves all that is known to a new level: last week as it would have been. */
export function shiftLevel(state: ProfileState, today: number, by: number): void {
  const { slotsPerDay } = state.grid;
  const from = Math.max(0, today - LEVEL_DAYS);
  for (let cell = from * slotsPerDay; cell < today * slotsPerDay; cell += 1)
    state.cells[cell] = (state.cells[cell] ?? 0) + by;
  for (let day = from; day < today; day += 1) state.dayMeans[day] = (state.dayMeans[day] ?? 0) + by;
  for (let slot = 0; slot < slotsPerDay; slot += 1) state.daily[slot] = (state.daily[slot] ?? 0) + by;
}

function learnShapes(state: ProfileState, day: number, weekday: number, mean: number): void {
  const { slotsPerDay } = state.grid;
  const effect = state.weekdayEffects[weekday] ?? 0;
  for (let slot = 0; slot < slotsPerDay; slot += 1) {
    const value = cellAt(state, day, slot);
    if (Number.isNaN(value)) continue;
    const at = weekday * slotsPerDay + slot;
    const before = shapeAt(state, weekday, slot);
    const seen = (state.weeklySeen[at] ?? 0) + 1;
    // The first day of a weekday is half that day and half what the other weekdays say.
    const rate = state.daysSeen === 1 ? 1 : Math.max(PROFILE_RATE, 1 / (seen + 1));
    state.weekly[at] = before + rate * (value - mean - before);
    state.weeklySeen[at] = seen;
    const dailySeen = (state.dailySeen[slot] ?? 0) + 1;
    const daily = state.daily[slot] ?? 0;
    state.daily[slot] = daily + Math.max(DAILY_RATE, 1 / dailySeen) * (value - effect - daily);
    state.dailySeen[slot] = dailySeen;
  }
}
