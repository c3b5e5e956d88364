import type { Core } from '../../core.ts';
import type { CallContext, Resource } from '../../world.ts';
import { ACCOUNT_ID, AwsError, answersOf, jsonError, SCALING_CODES } from './errors.ts';
import { type Input, type JsonService, members } from './json-operations.ts';

/** Resource ids, and targets of a page. Source: API reference, DescribeScalableTargets, "maximum of 50". */
const DESCRIBE_LIMIT = 50;

/** The one dimension of the one namespace the sandbox has. */
const NAMESPACE = 'ecs';
const DIMENSION = 'ecs:service:DesiredCount';

const BUCKET = 'aws.application-auto-scaling';

const read = members('ValidationException', 'InvalidNextTokenException');

/** Application Auto Scaling, for services of ECS: a world's autoscaled service has a scalable target. */
export const applicationAutoScaling: JsonService = {
  target: 'AnyScaleFrontendService',
  answers: answersOf(SCALING_CODES, jsonError),
  operations: {
    DeregisterScalableTarget: { write: true, bucket: BUCKET, resourceKey: ownKey, run: deregister },
    DescribeScalableTargets: { write: false, bucket: BUCKET, resourceKey: soleKey, run: describe },
    RegisterScalableTarget: { write: true, bucket: BUCKET, resourceKey: ownKey, run: register },
  },
};

function describe(core: Core, input: Input, { region }: CallContext): unknown {
  if (required(input, 'ServiceNamespace') !== NAMESPACE) return { ScalableTargets: [] };
  const dimension = read.text(input, 'ScalableDimension') ?? DIMENSION;
  const ids = read.list(input, 'ResourceIds', DESCRIBE_LIMIT);
  const size = Math.min(DESCRIBE_LIMIT, Math.max(1, read.count(input, 'MaxResults') ?? DESCRIBE_LIMIT));
  core.world.tick();
  const targets = [...core.world.resources.values()]
    .filter((resource) => resource.service === 'aws.ecs' && resource.region === region && resource.autoscaled)
    .filter((resource) => dimension === DIMENSION && (ids?.includes(resourceIdOf(resource)) ?? true))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const { items, next } = read.page(targets, read.text(input, 'NextToken'), size);
  return { ScalableTargets: items.map(shapeOf), ...(next === undefined ? {} : { NextToken: next }) };
}

/** Registers or updates; what is left out stays as it is. The world's autoscaler does the rest. */
function register(core: Core, input: Input, call: CallContext): unknown {
  const resource = named(core, input, call.region);
  if (!resource) throw new AwsError('ValidationException', `ECS service doesn't exist: ${input.ResourceId}`);
  const minimumUnits = read.count(input, 'MinCapacity') ?? resource.minimumUnits;
  const maximumUnits = read.count(input, 'MaxCapacity') ?? resource.maximumUnits;
  if (minimumUnits === null || maximumUnits === null) {
    throw new AwsError('ValidationException', 'A new scalable target needs MinCapacity and MaxCapacity.');
  }
  if (minimumUnits > maximumUnits) {
    throw new AwsError('ValidationException', 'Maximum capacity cannot be less than minimum capacity.');
  }
  const before = resource.autoscaled;
  resource.autoscaled = true;
  try {
    core.world.change(resource, { minimumUnits, maximumUnits }, call);
  } catch (error) {
    resource.autoscaled = before;
    throw error;
  }
  const suspended = input.SuspendedState;
  if (suspended !== undefined) resource.attributes.suspendedState = suspended;
  return { ScalableTargetARN: targetArn(resource) };
}

/** Not a change of numbers but of there being any, which is why it enters the ledger itself. */
function deregister(core: Core, input: Input, call: CallContext): unknown {
  const resource = named(core, input, call.region);
  if (!resource?.autoscaled) {
    throw new AwsError('ObjectNotFoundException', `No scalable target found for ${input.ResourceId}.`);
  }
  core.world.tick();
  const settings = ({ minimumUnits, maximumUnits, desiredUnits }: Resource) => {
    return { minimumUnits, maximumUnits, desiredUnits };
  };
  const before = settings(resource);
  Object.assign(resource, { autoscaled: false, minimumUnits: null, maximumUnits: null });
  resource.version += 1;
  const { vendor, service, operation, region, caller, key } = call;
  const names = { vendor, service, operation, region, caller, key, resource: resource.key };
  core.ledger.append({ ...names, before, after: settings(resource) });
  return {};
}

function named(core: Core, input: Input, region: string): Resource | undefined {
  if (required(input, 'ServiceNamespace') !== NAMESPACE) {
    throw new AwsError('ValidationException', 'The sandbox has no namespace other than ecs.');
  }
  if (required(input, 'ScalableDimension') !== DIMENSION) {
    throw new AwsError('ValidationException', 'Unsupported service namespace, resource type or dimension.');
  }
  const [kind, cluster, service, ...rest] = required(input, 'ResourceId').split('/');
  if (kind !== 'service' || !cluster || !service || rest.length > 0) {
    throw new AwsError('ValidationException', `Unsupported resource id ${input.ResourceId}.`);
  }
  return core.world.find('aws.ecs', { cluster, service }, region);
}

function required(input: Input, name: string): string {
  const value = read.text(input, name);
  if (value === undefined) throw new AwsError('ValidationException', `${name} is required.`);
  return value;
}

function shapeOf(resource: Resource): unknown {
  const none = {
    DynamicScalingInSuspended: false,
    DynamicScalingOutSuspended: false,
    ScheduledScalingSuspended: false,
  };
  return {
    ServiceNamespace: NAMESPACE,
    ResourceId: resourceIdOf(resource),
    ScalableDimension: DIMENSION,
    MinCapacity: resource.minimumUnits,
    MaxCapacity: resource.maximumUnits,
    RoleARN: `arn:aws:iam::${ACCOUNT_ID}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService`,
    CreationTime: 1_700_000_000,
    SuspendedState: { ...none, ...(resource.attributes.suspendedState as object | undefined) },
    ScalableTargetARN: targetArn(resource),
  };
}

function soleKey(input: Input, region: string): string | undefined {
  const ids = input.ResourceIds;
  return Array.isArray(ids) && ids.length === 1 ? keyOf(String(ids[0]), region) : undefined;
}

function ownKey(input: Input, region: string): string | undefined {
  return keyOf(String(input.ResourceId), region);
}

function keyOf(resourceId: string, region: string): string {
  return `aws.ecs/${region}/${resourceId.slice(resourceId.indexOf('/') + 1)}`;
}

function resourceIdOf({ reference }: Resource): string {
  return `service/${reference.cluster}/${reference.service}`;
}

function targetArn(resource: Resource): string {
  const id = Buffer.from(resource.key).toString('hex').slice(-20);
  return `arn:aws:application-autoscaling:${resource.region}:${ACCOUNT_ID}:scalable-target/${id}`;
}
