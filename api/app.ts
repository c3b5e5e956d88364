import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import type { ApiDeps } from './dependencies.ts';
import { addAuthentication } from './plugins/auth.ts';
import { addCallMetrics } from './plugins/call-metrics.ts';
import { addHttpMetrics } from './plugins/http-metrics.ts';
import { addJsonBody } from './plugins/json-body.ts';
import { addOpenApi } from './plugins/openapi.ts';
import { addProblems, answer } from './plugins/problems.ts';
import { addRunMetrics } from './plugins/run-metrics.ts';
import { addStorableText } from './plugins/storable-text.ts';
import { bookingRoutes } from './routes/bookings.ts';
import { claimRoutes } from './routes/claims.ts';
import { discoveryRoutes } from './routes/discovery.ts';
import { fleetRoutes } from './routes/fleet.ts';
import { healthRoutes } from './routes/health.ts';
import { integrationRoutes } from './routes/integrations.ts';
import { keyRoutes } from './routes/keys.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { observationRoutes } from './routes/observations.ts';
import { planRoutes } from './routes/plans.ts';
import { priceRoutes } from './routes/prices.ts';
import { runActionRoutes } from './routes/run-actions.ts';
import { runEventRoutes } from './routes/run-events.ts';
import { runRoutes } from './routes/runs.ts';
import { scalingRoutes } from './routes/scaling.ts';
import { scheduleRoutes } from './routes/schedules.ts';

/** Largest body of a route that says nothing else, in bytes. */
export const BODY_LIMIT_BYTES = 1024 * 1024;

const ROUTES = [
  scalingRoutes,
  runRoutes,
  runEventRoutes,
  runActionRoutes,
  planRoutes,
  fleetRoutes,
  discoveryRoutes,
  priceRoutes,
  bookingRoutes,
  observationRoutes,
  claimRoutes,
  scheduleRoutes,
  integrationRoutes,
  keyRoutes,
  healthRoutes,
  metricsRoutes,
] as const;

/** The API, ready for `listen` or `inject`. Closing it ends open event streams; its dependencies stay open. */
export async function buildApp(deps: ApiDeps): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: deps.log as FastifyBaseLogger,
    bodyLimit: BODY_LIMIT_BYTES,
    disableRequestLogging: true,
    forceCloseConnections: true,
    frameworkErrors: (error, request, reply) => {
      void answer(error, request, reply);
    },
  });
  app.setValidatorCompiler(validatorCompiler);
  // Response schemas describe and are tested; they do not filter, so that an answer is never lost to them.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  addProblems(app);
  addJsonBody(app);
  addHttpMetrics(app, deps.metrics);
  addRunMetrics(deps);
  addCallMetrics(deps);
  addAuthentication(app, deps);
  addStorableText(app);
  await addOpenApi(app);
  for (const routes of ROUTES) await app.register(routes(deps));
  await app.ready();
  return app;
}
