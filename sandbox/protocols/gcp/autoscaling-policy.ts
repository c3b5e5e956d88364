import type { SandboxResponse } from '../../core.ts';
import { invalid } from './errors.ts';

/** Fields of an autoscaler a patch may carry. Source: discovery document compute v1, Autoscaler. */
const AUTOSCALER_FIELDS: ReadonlySet<string> = new Set([
  'autoscalingPolicy',
  'creationTimestamp',
  'description',
  'id',
  'kind',
  'name',
  'recommendedSize',
  'region',
  'scalingScheduleStatus',
  'selfLink',
  'status',
  'statusDetails',
  'target',
  'zone',
]);

/** Fields of a policy. Source: discovery document compute v1, AutoscalingPolicy. */
const POLICY_FIELDS: ReadonlySet<string> = new Set([
  'coolDownPeriodSec',
  'cpuUtilization',
  'customMetricUtilizations',
  'loadBalancingUtilization',
  'maxNumReplicas',
  'minNumReplicas',
  'mode',
  'scaleInControl',
  'scalingSchedules',
]);

const MODES = ['OFF', 'ON', 'ONLY_SCALE_OUT', 'ONLY_UP'];

type Json = Readonly<Record<string, unknown>>;

/** A policy after a patch, split into the range and the rest. */
export interface PatchedPolicy {
  readonly minimumUnits: number;
  readonly maximumUnits: number;
  readonly rest: Json;
}

/** Merges a patch body (JSON merge patch) into `current`, or says why Compute Engine refuses it. */
export function patchedPolicy(current: Json, body: unknown): PatchedPolicy | SandboxResponse {
  if (!isObject(body)) return invalid('resource', '', 'A JSON object is required.');
  const unknown = Object.keys(body).find((field) => !AUTOSCALER_FIELDS.has(field));
  if (unknown !== undefined) return unknownField(unknown, 'resource');
  const patch = body.autoscalingPolicy ?? {};
  if (!isObject(patch)) return invalid('resource.autoscalingPolicy', '', 'A JSON object is required.');
  const unknownInPolicy = Object.keys(patch).find((field) => !POLICY_FIELDS.has(field));
  if (unknownInPolicy !== undefined) return unknownField(unknownInPolicy, 'resource.autoscalingPolicy');
  return checked(merged(current, patch));
}

function checked(policy: Json): PatchedPolicy | SandboxResponse {
  const { minNumReplicas: minimum, maxNumReplicas: maximum, ...rest } = policy;
  if (!isCount(minimum)) {
    return invalid(
      'resource.autoscalingPolicy.minNumReplicas',
      minimum,
      'Must be greater than or equal to 0.',
    );
  }
  if (!isCount(maximum) || maximum < minimum) {
    const why = 'Max number of replicas must not be lower than min number of replicas.';
    return invalid('resource.autoscalingPolicy.maxNumReplicas', maximum, why);
  }
  if (!MODES.includes(String(rest.mode))) {
    return invalid('resource.autoscalingPolicy.mode', rest.mode, `Must be one of ${MODES.join(', ')}.`);
  }
  return { minimumUnits: minimum, maximumUnits: maximum, rest };
}

function merged(current: Json, patch: Json): Json {
  const result: Record<string, unknown> = { ...current };
  for (const [field, value] of Object.entries(patch)) {
    // Google's own clients send an empty map for `scalingSchedules` where there are none; it adds nothing.
    if (isObject(value) && Object.keys(value).length === 0) continue;
    const before = result[field];
    if (value === null) delete result[field];
    else result[field] = isObject(value) ? merged(isObject(before) ? before : {}, value) : value;
  }
  return result;
}

function unknownField(field: string, at: string): SandboxResponse {
  return invalid(`${at}.${field}`, '', `Unknown name "${field}": Cannot find field.`);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
