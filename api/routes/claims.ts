import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { lastRunOn, seasonOf } from '../../store/holds.ts';
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
        'Ends a manual claim: a value that a person raised by hand and that is kept since. The hold of a run that ' +
        'claimed the target, open or started again for it, lowers it to what is still asked for, through the gate.',
      params: z.object({ id: z.string() }),
      response: { 204: z.undefined().describe('Ended'), ...problems(400, 401, 404, 409) },
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
  await handToHold(deps, claim.target_id);
}

/** Somebody has to lower the target: the hold of the run that claimed it last finds it among what it let go. */
async function handToHold(deps: ApiDeps, targetId: string): Promise<void> {
  const run = await lastRunOn(deps.db, targetId);
  if (!run) return;
  const { id: runId, hold_workflow_id: holdWorkflowId } = run;
  const hold = { runId, holdWorkflowId, season: seasonOf(run) };
  await deps.temporal.ensureHold(hold);
  const request = { name: 'undoTargets', targetIds: [targetId] } as const;
  const sent = await deps.temporal.signalHold(holdWorkflowId, request);
  // It ended in between; one that starts afresh finds the target by itself.
  if (sent === 'notFound') await deps.temporal.ensureHold(hold);
}
