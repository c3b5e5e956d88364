import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { ApiDeps } from '../dependencies.ts';

/**
 * `/metrics` in Prometheus' text format. Open without a key where the service listens on loopback only, as
 * Prometheus users expect; on any other address it asks for the key unless configured otherwise (config.ts).
 */
export function metricsRoutes(deps: ApiDeps): FastifyPluginAsyncZod {
  return async (app) => {
    const schema = { tags: ['service'], description: 'Prometheus metrics, text format.' };
    app.get('/metrics', { config: { open: deps.metricsOpen }, schema }, async (_request, reply) => {
      const text = await deps.metrics.metrics();
      return reply.header('content-type', deps.metrics.contentType).serializer(String).send(text);
    });
  };
}
