/**
 * Service time: `anchor + (wall − anchor) × scale`. Windows, steps, lead times, dwell, gate, approval expiry
 * and the sandbox's provisioning use it; leases, journal and Temporal's time-outs use wall time.
 */
export interface ServiceClock {
  /** Wall time the scale is counted from, in milliseconds since the epoch. */
  readonly anchorMs: number;
  /** Service milliseconds per wall millisecond; 1 unless every provider is the sandbox. */
  readonly scale: number;
}

/** Service time of a wall time, in milliseconds since the epoch. */
export function toServiceMs(clock: ServiceClock, wallMs: number): number {
  return clock.anchorMs + (wallMs - clock.anchorMs) * clock.scale;
}

/** How long to wait on the wall for a stretch of service time, in milliseconds. */
export function toWallDurationMs(clock: ServiceClock, serviceDurationMs: number): number {
  return serviceDurationMs / clock.scale;
}
