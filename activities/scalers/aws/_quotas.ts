import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { QuotaReading } from '../../../domain/quota.ts';
import type { Quota } from '../../../domain/service-descriptor.ts';
import { type VcpuQuota, vcpuQuotaOf } from '../../../domain/services/ec2-vcpu-quotas.ts';
import { serviceDescriptor } from '../../../domain/services.ts';
import { type AwsAccess, batches } from './_client.ts';
import { createEc2Api, DESCRIBE_TYPES_LIMIT, type Ec2Api, type RunningMachine } from './_ec2-api.ts';
import { createServiceQuotasApi, type ServiceQuotasApi } from './_service-quotas-api.ts';

/** What a service's descriptor says of a quota it is bound by. @throws ProviderError for one it does not list */
export function describedQuota(service: string, code: string): Quota {
  const quota = serviceDescriptor(service)?.quotas.find((candidate) => candidate.code === code);
  if (quota) return quota;
  throw new ProviderError('InvalidTarget', `${service} has no quota ${code} in its descriptor.`);
}

/** What the account is allowed of a quota in a region. @throws ProviderError where that cannot be read. */
export type QuotaLimits = (
  region: string,
  quota: Pick<Quota, 'quotaService' | 'code'>,
  signal: AbortSignal,
) => Promise<number>;

/** Limits from Service Quotas: the account's own value, or the default where it has none. */
export function createQuotaLimits(access: AwsAccess): QuotaLimits {
  return quotaLimits(createServiceQuotasApi(access));
}

/** {@link createQuotaLimits} over given calls of AWS. */
export function quotaLimits(api: ServiceQuotasApi): QuotaLimits {
  return async (region, { quotaService, code }, signal) =>
    (await api.applied(region, quotaService, code, signal)) ??
    (await api.byDefault(region, quotaService, code, signal));
}

/** The machines one more unit of a target is. */
export interface MachineUse {
  readonly target: Pick<ScalingTarget, 'id' | 'region'>;
  /** Types a machine of it may be of, e.g. `m5.large`; the largest of a family is counted. */
  readonly instanceTypes: readonly string[];
  /** Share of its machines that may be interrupted, 0 to 100. */
  readonly spotPercent: number;
}

/** Reads the vCPU quotas of EC2 that machines of the targets count against. @throws ProviderError */
export type VcpuQuotas = (
  uses: readonly MachineUse[],
  signal: AbortSignal,
) => Promise<readonly QuotaReading[]>;

/**
 * The vCPU quotas of EC2, for every service whose units are machines. Use is every running machine of the account
 * and region, its own or not, at the default vCPUs of its type; that unused capacity reservations count too (EC2
 * user guide) is not seen. vCPUs of a type never change, so they are asked for once.
 */
export function createVcpuQuotas(access: AwsAccess): VcpuQuotas {
  return vcpuQuotas(createEc2Api(access), createQuotaLimits(access));
}

/** {@link createVcpuQuotas} over given calls of AWS. */
export function vcpuQuotas(ec2: Ec2Api, limits: QuotaLimits): VcpuQuotas {
  const known = new Map<string, number>();
  return async (uses, signal) => {
    const regions = Map.groupBy(uses, ({ target }) => target.region);
    const all = await Promise.all(
      [...regions].map(async ([region, group]) => {
        const bound = quotasOf(group);
        if (bound.length === 0) return [];
        const machines = await ec2.running(region, signal);
        const types = [...group.flatMap(({ instanceTypes }) => instanceTypes), ...typesOf(machines)];
        const vcpus = await vcpusOf(ec2, known, region, types, signal);
        return Promise.all(
          bound.map(
            async (quota): Promise<QuotaReading> => ({
              ...namesOf(quota, region),
              limit: await limits(region, { ...quota, quotaService: 'ec2' }, signal),
              used: usedOf(quota, machines, vcpus),
              perUnit: perUnitOf(quota, group, vcpus),
            }),
          ),
        );
      }),
    );
    return all.flat();
  };
}

function typesOf(machines: readonly RunningMachine[]): readonly string[] {
  return [...new Set(machines.map(({ instanceType }) => instanceType))];
}

function namesOf({ code, title }: VcpuQuota, region: string) {
  return { provider: 'aws', quota: code, title, quotaService: 'ec2', region, unit: 'vCPU' } as const;
}

/** Quotas that the uses count against, each once. */
function quotasOf(uses: readonly MachineUse[]): readonly VcpuQuota[] {
  const bound = uses.flatMap(({ instanceTypes, spotPercent }) =>
    instanceTypes.flatMap((type) => [
      ...(spotPercent < 100 ? [vcpuQuotaOf(type, 'on-demand')] : []),
      ...(spotPercent > 0 ? [vcpuQuotaOf(type, 'spot')] : []),
    ]),
  );
  return [...new Set(bound)].filter((quota) => quota !== undefined);
}

function usedOf(
  quota: VcpuQuota,
  machines: readonly RunningMachine[],
  vcpus: (type: string) => number,
): number {
  return machines
    .filter(({ instanceType, spot }) => vcpuQuotaOf(instanceType, spot ? 'spot' : 'on-demand') === quota)
    .reduce((sum, { instanceType }) => sum + vcpus(instanceType), 0);
}

function perUnitOf(
  quota: VcpuQuota,
  uses: readonly MachineUse[],
  vcpus: (type: string) => number,
): Readonly<Record<string, number>> {
  const shares = uses.flatMap(({ target, instanceTypes, spotPercent }): [string, number][] => {
    const share = (quota.purchase === 'spot' ? spotPercent : 100 - spotPercent) / 100;
    const own = instanceTypes.filter((type) => vcpuQuotaOf(type, quota.purchase) === quota);
    const largest = own.reduce((most, type) => Math.max(most, vcpus(type)), 0);
    return share * largest > 0 ? [[target.id, share * largest]] : [];
  });
  return Object.fromEntries(shares);
}

/** vCPUs by type, those not known yet asked for. @throws ProviderError by a call for a type that EC2 does not have. */
async function vcpusOf(
  ec2: Ec2Api,
  known: Map<string, number>,
  region: string,
  types: readonly string[],
  signal: AbortSignal,
): Promise<(type: string) => number> {
  const unknown = [...new Set(types)].filter((type) => !known.has(type));
  for (const batch of batches(unknown, DESCRIBE_TYPES_LIMIT)) {
    for (const [type, vcpus] of await ec2.vcpus(region, batch, signal)) known.set(type, vcpus);
  }
  return (type) => {
    const vcpus = known.get(type);
    if (vcpus !== undefined) return vcpus;
    throw new ProviderError('Transient', `EC2 did not say how many vCPUs ${type} has.`);
  };
}
