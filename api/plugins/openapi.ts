import swagger from '@fastify/swagger';
import reference from '@scalar/fastify-api-reference';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform } from 'fastify-type-provider-zod';
import { OPEN } from './auth.ts';

/** Version of the wire contract; grows when an answer or a request changes its shape. */
export const API_VERSION = '0.1.0';

const DESCRIPTION =
  'Gets a wedding platform ready for its season across AWS, Google Cloud, Azure and Kubernetes. Every request ' +
  'that starts something answers 202 with the address of its run; refusals are problem details (RFC 9457) that ' +
  'name every fault at once.';

/** OpenAPI 3.1 at `/openapi.json`, derived from the routes' schemas; a page to read it at `/docs`, offline. */
export async function addOpenApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'WedSync Scale', version: API_VERSION, description: DESCRIPTION },
      components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
      security: [{ apiKey: [] }],
    },
    transform: createJsonSchemaTransform({ zodToJsonConfig: { unrepresentable: 'any' } }),
  });
  app.get('/openapi.json', { ...OPEN, schema: { hide: true } }, async () => app.swagger());
  await app.register(reference, {
    routePrefix: '/docs',
    configuration: {
      url: '/openapi.json',
      withDefaultFonts: false,
      telemetry: false,
      agent: { disabled: true },
    },
  });
}
