import type { SandboxResponse } from '../../core.ts';
import type { Resource } from '../../world.ts';
import { settingsOf } from './agent-pool-shape.ts';
import { armError, invalidParameter } from './errors.ts';

/** Nodes of a pool. Source: Microsoft.ContainerService managedClusters, AgentPool.count. */
const HIGHEST_COUNT = 1_000;

/** Settings of an existing pool that a PUT may not change. Source: AKS, PropertyChangeNotAllowed. */
const FIXED = ['vmSize', 'osType', 'osDiskType', 'maxPods', 'type'];

/** Fields the service fills in; ignored in a request. */
const READ_ONLY: ReadonlySet<string> = new Set([
  'currentOrchestratorVersion',
  'eTag',
  'nodeImageVersion',
  'provisioningState',
  'status',
]);

type Json = Readonly<Record<string, unknown>>;

/** What a PUT asks for: the size fields for the world, the other settings to be kept. */
export interface PoolPut {
  readonly count: number;
  readonly minimumUnits: number | null;
  readonly maximumUnits: number | null;
  readonly settings: Json;
}

/** Reads the body of a PUT of an existing pool, or says why AKS refuses it. */
export function readPoolPut(resource: Resource, body: Buffer): PoolPut | SandboxResponse {
  const properties = propertiesOf(body);
  if (properties === undefined) {
    const message = 'The request content was invalid and could not be deserialized.';
    return armError(400, 'InvalidRequestContent', message);
  }
  const { count, minCount, maxCount, enableAutoScaling, ...rest } = properties;
  const settings = Object.fromEntries(Object.entries(rest).filter(([field]) => !READ_ONLY.has(field)));
  const fixed = FIXED.find(
    (field) => settings[field] !== undefined && settings[field] !== settingsOf(resource)[field],
  );
  if (fixed !== undefined) {
    const message = `Changing property 'properties.${fixed}' is not allowed.`;
    return armError(400, 'PropertyChangeNotAllowed', message);
  }
  if ((enableAutoScaling === true) !== resource.autoscaled) {
    const why = 'the autoscaler of a pool cannot be switched on or off here';
    return invalidParameter('enableAutoScaling', why);
  }
  if (!isCount(count)) return invalidParameter('count', `it must be between 0 and ${HIGHEST_COUNT}`);
  if (!resource.autoscaled) return { count, minimumUnits: null, maximumUnits: null, settings };
  if (!isCount(minCount) || !isCount(maxCount) || minCount > maxCount) {
    return invalidParameter('minCount', `min ${minCount} and max ${maxCount} are not a range`);
  }
  if (count < minCount || count > maxCount) {
    return invalidParameter('count', `node count ${count} is not in the range ${minCount} to ${maxCount}`);
  }
  return { count, minimumUnits: minCount, maximumUnits: maxCount, settings };
}

function propertiesOf(body: Buffer): Json | undefined {
  try {
    const { properties } = JSON.parse(body.toString()) as { properties?: Json };
    return typeof properties === 'object' && properties !== null ? properties : undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= HIGHEST_COUNT;
}
