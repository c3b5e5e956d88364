import { ProviderError, type ProviderErrorKind } from '../../../domain/errors.ts';

/** gax keeps the body of a failed request here, as text; the getter is not exported. */
const RAW_BODY = Symbol.for('google-gax.rawHttpResponsePayload');

/**
 * Reasons of a failed request (`error.errors[].reason`). Compute Engine says "too fast" with HTTP 403 and one
 * of these, so the reason goes before the status.
 * Source: Compute Engine, "Rate quotas" and "API errors".
 */
const KIND_BY_REASON: Readonly<Record<string, ProviderErrorKind>> = {
  conditionNotMet: 'Stale',
  quotaExceeded: 'QuotaExceeded',
  rateLimitExceeded: 'Throttled',
  RATE_LIMIT_EXCEEDED: 'Throttled',
  resourceInUseByAnotherResource: 'UpdateInProgress',
  resourceNotReady: 'UpdateInProgress',
  userRateLimitExceeded: 'Throttled',
};

/** HTTP statuses whose meaning does not hang on the reason. */
const KIND_BY_STATUS: Readonly<Record<number, ProviderErrorKind>> = {
  400: 'InvalidTarget',
  401: 'PermissionDenied',
  403: 'PermissionDenied',
  404: 'NotFound',
  408: 'Transient',
  409: 'UpdateInProgress',
  412: 'Stale',
  413: 'InvalidTarget',
  429: 'Throttled',
};

/** Codes of a failed operation (`operation.error.errors[].code`). */
const KIND_BY_OPERATION_CODE: Readonly<Record<string, ProviderErrorKind>> = {
  CONDITION_NOT_MET: 'Stale',
  LIMIT_EXCEEDED: 'QuotaExceeded',
  PERMISSIONS_ERROR: 'PermissionDenied',
  QUOTA_EXCEEDED: 'QuotaExceeded',
  RATE_LIMIT_EXCEEDED: 'Throttled',
  RESOURCE_IN_USE_BY_ANOTHER_RESOURCE: 'UpdateInProgress',
  RESOURCE_NOT_FOUND: 'NotFound',
  RESOURCE_NOT_READY: 'UpdateInProgress',
};

/** One name for each way Compute Engine says that a zone or region has no machines left. */
const EXHAUSTED = /RESOURCE_POOL_EXHAUSTED|STOCKOUT/;

interface ErrorBody {
  readonly message?: string;
  readonly errors?: readonly { readonly reason?: string }[];
  readonly details?: readonly { readonly reason?: string }[];
}

/** Turns whatever a Compute Engine call threw into a ProviderError naming `resource`. */
export function computeError(error: unknown, resource: string): ProviderError {
  if (error instanceof ProviderError) return error;
  const { httpStatusCode, message } = error as {
    httpStatusCode?: number;
    message?: string;
  };
  const body = bodyOf(error);
  const reason = [...(body?.errors ?? []), ...(body?.details ?? [])].find((item) => item.reason)?.reason;
  const kind = kindOf(httpStatusCode, reason);
  const code = reason ?? (httpStatusCode === undefined ? undefined : String(httpStatusCode));
  const wait = kind === 'Throttled' ? retryAfterMs(error) : undefined;
  return new ProviderError(
    kind,
    `Compute Engine, ${resource}: ${body?.message ?? message ?? String(error)}`,
    {
      resource,
      cause: error,
      ...(code === undefined ? {} : { vendorCode: code }),
      ...(wait === undefined ? {} : { retryAfterMs: wait }),
    },
  );
}

/** Turns the first error of a finished operation into a ProviderError; undefined when it has none. */
export function operationError(
  errors: readonly { readonly code: string; readonly message: string }[],
  resource: string,
): ProviderError | undefined {
  const [first] = errors;
  if (first === undefined) return undefined;
  const message = `Compute Engine accepted the change of ${resource}, then failed it: ${first.message || first.code}`;
  return new ProviderError(operationKind(first.code), message, {
    resource,
    vendorCode: first.code,
  });
}

function operationKind(code: string): ProviderErrorKind {
  if (EXHAUSTED.test(code)) return 'InsufficientCapacity';
  const known = KIND_BY_OPERATION_CODE[code];
  if (known !== undefined) return known;
  return /INTERNAL|BACKEND|UNAVAILABLE|TIMEOUT/.test(code) ? 'Transient' : 'InvalidTarget';
}

/** Without a status no answer came (network, time-out, abort), so the outcome is unknown. */
function kindOf(status: number | undefined, reason: string | undefined): ProviderErrorKind {
  const byReason = reason === undefined ? undefined : KIND_BY_REASON[reason];
  if (byReason !== undefined) return byReason;
  if (reason !== undefined && EXHAUSTED.test(reason)) return 'InsufficientCapacity';
  return (status === undefined ? undefined : KIND_BY_STATUS[status]) ?? 'Transient';
}

function bodyOf(error: unknown): ErrorBody | undefined {
  const raw = (error as { [RAW_BODY]?: unknown } | null)?.[RAW_BODY];
  try {
    const parsed = typeof raw === 'string' ? JSON.parse(raw) : raw;
    return (parsed as { error?: ErrorBody } | undefined)?.error;
  } catch {
    return undefined;
  }
}

/** The wait the vendor named, in milliseconds; only a 403 keeps its headers (on the cause). */
function retryAfterMs(error: unknown): number | undefined {
  const cause = (error as { cause?: { response?: { headers?: Headers } } }).cause;
  const seconds = Number(cause?.response?.headers?.get?.('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}
