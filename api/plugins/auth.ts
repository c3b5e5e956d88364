import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isGranted, type Scope } from '../../domain/scopes.ts';
import { verifyApiKey } from '../../store/api-keys.ts';
import type { ApiDeps } from '../dependencies.ts';
import { Problem } from '../problem.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; empty on open routes. */
    principal: string;
    /** What the key is for; empty on open routes. */
    scopes: readonly string[];
  }
  interface FastifyContextConfig {
    /** Answers without a key. Default false. */
    open?: boolean;
    /** What the key must be for. Default `service`. */
    scope?: Scope;
  }
}

/** Route configuration of what anybody may read. */
export const OPEN = { config: { open: true } } as const;

/** Route configuration of what a key must be for. */
export function needs(scope: Scope): { readonly config: { readonly scope: Scope } } {
  return { config: { scope } };
}

/**
 * Asks every route for `Authorization: Bearer <key>` unless its configuration says `open`, and the key for the
 * scope that the configuration names.
 */
export function addAuthentication(app: FastifyInstance, deps: Pick<ApiDeps, 'db'>): void {
  app.decorateRequest('principal', '');
  app.decorateRequest('scopes');
  app.addHook('onRequest', async (request) => {
    request.scopes = [];
    if (isOpen(request)) return;
    const key = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    if (!key) throw new Problem('unauthorized', 'Send the API key as "Authorization: Bearer <key>".');
    const owner = await verifyApiKey(deps.db, key);
    if (!owner) throw new Problem('unauthorized', 'This API key is not known or has been revoked.');
    const { scope = 'service' } = request.routeOptions.config;
    if (!isGranted(owner.scopes, scope)) {
      const detail = `This API key is not for ${scope}. Ask for one that is: wedscale keys create --scope ${scope}.`;
      throw new Problem('forbidden', detail);
    }
    request.principal = owner.principal;
    request.scopes = owner.scopes;
  });
}

/** The reference page brings its own routes, which take no configuration of ours. */
function isOpen(request: FastifyRequest): boolean {
  if (request.is404 || request.routeOptions.config.open === true) return true;
  const url = request.routeOptions.url ?? '';
  return url === '/docs' || url.startsWith('/docs/');
}
