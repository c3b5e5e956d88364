import { appendFileSync } from 'node:fs';
import { Socket } from 'node:net';

/**
 * Loaded with `--import` into every process of a service under test: writes where each connects to, as
 * `host:port` a line, into the file that TEST_CONNECTIONS_FILE names. TLS and HTTP/2 go through here as well.
 */
const file = process.env.TEST_CONNECTIONS_FILE;

interface Destination {
  readonly host?: string;
  readonly port?: number | string;
  readonly path?: string;
}

if (file) {
  const connect = Socket.prototype.connect as (...args: unknown[]) => Socket;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
    appendFileSync(file, `${destinationOf(args)}\n`);
    return connect.apply(this, args);
  } as typeof Socket.prototype.connect;
}

/** Node's own callers hand over one list `[options, callback]`, others options, or port and host. */
function destinationOf(args: readonly unknown[]): string {
  const first = Array.isArray(args[0]) ? (args[0] as unknown[])[0] : args[0];
  if (typeof first !== 'object' || first === null) {
    return `${typeof args[1] === 'string' ? args[1] : 'localhost'}:${first}`;
  }
  const { host = 'localhost', port, path } = first as Destination;
  return port === undefined && path !== undefined ? `unix:${path}` : `${host}:${port}`;
}
