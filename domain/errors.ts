/**
 * What can go wrong at a vendor, in words of ours. Vendor codes are mapped to these in one `_errors.ts` per
 * cloud; workflows and activities branch on the kind, never on a message.
 *
 * - `InvalidTarget`: the request can never work as it is (validation, unsupported shape). Terminal.
 * - `NotFound`: the resource does not exist. Terminal.
 * - `PermissionDenied`: credentials are refused or lack a permission. Terminal.
 * - `QuotaExceeded`: an account limit or a resource's maximum is below what is asked. Terminal.
 * - `InsufficientCapacity`: the vendor has no room there now. Terminal here, triggers a fallback.
 * - `Throttled`: too many calls; `retryAfterMs` where the vendor said so. Retried.
 * - `UpdateInProgress`: the resource is busy with another change. Retried.
 * - `Stale`: what was seen is no longer so (fence refused). Read again, then retried.
 * - `Transient`: network, time-out, 5xx: the outcome of a write is unknown. Retried.
 * - `CircuitOpen`: the vendor failed so often that nothing is sent for `retryAfterMs`. Retried.
 */
export type ProviderErrorKind =
  | 'InvalidTarget'
  | 'NotFound'
  | 'PermissionDenied'
  | 'QuotaExceeded'
  | 'InsufficientCapacity'
  | 'Throttled'
  | 'UpdateInProgress'
  | 'Stale'
  | 'Transient'
  | 'CircuitOpen';

/** Kinds that no retry can mend. */
export const TERMINAL_KINDS: readonly ProviderErrorKind[] = [
  'InvalidTarget',
  'NotFound',
  'PermissionDenied',
  'QuotaExceeded',
  'InsufficientCapacity',
];

/** True when a retry of the same call cannot succeed. */
export function isTerminal(kind: ProviderErrorKind): boolean {
  return TERMINAL_KINDS.includes(kind);
}

/** Details that go with a {@link ProviderError}; all optional. */
export interface ProviderErrorDetails {
  /** How long the vendor asked to wait, in milliseconds as on the wire (not divided by the time scale). */
  readonly retryAfterMs?: number;
  /** The vendor's own code, e.g. `ThrottlingException`. */
  readonly vendorCode?: string;
  /** The resource the message speaks of, e.g. a target id or a vendor path. */
  readonly resource?: string;
  /** Highest value the vendor would accept, in units, where its answer tells. */
  readonly highestAcceptableUnits?: number;
  readonly cause?: unknown;
}

/** The only error a scaler, router or monitor throws on purpose. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly kind: ProviderErrorKind;
  readonly retryAfterMs: number | undefined;
  readonly vendorCode: string | undefined;
  readonly resource: string | undefined;
  readonly highestAcceptableUnits: number | undefined;

  constructor(kind: ProviderErrorKind, message: string, details: ProviderErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.retryAfterMs = details.retryAfterMs;
    this.vendorCode = details.vendorCode;
    this.resource = details.resource;
    this.highestAcceptableUnits = details.highestAcceptableUnits;
  }
}
