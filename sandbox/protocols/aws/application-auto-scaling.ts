import type { Core } from '../../core.ts';
import { resourceKeyOf, sandboxService } from '../../services.ts';
import type { CallContext, Resource } from '../../world.ts';
import { ACCOUNT_ID, AwsError, answersOf, jsonError, SCALING_CODES } from './errors.ts';
import { type Input, type JsonService, members } from './json-operations.ts';
import { DIMENSIONS, dimensionOf, type ScalableDimension } from './scalable-dimensions.ts';

/** Resource ids, and targets of a page. Source: API reference, DescribeScalableTargets, "maximum of 50". */
const DESCRIBE_LIMIT = 50;

const BUCKET = 'aws.application-auto-scaling';

const read = members('ValidationException', 'InvalidNextTokenException');

/** Application Auto Scaling: an autoscaled resource of a dimension it knows has a scalable target. */
export const applicationAutoScaling: JsonService = {
  target: 'AnyScaleFrontendService',
  service: (input) => `aws.${String(input.ServiceNamespace)}`,
  answers: answersOf(SCALING_CODES, jsonError),
  operations: {
    DeregisterScalableTarget: { write: true, bucket: BUCKET, resourceKey: ownKey, run: deregister },
    DescribeScalableTargets: { write: false, bucket: BUCKET, resourceKey: soleKey, run: describe },
    RegisterScalableTarget: { write: true, bucket: BUCKET, resourceKey: ownKey, run: register },
  },
};

function describe(core: Core, input: Input, { region }: CallContext): unknown {
  const namespace = required(input, 'ServiceNamespace');
  const dimension = read.text(input, 'ScalableDimension');
  const ids = read.list(input, 'ResourceIds', DESCRIBE_LIMIT);
  const size = Math.min(DESCRIBE_LIMIT, Math.max(1, read.count(input, 'MaxResults') ?? DESCRIBE_LIMIT));
  core.world.tick();
  const targets = [...core.world.resources.values()]
    .filter((resource) => resource.region === region && resource.autoscaled)
    .filter((resource) => {
      const found = dimensionOf(resource);
      if (found?.namespace !== namespace) return false;
      if (dimension !== undefined && dimension !== found.dimension) return false;
      return ids?.includes(found.idOf(resource.reference)) ?? true;
    })
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const { items, next } = read.page(targets, read.text(input, 'NextToken'), size);
  return { ScalableTargets: items.map(shapeOf), ...(next === undefined ? {} : { NextToken: next }) };
}

/** Registers or updates; what is left out stays as it is. The world's autoscaler does the rest. */
function register(core: Core, input: Input, call: CallContext): unknown {
  const resource = named(core, input, call.region);
  if (!resource) throw new AwsError('ValidationException', missing(input));
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
  const { dimension, reference } = scaled(input);
  return core.world.find(dimension.service, reference, region, dimension.lever);
}

/** What a request is about. @throws AwsError where no dimension has such a resource id. */
function scaled(input: Input): {
  readonly dimension: ScalableDimension;
  readonly reference: Record<string, string>;
} {
  const [namespace, name] = [required(input, 'ServiceNamespace'), required(input, 'ScalableDimension')];
  const dimension = DIMENSIONS.find((line) => line.namespace === namespace && line.dimension === name);
  if (!dimension) {
    throw new AwsError('ValidationException', 'Unsupported service namespace, resource type or dimension.');
  }
  const found = dimension.resourceId.exec(required(input, 'ResourceId'));
  if (!found) throw new AwsError('ValidationException', `Unsupported resource id ${input.ResourceId}.`);
  const [, ...values] = found;
  const names = dimension.fields.map((field, index) => [field, values[index] ?? '']);
  return { dimension, reference: Object.fromEntries(names) as Record<string, string> };
}

/** Source: messages AWS gives for a resource that is not there; those of other namespaces than ECS assumed. */
function missing(input: Input): string {
  const what = input.ServiceNamespace === 'ecs' ? 'ECS service' : 'The resource';
  return `${what} doesn't exist: ${input.ResourceId}`;
}

function required(input: Input, name: string): string {
  const value = read.text(input, name);
  if (value === undefined) throw new AwsError('ValidationException', `${name} is required.`);
  return value;
}

function shapeOf(resource: Resource): unknown {
  const found = dimensionOf(resource);
  const none = {
    DynamicScalingInSuspended: false,
    DynamicScalingOutSuspended: false,
    ScheduledScalingSuspended: false,
  };
  return {
    ServiceNamespace: found?.namespace,
    ResourceId: found?.idOf(resource.reference),
    ScalableDimension: found?.dimension,
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
  if (!Array.isArray(ids) || ids.length !== 1 || read.text(input, 'ScalableDimension') === undefined) {
    return undefined;
  }
  return ownKey({ ...input, ResourceId: String(ids[0]) }, region);
}

function ownKey(input: Input, region: string): string | undefined {
  const { dimension, reference } = scaled(input);
  const line = sandboxService(dimension.service, dimension.lever);
  return line && resourceKeyOf(line, region, reference);
}

function targetArn(resource: Resource): string {
  const id = Buffer.from(resource.key).toString('hex').slice(-20);
  return `arn:aws:application-autoscaling:${resource.region}:${ACCOUNT_ID}:scalable-target/${id}`;
}
