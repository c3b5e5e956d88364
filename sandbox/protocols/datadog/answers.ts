import type { SandboxResponse } from '../../core.ts';
import type { VendorAnswers } from '../../pipeline.ts';

/** A JSON answer. */
export function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): SandboxResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** A refusal, as Datadog words all of them. */
export function errors(status: number, ...messages: readonly string[]): SandboxResponse {
  return json(status, { errors: messages });
}

/** Datadog's words for what can go wrong; it has none of its own for capacity. */
export const ANSWERS: VendorAnswers = {
  throttle: (retryAfterSeconds) => {
    const headers = {
      'x-ratelimit-reset': String(Math.ceil(retryAfterSeconds)),
      'x-ratelimit-remaining': '0',
    };
    return json(429, { errors: ['Rate limit of requests reached'] }, headers);
  },
  serverError: () => errors(503, 'Service unavailable'),
  denied: () => errors(403, 'Forbidden'),
  capacity: (message) => errors(503, message),
  quota: (message) => errors(400, message),
  invalid: (message) => errors(400, message),
};
