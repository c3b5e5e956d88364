import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request of AWS Query: the fields of its form. */
export type QueryForm = Readonly<Record<string, string>>;

/** A server on loopback that speaks AWS Query as far as a test tells it to. */
export interface QueryServer {
  readonly endpoint: string;
  /** Requests since {@link reset}, as they came. */
  readonly received: readonly QueryForm[];
  /** What is answered; {@link reset} sets an empty result for everything. */
  answer: (form: QueryForm) => { readonly status?: number; readonly body: string };
  reset(): void;
  stop(): Promise<void>;
}

/** Starts a server; every answer has the request id `req-7`. */
export async function startQueryServer(): Promise<QueryServer> {
  const received: QueryForm[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
    received.push(form);
    const { status = 200, body } = queryServer.answer(form);
    const headers = { 'content-type': 'text/xml', 'x-amzn-requestid': 'req-7' };
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const queryServer: QueryServer = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: (form) => result(form, ''),
    reset() {
      received.splice(0);
      queryServer.answer = (form) => result(form, '');
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return queryServer;
}

/** An accepted request's answer, with the XML of its result. */
export function result({ Action = '' }: QueryForm, xml: string) {
  return { body: `<${Action}Response><${Action}Result>${xml}</${Action}Result></${Action}Response>` };
}

/** A refusal in AWS Query's XML. */
export function refused(status: number, code: string, message: string) {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, body: `<ErrorResponse>${error}<RequestId>req-7</RequestId></ErrorResponse>` };
}
