import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { createDiscovery, getDiscovery } from '../../store/discoveries.ts';
import type { ApiDeps } from '../dependencies.ts';
import { needs } from '../plugins/auth.ts';
import { Problem } from '../problem.ts';
import { discoveringSchema, discoveryBodySchema, discoverySchema } from '../schemas/discovery.ts';
import { problems } from '../schemas/problem.ts';

const BASE = '/api/fleet/discovery';

/** A person waits so long, in milliseconds; a longer search is answered by where to look. */
const SEARCH_WAIT_MS = 30_000;

const response = {
  200: discoverySchema.describe('Looked through'),
  202: discoveringSchema.describe('The search goes on'),
};

/** Reading what is there and writing it as a fleet. */
export function discoveryRoutes(deps: ApiDeps): FastifyPluginAsyncZod {
  return async (app) => {
    const search = {
      tags: ['fleet'],
      description:
        'Has a worker look through a provider and writes what belongs to weddings as a fleet file, with a mark ' +
        'wherever only a person can know. Changes nothing. A search of more than 30 s is answered 202. Scope ' +
        '`fleet:discover`.',
      body: discoveryBodySchema,
      response: { ...response, ...problems(400, 401, 415, 503) },
    };
    app.post(BASE, { schema: search, ...needs('fleet:discover') }, async (request, reply) => {
      const { provider, regions, tagKey, tagValue } = request.body;
      const asked = { provider, regions, tag: { key: tagKey, value: tagValue ?? null } };
      const id = await createDiscovery(deps.db, asked, request.principal);
      const outcome = await deps.temporal.discoverFleet(id, SEARCH_WAIT_MS);
      if (outcome === 'failed')
        throw new Error(`discovery ${id} ended without findings; its workflow says why`);
      reply.header('location', `${BASE}/${id}`);
      const { code, body } = await answerOf(deps, id);
      return reply.code(code).send(body as never);
    });

    const read = {
      tags: ['fleet'],
      description: 'What a search found, for a day; 202 while it goes on. Scope `fleet:discover`.',
      params: z.object({ id: z.string() }),
      response: { ...response, ...problems(401, 404) },
    };
    app.get(`${BASE}/:id`, { schema: read, ...needs('fleet:discover') }, async (request, reply) => {
      const { code, body } = await answerOf(deps, request.params.id);
      return reply.code(code).send(body as never);
    });
  };
}

/** @throws Problem `not-found` */
async function answerOf(deps: ApiDeps, discoveryId: string): Promise<{ code: 200 | 202; body: object }> {
  const stored = await getDiscovery(deps.db, discoveryId);
  if (!stored)
    throw new Problem('not-found', `There is no search ${discoveryId}, or it is older than a day.`);
  if (stored.outcome) return { code: 200, body: { discoveryId, status: 'ended', ...stored.outcome } };
  const message = `The search has not ended yet; what it finds will be at ${BASE}/${discoveryId}.`;
  return { code: 202, body: { discoveryId, status: 'running', message } };
}
