import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { nearestIds } from '../../domain/explanation/nearest-ids.ts';
import type { PlanGrounds } from '../../domain/explanation/plan-grounds.ts';
import { costliestStep, explainableTargets, whyFloor } from '../../domain/explanation/why-floor.ts';
import { whyInWords } from '../../domain/explanation/why-in-words.ts';
import type { HoldStatus, RunStatus } from '../../domain/report.ts';
import { listRunsWithPlan, readPlanGrounds } from '../../store/plan-grounds.ts';
import { getPlan } from '../../store/plans.ts';
import { getRun, type Run } from '../../store/runs.ts';
import type { ApiDeps } from '../dependencies.ts';
import { pageWorker } from '../pages/page-worker.ts';
import { invalidRequest, Problem } from '../problem.ts';
import { whySchema } from '../schemas/plan-explanation.ts';
import { problems } from '../schemas/problem.ts';
import { runSummarySchema } from '../schemas/run-report.ts';

const planSchema = z.object({
  id: z.string().describe('SHA-256 of the canonical JSON (RFC 8785) of `content`.'),
  kind: z.enum(['season', 'weddingDay']),
  createdByRun: z.string(),
  createdAt: z.iso.datetime(),
  content: z.unknown(),
});

const listedPlan = z.object({
  id: z.string(),
  ...runSummarySchema.pick({ runId: true, kind: true, status: true, holdStatus: true, dryRun: true }).shape,
  createdAt: z.iso.datetime().describe('Of the run.'),
});

const listQuery = z.strictObject({
  target: z.string().min(1).optional().describe('Only plans that give this target a floor.'),
  inForce: z.stringbool().default(false).describe('Only plans whose run still holds what it made ready.'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

const whyQuery = z.strictObject({
  target: z.string().min(1).describe('Id of a scaling target.'),
  step: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe('0-based. Default the step in which the target costs most.'),
});

const params = z.object({ id: z.string() });

/** Plans as they were stored: immutable, whole; why each number is what it is; and a page to read. */
export function planRoutes(deps: ApiDeps): FastifyPluginAsyncZod {
  return async (app) => {
    const list = {
      tags: ['plans'],
      description: 'Plans with the runs that made or carried them out, newest run first.',
      querystring: listQuery,
      response: { 200: z.object({ plans: z.array(listedPlan) }), ...problems(400, 401) },
    };
    app.get('/api/plans', { schema: list }, async (request) => {
      const { target, inForce, limit } = request.query;
      const runs = await listRunsWithPlan(deps.db, { limit, inForce, ...(target && { targetId: target }) });
      return { plans: runs.map(listedOf) };
    });

    const one = {
      tags: ['plans'],
      description: 'A plan as it was stored.',
      params,
      response: { 200: planSchema, ...problems(400, 401, 404) },
    };
    app.get('/api/plans/:id', { schema: one }, async (request) => {
      const plan = await getPlan(deps.db, request.params.id);
      const run = plan && (await getRun(deps.db, plan.createdByRun));
      if (!plan || !run) throw noPlan(request.params.id);
      const { id, createdByRun, createdAt, content } = plan;
      return { id, kind: run.kind, createdByRun, createdAt: createdAt.toISOString(), content };
    });

    const why = {
      tags: ['plans'],
      description:
        'Why a floor is what it is: from bookings to demand, quantile, sizing and units, what it costs, what stands ' +
        'in the way of a cheaper plan, and the next best.',
      params,
      querystring: whyQuery,
      response: { 200: whySchema, ...problems(400, 401, 404) },
    };
    app.get('/api/plans/:id/why', { schema: why }, async (request) => {
      const grounds = await groundsOf(deps, request.params.id);
      const { target, step = costliestStep(grounds, target) } = request.query;
      const explained = whyFloor(grounds, target, step);
      if (!explained) throw notExplained(grounds, target, step);
      return { ...explained, passages: whyInWords(explained) };
    });

    const page = {
      tags: ['plans'],
      description: 'A plan as a page to read: one HTML file that asks nothing of anybody.',
      params,
      response: {
        200: { description: 'The page', content: { 'text/html': { schema: z.string() } } },
        ...problems(400, 401, 404),
      },
    };
    const pages = pageWorker();
    app.addHook('onClose', () => pages.close());
    app.get('/api/plans/:id/page', { schema: page }, async (request, reply) => {
      const { html, contentSecurityPolicy } = await pages.draw(await groundsOf(deps, request.params.id));
      return reply
        .header('content-type', 'text/html; charset=utf-8')
        .header('content-security-policy', contentSecurityPolicy)
        .header('x-content-type-options', 'nosniff')
        .header('referrer-policy', 'no-referrer')
        .serializer(String)
        .send(html);
    });
  };
}

/** @throws Problem `not-found`. */
async function groundsOf(deps: ApiDeps, planId: string): Promise<PlanGrounds> {
  const grounds = await readPlanGrounds(deps.db, planId);
  if (!grounds) throw noPlan(planId);
  return grounds;
}

function noPlan(id: string): Problem {
  return new Problem('not-found', `There is no plan ${id}.`);
}

function notExplained(grounds: PlanGrounds, target: string, step: number): Problem {
  const known = explainableTargets(grounds);
  if (known.includes(target)) {
    const { steps } = grounds.content;
    const message = `the plan has steps 0 to ${steps.length - 1}, not ${step}`;
    return invalidRequest([{ path: 'query.step', message }]);
  }
  const nearest = nearestIds(target, known);
  const detail =
    nearest.length > 0
      ? `The plan has no target ${target}; the nearest it has: ${nearest.join(', ')}.`
      : `The plan has no target ${target}, nor any other.`;
  return new Problem('not-found', detail);
}

function listedOf(run: Run): z.infer<typeof listedPlan> {
  return {
    id: run.plan_id ?? '',
    runId: run.id,
    kind: run.kind,
    status: run.status as RunStatus,
    holdStatus: run.hold_status as HoldStatus | null,
    dryRun: run.dry_run,
    createdAt: run.created_at.toISOString(),
  };
}
