import type { LaunchTemplateOverrides, LaunchTemplateSpecification } from '@aws-sdk/client-auto-scaling';
import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { QuotaReader } from '../../../domain/quota.ts';
import type { ScalingGroup } from './_auto-scaling-api.ts';
import { batches } from './_client.ts';
import type { Ec2Api, LaunchTemplateMachine } from './_ec2-api.ts';
import { onDemandPercentOf } from './_instances-distribution.ts';
import type { MachineOption, MachineUse, VcpuQuotas } from './_vcpu-quotas.ts';

/** A target with its group. */
interface TargetGroup {
  readonly target: ScalingTarget;
  readonly group: Pick<ScalingGroup, 'desiredUnits' | 'group' | 'launchTemplate' | 'policy'>;
}

/** What quotas of Auto Scaling groups are read from. */
export interface AsgQuotaSources {
  readonly groups: (
    targets: readonly ScalingTarget[],
    signal: AbortSignal,
  ) => Promise<readonly TargetGroup[]>;
  readonly ec2: Pick<Ec2Api, 'launchTemplate'>;
  readonly vcpus: VcpuQuotas;
}

/** Groups looked into at the same time; EC2 tells of one launch template a call. Ours. */
const AT_ONCE = 10;

/** A launch template's version where none is named. Source: Auto Scaling API reference, LaunchTemplateSpecification. */
const DEFAULT_VERSION = '$Default';

const BY_ATTRIBUTES = 'names no type of machine, but attributes';

/**
 * Quotas of Auto Scaling groups: vCPUs of EC2, by family and purchase. Further units are of the types that the
 * mixed instances policy lists, by their weights, else of the launch template's; which of several types, AWS
 * decides at launch, so in each family the one with the most vCPUs per unit counts. Interruptible are as many as
 * the target declares (`spotPercent`), else as the policy says; its on-demand base is for the first units only. A
 * declared share that differs from the policy's has units replaced that are there, new ones first, and these count
 * as well. Not seen: a last machine whose weight is more than what is missing.
 *
 * @throws ProviderError `InvalidTarget` naming a target whose machines cannot be told: chosen by attributes, by
 * distribution segments, or of a launch configuration.
 */
export function asgQuotas({ groups, ec2, vcpus }: AsgQuotaSources): QuotaReader {
  return {
    quotas: async (targets, signal) => {
      const uses: MachineUse[] = [];
      for (const batch of batches(await groups(targets, signal), AT_ONCE)) {
        const found = await Promise.all(batch.map((one) => useOf(ec2, one, signal)));
        uses.push(...found.flatMap((use) => use ?? []));
      }
      return vcpus(uses, signal);
    },
  };
}

/** @returns null for machines that count against no quota. */
async function useOf(
  ec2: AsgQuotaSources['ec2'],
  { target, group }: TargetGroup,
  signal: AbortSignal,
): Promise<MachineUse | null> {
  const { policy } = group;
  const { LaunchTemplateSpecification: first = group.launchTemplate, Overrides: overrides = [] } =
    policy?.LaunchTemplate ?? {};
  if (!first) throw unknown(target, 'is of a launch configuration');
  const templates = (own: LaunchTemplateSpecification) => templateOf(ec2, target, own, signal);
  if (policy === null) {
    const template = await templates(first);
    if (template.purchase === 'capacity-block') return null;
    const machines = [optionOf(target, template.instanceType, {})];
    return { target, machines, groups: [group.group], spotPercent: template.purchase === 'spot' ? 100 : 0 };
  }
  const listed = overrides.length > 0 ? overrides : [{}];
  const machines = listed.map(async (override: LaunchTemplateOverrides) => {
    const { InstanceType, InstanceRequirements, LaunchTemplateSpecification: own = first } = override;
    if (InstanceRequirements) throw unknown(target, BY_ATTRIBUTES);
    return optionOf(target, InstanceType ?? (await templates(own)).instanceType, override);
  });
  return {
    target,
    machines: await Promise.all(machines),
    groups: [group.group],
    ...purchaseOf(target, group),
  };
}

function templateOf(
  ec2: AsgQuotaSources['ec2'],
  { region }: ScalingTarget,
  { LaunchTemplateId: id, LaunchTemplateName: name, Version = DEFAULT_VERSION }: LaunchTemplateSpecification,
  signal: AbortSignal,
): Promise<LaunchTemplateMachine> {
  return ec2.launchTemplate(region, { id, name, version: Version }, signal);
}

function optionOf(
  target: ScalingTarget,
  instanceType: string | null,
  { WeightedCapacity = '1' }: LaunchTemplateOverrides,
): MachineOption {
  if (instanceType === null) throw unknown(target, BY_ATTRIBUTES);
  return { instanceType, units: Number(WeightedCapacity) };
}

/** Shares of further units, and what a share that is not yet in force has replaced. */
function purchaseOf(
  target: ScalingTarget,
  { desiredUnits, policy }: TargetGroup['group'],
): Pick<MachineUse, 'spotPercent' | 'replaced'> {
  const onDemand = onDemandPercentOf(policy);
  if (onDemand === null) throw unknown(target, 'has its purchases in distribution segments');
  const now = 100 - onDemand;
  const { spotPercent = now } = target;
  const aboveBase = Math.max(0, desiredUnits - (policy?.InstancesDistribution?.OnDemandBaseCapacity ?? 0));
  const units = (Math.abs(spotPercent - now) / 100) * aboveBase;
  if (units === 0) return { spotPercent };
  return { spotPercent, replaced: { by: spotPercent > now ? 'spot' : 'on-demand', units } };
}

function unknown({ id, reference }: ScalingTarget, what: string): ProviderError {
  const message = `Auto Scaling group ${reference.group} of target ${id} ${what}: which machines further units are, and so what they take of a quota, cannot be told.`;
  return new ProviderError('InvalidTarget', message, { resource: id });
}
