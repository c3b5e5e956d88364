import type { LoadGrid } from './load-grid.ts';
import type { CalendarEvent } from './series-forecast.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** An event at least this long takes the whole day: it replaces its profile instead of standing on it. */
const WHOLE_DAY_MS = 18 * HOUR_MS;
/** After so many days of one event the everyday experts have taken it in. */
const LONGEST_WHOLE_DAYS = 3;
/** Two events of a kind that share this much of the shorter one are one crowd. */
const SAME_TIME_SHARE = 0.5;

/**
 * How an event is learned: `passing` has a shape before, during and after in relative time; `wholeDay` a profile by
 * local hour; `days` is for series whose step is a day.
 */
export type EventForm = 'passing' | 'wholeDay' | 'days';

/** Phases of a form in relative time; each boundary is the end of one. */
interface PhaseTable {
  /** Before the start and after the end, in hours. */
  readonly beforeHours: readonly number[];
  readonly during: number;
  readonly afterHours: readonly number[];
}

const PASSING: PhaseTable = {
  beforeHours: [4, 2, 1, 0.5],
  during: 6,
  afterHours: [0.5, 1, 2, 4, 6],
};
const DAYS: PhaseTable = { beforeHours: [24], during: 3, afterHours: [24, 48, 72, 120, 168] };
const WHOLE_DAY_PHASES = 24;

/** Number of phases of each form. */
export const PHASE_COUNTS: Readonly<Record<EventForm, number>> = {
  passing: PASSING.beforeHours.length + PASSING.during + PASSING.afterHours.length,
  wholeDay: WHOLE_DAY_PHASES,
  days: DAYS.beforeHours.length + DAYS.during + DAYS.afterHours.length,
};

/** What is known of a phase before any event was seen: its share of the lift of the event (as logarithms). */
export const PRIOR_SHAPES: Readonly<Record<EventForm, readonly number[]>> = {
  passing: [0.05, 0.15, 0.3, 0.6, 1, 1, 1, 1, 1, 1, 0.8, 0.5, 0.3, 0.15, 0.05],
  wholeDay: Array.from({ length: WHOLE_DAY_PHASES }, () => 1),
  days: [0.1, 1, 1, 1, 0.4, 0.25, 0.15, 0.1, 0.05],
};

/** First phase during the event, and the first after it. */
export function duringPhases(form: EventForm): readonly [from: number, until: number] {
  if (form === 'wholeDay') return [0, WHOLE_DAY_PHASES];
  const table = form === 'passing' ? PASSING : DAYS;
  return [table.beforeHours.length, table.beforeHours.length + table.during];
}

/** An event or several of a kind at one time, on the grid. */
export interface PlacedEvent {
  readonly kind: string;
  readonly form: EventForm;
  readonly intensity: number;
  /** In cells since the begin of the grid, with fraction. */
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

/** Which event a cell belongs to and in which phase. */
export interface PlacedEvents {
  /** In order of their start. */
  readonly events: readonly PlacedEvent[];
  /** Undefined for a cell of everyday load. */
  readonly at: (cell: number) => { readonly event: number; readonly phase: number } | undefined;
}

/** Puts events on the grid: those at one time together, and every cell they touch to the event it is nearest to. */
export function placeEvents(calendar: readonly CalendarEvent[], grid: LoadGrid): PlacedEvents {
  const events = togetherAtOneTime(
    calendar
      .filter((event) => event.endMs > event.startMs)
      .map((event) => placed(event, grid))
      .sort((a, b) => a.start - b.start || a.end - b.end || (a.kind < b.kind ? -1 : 1)),
  );
  const cells = new Map<number, { event: number; phase: number; nearness: number }>();
  events.forEach((event, index) => {
    const { from, until } = reach(event, grid);
    for (let cell = Math.max(0, from); cell < until; cell += 1) {
      const place = phaseOf(event, cell, grid);
      const other = cells.get(cell);
      if (place && !(other && other.nearness >= place.nearness)) cells.set(cell, { event: index, ...place });
    }
  });
  return { events, at: (cell) => cells.get(cell) };
}

function placed(event: CalendarEvent, grid: LoadGrid): PlacedEvent {
  const form =
    grid.cellMs >= DAY_MS ? 'days' : event.endMs - event.startMs >= WHOLE_DAY_MS ? 'wholeDay' : 'passing';
  const [start, end] = [grid.positionOf(event.startMs), grid.positionOf(event.endMs)];
  return { kind: event.kind, form, intensity: event.intensity ?? 0, start, end, count: 1 };
}

function togetherAtOneTime(events: readonly PlacedEvent[]): readonly PlacedEvent[] {
  const together: PlacedEvent[] = [];
  for (const event of events) {
    const at = together.findLastIndex(
      (other) =>
        other.kind === event.kind &&
        other.form === event.form &&
        sharedShare(other, event) >= SAME_TIME_SHARE,
    );
    const other = together[at];
    if (!other) together.push(event);
    else
      together[at] = {
        ...other,
        end: Math.max(other.end, event.end),
        intensity: Math.max(other.intensity, event.intensity),
        count: other.count + 1,
      };
  }
  return together;
}

function sharedShare(a: PlacedEvent, b: PlacedEvent): number {
  const shared = Math.min(a.end, b.end) - Math.max(a.start, b.start);
  return shared / Math.min(a.end - a.start, b.end - b.start);
}

function tableOf(form: EventForm): PhaseTable {
  return form === 'days' ? DAYS : PASSING;
}

/** Cells an event may touch. */
function reach({ form, start, end }: PlacedEvent, grid: LoadGrid): { from: number; until: number } {
  if (form === 'wholeDay') {
    const from = Math.floor(start);
    return { from, until: Math.min(Math.ceil(end), from + LONGEST_WHOLE_DAYS * grid.slotsPerDay) };
  }
  const { beforeHours, afterHours } = tableOf(form);
  const perHour = HOUR_MS / grid.cellMs;
  return {
    from: Math.floor(start - (beforeHours[0] ?? 0) * perHour),
    until: Math.ceil(end + (afterHours.at(-1) ?? 0) * perHour),
  };
}

/** Nearness is 0 inside of the event and falls with the hours to it. */
function phaseOf(
  event: PlacedEvent,
  cell: number,
  grid: LoadGrid,
): { phase: number; nearness: number } | undefined {
  const middle = cell + 0.5;
  if (event.form === 'wholeDay') {
    if (middle < event.start || middle >= event.end) return undefined;
    return { phase: Math.floor(((cell % grid.slotsPerDay) * 24) / grid.slotsPerDay), nearness: 0 };
  }
  const { beforeHours, during, afterHours } = tableOf(event.form);
  const hours = (cells: number) => (cells * grid.cellMs) / HOUR_MS;
  const before = hours(event.start - middle);
  const after = hours(middle - event.end);
  if (before > 0) {
    if (before > (beforeHours[0] ?? 0)) return undefined;
    return { phase: beforeHours.filter((boundary) => boundary >= before).length - 1, nearness: -before };
  }
  if (after >= 0) {
    const phase = afterHours.findIndex((boundary) => after < boundary);
    return phase < 0 ? undefined : { phase: beforeHours.length + during + phase, nearness: -after };
  }
  const inside =
    event.form === 'days'
      ? Math.min(during - 1, Math.floor(middle - event.start))
      : Math.floor((during * (middle - event.start)) / (event.end - event.start));
  return { phase: beforeHours.length + Math.min(during - 1, inside), nearness: 0 };
}
