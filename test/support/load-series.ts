import type { CalendarEvent, LoadHistory } from '../../domain/forecast/series-forecast.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** Monday 2026-01-05T00:00Z. */
export const MONDAY_MS = Date.UTC(2026, 0, 5);

/** Numbers in [0, 1) that depend on nothing but the seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a made-up load is like; what is not said is an everyday of 100 with a day, a week and a tenth of noise. */
export interface LoadShape {
  readonly days: number;
  readonly stepMs?: number;
  readonly startMs?: number;
  readonly noise?: number;
  readonly seed?: number;
  readonly events?: readonly CalendarEvent[];
  /** Load during an event over the everyday one; default 4. */
  readonly liftOf?: (event: CalendarEvent) => number;
}

/** Load of a made-up service in UTC: busy at noon, quiet at night and at weekends. */
export function everydayLoad(ms: number): number {
  const hour = (ms % DAY_MS) / HOUR_MS;
  const weekday = (Math.floor(ms / DAY_MS) + 3) % 7;
  return (100 - 60 * Math.cos((2 * Math.PI * hour) / 24)) * (weekday >= 5 ? 0.6 : 1);
}

/** A history of such a load. */
export function loadSeries(
  shape: LoadShape,
): Omit<LoadHistory, 'values'> & { readonly values: readonly number[] } {
  const { days, stepMs = HOUR_MS, startMs = MONDAY_MS, noise = 0.1, seed = 7, events = [] } = shape;
  const random = seeded(seed);
  const liftOf = shape.liftOf ?? (() => 4);
  const values = Array.from({ length: Math.round((days * DAY_MS) / stepMs) }, (_, i) => {
    const ms = startMs + i * stepMs;
    const event = events.find((candidate) => ms < candidate.endMs && ms + stepMs > candidate.startMs);
    const everyday = stepMs >= DAY_MS ? 100 : everydayLoad(ms);
    return everyday * (event ? liftOf(event) : 1) * (1 + noise * (2 * random() - 1));
  });
  return { startMs, stepMs, values };
}
