import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { isGranted, SCOPES, type Scope } from '../../domain/scopes.ts';
import { createApiKey, listApiKeys, revokeApiKey } from '../../store/api-keys.ts';
import type { ApiDeps } from '../dependencies.ts';
import { needs } from '../plugins/auth.ts';
import { invalidRequest, Problem } from '../problem.ts';
import { problems } from '../schemas/problem.ts';

const tags = ['keys'];
const scope = z.enum(['*', ...SCOPES]);

const body = z.strictObject({
  name: z.string().trim().min(1).max(80).describe('For people.'),
  scopes: z.array(scope).min(1).describe('What the key is for; `*` is everything.'),
});

const listed = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  createdAt: z.iso.datetime(),
});

/** Keys of the API; each is for the scopes it was made with. */
export function keyRoutes(deps: ApiDeps): FastifyPluginAsyncZod {
  return async (app) => {
    const create = {
      tags,
      description:
        'Makes a key, for no more than the asking key is for. Shown only this once. Scope `keys:write`.',
      body,
      response: { 201: z.object({ id: z.string(), key: z.string() }), ...problems(400, 401, 415) },
    };
    app.post('/api/keys', { schema: create, ...needs('keys:write') }, async (request, reply) => {
      const { name, scopes } = request.body;
      refuseMore(request.scopes, scopes);
      return reply.code(201).send(await createApiKey(deps.db, name, scopes));
    });

    const list = {
      tags,
      description: 'Keys in force, none of them readable. Scope `keys:read`.',
      response: { 200: z.object({ keys: z.array(listed) }), ...problems(401) },
    };
    app.get('/api/keys', { schema: list, ...needs('keys:read') }, async () => {
      const keys = await listApiKeys(deps.db);
      return {
        keys: keys.map(({ id, name, scopes, createdAt }) => {
          return { id, name, scopes: [...scopes], createdAt: createdAt.toISOString() };
        }),
      };
    });

    const remove = {
      tags,
      description: 'Ends a key; it may be taken for a few seconds more. Scope `keys:write`.',
      params: z.object({ id: z.string() }),
      response: { 204: z.undefined().describe('Revoked'), ...problems(401, 404, 409) },
    };
    app.delete('/api/keys/:id', { schema: remove, ...needs('keys:write') }, async (request, reply) => {
      const { id } = request.params;
      await refuseLast(deps, id);
      if (!(await revokeApiKey(deps.db, id))) {
        throw new Problem('not-found', `There is no key ${id} in force; see GET /api/keys.`);
      }
      return reply.code(204).send();
    });
  };
}

/** Nobody makes a key that may do more than his own. */
function refuseMore(own: readonly string[], asked: readonly (Scope | '*')[]): void {
  const faults = asked.flatMap((one, index) => {
    const held = one === '*' ? own.includes('*') : isGranted(own, one);
    return held ? [] : [{ path: `scopes.${index}`, message: `${one} is more than the asking key is for` }];
  });
  if (faults.length > 0) throw invalidRequest(faults);
}

/** Without a key for everything nobody could make another one. */
async function refuseLast(deps: ApiDeps, id: string): Promise<void> {
  const forEverything = (await listApiKeys(deps.db)).filter(({ scopes }) => scopes.includes('*'));
  if (forEverything.length !== 1 || forEverything[0]?.id !== id) return;
  throw new Problem('conflict', `Key ${id} is the last one for everything; make another one first.`);
}
