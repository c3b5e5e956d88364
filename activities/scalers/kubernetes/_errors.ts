import { ProviderError, type ProviderErrorKind } from '../../../domain/errors.ts';

/**
 * Status codes of the Kubernetes API. Source: Kubernetes API conventions, "HTTP status codes"; 403 with a
 * quota in its message is a ResourceQuota, otherwise a missing permission.
 */
const KIND_BY_STATUS: Readonly<Record<number, ProviderErrorKind>> = {
  400: 'InvalidTarget',
  401: 'PermissionDenied',
  403: 'PermissionDenied',
  404: 'NotFound',
  405: 'InvalidTarget',
  409: 'Stale',
  410: 'Stale',
  422: 'InvalidTarget',
  429: 'Throttled',
};

interface ApiExceptionShape {
  readonly code?: number;
  /** JSON text of a Status object, not parsed by the client. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly message?: string;
}

/** Turns whatever a call of the Kubernetes client threw into a ProviderError naming `resource`. */
export function kubernetesError(error: unknown, resource: string): ProviderError {
  if (error instanceof ProviderError) return error;
  const { code, body, headers, message } = error as ApiExceptionShape;
  const status = statusOf(body);
  const text = status?.message ?? message ?? String(error);
  const kind = kindOf(code, text);
  const seconds = Number(headers?.['retry-after'] ?? Number.NaN);
  return new ProviderError(kind, `Kubernetes, ${resource}: ${text}`, {
    resource,
    cause: error,
    ...(status?.reason && { vendorCode: status.reason }),
    ...(kind === 'Throttled' && Number.isFinite(seconds) && { retryAfterMs: seconds * 1000 }),
  });
}

function kindOf(code: number | undefined, text: string): ProviderErrorKind {
  // Anything without a status never reached the server, or its answer never reached us.
  if (code === undefined) return 'Transient';
  if (code === 403 && /exceeded quota/i.test(text)) return 'QuotaExceeded';
  return KIND_BY_STATUS[code] ?? 'Transient';
}

function statusOf(body: unknown): { readonly message?: string; readonly reason?: string } | null {
  if (typeof body !== 'string') return null;
  try {
    return JSON.parse(body) as { message?: string; reason?: string };
  } catch {
    return null;
  }
}
