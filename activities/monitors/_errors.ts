import { ProviderError, type ProviderErrorKind } from '../../domain/errors.ts';

/** Source: Datadog API reference, responses of dashboards, monitors and metrics. */
const KIND_BY_STATUS: Readonly<Record<number, ProviderErrorKind>> = {
  400: 'InvalidTarget',
  401: 'PermissionDenied',
  403: 'PermissionDenied',
  404: 'NotFound',
  408: 'Transient',
  409: 'UpdateInProgress',
  413: 'InvalidTarget',
  422: 'InvalidTarget',
  429: 'Throttled',
};

interface DatadogException {
  readonly code?: number;
  readonly body?: { readonly errors?: readonly string[] };
  readonly message?: string;
}

/**
 * Turns whatever a call of Datadog's client threw into a ProviderError naming `resource`.
 * @param retryAfterMs how long the answer asked to wait, where it did; the client's own error does not say.
 */
export function datadogError(error: unknown, resource: string, retryAfterMs?: number): ProviderError {
  if (error instanceof ProviderError) return error;
  const { code, body, message } = error as DatadogException;
  // A status without meaning of its own (5xx), or none at all, may pass.
  const kind = (typeof code === 'number' ? KIND_BY_STATUS[code] : undefined) ?? 'Transient';
  const text = body?.errors?.join('; ') ?? message ?? String(error);
  return new ProviderError(kind, `Datadog, ${resource}: ${text}`, {
    resource,
    cause: error,
    ...(kind === 'Throttled' && retryAfterMs !== undefined && { retryAfterMs }),
  });
}
