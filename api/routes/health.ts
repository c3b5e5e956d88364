import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { sql } from 'kysely';
import { z } from 'zod';
import { type ApiDeps, serviceNowMs } from '../dependencies.ts';
import { OPEN } from '../plugins/auth.ts';

/** A dependency slower than this counts as failed, in milliseconds. */
const CHECK_TIMEOUT_MS = 3000;

const dependency = z.object({
  name: z.enum(['postgres', 'temporal']),
  status: z.enum(['ok', 'failed']),
  message: z.string().describe('Why it failed; empty when it is ok.'),
});

const readiness = z.object({ status: z.enum(['ok', 'failed']), dependencies: z.array(dependency) });

/** `/livez`: this process answers. `/readyz`: what it needs answers too, each named; 503 otherwise. */
export function healthRoutes(deps: ApiDeps): FastifyPluginAsyncZod {
  return async (app) => {
    const live = {
      tags: ['service'],
      security: [],
      response: {
        200: z.object({
          status: z.literal('ok'),
          serviceTime: z.iso
            .datetime()
            .describe('What the service takes for now; wall time at time scale 1.'),
        }),
      },
    };
    app.get('/livez', { ...OPEN, schema: live }, async () => ({
      status: 'ok' as const,
      serviceTime: new Date(serviceNowMs(deps)).toISOString(),
    }));

    const ready = { tags: ['service'], security: [], response: { 200: readiness, 503: readiness } };
    app.get('/readyz', { ...OPEN, schema: ready }, async (_request, reply) => {
      const dependencies = await Promise.all([
        check('postgres', () => sql`select 1`.execute(deps.db)),
        check('temporal', () => deps.temporal.check()),
      ]);
      const status = dependencies.every((one) => one.status === 'ok') ? ('ok' as const) : ('failed' as const);
      return reply.code(status === 'ok' ? 200 : 503).send({ status, dependencies });
    });
  };
}

async function check(
  name: 'postgres' | 'temporal',
  ask: () => Promise<unknown>,
): Promise<z.infer<typeof dependency>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`)), CHECK_TIMEOUT_MS);
  });
  try {
    await Promise.race([ask(), late]);
    return { name, status: 'ok', message: '' };
  } catch (error) {
    return { name, status: 'failed', message: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
