import type { Core } from '../../core.ts';
import type { CallContext, Resource } from '../../world.ts';
import { ACCOUNT_ID } from './errors.ts';
import { type Input, members } from './json-operations.ts';

/** Providers of one DescribeCapacityProviders. Source: ECS API reference. */
const DESCRIBE_LIMIT = 100;

/** Providers that every account has. */
const AWS_MANAGED = ['FARGATE', 'FARGATE_SPOT'];

const read = members('InvalidParameterException', 'InvalidParameterException');

/** One line of a service's strategy, as ECS shows it. */
interface StrategyItem {
  readonly capacityProvider: string;
  readonly weight: number;
  readonly base: number;
}

/** A provider over an Auto Scaling group, as a resource's attribute `capacityProviders` names it. */
interface GroupProvider {
  readonly name: string;
  readonly autoScalingGroup: string;
  /** Default `ENABLED`. */
  readonly managedScaling?: string;
  /** Per cent; default 100. */
  readonly targetCapacity?: number;
}

/** A service's strategy, from its attribute `capacityProviderStrategy`; empty for one with a launch type. */
export function strategyOf({ attributes }: Resource): readonly StrategyItem[] {
  const strategy = (attributes.capacityProviderStrategy ?? []) as readonly Partial<StrategyItem>[];
  return strategy.map(({ capacityProvider = '', weight = 1, base = 0 }) => ({
    capacityProvider,
    weight,
    base,
  }));
}

/** Providers of a service's strategy that are not AWS's own. */
export function ownProviders(resource: Resource): readonly string[] {
  return strategyOf(resource)
    .map(({ capacityProvider }) => capacityProvider)
    .filter((name) => !AWS_MANAGED.includes(name));
}

/** DescribeCapacityProviders: AWS's own, and what the world's services name in their attributes. */
export function describeCapacityProviders(core: Core, input: Input, { region }: CallContext): unknown {
  const asked = read.list(input, 'capacityProviders', DESCRIBE_LIMIT);
  const known = new Map<string, object>([
    ...AWS_MANAGED.map((name): [string, object] => [name, shapeOf(region, name)]),
    ...[...core.world.resources.values()]
      .filter((resource) => resource.service === 'aws.ecs' && resource.region === region)
      .flatMap(({ attributes }) => (attributes.capacityProviders ?? []) as readonly GroupProvider[])
      .map((provider): [string, object] => [provider.name, groupShapeOf(region, provider)]),
  ]);
  const names = asked ?? [...known.keys()];
  const failures = names.filter((name) => !known.has(name));
  return {
    capacityProviders: names.flatMap((name) => known.get(name) ?? []),
    failures: failures.map((name) => ({ arn: providerArn(region, name), reason: 'MISSING' })),
  };
}

function shapeOf(region: string, name: string): object {
  return { capacityProviderArn: providerArn(region, name), name, status: 'ACTIVE', tags: [] };
}

function groupShapeOf(region: string, provider: GroupProvider): object {
  const { name, autoScalingGroup, managedScaling = 'ENABLED', targetCapacity = 100 } = provider;
  const group = `autoScalingGroup:00000000-0000-0000-0000-000000000000:autoScalingGroupName/${autoScalingGroup}`;
  return {
    ...shapeOf(region, name),
    autoScalingGroupProvider: {
      autoScalingGroupArn: `arn:aws:autoscaling:${region}:${ACCOUNT_ID}:${group}`,
      managedScaling: {
        status: managedScaling,
        targetCapacity,
        minimumScalingStepSize: 1,
        maximumScalingStepSize: 10_000,
        instanceWarmupPeriod: 300,
      },
      managedTerminationProtection: 'DISABLED',
      managedDraining: 'ENABLED',
    },
  };
}

function providerArn(region: string, name: string): string {
  return `arn:aws:ecs:${region}:${ACCOUNT_ID}:capacity-provider/${name}`;
}
