/**
 * What an API key may be for. A route asks for one of these; a route that names none asks for `service`: runs,
 * plans, fleet, bookings, observations, claims, schedules, metrics.
 */
export const SCOPES = [
  'cloud-providers:read',
  'cloud-providers:write',
  'fleet:discover',
  'integrations:read',
  'keys:read',
  'keys:write',
  'service',
] as const;

/** One of {@link SCOPES}. */
export type Scope = (typeof SCOPES)[number];

/** A scope as a key has it; `*` is all of them, those of later releases included. */
export type GrantedScope = Scope | '*';

/** Whether a key with these scopes may do what asks for `scope`. */
export function isGranted(granted: readonly string[], scope: Scope): boolean {
  return granted.includes('*') || granted.includes(scope);
}
