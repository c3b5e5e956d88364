import type { FastifyInstance } from 'fastify';
import { Problem } from '../problem.ts';

/** Reads JSON bodies; one that is not JSON is refused with the place and a hint. An empty one is `undefined`. */
export function addJsonBody(app: FastifyInstance): void {
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    async (_request: unknown, body: string) => parseJson(body),
  );
}

/** @throws Problem `unreadable-body`. */
export function parseJson(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    const hint = /[:[,]\s*-?(NaN|Infinity)\b/.test(text)
      ? ' NaN and Infinity are not JSON: give a number, or leave the field out.'
      : '';
    throw new Problem('unreadable-body', `The body is not JSON: ${(error as Error).message}.${hint}`);
  }
}
