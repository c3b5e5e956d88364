import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type HoldStatus, RUN_STATUSES, type RunStatus } from '../../domain/report.ts';
import { buildRunReport } from '../../store/report.ts';
import { listRuns, type Run } from '../../store/runs.ts';
import type { ApiDeps } from '../dependencies.ts';
import { Problem } from '../problem.ts';
import { publicUrl } from '../public-url.ts';
import { problems } from '../schemas/problem.ts';
import { runReportSchema, runSummarySchema } from '../schemas/run-report.ts';

const listQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: z.string().optional().describe('Id of a run; only older ones are listed.'),
  status: z.enum(RUN_STATUSES).optional(),
  kind: z.enum(['season', 'weddingDay']).optional(),
});

/** Runs as they stand, folded from the journal. */
export function runRoutes(deps: ApiDeps): FastifyPluginAsyncZod {
  return async (app) => {
    const list = {
      tags: ['runs'],
      description: 'Runs, newest first.',
      querystring: listQuery,
      response: {
        200: z.object({ runs: z.array(runSummarySchema), next: z.string().nullable() }),
        ...problems(400, 401),
      },
    };
    app.get('/api/runs', { schema: list }, async (request) => {
      const { limit, before, status, kind } = request.query;
      const filter = { limit, ...(before && { before }), ...(status && { status }), ...(kind && { kind }) };
      const runs = await listRuns(deps.db, filter);
      const last = runs.length === limit ? runs.at(-1) : undefined;
      return { runs: runs.map(summaryOf), next: last ? `/api/runs?limit=${limit}&before=${last.id}` : null };
    });

    const one = {
      tags: ['runs'],
      description: 'The report of a run: what was done, to what, by how much, at what cost, in which time.',
      params: z.object({ id: z.string() }),
      response: { 200: runReportSchema, ...problems(400, 401, 404) },
    };
    app.get('/api/runs/:id', { schema: one }, async (request) => {
      const { environment, webUiUrl } = deps;
      const apiBaseUrl = publicUrl(request);
      const report = await buildRunReport(deps.db, request.params.id, { apiBaseUrl, webUiUrl, environment });
      if (!report) throw new Problem('not-found', `There is no run ${request.params.id}; see GET /api/runs.`);
      return report;
    });
  };
}

function summaryOf(run: Run): z.infer<typeof runSummarySchema> {
  return {
    runId: run.id,
    kind: run.kind,
    status: run.status as RunStatus,
    holdStatus: run.hold_status as HoldStatus | null,
    dryRun: run.dry_run,
    planId: run.plan_id,
    startsAt: run.starts_at.toISOString(),
    endsAt: run.ends_at.toISOString(),
    createdAt: run.created_at.toISOString(),
    finishedAt: run.finished_at?.toISOString() ?? null,
  };
}
