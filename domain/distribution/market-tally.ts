import { type CivilDay, civilDayAt } from '../markets/civil-day.ts';
import { type LoadModel, type WeddingCount, type WeddingLoad, weddingCount } from './wedding-load.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Local times of a day are told apart by the half hour. */
export const SLOT_MS = HOUR_MS / 2;

/** One wedding as it counts. */
export interface TalliedBooking {
  readonly startsAtMs: number;
  readonly timeZone: string;
  readonly offsetMs: number;
  readonly guests: number;
  readonly tier: string;
  readonly liveStream: boolean;
}

/** Weddings that begin at a local time of day, on whatever day. */
export interface LocalBegin {
  readonly timeZone: string;
  /** Half hour of the local day, 0 to 47. */
  readonly slot: number;
  readonly load: WeddingLoad;
}

/** Bookings of one market, counted by when they begin; its memory grows with hours and zones, not with bookings. */
export interface MarketTally {
  readonly add: (booking: TalliedBooking) => void;
  /** Hours in which weddings begin (milliseconds since the epoch), ascending. */
  readonly byHour: () => readonly (readonly [hourMs: number, load: WeddingLoad])[];
  /** By zone and local time of day, in that order. */
  readonly byLocalTime: () => readonly LocalBegin[];
  /** Bookings by local calendar day, ascending. */
  readonly byDay: () => readonly (readonly [day: CivilDay, bookings: number])[];
}

/** An empty tally. */
export function marketTally(model: LoadModel): MarketTally {
  const hours = new Map<number, WeddingCount>();
  const zones = new Map<string, Map<number, WeddingCount>>();
  const days = new Map<CivilDay, number>();
  return {
    add({ startsAtMs, timeZone, offsetMs, guests, tier, liveStream }) {
      const hour = Math.floor(startsAtMs / HOUR_MS) * HOUR_MS;
      countAt(hours, hour, model).add(guests, tier, liveStream);
      const localMs = startsAtMs + offsetMs;
      const slots = zones.get(timeZone) ?? new Map<number, WeddingCount>();
      zones.set(timeZone, slots);
      const slot = Math.floor((((localMs % DAY_MS) + DAY_MS) % DAY_MS) / SLOT_MS);
      countAt(slots, slot, model).add(guests, tier, liveStream);
      const day = civilDayAt(localMs);
      days.set(day, (days.get(day) ?? 0) + 1);
    },
    byHour: () => ascending(hours).map(([hourMs, count]) => [hourMs, count.load()] as const),
    byLocalTime: () =>
      [...zones]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([timeZone, slots]) =>
          ascending(slots).map(([slot, count]) => ({ timeZone, slot, load: count.load() })),
        ),
    byDay: () => ascending(days),
  };
}

function countAt(counts: Map<number, WeddingCount>, key: number, model: LoadModel): WeddingCount {
  const before = counts.get(key);
  if (before) return before;
  const count = weddingCount(model);
  counts.set(key, count);
  return count;
}

function ascending<V>(map: ReadonlyMap<number, V>): readonly (readonly [number, V])[] {
  return [...map].toSorted(([a], [b]) => a - b);
}
