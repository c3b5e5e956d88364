import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { type FieldFault, invalidRequest, Problem, problemDetails } from '../problem.ts';
import { TemporalUnavailable } from '../temporal.ts';

const CONTENT_TYPE = 'application/problem+json';
const RETRY_AFTER_SECONDS = 5;

/** Where a fault lies when it is not in the body. */
const PATH_PREFIX: Readonly<Record<string, string>> = {
  querystring: 'query',
  params: 'params',
  headers: 'headers',
};

/** Every refusal and failure leaves as RFC 9457 problem details; what went wrong inside stays in the log. */
export function addProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => answer(error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const route = `${request.method} ${request.url.split('?', 1)[0]}`;
    const detail = `There is no route ${route}. All routes are listed in /openapi.json and, to read, in /docs.`;
    return send(new Problem('not-found', detail), request, reply);
  });
}

/** Answers an error that a request ended with. */
export function answer(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error, request);
  if (problem.status >= 500) request.log.error({ err: error }, 'request failed');
  if (problem.code === 'unavailable') reply.header('retry-after', String(RETRY_AFTER_SECONDS));
  if (problem.code === 'unauthorized') reply.header('www-authenticate', 'Bearer realm="wedscale"');
  return send(problem, request, reply);
}

function send(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (problem.code === 'body-too-large') letFinish(request, reply);
  reply.code(problem.status).header('content-type', CONTENT_TYPE);
  return reply.serializer(JSON.stringify).send(problemDetails(problem, request.id));
}

/**
 * Takes the rest of a body in and forgets it. Closing the connection on a client that still sends would break
 * its write, and it would never see the answer.
 */
function letFinish(request: FastifyRequest, reply: FastifyReply): void {
  reply.removeHeader('connection');
  request.raw.resume();
}

function problemOf(error: Error, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    return invalidRequest(error.validation.map((fault) => faultOf(fault, error.validationContext ?? 'body')));
  }
  if (error instanceof TemporalUnavailable) {
    return new Problem('unavailable', 'Temporal cannot be reached; try again shortly. See /readyz.');
  }
  if (isDatabaseLoss(error)) {
    return new Problem('unavailable', 'PostgreSQL cannot be reached; try again shortly. See /readyz.');
  }
  return bodyProblem(error as FastifyError, request) ?? internal(error as FastifyError);
}

function faultOf(
  fault: { readonly instancePath: string; readonly message?: string; readonly params?: object },
  context: string,
): FieldFault {
  const steps = fault.instancePath.split('/').filter((step) => step !== '');
  const prefix = PATH_PREFIX[context];
  return {
    path: (prefix ? [prefix, ...steps] : steps).join('.'),
    message: fault.message ?? 'is not valid',
  };
}

/** Faults of the body as such: size, type, readability. */
function bodyProblem(error: FastifyError, request: FastifyRequest): Problem | undefined {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    const limit = request.routeOptions.bodyLimit ?? 0;
    return new Problem(
      'body-too-large',
      `The body is larger than the ${limit} bytes this route takes; send a smaller one.`,
    );
  }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const given = request.headers['content-type'] ?? 'none';
    return new Problem(
      'unsupported-media-type',
      `Content type ${given} is not taken here; send "content-type: application/json". ` +
        'POST /api/bookings and /api/observations also take application/x-ndjson and text/csv.',
    );
  }
  if (error.code?.startsWith('FST_ERR_CTP_')) return new Problem('unreadable-body', `${error.message}.`);
  return undefined;
}

function internal(error: FastifyError): Problem {
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) return new Problem('invalid-request', error.message);
  return new Problem(
    'internal',
    'The request could not be finished. Whether it had an effect can be seen under GET /api/runs; the instance ' +
      'below finds the cause in the log.',
  );
}

/** Connection refused, lost or shut down: by the driver's words, since `pg` gives some of them no code. */
function isDatabaseLoss(error: Error): boolean {
  const code = (error as { code?: string }).code ?? '';
  if (/^(57P0[1-3]|08\w{3}|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)$/.test(code)) return true;
  return /^(Connection terminated|timeout exceeded when trying to connect)/.test(error.message);
}
