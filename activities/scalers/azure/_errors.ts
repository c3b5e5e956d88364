import { ProviderError, type ProviderErrorKind } from '../../../domain/errors.ts';
import { retryAfterMs } from '../../calls/retry-after.ts';

/**
 * Azure Resource Manager and AKS error codes. A code goes before the status, because AKS says with 400 and 409
 * things of very different kinds. Sources: AKS troubleshooting guides and Azure Resource Manager error codes.
 */
const KIND_BY_CODE: Readonly<Record<string, ProviderErrorKind>> = {
  AllocationFailed: 'InsufficientCapacity',
  AnotherOperationInProgress: 'UpdateInProgress',
  AuthorizationFailed: 'PermissionDenied',
  Conflict: 'UpdateInProgress',
  ErrCode_InsufficientVCPUQuota: 'QuotaExceeded',
  InsufficientVCPUQuota: 'QuotaExceeded',
  OperationNotAllowed: 'UpdateInProgress',
  OverconstrainedAllocationRequest: 'InsufficientCapacity',
  OverconstrainedZonalAllocationRequest: 'InsufficientCapacity',
  PreconditionFailed: 'Stale',
  QuotaExceeded: 'QuotaExceeded',
  SkuNotAvailable: 'InsufficientCapacity',
  SubscriptionRequestsThrottled: 'Throttled',
  TooManyRequests: 'Throttled',
  ZonalAllocationFailed: 'InsufficientCapacity',
};

const KIND_BY_STATUS: Readonly<Record<number, ProviderErrorKind>> = {
  400: 'InvalidTarget',
  401: 'PermissionDenied',
  403: 'PermissionDenied',
  404: 'NotFound',
  408: 'Transient',
  409: 'UpdateInProgress',
  412: 'Stale',
  422: 'InvalidTarget',
  429: 'Throttled',
};

/** Errors of @azure/identity that say that no credential of the chain could be had. */
const WITHOUT_TOKEN: readonly string[] = [
  'AggregateAuthenticationError',
  'AuthenticationRequiredError',
  'CredentialUnavailableError',
];

interface RestErrorShape {
  readonly name?: string;
  readonly statusCode?: number;
  readonly code?: string;
  readonly message?: string;
  readonly details?: {
    readonly error?: { readonly code?: string; readonly message?: string };
  };
  readonly response?: {
    readonly headers?: { get(name: string): string | undefined };
  };
}

/** Turns whatever a call of the Azure SDK threw into a ProviderError naming `resource`. */
export function azureError(error: unknown, resource: string): ProviderError {
  if (error instanceof ProviderError) return error;
  const { name, statusCode, code, message, details, response } = error as RestErrorShape;
  const vendorCode = details?.error?.code ?? code;
  const text = details?.error?.message ?? message ?? String(error);
  const kind = kindOf(name, statusCode, vendorCode, text);
  const wait = kind === 'Throttled' ? retryAfterMs(response?.headers?.get('retry-after')) : undefined;
  return new ProviderError(kind, `Azure, ${resource}: ${text}`, {
    resource,
    cause: error,
    ...(vendorCode === undefined ? {} : { vendorCode }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  });
}

/** The kind of an error that a pool reports of its last change (`status.provisioningError.code`). */
export function provisioningErrorKind(code: string): ProviderErrorKind {
  return KIND_BY_CODE[code] ?? 'InvalidTarget';
}

function kindOf(
  name: string | undefined,
  status: number | undefined,
  code: string | undefined,
  text: string,
): ProviderErrorKind {
  // No token, or not right now; only Entra's own answer to the credentials is a refusal.
  if (name !== undefined && WITHOUT_TOKEN.includes(name)) return 'Transient';
  if (name === 'AuthenticationError') return isRefusal(status) ? 'PermissionDenied' : 'Transient';
  if (status === 429) return 'Throttled';
  // The same code is given for a busy pool and for a core quota that does not suffice.
  if (code === 'OperationNotAllowed' && /quota/i.test(text)) return 'QuotaExceeded';
  const byCode = code === undefined ? undefined : KIND_BY_CODE[code];
  return byCode ?? (status === undefined ? undefined : KIND_BY_STATUS[status]) ?? 'Transient';
}

/** Whether an answer with this status will be the same next time. */
function isRefusal(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429;
}
