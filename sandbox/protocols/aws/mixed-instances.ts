import type { Change, Resource } from '../../world.ts';
import { AwsError } from './errors.ts';
import { launchTemplateOf } from './machines.ts';
import { type QueryInput, queryMembers } from './query-operations.ts';

type Json = Readonly<Record<string, unknown>>;

const read = queryMembers('ValidationError');

/**
 * A mixed instances policy as a change of the world: its share is the resource's, the rest is kept as sent.
 * @throws AwsError in AWS's words. Source of the one on launch templates: "Valid requests must contain either
 * launchTemplateId or LaunchTemplateName", which AWS answers to both as well as to neither.
 */
export function mixedInstancesOf(policy: QueryInput | undefined): Change {
  if (policy === undefined) return {};
  const template = read.structure(policy, 'LaunchTemplate');
  if (template === undefined) {
    throw new AwsError('ValidationError', 'A mixed instances policy must have a launch template.');
  }
  for (const owner of [template, ...structuresIn(template.Overrides)]) {
    const specification = read.structure(owner, 'LaunchTemplateSpecification');
    if (owner !== template && specification === undefined) continue;
    const { LaunchTemplateId: id, LaunchTemplateName: name } = specification ?? {};
    if ((id === undefined) === (name === undefined)) {
      const message = 'Valid requests must contain either launchTemplateId or LaunchTemplateName';
      throw new AwsError('ValidationError', message);
    }
  }
  const distribution = read.structure(policy, 'InstancesDistribution') ?? {};
  const onDemandPercent = read.count(distribution, 'OnDemandPercentageAboveBaseCapacity') ?? 100;
  if (onDemandPercent > 100) {
    throw new AwsError('ValidationError', 'OnDemandPercentageAboveBaseCapacity must be from 0 to 100.');
  }
  return { onDemandPercent, attributes: { mixedInstancesPolicy: policy } };
}

/** The policy as AWS shows it, with the names of its launch templates; undefined for a group without one. */
export function mixedInstancesShape(group: Resource): Json | undefined {
  const { onDemandPercent, attributes } = group;
  if (onDemandPercent === null) return undefined;
  const { id, name } = launchTemplateOf(group);
  const kept = (attributes.mixedInstancesPolicy as Json | undefined) ?? {
    LaunchTemplate: {
      LaunchTemplateSpecification: { LaunchTemplateId: id, Version: '$Default' },
      Overrides: overridesOf(attributes),
    },
    InstancesDistribution: {
      OnDemandAllocationStrategy: 'prioritized',
      OnDemandBaseCapacity: 0,
      SpotAllocationStrategy: 'price-capacity-optimized',
    },
  };
  const template = kept.LaunchTemplate as Json;
  const specification = { LaunchTemplateName: name, ...(template.LaunchTemplateSpecification as Json) };
  return {
    ...kept,
    LaunchTemplate: { ...template, LaunchTemplateSpecification: specification },
    InstancesDistribution: {
      ...(kept.InstancesDistribution as Json),
      OnDemandPercentageAboveBaseCapacity: onDemandPercent,
    },
  };
}

/** Types and weights of a world's group, or two types of one size. */
function overridesOf({ instanceType, weightedCapacity }: Resource['attributes']): readonly Json[] {
  if (instanceType === undefined) return [{ InstanceType: 'm7g.large' }, { InstanceType: 'm6g.large' }];
  const weight = weightedCapacity === undefined ? {} : { WeightedCapacity: String(weightedCapacity) };
  return [{ InstanceType: instanceType, ...weight }];
}

function structuresIn(value: QueryInput[string] | undefined): readonly QueryInput[] {
  if (!Array.isArray(value)) return [];
  return value.filter((item): item is QueryInput => typeof item === 'object');
}
