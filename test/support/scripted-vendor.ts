import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it came in. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Of AWS JSON: the operation's name; empty elsewhere. */
  readonly operation: string;
  readonly body: string;
}

/** What is answered: 200 with an empty object where nothing is said; `reset` drops the connection. */
export type ScriptedAnswer =
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  | 'reset';

/** A server on loopback that answers what a test says, for bodies no stand-in of ours would write. */
export interface ScriptedVendor {
  readonly endpoint: string;
  readonly received: ReceivedRequest[];
  answer: (request: ReceivedRequest) => ScriptedAnswer;
  /** Forgets what was received and what was to be answered. */
  reset(): void;
  stop(): Promise<void>;
}

/** Starts one on a free port. A body that is text is sent as it is, anything else as JSON. */
export async function startScriptedVendor(): Promise<ScriptedVendor> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const target = request.headers['x-amz-target'];
    const seen = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      operation: typeof target === 'string' ? target.replace(/^.*\./, '') : '',
      body: Buffer.concat(chunks).toString(),
    };
    vendor.received.push(seen);
    const given = vendor.answer(seen);
    if (given === 'reset') return void request.socket.destroy();
    const { status = 200, headers, body = {} } = given;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, { 'x-amzn-requestid': 'req-7', ...headers }).end(status === 204 ? '' : text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const vendor: ScriptedVendor = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    answer: () => ({}),
    reset() {
      vendor.received.length = 0;
      vendor.answer = () => ({});
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return vendor;
}
