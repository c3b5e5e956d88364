import { localClock } from '../../domain/forecast/local-time.ts';
import type { BenchSeries } from './series-file.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Where every step of a series lies on the local clock. Daily series are days of UTC, as their files have them. */
export interface LocalIndex {
  readonly day: readonly number[];
  /** 0 to 23. */
  readonly hour: readonly number[];
  /** Step within the local day. */
  readonly slot: readonly number[];
  readonly slotsPerDay: number;
  /** Index of a local day and slot, the first of two where the clock repeats them; undefined where there is none. */
  readonly find: (day: number, slot: number) => number | undefined;
}

/** Places a series on the clock of its zone. */
export function localIndex({ load, timeZone }: BenchSeries): LocalIndex {
  const { startMs, stepMs, values } = load;
  const daily = stepMs >= DAY_MS;
  const clock = localClock(startMs, startMs + values.length * stepMs, timeZone);
  const walls = values.map((_, i) => (daily ? startMs + i * stepMs : clock(startMs + i * stepMs)));
  const day = walls.map((wall) => Math.floor(wall / DAY_MS));
  const slot = walls.map((wall) => Math.floor((wall % DAY_MS) / stepMs));
  const slotsPerDay = Math.max(1, Math.ceil(DAY_MS / stepMs));
  const indices = new Map<number, number>();
  for (let i = values.length - 1; i >= 0; i -= 1)
    indices.set((day[i] ?? 0) * slotsPerDay + (slot[i] ?? 0), i);
  return {
    day,
    hour: walls.map((wall) => Math.floor((wall % DAY_MS) / HOUR_MS)),
    slot,
    slotsPerDay,
    find: (aDay, aSlot) => indices.get(aDay * slotsPerDay + aSlot),
  };
}
