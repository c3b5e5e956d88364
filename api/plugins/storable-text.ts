import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { invalidRequest } from '../problem.ts';
import { unstorableTexts } from '../storable-text.ts';

/** Refuses texts that cannot be stored, wherever a request carries them; uploads are looked at record by record. */
export function addStorableText(app: FastifyInstance): void {
  app.addHook('preValidation', async ({ body, params, query }) => {
    const faults = [
      ...unstorableTexts(params, 'params'),
      ...unstorableTexts(query, 'query'),
      ...(body instanceof Readable ? [] : unstorableTexts(body)),
    ];
    if (faults.length > 0) throw invalidRequest(faults);
  });
}
