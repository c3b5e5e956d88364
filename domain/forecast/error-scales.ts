const HOURS = 24;
const RATE_PER_DAY = 0.05;
/** The scale of an hour is drawn to that of all hours as if it had been seen on so many more days. */
const POOLED_DAYS = 4;
/** Log errors to begin with. */
const FIRST_SCALE = 0.3;
const FIRST_SCALE_DAYS = 2;
/** One error moves a scale no further than as if it were so many scales large: an outage is no spread. */
const LARGEST_ERROR = 3;
const SMALLEST_SCALE = 1e-4;

/** Mean absolute log error per expert and hour of working days and weekends, with forgetting. */
export interface ErrorScales {
  readonly experts: number;
  readonly groups: number;
  readonly scales: Float64Array;
  readonly seen: Float64Array;
  readonly overall: Float64Array;
  readonly overallSeen: Float64Array;
}

/** Groups a cell can be in: {@link groupOf}. */
export const SCALE_GROUPS = 2 * HOURS;

/** Scales before any error. */
export function errorScales(experts: number): ErrorScales {
  const size = experts * SCALE_GROUPS;
  return {
    experts,
    groups: SCALE_GROUPS,
    scales: new Float64Array(size).fill(FIRST_SCALE),
    seen: new Float64Array(size),
    overall: new Float64Array(experts).fill(FIRST_SCALE),
    overallSeen: new Float64Array(experts).fill(FIRST_SCALE_DAYS),
  };
}

/** Group of a slot: its hour, working days apart from weekends. @param weekday 0 for Monday. */
export function groupOf(slot: number, slotsPerDay: number, weekday: number): number {
  return Math.floor((slot * HOURS) / slotsPerDay) + (weekday >= 5 ? HOURS : 0);
}

/** Scale of an expert in a group. */
export function scaleAt(
  { scales, seen, overall, groups }: ErrorScales,
  expert: number,
  group: number,
): number {
  const at = expert * groups + group;
  const days = Math.min(seen[at] ?? 0, 1 / RATE_PER_DAY);
  const pooled = (days * (scales[at] ?? 0) + POOLED_DAYS * (overall[expert] ?? 0)) / (days + POOLED_DAYS);
  return Math.max(SMALLEST_SCALE, pooled);
}

/**
 * Learns the errors of one group on one day.
 * @param meanAbsolute over its cells, after {@link capped}. @param shareOfDay of the day the group is, 0..1.
 */
export function learnScale(
  state: ErrorScales,
  expert: number,
  group: number,
  meanAbsolute: number,
  shareOfDay: number,
): void {
  const at = expert * state.groups + group;
  const seen = (state.seen[at] ?? 0) + 1;
  state.seen[at] = seen;
  const scale = state.scales[at] ?? 0;
  state.scales[at] = scale + Math.max(RATE_PER_DAY, 1 / seen) * (meanAbsolute - scale);
  const all = (state.overallSeen[expert] ?? 0) + shareOfDay;
  state.overallSeen[expert] = all;
  const overall = state.overall[expert] ?? 0;
  state.overall[expert] = overall + Math.max(RATE_PER_DAY, 1 / all) * shareOfDay * (meanAbsolute - overall);
}

/** An absolute error, no larger than what may move a scale. */
export function capped(absolute: number, scale: number): number {
  return Math.min(absolute, LARGEST_ERROR * scale);
}
