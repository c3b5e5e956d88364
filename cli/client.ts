import type { CliConfig } from './config.ts';
import { parseEventStream, type StreamEvent } from './event-stream.ts';

/** A problem as the API answers it (RFC 9457). */
export interface ApiProblem {
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

/** The API could not be reached, or failed on its own side. */
export class ApiUnreachable extends Error {
  override readonly name = 'ApiUnreachable';
}

/** The API refused; `problem` says why. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly status: number;
  readonly problem: ApiProblem;

  constructor(status: number, problem: ApiProblem) {
    super(refusalText(status, problem));
    this.status = status;
    this.problem = problem;
  }
}

/** One request. */
export interface ApiCall {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly stream?: { readonly contentType: string; readonly content: AsyncIterable<Uint8Array> };
  readonly headers?: Readonly<Record<string, string>>;
}

/** The HTTP API as the command line uses it. */
export interface ApiClient {
  readonly url: string;
  /** @throws ApiUnreachable | ApiRefusal */
  request<T>(path: string, call?: ApiCall): Promise<T>;
  /** What is no JSON, as it is. @throws ApiUnreachable | ApiRefusal */
  text(path: string): Promise<string>;
  /** Events of a run after `lastEventId`; ends when the API ends the stream or the connection breaks. */
  events(runId: string, lastEventId: string, signal: AbortSignal): AsyncGenerator<StreamEvent>;
}

/** A client of the API at `config.url`. */
export function apiClient(config: CliConfig): ApiClient {
  return {
    url: config.url,
    request: async <T>(path: string, call: ApiCall = {}) => {
      const response = await send(config, path, call);
      if (!response.ok) throw await refusal(response);
      return (response.status === 204 ? undefined : await response.json()) as T;
    },
    text: async (path) => {
      const response = await send(config, path, {});
      if (!response.ok) throw await refusal(response);
      return response.text();
    },
    events: (runId, lastEventId, signal) => events(config, runId, lastEventId, signal),
  };
}

async function* events(
  config: CliConfig,
  runId: string,
  lastEventId: string,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent> {
  const headers = { accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) };
  const path = `/api/runs/${encodeURIComponent(runId)}/events`;
  const response = await send(config, path, { headers }, signal);
  if (!response.ok) throw await refusal(response);
  // 204: nothing follows what was already seen.
  if (response.status === 204) yield { event: 'end', id: lastEventId, data: '{}' };
  else if (response.body) yield* parseEventStream(response.body);
}

async function send(config: CliConfig, path: string, call: ApiCall, signal?: AbortSignal): Promise<Response> {
  const type = call.stream?.contentType ?? (call.body === undefined ? undefined : 'application/json');
  const body = call.stream ? ReadableStream.from(call.stream.content) : JSON.stringify(call.body);
  try {
    return await fetch(`${config.url}${path}`, {
      method: call.method ?? 'GET',
      headers: {
        authorization: `Bearer ${config.key}`,
        ...(type && { 'content-type': type }),
        ...call.headers,
      },
      ...(body !== undefined && { body, duplex: 'half' }),
      ...(signal && { signal }),
    } as RequestInit);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unreachable(config.url, error as Error);
  }
}

/** What fetch says of a connection that failed, in one line. */
function unreachable(url: string, error: Error): ApiUnreachable {
  const inner = error.cause as NodeJS.ErrnoException | undefined;
  const cause: NodeJS.ErrnoException = inner?.message ? inner : error;
  if (url.startsWith('https:') && /^(ERR_SSL_|EPROTO)/.test(cause.code ?? '')) {
    const plain = url.replace(/^https:/, 'http:');
    return new ApiUnreachable(
      `What listens at ${url} does not speak HTTPS. Without TLS in front of it the API is at ${plain}: give that ` +
        'with --url or WEDSCALE_API_URL.',
      { cause: error },
    );
  }
  const [reason] = cause.message.split('\n', 1);
  return new ApiUnreachable(
    `The API at ${url} cannot be reached (${reason}). Start it with "npm start", or say where it is with --url ` +
      'or WEDSCALE_API_URL.',
    { cause: error },
  );
}

async function refusal(response: Response): Promise<Error> {
  const text = await response.text();
  let problem: ApiProblem = { detail: text.slice(0, 500) };
  try {
    problem = JSON.parse(text) as ApiProblem;
  } catch {
    // Not ours: a proxy in between, perhaps; its words are shown as they are.
  }
  if (response.status < 500) return new ApiRefusal(response.status, problem);
  return new ApiUnreachable(
    `The API failed (${response.status}): ${problem.detail ?? problem.title ?? text}`,
  );
}

function refusalText(status: number, problem: ApiProblem): string {
  const head = problem.detail ?? problem.title ?? `the API answered ${status}`;
  const faults = (problem.errors ?? []).map((fault) => `  ${fault.path || 'request'}: ${fault.message}`);
  return [head, ...faults].join('\n');
}
