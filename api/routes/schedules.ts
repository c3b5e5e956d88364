import { randomBytes } from 'node:crypto';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiDeps } from '../dependencies.ts';
import { invalidRequest, Problem } from '../problem.ts';
import { parseTemplate } from '../requests.ts';
import { problems } from '../schemas/problem.ts';
import { scheduleBodySchema, scheduleListEntrySchema, scheduleViewSchema } from '../schemas/schedule.ts';
import { type ScheduleDefinition, ScheduleRefused, type ScheduleTimes } from '../temporal.ts';

const params = z.object({ id: z.string() });
const tags = ['schedules'];

/** Schedules that start runs: real Temporal Schedules, with zone, catch-up window and overlap always set. */
export function scheduleRoutes(deps: ApiDeps): FastifyPluginAsyncZod {
  return async (app) => {
    const create = {
      tags,
      description: 'Creates a schedule; each time it fires, one run is accepted and started.',
      body: scheduleBodySchema,
      response: { 201: scheduleViewSchema, ...problems(400, 401, 409, 415, 503) },
    };
    app.post('/api/schedules', { schema: create }, async (request, reply) => {
      const definition = await definitionOf(deps, request.body, request.principal);
      await createSchedule(deps, definition);
      const view = await existing(deps, definition.id);
      return reply.code(201).header('location', `/api/schedules/${definition.id}`).send(view);
    });

    const list = {
      tags,
      description: 'All schedules; a fresh one may take a moment to appear.',
      response: { 200: z.object({ schedules: z.array(scheduleListEntrySchema) }), ...problems(401, 503) },
    };
    app.get('/api/schedules', { schema: list }, async () => ({
      schedules: [...(await deps.temporal.listSchedules())].map((entry) => ({
        ...entry,
        nextAt: [...entry.nextAt],
      })),
    }));

    const one = { tags, params, response: { 200: scheduleViewSchema, ...problems(400, 401, 404, 503) } };
    app.get('/api/schedules/:id', { schema: one }, async (request) => existing(deps, request.params.id));

    const remove = {
      tags,
      description: 'Ends the schedule; runs it started go on.',
      params,
      response: { 204: z.undefined().describe('Deleted'), ...problems(400, 401, 404, 503) },
    };
    app.delete('/api/schedules/:id', { schema: remove }, async (request, reply) => {
      const { id } = request.params;
      if ((await deps.temporal.deleteSchedule(id)) === 'notFound') throw missing(id);
      return reply.code(204).send();
    });

    const trigger = {
      tags,
      description: 'Fires the schedule once now, by its overlap rule.',
      params,
      response: { 202: z.object({ id: z.string(), message: z.string() }), ...problems(400, 401, 404, 503) },
    };
    app.post('/api/schedules/:id/trigger', { schema: trigger }, async (request, reply) => {
      const { id } = request.params;
      if ((await deps.temporal.triggerSchedule(id)) === 'notFound') throw missing(id);
      return reply.code(202).send({ id, message: `Schedule ${id} fires; its run appears under /api/runs.` });
    });
  };
}

async function definitionOf(
  deps: ApiDeps,
  body: z.output<typeof scheduleBodySchema>,
  principal: string,
): Promise<ScheduleDefinition> {
  const { cron, calendar, id, ...rest } = body;
  const faults = await parseTemplate(deps, body.kind, body.request);
  if (faults.length > 0) {
    throw invalidRequest(faults.map((fault) => ({ ...fault, path: `request.${fault.path}` })));
  }
  // The schema has seen to it that one of both is there.
  const times = (cron === undefined ? { calendar } : { cron }) as ScheduleTimes;
  return { ...rest, id: id ?? `schedule-${randomBytes(6).toString('hex')}`, times, principal };
}

async function createSchedule(deps: ApiDeps, definition: ScheduleDefinition): Promise<void> {
  try {
    if ((await deps.temporal.createSchedule(definition)) === 'created') return;
  } catch (error) {
    if (!(error instanceof ScheduleRefused)) throw error;
    const path = 'cron' in definition.times ? 'cron' : 'calendar';
    throw invalidRequest([{ path, message: `Temporal does not take it: ${error.message}` }]);
  }
  throw new Problem(
    'conflict',
    `Schedule ${definition.id} exists already; delete it first, or give another id.`,
  );
}

async function existing(deps: ApiDeps, id: string): Promise<z.output<typeof scheduleViewSchema>> {
  const view = await deps.temporal.getSchedule(id);
  if (!view) throw missing(id);
  return view as z.output<typeof scheduleViewSchema>;
}

function missing(id: string): Problem {
  return new Problem('not-found', `There is no schedule ${id}; see GET /api/schedules.`);
}
