import type { IncomingMessage } from 'node:http';
import type { Core, SandboxResponse } from '../../core.ts';
import type { Protocol } from '../../http.ts';
import { applicationAutoScaling } from './application-auto-scaling.ts';
import { callerOf } from './caller.ts';
import { ecs } from './ecs.ts';
import { AwsError, answered, jsonAnswer, jsonError } from './errors.ts';
import type { Input, JsonService } from './json-operations.ts';
import { createRoute53, isRoute53 } from './route-53.ts';

const JSON_SERVICES: readonly JsonService[] = [applicationAutoScaling, ecs];

/**
 * AWS on one address: services with AWS JSON 1.1 by `X-Amz-Target`, Route 53 by its path. The region is the
 * one of the signature's credential scope, the caller its access key id.
 */
export function createAwsProtocol(core: Core): Protocol {
  const route53 = createRoute53(core);
  return async (request, body) => {
    if (isRoute53(request)) return route53(request, body);
    try {
      return await handleJson(core, request, body);
    } catch (error) {
      if (error instanceof AwsError) return jsonError(error);
      throw error;
    }
  };
}

function handleJson(core: Core, request: IncomingMessage, body: Buffer): Promise<SandboxResponse> {
  const target = String(request.headers['x-amz-target'] ?? '');
  const [prefix = '', name = ''] = target.split('.');
  const service = JSON_SERVICES.find((candidate) => candidate.target === prefix);
  const operation = service && Object.hasOwn(service.operations, name) ? service.operations[name] : undefined;
  if (!service || !operation) {
    throw new AwsError('UnknownOperationException', `The sandbox has no operation ${target}.`);
  }
  const { accessKeyId, region, invocationId } = callerOf(request);
  const input = inputOf(body);
  const resourceKey = answeredKey(() => operation.resourceKey?.(input, region));
  const call = {
    vendor: 'aws',
    service: 'aws.ecs',
    operation: name,
    region,
    caller: accessKeyId,
    key: invocationId,
    ...(resourceKey === undefined ? {} : { resourceKey }),
  };
  const bucket = { name: operation.bucket, scope: region };
  return core.pipeline.handle({ call, write: operation.write, bucket, answers: service.answers }, () =>
    answered(jsonError, () => jsonAnswer(operation.run(core, input, call))),
  );
}

/** A request too wrong to say what it is about is about nothing; the operation itself refuses it. */
function answeredKey(key: () => string | undefined): string | undefined {
  try {
    return key();
  } catch (error) {
    if (error instanceof AwsError) return undefined;
    throw error;
  }
}

function inputOf(body: Buffer): Input {
  let input: unknown;
  try {
    input = JSON.parse(body.toString('utf8') || '{}');
  } catch {
    throw new AwsError('SerializationException', 'The body is not JSON.');
  }
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Input;
  throw new AwsError('SerializationException', 'The body is not a JSON object.');
}
