const HOUR_MS = 3_600_000;

/** What a wedding's users do: guests arrive, the ceremony, the party, and uploads of photographs the day after. */
export type WeddingPhase = 'preparation' | 'ceremony' | 'party' | 'dayAfter';

/** All phases, in the order in which they come. */
export const WEDDING_PHASES: readonly WeddingPhase[] = ['preparation', 'ceremony', 'party', 'dayAfter'];

/** One hour of a wedding. */
export interface ShapeHour {
  readonly phase: WeddingPhase;
  /** Hours from the one it begins in; negative before it. */
  readonly offsetHours: number;
  /** Share of its users at the height of the party who are online. */
  readonly share: number;
  /** Whether its live stream has viewers. */
  readonly streamed: boolean;
}

/** A phase's first hour, from the begin, and its shares hour by hour. */
const PHASES: readonly (readonly [WeddingPhase, number, readonly number[]])[] = [
  ['preparation', -2, [0.3, 0.6]],
  ['ceremony', 0, [1, 1]],
  ['party', 2, [0.9, 0.9, 1, 1, 0.8, 0.5]],
  ['dayAfter', 18, [0.1, 0.15, 0.25, 0.3, 0.3, 0.3, 0.25, 0.25, 0.2, 0.2, 0.15, 0.1]],
];

/**
 * Users of a wedding by hour, as shares of its users at the height of the party. Per such user that is 0.9 hours of
 * preparation, 2 of ceremony, 5.1 of party and 2.55 the day after, 10.55 together. Assumed; a live stream has its
 * viewers during the ceremony.
 */
export const WEDDING_SHAPE: readonly ShapeHour[] = PHASES.flatMap(([phase, first, shares]) =>
  shares.map((share, hour) => ({
    ...{ phase, offsetHours: first + hour, share },
    streamed: phase === 'ceremony',
  })),
);

function lastHour(hours: readonly ShapeHour[]): number {
  return hours.reduce((last, { offsetHours }) => Math.max(last, offsetHours), 0);
}

/** How long before its begin a wedding first loads the platform, in milliseconds. */
export const EVENT_BEFORE_MS =
  -WEDDING_SHAPE.reduce((first, { offsetHours }) => Math.min(first, offsetHours), 0) * HOUR_MS;

/** How long after its begin a wedding last loads the platform, the day after with it, in milliseconds. */
export const EVENT_AFTER_MS = (lastHour(WEDDING_SHAPE) + 1) * HOUR_MS;

/** How long after its begin the party is over, in milliseconds. */
export const CELEBRATION_AFTER_MS =
  (lastHour(WEDDING_SHAPE.filter(({ phase }) => phase !== 'dayAfter')) + 1) * HOUR_MS;
