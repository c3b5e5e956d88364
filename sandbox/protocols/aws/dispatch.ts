import type { IncomingMessage } from 'node:http';
import type { Core, SandboxResponse } from '../../core.ts';
import type { Protocol } from '../../http.ts';
import type { VendorAnswers } from '../../pipeline.ts';
import type { CallContext } from '../../world.ts';
import { type Caller, callerOf } from './caller.ts';
import { AwsError, answered, type ErrorForm, jsonAnswer, jsonError } from './errors.ts';
import type { Input } from './json-operations.ts';
import { ec2Error, queryAnswer, queryError, queryInput } from './query-operations.ts';
import { quotasOf } from './quota-table.ts';
import { restAnswer, restError } from './rest-operations.ts';
import { createRoute53, isRoute53 } from './route-53.ts';
import { JSON_SERVICES, QUERY_SERVICES, REST_SERVICES } from './services.ts';

/** A call decoded as far as the pipeline has to know it. */
interface Decoded {
  readonly operation: string;
  readonly service: string;
  readonly write: boolean;
  readonly bucket: string;
  readonly answers: VendorAnswers;
  readonly resourceKey: () => string | undefined;
  readonly run: (call: CallContext) => SandboxResponse;
}

/**
 * AWS on one address: AWS JSON 1.1 by `X-Amz-Target`, Route 53 by its path, AWS Query and REST-JSON by the
 * service a request is signed for. Region and service are those of the signature's credential scope, the caller
 * its access key id.
 */
export function createAwsProtocol(core: Core): Protocol {
  const route53 = createRoute53(core);
  // Its section of the control endpoint is to be there before anybody calls.
  quotasOf(core);
  return async (request, body) => {
    if (isRoute53(request)) return route53(request, body);
    const form = formOf(request);
    try {
      const caller = callerOf(request);
      return await handle(core, caller, decode(core, request, body, caller), form);
    } catch (error) {
      if (error instanceof AwsError) return form(error);
      throw error;
    }
  };
}

function formOf({ headers }: IncomingMessage): ErrorForm {
  if (headers['x-amz-target'] !== undefined) return jsonError;
  if (headers.authorization?.includes('/ec2/aws4_request')) return ec2Error;
  return String(headers['content-type'] ?? '').includes('x-www-form-urlencoded') ? queryError : restError;
}

function handle(core: Core, caller: Caller, decoded: Decoded, form: ErrorForm): Promise<SandboxResponse> {
  const { accessKeyId, region, invocationId } = caller;
  const { operation, service, write, answers } = decoded;
  const resourceKey = keyOrNone(decoded.resourceKey);
  const call = {
    vendor: 'aws',
    service,
    operation,
    region,
    caller: accessKeyId,
    key: invocationId,
    ...(resourceKey === undefined ? {} : { resourceKey }),
  };
  const bucket = { name: decoded.bucket, scope: region };
  return core.pipeline.handle({ call, write, bucket, answers }, () =>
    answered(form, () => decoded.run(call)),
  );
}

function decode(core: Core, request: IncomingMessage, body: Buffer, caller: Caller): Decoded {
  const target = request.headers['x-amz-target'];
  if (target !== undefined) return decodeJson(core, String(target), body, caller.region);
  const query = QUERY_SERVICES.find(({ signingName }) => signingName === caller.service);
  if (query) return decodeQuery(core, query, body, caller.region);
  const rest = REST_SERVICES.find(({ signingName }) => signingName === caller.service);
  if (rest) return decodeRest(core, rest, request, body, caller.region);
  throw new AwsError('UnknownOperationException', `The sandbox has no service ${caller.service}.`, 404);
}

function decodeJson(core: Core, target: string, body: Buffer, region: string): Decoded {
  const [prefix = '', name = ''] = target.split('.');
  const service = JSON_SERVICES.find((candidate) => candidate.target === prefix);
  const operation = service && Object.hasOwn(service.operations, name) ? service.operations[name] : undefined;
  if (!service || !operation) {
    throw new AwsError('UnknownOperationException', `The sandbox has no operation ${target}.`);
  }
  const input = jsonInput(body);
  return {
    ...operation,
    operation: name,
    service: service.service(input),
    answers: service.answers,
    resourceKey: () => operation.resourceKey?.(input, region),
    run: (call) => jsonAnswer(operation.run(core, input, call)),
  };
}

function decodeQuery(
  core: Core,
  service: (typeof QUERY_SERVICES)[number],
  body: Buffer,
  region: string,
): Decoded {
  const input = queryInput(body);
  const name = String(input.Action ?? '');
  const operation = Object.hasOwn(service.operations, name) ? service.operations[name] : undefined;
  if (!operation) {
    throw new AwsError('InvalidAction', `The sandbox has no operation ${name} of ${service.signingName}.`);
  }
  return {
    ...operation,
    operation: name,
    service: service.service,
    answers: service.answers,
    resourceKey: () => operation.resourceKey?.(input, region, core),
    run: (call) => queryAnswer(service, name, operation.run(core, input, call)),
  };
}

function decodeRest(
  core: Core,
  service: (typeof REST_SERVICES)[number],
  request: IncomingMessage,
  body: Buffer,
  region: string,
): Decoded {
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://sandbox');
  const operation = service.operations.find(
    ({ method, path, parameter }) =>
      method === request.method && path.test(pathname) && (parameter === undefined || query.has(parameter)),
  );
  if (!operation) {
    const message = `The sandbox has no ${request.method} ${pathname} of ${service.signingName}.`;
    throw new AwsError('UnknownOperationException', message, 404);
  }
  const [, ...groups] = operation.path.exec(pathname) ?? [];
  const rest = {
    path: groups.map((part) => decodeURIComponent(part ?? '')),
    query,
    body: jsonInput(body),
    host: new URL(`http://${request.headers.host ?? 'localhost'}`).hostname,
  };
  return {
    write: operation.write,
    bucket: operation.bucket,
    operation: operation.name,
    service: service.service,
    answers: service.answers,
    resourceKey: () => operation.resourceKey?.(rest, region),
    run: (call) => restAnswer(operation.run(core, rest, call), operation.status),
  };
}

/** A request too wrong to say what it is about is about nothing; the operation itself refuses it. */
function keyOrNone(key: () => string | undefined): string | undefined {
  try {
    return key();
  } catch (error) {
    if (error instanceof AwsError) return undefined;
    throw error;
  }
}

function jsonInput(body: Buffer): Input {
  let input: unknown;
  try {
    input = JSON.parse(body.toString('utf8') || '{}');
  } catch {
    throw new AwsError('SerializationException', 'The body is not JSON.');
  }
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Input;
  throw new AwsError('SerializationException', 'The body is not a JSON object.');
}
