import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { getPlan } from '../../store/plans.ts';
import { getRun } from '../../store/runs.ts';
import type { ApiDeps } from '../dependencies.ts';
import { Problem } from '../problem.ts';
import { problems } from '../schemas/problem.ts';

const planSchema = z.object({
  id: z.string().describe('SHA-256 of the canonical JSON (RFC 8785) of `content`.'),
  kind: z.enum(['season', 'weddingDay']),
  createdByRun: z.string(),
  createdAt: z.iso.datetime(),
  content: z.unknown(),
});

/** Plans as they were stored: immutable, whole, with every explanation. */
export function planRoutes(deps: ApiDeps): FastifyPluginAsyncZod {
  return async (app) => {
    const schema = {
      tags: ['plans'],
      params: z.object({ id: z.string() }),
      response: { 200: planSchema, ...problems(400, 401, 404) },
    };
    app.get('/api/plans/:id', { schema }, async (request) => {
      const plan = await getPlan(deps.db, request.params.id);
      const run = plan && (await getRun(deps.db, plan.createdByRun));
      if (!plan || !run) throw new Problem('not-found', `There is no plan ${request.params.id}.`);
      const { id, createdByRun, createdAt, content } = plan;
      return { id, kind: run.kind, createdByRun, createdAt: createdAt.toISOString(), content };
    });
  };
}
