import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { RunKind } from '../../domain/season.ts';
import { acceptRequest } from '../accept.ts';
import type { ApiDeps } from '../dependencies.ts';
import { REQUEST_SCHEMAS } from '../requests.ts';
import { problems } from '../schemas/problem.ts';
import { acceptedSchema } from '../schemas/run-report.ts';

const KINDS: readonly { readonly path: string; readonly kind: RunKind; readonly what: string }[] = [
  { path: '/api/scaling/seasons', kind: 'season', what: 'a wedding season' },
  { path: '/api/scaling/wedding-days', kind: 'weddingDay', what: 'one wedding or all weddings of a day' },
];

const querystring = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Plans, stores the plan and stops; nothing is changed.'),
});

const headers = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 printable characters without spaces')
    .optional()
    .describe('A repeat under the same key within 30 days gets the same answer and starts nothing.'),
});

const storedPlan = z
  .strictObject({ planId: z.string() })
  .describe('Applies exactly this stored plan; refused when it expired or its inputs changed since.');

/** Leaves the body to the handler, which names faults of shape and of meaning together. */
const unchecked = (value: unknown) => ({ value });

/** Everything that starts a run. */
export function scalingRoutes(deps: ApiDeps): FastifyPluginAsyncZod {
  return async (app) => {
    for (const { path, kind, what } of KINDS) {
      const schema = {
        tags: ['scaling'],
        description: `Makes ${what} ready: plans, claims, scales, moves traffic, sets up monitoring. Answers at once.`,
        querystring,
        headers,
        body: z.union([REQUEST_SCHEMAS[kind], storedPlan]),
        response: { 202: acceptedSchema, ...problems(400, 401, 404, 409, 410, 413, 415, 422, 503) },
      };
      app.post(
        path,
        {
          schema,
          validatorCompiler: (route) =>
            route.httpPart === 'body' ? unchecked : validatorCompiler(route as never),
        },
        async (request, reply) => {
          const accepted = await acceptRequest(deps, {
            kind,
            path,
            body: request.body,
            dryRun: request.query.dryRun === 'true',
            idempotencyKey: request.headers['idempotency-key'],
            principal: request.principal,
          });
          const { runId } = accepted.body as { runId: string };
          if (accepted.replayed) reply.header('idempotency-replayed', 'true');
          return reply
            .code(202)
            .header('location', `/api/runs/${runId}`)
            .send(accepted.body as z.output<typeof acceptedSchema>);
        },
      );
    }
  };
}
