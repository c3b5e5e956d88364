import { randomUUID } from 'node:crypto';
import { XMLBuilder } from 'fast-xml-parser';
import type { SandboxResponse } from '../../core.ts';
import type { VendorAnswers } from '../../pipeline.ts';

/** The account everything belongs to; the one of AWS's own documentation. */
export const ACCOUNT_ID = '123456789012';

/** Namespace of Route 53's documents. */
export const ROUTE_53_NAMESPACE = 'https://route53.amazonaws.com/doc/2013-04-01/';

/** A refusal in AWS's words, thrown by an operation and encoded in the protocol's form. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** How a protocol writes an error. */
export type ErrorForm = (error: AwsError, headers?: Readonly<Record<string, string>>) => SandboxResponse;

const builder = new XMLBuilder({ ignoreAttributes: false, suppressEmptyNode: false });

/** An answer in AWS JSON 1.1. */
export function jsonAnswer(body: unknown): SandboxResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() },
    body: JSON.stringify(body),
  };
}

/** An error in AWS JSON 1.1: `__type` in the body and its name in a header. */
export const jsonError: ErrorForm = ({ code, message, status }, headers = {}) => {
  const answer = jsonAnswer({ __type: code, message });
  return { ...answer, status, headers: { ...answer.headers, 'x-amzn-errortype': code, ...headers } };
};

/** An answer in Route 53's XML; `root` is the document's element. */
export function xmlAnswer(root: string, content: object, status = 200): SandboxResponse {
  const document = {
    '?xml': { '@_version': '1.0', '@_encoding': 'UTF-8' },
    [root]: { '@_xmlns': ROUTE_53_NAMESPACE, ...content },
  };
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': randomUUID() },
    body: builder.build(document) as string,
  };
}

/** An error in Route 53's XML. */
export const xmlError: ErrorForm = ({ code, message, status }, headers = {}) => {
  const Type = status < 500 ? 'Sender' : 'Receiver';
  const content = { Error: { Type, Code: code, Message: message }, RequestId: randomUUID() };
  const answer = xmlAnswer('ErrorResponse', content, status);
  return { ...answer, headers: { ...answer.headers, ...headers } };
};

/** Codes in which two services of AWS say the same. */
interface Codes {
  readonly throttle: string;
  readonly serverError: readonly [code: string, status: number];
  readonly denied: readonly [code: string, status: number];
  readonly capacity: string;
  readonly quota: string;
  readonly invalid: string;
}

/** Codes of Amazon ECS. Source: ECS API reference, UpdateService and common errors; quota and capacity assumed. */
export const ECS_CODES: Codes = {
  throttle: 'ThrottlingException',
  serverError: ['ServerException', 500],
  denied: ['AccessDeniedException', 400],
  capacity: 'ClientException',
  quota: 'LimitExceededException',
  invalid: 'InvalidParameterException',
};

/** Codes of Application Auto Scaling. Source: its API reference, RegisterScalableTarget; capacity assumed. */
export const SCALING_CODES: Codes = {
  throttle: 'ThrottlingException',
  serverError: ['InternalServiceException', 500],
  denied: ['AccessDeniedException', 400],
  capacity: 'FailedResourceAccessException',
  quota: 'LimitExceededException',
  invalid: 'ValidationException',
};

/**
 * Codes of Route 53. Source: Route 53 API reference, ChangeResourceRecordSets and common errors; developer
 * guide, "Throttling for Amazon Route 53 API requests": HTTP 400 with the code `Throttling`.
 */
export const ROUTE_53_CODES: Codes = {
  throttle: 'Throttling',
  serverError: ['ServiceFailure', 500],
  denied: ['AccessDenied', 403],
  capacity: 'ServiceUnavailable',
  quota: 'LimitsExceeded',
  invalid: 'InvalidChangeBatch',
};

/** Every answer the pipeline may need, in the form and the codes of a service. */
export function answersOf(codes: Codes, form: ErrorForm): VendorAnswers {
  const [serverCode, serverStatus] = codes.serverError;
  const [deniedCode, deniedStatus] = codes.denied;
  return {
    throttle: (seconds) =>
      form(new AwsError(codes.throttle, 'Rate exceeded'), { 'retry-after': String(Math.ceil(seconds)) }),
    serverError: () => form(new AwsError(serverCode, 'An internal error occurred.', serverStatus)),
    denied: () => form(new AwsError(deniedCode, 'The caller is not authorized to do this.', deniedStatus)),
    capacity: (message) =>
      form(new AwsError(codes.capacity, `Capacity is unavailable at this time: ${message}`)),
    quota: (message) => form(new AwsError(codes.quota, message)),
    invalid: (message) => form(new AwsError(codes.invalid, message)),
  };
}

/**
 * Runs an operation and encodes its refusal. Refusals must not leave an effect as exceptions, because the
 * pipeline may run it after its call has ended.
 */
export function answered(form: ErrorForm, operation: () => SandboxResponse): SandboxResponse {
  try {
    return operation();
  } catch (error) {
    if (error instanceof AwsError) return form(error);
    throw error;
  }
}
