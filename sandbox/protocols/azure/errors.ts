import type { SandboxResponse } from '../../core.ts';

/** An error in the envelope of Azure Resource Manager. */
export function armError(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): SandboxResponse {
  return armResponse(status, { error: { code, message } }, headers);
}

/** A JSON answer of Azure Resource Manager. */
export function armResponse(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): SandboxResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache', ...headers },
    body: JSON.stringify(body),
  };
}

/** HTTP 429 with `Retry-After`, as AKS answers when a bucket is empty. */
export function tooManyRequests(retryAfterSeconds: number): SandboxResponse {
  const seconds = Math.ceil(retryAfterSeconds);
  const message = `The request is being throttled as the limit has been reached. Retry after ${seconds} seconds.`;
  return armError(429, 'TooManyRequests', message, { 'retry-after': String(seconds) });
}

/** HTTP 404 for a pool or the cluster around it. */
export function resourceNotFound(cluster: string, pool: string | undefined): SandboxResponse {
  const leaf = pool === undefined ? '' : `/agentPools/${pool}`;
  const name = `Microsoft.ContainerService/managedClusters/${cluster}${leaf}`;
  return armError(404, 'ResourceNotFound', `The Resource '${name}' was not found.`);
}

/** HTTP 400 for a setting AKS refuses. */
export function invalidParameter(field: string, why: string): SandboxResponse {
  const message = `The value of parameter agentPoolProfile.${field} is invalid. Error details: ${why}.`;
  return armError(400, 'InvalidParameter', message);
}

/** HTTP 409 while another change of the pool is under way. */
export function busy(pool: string): SandboxResponse {
  const message = `Operation is not allowed: Another agentpool operation (Updating) is in progress on ${pool}, please wait for it to finish before starting a new operation.`;
  return armError(409, 'OperationNotAllowed', message);
}
