import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SandboxResponse } from './core.ts';

/** Answers one request of one vendor, given its whole body. */
export type Protocol = (request: IncomingMessage, body: Buffer) => Promise<SandboxResponse>;

/** A listening server. */
export interface Listener {
  /** Base address without a slash at its end, e.g. `http://127.0.0.1:4001`. */
  readonly url: string;
  /** Stops listening and drops every connection, held ones too. */
  close(): Promise<void>;
}

/** Largest body taken, in bytes; every vendor's own limit is below it. */
const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

/** A vendor keeps an idle connection for a minute or so; Node's five seconds would cut one off as a client uses it. */
const KEEP_ALIVE_MS = 65_000;

/** Serves a protocol. @param port 0 takes a free one. @throws Error when the port is taken. */
export async function listen(protocol: Protocol, host: string, port: number): Promise<Listener> {
  const server = createServer((request, response) => {
    answer(protocol, request, response).catch((error: unknown) => {
      process.stderr.write(
        `${request.method} ${request.url}: ${error instanceof Error ? error.stack : error}\n`,
      );
      if (!response.headersSent) send(response, { status: 500, body: 'the sandbox failed; see its log' });
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return { url: `http://${shown}:${address.port}`, close: () => close(server) };
}

async function answer(protocol: Protocol, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request);
  if (body === null) send(response, { status: 413, body: `a body may have ${BODY_LIMIT_BYTES} bytes` });
  else send(response, await protocol(request, body));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= BODY_LIMIT_BYTES) chunks.push(chunk);
  }
  return bytes > BODY_LIMIT_BYTES ? null : Buffer.concat(chunks);
}

function send(response: ServerResponse, { status, headers, body, closeAfterMs }: SandboxResponse): void {
  if (status === 0) {
    const timer = setTimeout(() => response.destroy(), closeAfterMs ?? 0);
    response.once('close', () => clearTimeout(timer));
    return;
  }
  const length = { 'content-length': String(Buffer.byteLength(body)) };
  // HTTP forbids content and its length with these two.
  response.writeHead(status, status === 204 || status === 304 ? headers : { ...headers, ...length });
  response.end(body);
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
