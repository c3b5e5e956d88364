import type {
  LaunchTemplate,
  LaunchTemplateSpecification,
  MixedInstancesPolicy,
} from '@aws-sdk/client-auto-scaling';

/** Share of a policy that says none. Source: API reference, OnDemandPercentageAboveBaseCapacity, "Default: 100". */
const DEFAULT_PERCENT = 100;

/**
 * Share of on-demand instances above the base, 0 to 100. Null where there is none to set: no policy, or one with
 * distribution segments, which a share would remove. Source: API reference, UpdateAutoScalingGroup.
 */
export function onDemandPercentOf(policy: MixedInstancesPolicy | null): number | null {
  const distribution = policy?.InstancesDistribution;
  if (policy === null || (distribution?.DistributionSegments?.length ?? 0) > 0) return null;
  return distribution?.OnDemandPercentageAboveBaseCapacity ?? DEFAULT_PERCENT;
}

/** The same policy with another share, as an update takes it. */
export function withOnDemandPercent(policy: MixedInstancesPolicy, percent: number): MixedInstancesPolicy {
  const { LaunchTemplate: template, InstancesDistribution: distribution } = policy;
  return {
    ...policy,
    ...(template && { LaunchTemplate: sendable(template) }),
    InstancesDistribution: { ...distribution, OnDemandPercentageAboveBaseCapacity: percent },
  };
}

function sendable(template: LaunchTemplate): LaunchTemplate {
  const { LaunchTemplateSpecification: specification, Overrides: overrides } = template;
  return {
    ...template,
    ...(specification && { LaunchTemplateSpecification: byId(specification) }),
    ...(overrides && {
      Overrides: overrides.map((override) => {
        const { LaunchTemplateSpecification: own } = override;
        return own ? { ...override, LaunchTemplateSpecification: byId(own) } : override;
      }),
    }),
  };
}

/** AWS answers with id and name of a launch template and refuses both: "Valid requests must contain either ...". */
function byId(specification: LaunchTemplateSpecification): LaunchTemplateSpecification {
  const { LaunchTemplateName: _name, ...rest } = specification;
  return rest.LaunchTemplateId === undefined ? specification : rest;
}
