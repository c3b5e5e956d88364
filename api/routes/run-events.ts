import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiDeps } from '../dependencies.ts';
import { feedEvents, feedState } from '../event-feed.ts';
import { invalidRequest, Problem } from '../problem.ts';
import { problems } from '../schemas/problem.ts';

/** How long a client waits before it comes back after a broken connection, in milliseconds. */
const RECONNECT_MS = 2000;

/** Server-sent events of a run, from its journal. */
export function runEventRoutes(deps: ApiDeps): FastifyPluginAsyncZod {
  return async (app) => {
    const closing = new AbortController();
    app.addHook('preClose', async () => closing.abort());
    const schema = {
      tags: ['runs'],
      description:
        "The run's journal as server-sent events, from its beginning or after `Last-Event-ID`. Each event's data " +
        'is `{seq, at, kind, key, body}`. An event named `end` closes the stream when the run is final and its ' +
        'hold is over; coming back after that answers 204.',
      params: z.object({ id: z.string() }),
      headers: z.object({ 'last-event-id': z.string().optional() }),
      response: {
        200: { description: 'Events', content: { 'text/event-stream': { schema: z.string() } } },
        204: z.undefined().describe('Nothing follows what was already seen, and nothing will'),
        ...problems(400, 401, 404),
      },
    };
    app.get('/api/runs/:id/events', { schema }, async (request, reply) => {
      const afterSeq = seqOf(request.headers['last-event-id']);
      const state = await feedState(deps.db, request.params.id);
      if (!state) throw new Problem('not-found', `There is no run ${request.params.id}; see GET /api/runs.`);
      if (afterSeq > state.lastSeq) throw noSuchEvent(String(afterSeq), `; its last one is ${state.lastSeq}`);
      if (afterSeq > 0 && state.over && afterSeq >= state.lastSeq) return reply.code(204).send();
      reply.hijack();
      const response = reply.raw;
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      response.on('error', () => gone.abort());
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      response.write(`retry: ${RECONNECT_MS}\n\n`);
      const signal = AbortSignal.any([gone.signal, closing.signal]);
      await feedEvents(deps.db, request.params.id, afterSeq, response, signal).catch((error: unknown) =>
        request.log.warn({ err: error }, 'event stream broken off; the client comes back'),
      );
      response.end();
      return reply;
    });
  };
}

function seqOf(lastEventId: string | undefined): number {
  if (lastEventId === undefined || lastEventId === '') return 0;
  const seq = Number(lastEventId);
  if (Number.isSafeInteger(seq) && seq >= 0) return seq;
  throw noSuchEvent(lastEventId);
}

function noSuchEvent(lastEventId: string, rest = ''): Problem {
  const message = `must be the id of an event of this run, is ${lastEventId}${rest}`;
  return invalidRequest([{ path: 'headers.last-event-id', message }]);
}
