import type { FastifyInstance, FastifyRequest } from 'fastify';
import { verifyApiKey } from '../../store/api-keys.ts';
import type { ApiDeps } from '../dependencies.ts';
import { Problem } from '../problem.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; empty on open routes. */
    principal: string;
  }
  interface FastifyContextConfig {
    /** Answers without a key. Default false. */
    open?: boolean;
  }
}

/** Route configuration of what anybody may read. */
export const OPEN = { config: { open: true } } as const;

/** Asks every route for `Authorization: Bearer <key>` unless its configuration says `open`. */
export function addAuthentication(app: FastifyInstance, deps: Pick<ApiDeps, 'db'>): void {
  app.decorateRequest('principal', '');
  app.addHook('onRequest', async (request) => {
    if (isOpen(request)) return;
    const key = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    if (!key) throw new Problem('unauthorized', 'Send the API key as "Authorization: Bearer <key>".');
    const owner = await verifyApiKey(deps.db, key);
    if (!owner) throw new Problem('unauthorized', 'This API key is not known or has been revoked.');
    request.principal = owner.principal;
  });
}

/** The reference page brings its own routes, which take no configuration of ours. */
function isOpen(request: FastifyRequest): boolean {
  if (request.is404 || request.routeOptions.config.open === true) return true;
  const url = request.routeOptions.url ?? '';
  return url === '/docs' || url.startsWith('/docs/');
}
