import type { SandboxResponse } from '../../core.ts';
import type { VendorAnswers } from '../../pipeline.ts';
import type { ObjectPath } from './paths.ts';

/** What goes with a failure. */
export interface FailureDetails {
  /** What the failure is about. */
  readonly path?: ObjectPath;
  readonly retryAfterSeconds?: number;
  /** The field that is wrong and why; kubectl shows this and not the message. */
  readonly cause?: { readonly field: string; readonly message: string };
}

/** A JSON answer of the API server. */
export function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): SandboxResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** A Status object, as the API server answers everything that is refused. */
export function failure(
  code: number,
  reason: string,
  message: string,
  { path, retryAfterSeconds, cause }: FailureDetails = {},
): SandboxResponse {
  const details = {
    ...(path && { name: path.name, group: path.collection === 'deployments' ? 'apps' : 'autoscaling' }),
    ...(path && { kind: path.collection }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(cause && { causes: [{ reason: 'FieldValueInvalid', ...cause }] }),
  };
  const body = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(Object.keys(details).length > 0 && { details }),
    code,
  };
  return json(
    code,
    body,
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
  );
}

/** The API server's words for what can go wrong. It has none for missing capacity: a quota stands for it. */
export const ANSWERS: VendorAnswers = {
  throttle: (retryAfterSeconds) =>
    failure(429, 'TooManyRequests', 'too many requests, please try again later', {
      retryAfterSeconds: Math.ceil(retryAfterSeconds),
    }),
  serverError: () => failure(500, 'InternalError', 'Internal error occurred'),
  denied: () => failure(403, 'Forbidden', 'forbidden: the user may not do this'),
  capacity: (message) => failure(403, 'Forbidden', `exceeded quota: ${message}`),
  quota: (message) => failure(403, 'Forbidden', `exceeded quota: ${message}`),
  invalid: (message) => failure(422, 'Invalid', message),
};
