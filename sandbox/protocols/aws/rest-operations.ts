import { randomUUID } from 'node:crypto';
import type { Core, SandboxResponse } from '../../core.ts';
import type { VendorAnswers } from '../../pipeline.ts';
import type { CallContext } from '../../world.ts';
import type { ErrorForm } from './errors.ts';
import type { Input } from './json-operations.ts';

/** A request in AWS REST-JSON, taken apart. */
export interface RestRequest {
  /** Parts of the path by their place in {@link RestOperation.path}, decoded. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Input;
  /** Name or address the caller found us under, without the port. */
  readonly host: string;
}

/** One operation of a service that speaks REST-JSON. */
export interface RestOperation {
  readonly name: string;
  readonly method: 'DELETE' | 'GET' | 'POST' | 'PUT';
  /** Matches the whole path; its groups are {@link RestRequest.path}. */
  readonly path: RegExp;
  /** Query parameter that tells it from another operation of the same path. */
  readonly parameter?: string;
  readonly write: boolean;
  /** Bucket of limits-table.ts. */
  readonly bucket: string;
  /** Status of an accepted call. Default 200. */
  readonly status?: number;
  /** Key of the one resource a call is about, for fault rules. */
  resourceKey?(request: RestRequest, region: string): string | undefined;
  /** @returns the body, or undefined for none. @throws AwsError; WorldError passes through to the pipeline. */
  run(core: Core, request: RestRequest, call: CallContext): unknown;
}

/** A service: the name its requests are signed for, and its operations. */
export interface RestService {
  readonly signingName: string;
  /** Service of the world its calls are about, e.g. `aws.eks`; fault rules name it. */
  readonly service: string;
  readonly answers: VendorAnswers;
  readonly operations: readonly RestOperation[];
}

/** An answer in REST-JSON. */
export function restAnswer(body: unknown, status = 200): SandboxResponse {
  const headers = { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID() };
  return { status, headers, body: body === undefined ? '' : JSON.stringify(body) };
}

/** An error in REST-JSON: its name in a header, its words in the body. */
export const restError: ErrorForm = ({ code, message, status }, headers = {}) => {
  const answer = restAnswer({ message }, status);
  return { ...answer, headers: { ...answer.headers, 'x-amzn-errortype': code, ...headers } };
};
