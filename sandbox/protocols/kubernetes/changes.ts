import type { Core, SandboxResponse } from '../../core.ts';
import type { CallContext, Resource } from '../../world.ts';
import { type ObjectPath, qualified } from './paths.ts';
import { shapeOf } from './shapes.ts';
import { failure, json } from './status.ts';

type Json = Readonly<Record<string, unknown>>;

/** A decoded PUT or PATCH of one object. */
export interface ObjectChange {
  readonly path: ObjectPath;
  readonly resource: Resource;
  readonly call: CallContext;
  readonly body: Buffer;
  /** Content type of a PATCH; null for a PUT. */
  readonly patchType: string | null;
}

const PATCH_TYPES = /^application\/(merge|strategic-merge)-patch\+json/;

/**
 * PUT replaces, PATCH merges (a strategic merge is taken for a plain one: the fields set here hold no lists
 * with merge keys). Either is refused when it names another version than the object's own.
 */
export function changeObject(
  core: Core,
  { path, resource, call, body, patchType }: ObjectChange,
): SandboxResponse {
  if (patchType !== null && !PATCH_TYPES.test(patchType)) {
    const message = `the body of the request was in an unknown format - accepted media types include: application/merge-patch+json, application/strategic-merge-patch+json; got ${patchType}`;
    return failure(415, 'UnsupportedMediaType', message);
  }
  const sent = jsonOf(body);
  if (!sent)
    return failure(400, 'BadRequest', 'the object provided is unrecognized: it is not a JSON object');
  const current = shapeOf(path, resource);
  const { name, resourceVersion } = (isObject(sent.metadata) ? sent.metadata : {}) as Record<string, unknown>;
  if (name !== undefined && name !== path.name) {
    const message = `the name of the object (${name}) does not match the name on the URL (${path.name})`;
    return failure(400, 'BadRequest', message);
  }
  if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion) {
    const message = `Operation cannot be fulfilled on ${qualified(path)} "${path.name}": the object has been modified; please apply your changes to the latest version and try again`;
    return failure(409, 'Conflict', message, { path });
  }
  const wanted = (patchType === null ? sent : merged(current, sent)) as Json;
  const spec = isObject(wanted.spec) ? wanted.spec : {};
  const set = path.collection === 'deployments' ? setReplicas : setRange;
  return set(core, path, resource, spec, call) ?? json(200, shapeOf(path, resource));
}

type Setter = (
  core: Core,
  path: ObjectPath,
  resource: Resource,
  spec: Json,
  call: CallContext,
) => SandboxResponse | null;

const setReplicas: Setter = (core, path, resource, spec, call) => {
  // A scale without replicas asks for none; a Deployment without them asks for its default.
  const replicas = spec.replicas ?? (path.scale ? 0 : 1);
  if (!isCount(replicas))
    return invalid(path, 'spec.replicas', replicas, 'must be greater than or equal to 0');
  core.world.change(resource, { desiredUnits: replicas }, call);
  return null;
};

const setRange: Setter = (core, path, resource, spec, call) => {
  const { minReplicas = 1, maxReplicas, ...rest } = spec;
  if (!isObject(rest.scaleTargetRef)) return invalid(path, 'spec.scaleTargetRef', null, 'Required value');
  if (!isCount(minReplicas) || minReplicas < 1) {
    return invalid(path, 'spec.minReplicas', minReplicas, 'must be greater than or equal to 1');
  }
  if (!isCount(maxReplicas) || maxReplicas < minReplicas) {
    return invalid(path, 'spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`');
  }
  const { minReplicas: _minimum, maxReplicas: _maximum, ...kept } = shapeOf(path, resource).spec as Json;
  const range = { minimumUnits: minReplicas, maximumUnits: maxReplicas };
  // An update that changes nothing must not make a new version of the object.
  const same = JSON.stringify(sorted(kept)) === JSON.stringify(sorted(rest));
  core.world.change(resource, same ? range : { ...range, attributes: { autoscalerSpec: rest } }, call);
  return null;
};

function invalid(path: ObjectPath, field: string, value: unknown, why: string): SandboxResponse {
  const cause = { field, message: `Invalid value: ${JSON.stringify(value)}: ${why}` };
  const message = `${qualified(path)} "${path.name}" is invalid: ${field}: ${cause.message}`;
  return failure(422, 'Invalid', message, { path, cause });
}

/** JSON merge patch (RFC 7396). */
function merged(current: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(current) ? { ...current } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
}

/** The same value with the keys of every object in order, to compare by text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted(value[name])]));
}

function jsonOf(body: Buffer): Json | null {
  try {
    const value: unknown = JSON.parse(body.toString());
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
