import type { IncomingMessage } from 'node:http';
import { AwsError } from './errors.ts';

/** Who signed a request, and for where. */
export interface Caller {
  readonly accessKeyId: string;
  readonly region: string;
  /** The service the request is signed for, e.g. `rds`. */
  readonly service: string;
  /** The SDK's id of the call, the same on every attempt; null from clients that send none. */
  readonly invocationId: string | null;
}

const CREDENTIAL =
  /^AWS4-HMAC-SHA256 Credential=([^/\s,]+)\/\d{8}\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request\b/;

/**
 * Reads the credential scope of Signature Version 4. The signature itself is not checked: there is no secret
 * to check it with. @throws AwsError as AWS answers unsigned requests.
 */
export function callerOf({ headers }: IncomingMessage): Caller {
  if (headers.authorization === undefined) {
    throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token', 403);
  }
  const [, accessKeyId, region, service] = CREDENTIAL.exec(headers.authorization) ?? [];
  if (!accessKeyId || !region || !service) {
    throw new AwsError('IncompleteSignatureException', 'The Authorization header has no credential scope.');
  }
  const invocation = headers['amz-sdk-invocation-id'];
  return { accessKeyId, region, service, invocationId: typeof invocation === 'string' ? invocation : null };
}
