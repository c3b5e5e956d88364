import { randomUUID } from 'node:crypto';
import { XMLBuilder } from 'fast-xml-parser';
import type { Core, SandboxResponse } from '../../core.ts';
import type { VendorAnswers } from '../../pipeline.ts';
import type { CallContext } from '../../world.ts';
import { AwsError, type ErrorForm } from './errors.ts';

/** Members of a request in the AWS Query protocol: text, structures and lists, as the form's dotted names say. */
export interface QueryInput {
  readonly [name: string]: string | QueryInput | readonly (string | QueryInput)[];
}

/** One operation of a service that speaks AWS Query. */
export interface QueryOperation {
  readonly write: boolean;
  /** Bucket of limits-table.ts. */
  readonly bucket: string;
  /** Key of the one resource a call is about, for fault rules; undefined for several or none. */
  resourceKey?(input: QueryInput, region: string, core: Core): string | undefined;
  /** @returns members of the result element. @throws AwsError; WorldError passes through to the pipeline. */
  run(core: Core, input: QueryInput, call: CallContext): object;
}

/** A service: the name its requests are signed for, its XML namespace and version, and its operations by name. */
export interface QueryService {
  readonly signingName: string;
  /** Service of the world its calls are about, e.g. `aws.rds`; fault rules name it. */
  readonly service: string;
  readonly namespace: string;
  readonly version: string;
  /** EC2's own way of it: no result element, other errors. Default `query`. */
  readonly form?: 'query' | 'ec2';
  readonly answers: VendorAnswers;
  readonly operations: Readonly<Record<string, QueryOperation>>;
}

const builder = new XMLBuilder({
  ignoreAttributes: false,
  suppressEmptyNode: false,
  arrayNodeName: 'member',
});

/** An answer of an operation; lists are written as `member` elements unless they name their own. */
export function queryAnswer(
  { namespace, form }: QueryService,
  operation: string,
  result: object,
): SandboxResponse {
  const RequestId = randomUUID();
  const content =
    form === 'ec2'
      ? { requestId: RequestId, ...result }
      : { [`${operation}Result`]: result, ResponseMetadata: { RequestId } };
  const document = { [`${operation}Response`]: { '@_xmlns': namespace, ...content } };
  return {
    status: 200,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': RequestId },
    body: builder.build(document) as string,
  };
}

/** A list in a result: `<name><member>..</member></name>`, or elements of the service's own name (`item`). */
export function listOf(items: readonly unknown[], item = 'member'): object | string {
  return items.length === 0 ? '' : { [item]: items };
}

/** A value as XML: every list in it becomes one of `member` elements, and what is undefined is left out. */
export function membersOf(value: unknown): unknown {
  if (Array.isArray(value)) return listOf(value.map(membersOf));
  if (typeof value !== 'object' || value === null) return value;
  const given = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(given.map(([name, part]) => [name, membersOf(part)]));
}

/** An error in AWS Query's XML. */
export const queryError: ErrorForm = ({ code, message, status }, headers = {}) => {
  const RequestId = randomUUID();
  const Type = status < 500 ? 'Sender' : 'Receiver';
  const document = { ErrorResponse: { Error: { Type, Code: code, Message: message }, RequestId } };
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': RequestId, ...headers },
    body: builder.build(document) as string,
  };
};

/** An error in EC2's XML. */
export const ec2Error: ErrorForm = ({ code, message, status }, headers = {}) => {
  const RequestID = randomUUID();
  const document = { Response: { Errors: { Error: { Code: code, Message: message } }, RequestID } };
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': RequestID, ...headers },
    body: builder.build(document) as string,
  };
};

/**
 * Reads a form body: `A.B.member.1=x` and `A.B.Name.1=x` are lists, as EC2's `A.B.1=x`, `A.B=x` structures. @throws AwsError for
 * names that contradict each other.
 */
export function queryInput(body: Buffer): QueryInput {
  const root: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    const path = name.split('.');
    let node = root;
    for (const part of path.slice(0, -1)) {
      node[part] ??= {};
      if (typeof node[part] !== 'object') throw new AwsError('MalformedInput', `${name} contradicts itself.`);
      node = node[part] as Record<string, unknown>;
    }
    node[path.at(-1) ?? ''] = value;
  }
  return withLists(root) as QueryInput;
}

/** Turns `{ member: { 1: a, 2: b } }`, or any one name over numbers, into `[a, b]`. */
function withLists(node: unknown): unknown {
  if (typeof node !== 'object' || node === null) return node;
  if (isNumbered(node)) return inOrder(node);
  const entries = Object.entries(node as Record<string, unknown>);
  const [only] = entries;
  if (entries.length === 1 && only && isNumbered(only[1])) return inOrder(only[1]);
  return Object.fromEntries(entries.map(([name, value]) => [name, withLists(value)]));
}

function inOrder(numbered: object): unknown[] {
  const entries = Object.entries(numbered) as [string, unknown][];
  return entries.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, value]) => withLists(value));
}

function isNumbered(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const names = Object.keys(value);
  return names.length > 0 && names.every((name) => /^[1-9]\d*$/.test(name));
}

/** Readers of members, in the codes of one service. @param invalidCode how the service calls a bad member. */
export function queryMembers(invalidCode: string) {
  const refuse = (name: string, what: string) => new AwsError(invalidCode, `${name} must be ${what}.`);
  const text = (input: QueryInput, name: string): string | undefined => {
    const value = input[name];
    if (value === undefined || value === '') return undefined;
    if (typeof value !== 'string') throw refuse(name, 'text');
    return value;
  };
  return {
    text,
    required(input: QueryInput, name: string): string {
      const value = text(input, name);
      if (value === undefined) throw new AwsError(invalidCode, `${name} is required.`);
      return value;
    },
    count(input: QueryInput, name: string): number | undefined {
      const value = text(input, name);
      if (value === undefined) return undefined;
      if (!/^\d+$/.test(value)) throw refuse(name, 'a whole number from 0');
      return Number(value);
    },
    decimal(input: QueryInput, name: string): number | undefined {
      const value = text(input, name);
      if (value === undefined) return undefined;
      if (!Number.isFinite(Number(value))) throw refuse(name, 'a number');
      return Number(value);
    },
    flag(input: QueryInput, name: string): boolean | undefined {
      const value = text(input, name);
      if (value === undefined) return undefined;
      if (value !== 'true' && value !== 'false') throw refuse(name, 'true or false');
      return value === 'true';
    },
    list(input: QueryInput, name: string): readonly string[] | undefined {
      const value = input[name];
      if (value === undefined || value === '') return undefined;
      if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
        throw refuse(name, 'a list of text');
      }
      return value as string[];
    },
    structure(input: QueryInput, name: string): QueryInput | undefined {
      const value = input[name];
      if (value === undefined || value === '') return undefined;
      if (typeof value !== 'object' || Array.isArray(value)) throw refuse(name, 'a structure');
      return value as QueryInput;
    },
  };
}
