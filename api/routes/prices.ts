import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { PROVIDERS } from '../../domain/providers.ts';
import { createRefresh, getRefresh, readPrices } from '../../store/prices.ts';
import type { ApiDeps } from '../dependencies.ts';
import { Problem } from '../problem.ts';
import { problems } from '../schemas/problem.ts';

const BASE = '/api/prices/refresh';

/** A person waits so long, in milliseconds; a longer refresh is answered by where to look. */
const REFRESH_WAIT_MS = 30_000;

const thing = z.strictObject({
  provider: z.enum(PROVIDERS),
  region: z.string().regex(/^[a-z0-9][a-z0-9-]{1,60}$/, 'must be a region, e.g. eu-west-1'),
  type: z.string().min(1).max(100).describe("The vendor's name, as `instanceType` of a target."),
  engine: z.string().max(100).default('').describe('Of a database class or cache node type.'),
});

const body = z.strictObject({
  things: z
    .array(thing)
    .min(1)
    .max(500)
    .optional()
    .describe('Default what the fleet in force leaves to be looked up.'),
});

const ended = z.object({
  refreshId: z.string(),
  status: z.literal('ended'),
  providers: z.array(
    z.object({
      provider: z.enum(PROVIDERS),
      status: z.enum(['refreshed', 'partial', 'failed', 'unsupported', 'unconnected']),
      prices: z.int(),
      unknown: z.array(z.string()).describe('What the vendor has no price of.'),
      message: z.string().optional(),
    }),
  ),
});

const response = {
  200: ended.describe('Read as far as could be'),
  202: z.object({ refreshId: z.string(), status: z.literal('running'), message: z.string() }),
};

const price = z.object({
  provider: z.string(),
  region: z.string(),
  type: z.string(),
  engine: z.string(),
  usdPerHour: z.number(),
  spotUsdPerHour: z.number().nullable(),
  asOf: z.string(),
  source: z.string(),
});

/** Prices read from vendors, and reading them anew. */
export function priceRoutes(deps: ApiDeps): FastifyPluginAsyncZod {
  return async (app) => {
    const post = {
      tags: ['fleet'],
      description:
        'Has a worker read list prices from the vendors. They count where they are newer than the tables of this ' +
        'release; what cannot be read keeps its price. A refresh of more than 30 s is answered 202.',
      body,
      response: { ...response, ...problems(400, 401, 415, 503) },
    };
    app.post(BASE, { schema: post }, async (request, reply) => {
      const id = await createRefresh(deps.db, request.body.things ?? null, request.principal);
      const outcome = await deps.temporal.refreshPrices(id, REFRESH_WAIT_MS);
      if (outcome === 'failed')
        throw new Error(`price refresh ${id} ended without an outcome; its workflow says why`);
      reply.header('location', `${BASE}/${id}`);
      const answer = await answerOf(deps, id);
      return reply.code(answer.code).send(answer.body as never);
    });

    const read = {
      tags: ['fleet'],
      description: 'What a refresh came to, for 30 days; 202 while it goes on.',
      params: z.object({ id: z.string() }),
      response: { ...response, ...problems(401, 404) },
    };
    app.get(`${BASE}/:id`, { schema: read }, async (request, reply) => {
      const answer = await answerOf(deps, request.params.id);
      return reply.code(answer.code).send(answer.body as never);
    });

    const list = {
      tags: ['fleet'],
      description: 'Prices that were read from vendors, each with its day and source.',
      response: { 200: z.object({ prices: z.array(price) }), ...problems(401) },
    };
    app.get('/api/prices', { schema: list }, async () => ({ prices: [...(await readPrices(deps.db))] }));
  };
}

/** @throws Problem `not-found` */
async function answerOf(deps: ApiDeps, refreshId: string): Promise<{ code: 200 | 202; body: object }> {
  const stored = await getRefresh(deps.db, refreshId);
  if (!stored)
    throw new Problem('not-found', `There is no refresh ${refreshId}, or it is older than 30 days.`);
  if (stored.outcome) return { code: 200, body: { refreshId, status: 'ended', ...stored.outcome } };
  const message = `The refresh has not ended yet; what it comes to will be at ${BASE}/${refreshId}.`;
  return { code: 202, body: { refreshId, status: 'running', message } };
}
