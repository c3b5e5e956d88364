import { z } from 'zod';

/** RFC 9457 problem details as every refusal is answered. */
export const problemSchema = z.object({
  type: z.string().describe('`urn:wedscale:problem:<code>`; stable, to branch on.'),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe('What happened and what to do next.'),
  instance: z.string().describe('Finds this answer in the logs.'),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

const content = { content: { 'application/problem+json': { schema: problemSchema } } };

/** The problems a route can answer, for its `response` schema; one that asks for a key may refuse its scopes too. */
export function problems<S extends number>(...statuses: S[]): Record<S, ProblemResponse> {
  const all: readonly number[] = (statuses as number[]).includes(401) ? [...statuses, 403] : statuses;
  return Object.fromEntries(
    all.map((status) => [status, { description: DESCRIPTIONS[status] ?? 'Problem', ...content }]),
  ) as Record<S, ProblemResponse>;
}

type ProblemResponse = { readonly description: string } & typeof content;

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The request is not valid; every fault is named',
  401: 'A valid API key is needed',
  403: 'The API key is not for this',
  404: 'There is no such thing',
  409: 'Not possible in the present state',
  410: 'No longer available',
  413: 'The body is too large',
  415: 'The content type is not supported',
  422: 'The idempotency key was used for another request',
  503: 'A part of the service cannot be reached',
};
