import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { QuotaReader, QuotaReading } from '../../../domain/quota.ts';
import { batches } from './_client.ts';
import type { Ec2Api } from './_ec2-api.ts';
import type { Nodegroup } from './_eks-api.ts';
import { describedQuota, type QuotaLimits } from './_quotas.ts';
import type { MachineUse, VcpuQuotas } from './_vcpu-quotas.ts';

/** Nodes of one managed node group. */
const NODES_PER_GROUP = 'L-BD136A63';

/** What a node is where nobody names a type. Source: EKS API reference, CreateNodegroup, instanceTypes. */
const DEFAULT_TYPE = 't3.medium';

/** Launch templates asked for at the same time; EC2 tells of one a call. Ours. */
const AT_ONCE = 10;

/** A target with its node group. */
interface TargetNodegroup {
  readonly target: ScalingTarget;
  readonly nodegroup: Pick<
    Nodegroup,
    'autoScalingGroups' | 'capacityType' | 'desiredUnits' | 'instanceTypes' | 'launchTemplate'
  >;
}

/** What quotas of EKS are read from. */
export interface EksQuotaSources {
  readonly nodegroups: (
    targets: readonly ScalingTarget[],
    signal: AbortSignal,
  ) => Promise<readonly TargetNodegroup[]>;
  readonly ec2: Pick<Ec2Api, 'launchTemplate'>;
  readonly limits: QuotaLimits;
  readonly vcpus: VcpuQuotas;
}

/**
 * Quotas of managed node groups: vCPUs of EC2, by family and as the group's capacity type buys them, and nodes of
 * one group. Of several types a group may have, in each family the one with the most vCPUs counts. A group of
 * Capacity Blocks counts against no quota of running machines (EC2 user guide, "Capacity Blocks for ML").
 */
export function eksQuotas({ nodegroups, ec2, limits, vcpus }: EksQuotaSources): QuotaReader {
  return {
    quotas: async (targets, signal) => {
      const found = await nodegroups(targets, signal);
      const uses: MachineUse[] = [];
      for (const batch of batches(found, AT_ONCE)) {
        uses.push(...(await Promise.all(batch.map((one) => useOf(ec2, one, signal)))).flat());
      }
      const [ofMachines, ofGroups] = await Promise.all([
        vcpus(uses, signal),
        nodesPerGroup(limits, found, signal),
      ]);
      return [...ofMachines, ...ofGroups];
    },
  };
}

/** @returns none for machines that count against no quota. */
async function useOf(
  ec2: EksQuotaSources['ec2'],
  { target, nodegroup }: TargetNodegroup,
  signal: AbortSignal,
): Promise<readonly MachineUse[]> {
  const { autoScalingGroups: groups, capacityType, instanceTypes, launchTemplate } = nodegroup;
  if (capacityType === 'CAPACITY_BLOCK') return [];
  const ofTemplate = async () => {
    const said = launchTemplate && (await ec2.launchTemplate(target.region, launchTemplate, signal));
    return [said?.instanceType ?? DEFAULT_TYPE];
  };
  const types = instanceTypes.length > 0 ? instanceTypes : await ofTemplate();
  const machines = types.map((instanceType) => ({ instanceType, units: 1 }));
  return [{ target, machines, groups, spotPercent: capacityType === 'SPOT' ? 100 : 0 }];
}

/** The limit is the account's, once per region; what it bounds is each group on its own. */
async function nodesPerGroup(
  limits: QuotaLimits,
  found: readonly TargetNodegroup[],
  signal: AbortSignal,
): Promise<readonly QuotaReading[]> {
  const { code, title, quotaService } = describedQuota('aws.eks', NODES_PER_GROUP);
  const regions = [...Map.groupBy(found, ({ target }) => target.region)];
  const all = regions.map(async ([region, group]) => {
    const limit = await limits(region, { quotaService, code }, signal);
    return group.map(({ target, nodegroup }): QuotaReading => {
      const { cluster, nodegroup: name } = target.reference;
      return {
        provider: 'aws',
        quota: code,
        title,
        quotaService,
        region,
        resource: `${cluster}/${name}`,
        unit: 'nodes',
        limit,
        used: nodegroup.desiredUnits,
        perUnit: { [target.id]: 1 },
        counted: { [target.id]: nodegroup.desiredUnits },
      };
    });
  });
  return (await Promise.all(all)).flat();
}
