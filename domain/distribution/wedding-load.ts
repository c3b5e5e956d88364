import type { DemandModel } from '../fleet.ts';

/**
 * What weddings that begin together load, as sums that can be added, scaled and spread over their hours. A wedding has
 * `users` at the height of the party and `viewers` while its live stream is on, so that in an hour with share s it has
 * `s × users (+ viewers)`; of those the second moments are kept as well.
 */
export interface WeddingLoad {
  readonly bookings: number;
  readonly guests: number;
  readonly users: number;
  readonly viewers: number;
  /** Σ users², Σ users × viewers, Σ viewers² over bookings. */
  readonly usersSquared: number;
  readonly usersByViewers: number;
  readonly viewersSquared: number;
}

/** No wedding. */
export const NO_LOAD: WeddingLoad = {
  ...{ bookings: 0, guests: 0, users: 0, viewers: 0 },
  ...{ usersSquared: 0, usersByViewers: 0, viewersSquared: 0 },
};

/** Both together. */
export function sumOf(a: WeddingLoad, b: WeddingLoad): WeddingLoad {
  return {
    bookings: a.bookings + b.bookings,
    guests: a.guests + b.guests,
    users: a.users + b.users,
    viewers: a.viewers + b.viewers,
    usersSquared: a.usersSquared + b.usersSquared,
    usersByViewers: a.usersByViewers + b.usersByViewers,
    viewersSquared: a.viewersSquared + b.viewersSquared,
  };
}

/** So many times as many weddings, each as large. */
export function times(load: WeddingLoad, factor: number): WeddingLoad {
  return {
    bookings: load.bookings * factor,
    guests: load.guests * factor,
    users: load.users * factor,
    viewers: load.viewers * factor,
    usersSquared: load.usersSquared * factor,
    usersByViewers: load.usersByViewers * factor,
    viewersSquared: load.viewersSquared * factor,
  };
}

/** Fixed-point steps of guests: sums of them and of their squares are exact, so no order of adding changes them. */
const GUEST_STEPS = 1_024;

/**
 * Weddings that begin together, counted: numbers of bookings, guests and squares of guests by tier factor, with and
 * without live stream. Exact up to 8 × 10¹² guests.
 */
export interface WeddingCount {
  readonly add: (guests: number, tier: string, liveStream: boolean) => void;
  readonly load: () => WeddingLoad;
}

/** What counts of one distribution have in common. */
export interface LoadModel {
  readonly model: DemandModel;
  /** Tier factors that occur, ascending; 1 is among them. */
  readonly factors: readonly number[];
  readonly indexOf: (tier: string) => number;
}

/** Tiers by their factors. */
export function loadModel(model: DemandModel): LoadModel {
  const factors = [...new Set([1, ...Object.values(model.tierFactor)])].toSorted((a, b) => a - b);
  const byTier = new Map(Object.entries(model.tierFactor).map(([tier, f]) => [tier, factors.indexOf(f)]));
  const plain = factors.indexOf(1);
  return { model, factors, indexOf: (tier) => byTier.get(tier) ?? plain };
}

/** Numbers kept per tier factor, with and without live stream. */
const FIELDS = 3;

/** An empty count. */
export function weddingCount({ model, factors, indexOf }: LoadModel): WeddingCount {
  const sums = new Float64Array(factors.length * 2 * FIELDS);
  const bump = (index: number, value: number) => {
    sums[index] = (sums[index] ?? 0) + value;
  };
  return {
    add(guests, tier, liveStream) {
      const at = (indexOf(tier) * 2 + (liveStream ? 1 : 0)) * FIELDS;
      const exact = Math.round(guests * GUEST_STEPS) / GUEST_STEPS;
      bump(at, 1);
      bump(at + 1, exact);
      bump(at + 2, Math.round(exact * exact));
    },
    load: () =>
      factors.reduce(
        (sum, factor, index) =>
          [false, true].reduce((total, liveStream) => {
            const at = (index * 2 + (liveStream ? 1 : 0)) * FIELDS;
            const [bookings = 0, guests = 0, squares = 0] = sums.subarray(at, at + FIELDS);
            return sumOf(total, loadOf({ bookings, guests, squares }, factor, liveStream, model));
          }, sum),
        NO_LOAD,
      ),
  };
}

/** Load of bookings of one tier factor, all with or all without live stream. */
export function loadOf(
  counted: { readonly bookings: number; readonly guests: number; readonly squares: number },
  tierFactor: number,
  liveStream: boolean,
  model: DemandModel,
): WeddingLoad {
  const { bookings, guests, squares } = counted;
  const users = model.weddingsPerBooking * model.usersPerGuest * tierFactor;
  const viewers = liveStream ? model.weddingsPerBooking * model.viewersPerGuest : 0;
  return {
    ...{ bookings, guests, users: guests * users, viewers: guests * viewers },
    usersSquared: squares * users * users,
    usersByViewers: squares * users * viewers,
    viewersSquared: squares * viewers * viewers,
  };
}
