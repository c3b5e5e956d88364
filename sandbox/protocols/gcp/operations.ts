import { createHash } from 'node:crypto';
import { isZone, numericId, placePath, urlOf } from './resource-shapes.ts';

/** A change Compute Engine has accepted, as the sandbox keeps it. */
export interface Operation {
  readonly name: string;
  readonly project: string;
  readonly location: string;
  /** Method without `compute.`, e.g. `instanceGroupManagers.resize`. */
  readonly type: string;
  readonly targetPath: string;
  /** Service time, in milliseconds. */
  readonly insertedAtMs: number;
  readonly doneAtMs: number;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Service time from accepted to DONE, in milliseconds; the instances come later. Assumed. */
export const OPERATION_MS = 1_000;

/** Operations by name and by request id; the latter make a repeat harmless. */
export interface OperationStore {
  find(project: string, location: string, name: string): Operation | undefined;
  /** The operation an earlier request with the same id started. */
  findRequest(project: string, requestId: string | null): Operation | undefined;
  add(operation: Omit<Operation, 'name'>, requestId: string | null): Operation;
}

/** Operations older than the newest this many are forgotten. */
const KEPT = 20_000;

/** Makes an empty store. */
export function createOperationStore(): OperationStore {
  const operations = new Map<string, Operation>();
  const requests = new Map<string, string>();
  let count = 0;
  return {
    find: (project, location, name) => operations.get(`${placePath(project, location)}/${name}`),
    findRequest: (project, requestId) => {
      const path = requestId === null ? undefined : requests.get(`${project}/${requestId}`);
      return path === undefined ? undefined : operations.get(path);
    },
    add: (fields, requestId) => {
      count += 1;
      const digest = createHash('sha256').update(`${count}/${fields.targetPath}`).digest('hex');
      const name = `operation-${fields.insertedAtMs}-${digest.slice(0, 13)}-${digest.slice(13, 21)}`;
      const operation = { ...fields, name };
      const path = `${placePath(fields.project, fields.location)}/${name}`;
      operations.set(path, operation);
      if (requestId !== null) requests.set(`${fields.project}/${requestId}`, path);
      forgetOldest(operations, KEPT);
      forgetOldest(requests, KEPT);
      return operation;
    },
  };
}

function forgetOldest(map: Map<string, unknown>, kept: number): void {
  const [oldest] = map.keys();
  if (map.size > kept && oldest !== undefined) map.delete(oldest);
}

/** An operation as it stands at `nowMs`. Source: discovery document compute v1, Operation. */
export function operationShape(operation: Operation, nowMs: number): Record<string, unknown> {
  const { name, project, location, type, targetPath, insertedAtMs, doneAtMs, error } = operation;
  const place = placePath(project, location);
  const done = nowMs >= doneAtMs;
  const failed = done && error !== null;
  return {
    kind: 'compute#operation',
    id: numericId(name),
    name,
    [isZone(location) ? 'zone' : 'region']: urlOf(place),
    operationType: `compute.${type}`,
    targetLink: urlOf(targetPath),
    targetId: numericId(targetPath),
    status: done ? 'DONE' : 'RUNNING',
    user: 'sandbox@wedsync.example',
    progress: done ? 100 : 0,
    insertTime: new Date(insertedAtMs).toISOString(),
    startTime: new Date(insertedAtMs).toISOString(),
    ...(done ? { endTime: new Date(doneAtMs).toISOString() } : {}),
    ...(failed ? { error: { errors: [error] }, ...httpError(error.code) } : {}),
    selfLink: urlOf(`${place}/operations/${name}`),
  };
}

function httpError(code: string): Record<string, unknown> {
  return code === 'QUOTA_EXCEEDED'
    ? { httpErrorStatusCode: 403, httpErrorMessage: 'FORBIDDEN' }
    : { httpErrorStatusCode: 503, httpErrorMessage: 'SERVICE UNAVAILABLE' };
}
