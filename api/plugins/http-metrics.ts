import type { FastifyInstance } from 'fastify';
import { Histogram, type Registry } from 'prom-client';

const NAME = 'wedscale_http_request_duration_seconds';

/** Counts and times requests by route, method and status. Event streams count when they end. */
export function addHttpMetrics(app: FastifyInstance, registry: Registry): void {
  const existing = registry.getSingleMetric(NAME) as Histogram | undefined;
  const duration =
    existing ??
    new Histogram({
      name: NAME,
      help: 'Time from request to answer, in seconds',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers: [registry],
    });
  app.addHook('onResponse', async (request, reply) => {
    duration.observe(
      { method: request.method, route: request.routeOptions.url ?? 'none', status: reply.statusCode },
      reply.elapsedTime / 1000,
    );
  });
}
