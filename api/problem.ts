/** One fault of a request: where, and what to do about it. */
export interface FieldFault {
  /** Dotted path in the body, e.g. `season.startsAt`; `query.limit` or `params.id` outside it; empty for the whole. */
  readonly path: string;
  readonly message: string;
}

/** Stable names of everything the API refuses; the last part of a problem's `type`. */
export const PROBLEM_TITLES = {
  'invalid-request': 'The request is not valid',
  'unreadable-body': 'The body cannot be read',
  'body-too-large': 'The body is too large',
  'unsupported-media-type': 'The content type is not supported',
  unauthorized: 'A valid API key is needed',
  forbidden: 'The API key is not for this',
  'not-found': 'There is no such thing',
  conflict: 'Not possible in the present state',
  gone: 'No longer available',
  'idempotency-mismatch': 'The idempotency key was used for another request',
  unavailable: 'A part of the service cannot be reached',
  internal: 'Something went wrong here',
} as const;

/** One of {@link PROBLEM_TITLES}. */
export type ProblemCode = keyof typeof PROBLEM_TITLES;

const STATUS: Readonly<Record<ProblemCode, number>> = {
  'invalid-request': 400,
  'unreadable-body': 400,
  'body-too-large': 413,
  'unsupported-media-type': 415,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  gone: 410,
  'idempotency-mismatch': 422,
  unavailable: 503,
  internal: 500,
};

/** A refusal a person can act on; the error handler answers it as problem details (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly status: number;
  readonly faults: readonly FieldFault[];

  /** @param detail what happened and what to do next, in one or two sentences. */
  constructor(code: ProblemCode, detail: string, faults: readonly FieldFault[] = []) {
    super(detail);
    this.code = code;
    this.status = STATUS[code];
    this.faults = faults;
  }
}

/** Body of an `application/problem+json` answer. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Identifies this answer in the logs. */
  readonly instance: string;
  readonly errors?: readonly FieldFault[];
}

/** The wire form of a problem; `requestId` is the one in the logs. */
export function problemDetails(problem: Problem, requestId: string): ProblemDetails {
  return {
    type: `urn:wedscale:problem:${problem.code}`,
    title: PROBLEM_TITLES[problem.code],
    status: problem.status,
    detail: problem.message,
    instance: `urn:wedscale:request:${requestId}`,
    ...(problem.faults.length > 0 && { errors: problem.faults }),
  };
}

/** A 400 that names every fault at once. */
export function invalidRequest(faults: readonly FieldFault[]): Problem {
  const count = faults.length === 1 ? 'One thing' : `${faults.length} things`;
  return new Problem('invalid-request', `${count} in the request must be put right; see errors.`, faults);
}
