import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiDeps } from '../dependencies.ts';
import { approveRun, cancelRun, extendHold, giveBack, resolveResidual } from '../run-actions.ts';
import { problems } from '../schemas/problem.ts';
import { actionSchema } from '../schemas/run-report.ts';

const params = z.object({ id: z.string() });
const response = { 202: actionSchema, ...problems(400, 401, 404, 409, 503) };

/** What a person may ask of a run: cancel, approve, release, rollback, extend, resolve. */
export function runActionRoutes(deps: ApiDeps): FastifyPluginAsyncZod {
  return async (app) => {
    const bare = (description: string) => ({ tags: ['runs'], description, params, response });

    const cancel = bare('Stops the run and undoes what it did. One that has ended is refused.');
    app.post('/api/runs/:id/cancel', { schema: cancel }, async (request, reply) => {
      const { id } = request.params;
      return reply.code(202).send({ runId: id, message: await cancelRun(deps, id) });
    });

    const approve = {
      ...bare('Approves exactly the plan the run waits with.'),
      body: z.strictObject({ planId: z.string().min(1).describe('Hash of the plan that was shown.') }),
    };
    app.post('/api/runs/:id/approve', { schema: approve }, async (request, reply) => {
      const { id } = request.params;
      const message = await approveRun(deps, id, request.body.planId, request.principal);
      return reply.code(202).send({ runId: id, message });
    });

    const release = bare('Gives back what the run holds, through the gate.');
    app.post('/api/runs/:id/release', { schema: release }, async (request, reply) => {
      const { id } = request.params;
      return reply.code(202).send({ runId: id, message: await giveBack(deps, id, 'release') });
    });

    const rollback = bare(
      'Gives back what the run holds, through the gate; the run then counts as rolled back.',
    );
    app.post('/api/runs/:id/rollback', { schema: rollback }, async (request, reply) => {
      const { id } = request.params;
      return reply.code(202).send({ runId: id, message: await giveBack(deps, id, 'rollback') });
    });

    const extend = {
      ...bare('Holds what the run holds until later.'),
      body: z.strictObject({
        until: z.iso.datetime({ offset: true }).describe('Instant in ISO 8601, later than the present end.'),
      }),
    };
    app.post('/api/runs/:id/extend', { schema: extend }, async (request, reply) => {
      const { id } = request.params;
      const message = await extendHold(deps, id, Date.parse(request.body.until), request.principal);
      return reply.code(202).send({ runId: id, message });
    });

    const resolve = {
      ...bare('Decides about a resource that could not be given back.'),
      body: z.strictObject({
        resource: z.string().min(1).describe('As named in `attention` or `rollback.residual` of the report.'),
        action: z.enum(['retry', 'skip', 'accept-drift']),
      }),
    };
    app.post('/api/runs/:id/resolve', { schema: resolve }, async (request, reply) => {
      const { id } = request.params;
      const { resource, action } = request.body;
      return reply.code(202).send({ runId: id, message: await resolveResidual(deps, id, resource, action) });
    });
  };
}
