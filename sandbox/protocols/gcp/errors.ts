import type { SandboxResponse } from '../../core.ts';

/**
 * An error in Google's JSON form for Compute Engine: the first reason counts.
 * Source: Compute Engine, "API errors"; legacy `errors[]` with domain and reason.
 */
export function googleError(
  status: number,
  reason: string,
  message: string,
  domain = 'global',
  headers: Readonly<Record<string, string>> = {},
): SandboxResponse {
  const error = { code: status, message, errors: [{ message, domain, reason }] };
  return jsonResponse(status, { error }, headers);
}

/** A JSON answer with the headers Google sends. */
export function jsonResponse(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): SandboxResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8', ...headers },
    body: JSON.stringify(body),
  };
}

/** `The resource '…' was not found`, HTTP 404. */
export function notFound(path: string): SandboxResponse {
  return googleError(404, 'notFound', `The resource '${path}' was not found`);
}

/** A value that Compute Engine refuses, HTTP 400. */
export function invalid(field: string, value: unknown, why: string): SandboxResponse {
  return googleError(400, 'invalid', `Invalid value for field '${field}': '${String(value)}'. ${why}`);
}

/** Too many requests: HTTP 403, not 429. Source: Compute Engine, "Rate quotas". */
export function rateLimitExceeded(retryAfterSeconds: number): SandboxResponse {
  const message = "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute'";
  const wait = { 'retry-after': String(Math.ceil(retryAfterSeconds)) };
  return googleError(403, 'rateLimitExceeded', message, 'usageLimits', wait);
}
