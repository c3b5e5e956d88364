/** Service time of the sandbox: anchor + (wall − anchor) × scale; the service gives it both. */
export interface SandboxClock {
  anchorMs: number;
  scale: number;
}

/** Service time now, in milliseconds since the epoch. */
export function serviceNowMs(clock: SandboxClock): number {
  return clock.anchorMs + (Date.now() - clock.anchorMs) * clock.scale;
}
