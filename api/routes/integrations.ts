import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { cloudProviderSchema } from '../../domain/schemas/cloud-provider.ts';
import type { ApiDeps } from '../dependencies.ts';
import {
  connectProvider,
  disconnectProvider,
  integrationStatus,
  knownIntegration,
  listIntegrations,
} from '../integrations.ts';
import { needs } from '../plugins/auth.ts';
import { connectedSchema, integrationSchema, statusSchema, testingSchema } from '../schemas/integration.ts';
import { problems } from '../schemas/problem.ts';

const BASE = '/api/integrations/scalability';
const PROVIDERS = `${BASE}/cloud-providers`;
const tags = ['integrations'];
const params = z.object({ id: z.string() });

/** Leaves the body to the handler, which names faults of shape and of meaning together. */
const unchecked = () => (value: unknown) => ({ value });

/** Connecting providers, and whether what is connected works. */
export function integrationRoutes(deps: ApiDeps): FastifyPluginAsyncZod {
  return async (app) => {
    const connect = {
      tags,
      description:
        'Connects a provider: seals its credentials, then has a worker test it for real. Of a provider one ' +
        'integration is used; a new one takes over when its test succeeds. While the service is all sandbox the ' +
        'test goes there, with stand-in credentials. A test of more than 30 s is answered 202. Scope ' +
        '`cloud-providers:write`.',
      body: cloudProviderSchema,
      response: {
        200: connectedSchema.describe('Tested, and not used: credentials are forgotten'),
        201: connectedSchema.describe('Connected'),
        202: testingSchema.describe('The test goes on'),
        ...problems(400, 401, 409, 413, 415, 503),
      },
    };
    app.post(
      PROVIDERS,
      { schema: connect, validatorCompiler: unchecked, ...needs('cloud-providers:write') },
      async (request, reply) => {
        const outcome = await connectProvider(deps, request.body, request.principal);
        if (outcome.status === 'tested') {
          const { body, connected } = outcome;
          reply.header('location', `${PROVIDERS}/${body.integrationId}`);
          return reply.code(connected ? 201 : 200).send(body as z.output<typeof connectedSchema>);
        }
        const { integrationId } = outcome;
        const where = `${PROVIDERS}/${integrationId}`;
        const message = `The test has not ended yet; what it finds will be at ${where}.`;
        reply.header('location', where);
        return reply.code(202).send({ integrationId, status: 'testing' as const, message });
      },
    );

    const list = {
      tags,
      description: 'Providers in use or being tested, each with its last test. Scope `cloud-providers:read`.',
      response: { 200: z.object({ cloudProviders: z.array(integrationSchema) }), ...problems(401) },
    };
    app.get(PROVIDERS, { schema: list, ...needs('cloud-providers:read') }, async () => {
      const cloudProviders = await listIntegrations(deps);
      return { cloudProviders: cloudProviders as z.output<typeof integrationSchema>[] };
    });

    const one = {
      tags,
      description: 'One integration, ended ones too. Scope `cloud-providers:read`.',
      params,
      response: { 200: integrationSchema, ...problems(401, 404) },
    };
    app.get(`${PROVIDERS}/:id`, { schema: one, ...needs('cloud-providers:read') }, async (request) => {
      return (await knownIntegration(deps, request.params.id)) as z.output<typeof integrationSchema>;
    });

    const remove = {
      tags,
      description:
        "Disconnects a provider and forgets its credentials; its clients use the SDK's own chain within a minute. " +
        'Scope `cloud-providers:write`.',
      params,
      response: { 204: z.undefined().describe('Disconnected'), ...problems(401, 404, 409) },
    };
    app.delete(
      `${PROVIDERS}/:id`,
      { schema: remove, ...needs('cloud-providers:write') },
      async (request, reply) => {
        await disconnectProvider(deps, request.params.id, request.principal);
        return reply.code(204).send();
      },
    );

    const status = {
      tags,
      description:
        'Whether what is connected works, by tests made every 5 minutes; one older than 15 minutes counts for ' +
        'nothing. Scope `integrations:read`.',
      response: { 200: statusSchema, ...problems(401) },
    };
    app.get(`${BASE}/status`, { schema: status, ...needs('integrations:read') }, async () => {
      return (await integrationStatus(deps)) as z.output<typeof statusSchema>;
    });
  };
}
