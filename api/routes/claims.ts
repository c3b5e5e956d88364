import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { endManualClaims } from '../../store/people.ts';
import type { ApiDeps } from '../dependencies.ts';
import { Problem } from '../problem.ts';
import { problems } from '../schemas/problem.ts';

/** Ends what a person's hand has claimed. Claims of runs end with their run. */
export function claimRoutes(deps: ApiDeps): FastifyPluginAsyncZod {
  return async (app) => {
    const schema = {
      tags: ['claims'],
      description:
        "Ends a manual claim: a value that a person raised by hand and that is kept since. The target's next " +
        'check lowers it to what runs still claim, through the gate.',
      params: z.object({ id: z.string() }),
      response: { 204: z.undefined().describe('Ended'), ...problems(401, 404, 409) },
    };
    app.delete('/api/claims/:id', { schema }, async (request, reply) => {
      await endClaim(deps, request.params.id, request.principal);
      return reply.code(204).send();
    });
  };
}

async function endClaim(deps: ApiDeps, id: string, principal: string): Promise<void> {
  const claim = await deps.db
    .selectFrom('claims')
    .select(['kind', 'state', 'run_id', 'target_id'])
    .where((eb) => eb(eb.cast<string>('id', 'text'), '=', id))
    .executeTakeFirst();
  if (!claim) throw new Problem('not-found', `There is no claim ${id}.`);
  if (claim.kind !== 'manual') {
    const advice = `release that run: POST /api/runs/${claim.run_id}/release`;
    throw new Problem('conflict', `Claim ${id} belongs to run ${claim.run_id}; ${advice}.`);
  }
  if (claim.state === 'released') throw new Problem('conflict', `Claim ${id} has ended already.`);
  await deps.db
    .transaction()
    .execute((tx) => endManualClaims(tx, claim.target_id, `ended by ${principal} over the API`));
}
