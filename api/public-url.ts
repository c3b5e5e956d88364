import type { FastifyRequest } from 'fastify';

/** Origin under which the caller reached us, for links in answers. */
export function publicUrl(request: FastifyRequest): string {
  return `${request.protocol}://${request.host}`;
}
