import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request and its answer, as they went over the wire. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty where there was none. */
  readonly body: string;
  readonly status: number;
  readonly answerHeaders: Readonly<Record<string, string>>;
  readonly answerBody: string;
}

/** A proxy on loopback that keeps what passes through it. */
export interface Recorder {
  /** To be given to a client in place of the server behind. */
  readonly url: string;
  readonly exchanges: readonly Exchange[];
  stop(): Promise<void>;
}

/** Starts a recorder in front of `target`, an http address; requests and answers pass unchanged. */
export async function startRecorder(target: string): Promise<Recorder> {
  const exchanges: Exchange[] = [];
  const server = createServer((incoming, outgoing) => {
    pass(target, incoming, outgoing, exchanges).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    exchanges,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function pass(
  target: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  exchanges: Exchange[],
): Promise<void> {
  const body = await textOf(incoming);
  const { method = 'GET', url = '/', headers } = incoming;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const forwarded = httpRequest(new URL(url, target), { method, headers }, resolve);
    forwarded.on('error', reject);
    forwarded.end(body);
  });
  const answerBody = await textOf(answer);
  const status = answer.statusCode ?? 0;
  const { pathname, searchParams } = new URL(url, target);
  exchanges.push({
    method,
    path: pathname,
    query: searchParams,
    headers: plain(headers),
    body,
    status,
    answerHeaders: plain(answer.headers),
    answerBody,
  });
  outgoing.writeHead(status, answer.headers);
  outgoing.end(answerBody);
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function plain(headers: IncomingMessage['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
