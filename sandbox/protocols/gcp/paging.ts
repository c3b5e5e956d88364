import type { SandboxResponse } from '../../core.ts';
import { invalid, jsonResponse } from './errors.ts';
import type { ComputeRequest } from './requests.ts';
import { placePath, urlOf } from './resource-shapes.ts';

/** Page size when `maxResults` is absent, and its highest value. Source: discovery document compute v1. */
const HIGHEST_PAGE = 500;

/**
 * One page of a list, in order of name, as `maxResults` and `pageToken` ask. `filter` takes `name = x` and
 * `name eq x`; other filters are refused rather than ignored.
 */
export function listPage(
  request: ComputeRequest,
  kind: string,
  items: readonly Record<string, unknown>[],
): SandboxResponse {
  const { query, project, location, collection } = request;
  const size = Number(query.get('maxResults') ?? HIGHEST_PAGE);
  if (!Number.isInteger(size) || size < 0 || size > HIGHEST_PAGE) {
    return invalid(
      'maxResults',
      query.get('maxResults'),
      `Values must be in the range [0, ${HIGHEST_PAGE}].`,
    );
  }
  const filter = query.get('filter');
  const name = filter === null ? undefined : /^\s*name\s*(?:=|eq)\s*"?([^"\s]+)"?\s*$/.exec(filter)?.[1];
  if (filter !== null && name === undefined) {
    return invalid('filter', filter, 'Only a filter on name is served here.');
  }
  const sorted = items
    .filter((item) => name === undefined || item.name === name)
    .sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1));
  const start = sorted.findIndex((item) => String(item.name) > decodeToken(query.get('pageToken')));
  const page = start === -1 ? [] : sorted.slice(start, start + (size || HIGHEST_PAGE));
  const last = page.at(-1);
  const more = last !== undefined && last !== sorted.at(-1);
  const path = `${placePath(project, location)}/${collection}`;
  return jsonResponse(200, {
    kind,
    id: path,
    ...(page.length > 0 ? { items: page } : {}),
    ...(more ? { nextPageToken: Buffer.from(String(last.name)).toString('base64url') } : {}),
    selfLink: urlOf(path),
  });
}

function decodeToken(token: string | null): string {
  return token === null ? '' : Buffer.from(token, 'base64url').toString();
}
