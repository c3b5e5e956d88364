import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { declaredFleet } from '../../domain/pricing.ts';
import { fleetSchema, parseFleet } from '../../domain/schemas/fleet.ts';
import { currentFleet, FleetConflict, importFleet } from '../../store/fleet.ts';
import { priceBook } from '../../store/prices.ts';
import type { ApiDeps } from '../dependencies.ts';
import { invalidRequest, Problem } from '../problem.ts';
import { problems } from '../schemas/problem.ts';

/** A large fleet is a few megabytes of JSON. */
const FLEET_LIMIT_BYTES = 16 * 1024 * 1024;

const summary = z.object({ targets: z.int(), recordSets: z.int(), hash: z.string() });

/** The declared inventory. */
export function fleetRoutes(deps: ApiDeps): FastifyPluginAsyncZod {
  return async (app) => {
    const put = {
      tags: ['fleet'],
      description: 'Puts a fleet in force, all or nothing; the same fleet again changes nothing.',
      body: fleetSchema,
      response: { 200: summary, ...problems(400, 401, 409, 413, 415) },
    };
    app.put(
      '/api/fleet',
      // The handler names faults of shape and of meaning together.
      { schema: put, bodyLimit: FLEET_LIMIT_BYTES, validatorCompiler: () => (value: unknown) => ({ value }) },
      async (request) => {
        const parsed = parseFleet(request.body, await priceBook(deps.db));
        if (!parsed.ok) throw invalidRequest(parsed.faults);
        const { fleet } = parsed;
        try {
          const { hash } = await importFleet(deps.db, fleet, request.principal);
          return { targets: fleet.targets.length, recordSets: fleet.recordSets.length, hash };
        } catch (error) {
          if (error instanceof FleetConflict) throw new Problem('conflict', `${error.message}.`);
          throw error;
        }
      },
    );

    const get = {
      tags: ['fleet'],
      response: { 200: z.object({ hash: z.string(), fleet: z.unknown() }), ...problems(401, 404) },
    };
    app.get('/api/fleet', { schema: get }, async () => {
      const stored = await currentFleet(deps.db);
      if (!stored) throw new Problem('not-found', 'There is no fleet yet: declare it with PUT /api/fleet.');
      return { hash: stored.hash, fleet: declaredFleet(stored.fleet) };
    });
  };
}
