import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import type { QuotaReading } from '../../../domain/quota.ts';
import { type VcpuQuota, vcpuQuotaOf } from '../../../domain/services/ec2-vcpu-quotas.ts';
import { LIFETIMES_MS, type ReadCache } from '../../calls/read-cache.ts';
import { batches } from './_client.ts';
import { DESCRIBE_TYPES_LIMIT, type Ec2Api, type RunningMachine } from './_ec2-api.ts';
import type { QuotaLimits } from './_quotas.ts';

/** A machine that a target may get. */
export interface MachineOption {
  /** E.g. `m5.large`. */
  readonly instanceType: string;
  /** Units of the target that one of it is: its weight, else 1. */
  readonly units: number;
}

/** The machines further units of a target are. */
export interface MachineUse {
  readonly target: Pick<ScalingTarget, 'id' | 'region'>;
  /** Which of them it gets nobody knows: of each family that with the most vCPUs per unit is counted. */
  readonly machines: readonly MachineOption[];
  /** Names of the Auto Scaling groups its machines are of. */
  readonly groups: readonly string[];
  /** Share of further units that may be interrupted, 0 to 100. */
  readonly spotPercent: number;
  /** Units it has that a raise replaces by ones of another purchase, new ones first. Default none. */
  readonly replaced?: { readonly by: VcpuQuota['purchase']; readonly units: number };
}

/** Reads the vCPU quotas of EC2 that machines of the targets count against. @throws ProviderError */
export type VcpuQuotas = (
  uses: readonly MachineUse[],
  signal: AbortSignal,
) => Promise<readonly QuotaReading[]>;

/** vCPUs of one machine of a type. @throws ProviderError where EC2 did not say. */
type Vcpus = (type: string) => number;

/**
 * The vCPU quotas of EC2, for every service whose units are machines. Use is every machine of the account and
 * region, its own or not, at the default vCPUs of its type; that unused capacity reservations count too (EC2 user
 * guide) is not seen. vCPUs of a type come from the cache; limits and use never do.
 */
export function vcpuQuotas(
  ec2: Pick<Ec2Api, 'running' | 'vcpus'>,
  limits: QuotaLimits,
  cache: ReadCache,
): VcpuQuotas {
  return async (uses, signal) => {
    const regions = Map.groupBy(uses, ({ target }) => target.region);
    const all = await Promise.all(
      [...regions].map(async ([region, group]) => {
        const bound = quotasOf(group);
        if (bound.length === 0) return [];
        const running = await ec2.running(region, signal);
        const machines = running.filter((machine) => bound.some((quota) => quota === countedBy(machine)));
        const types = [...group.flatMap(typesOf), ...machines.map(({ instanceType }) => instanceType)];
        const counted = countedUnits(running, group);
        const vcpus = await vcpusOf(ec2, cache, region, types, signal);
        return Promise.all(
          bound.map(async (quota) => {
            const limit = await limits(region, { ...quota, quotaService: 'ec2' }, signal);
            return readingOf(quota, region, limit, { machines, uses: group, vcpus, counted });
          }),
        );
      }),
    );
    return all.flat();
  };
}

function typesOf({ machines }: MachineUse): readonly string[] {
  return machines.map(({ instanceType }) => instanceType);
}

function countedBy({ instanceType, spot }: RunningMachine): VcpuQuota | undefined {
  return vcpuQuotaOf(instanceType, spot ? 'spot' : 'on-demand');
}

/** Quotas that the uses count against, each once. */
function quotasOf(uses: readonly MachineUse[]): readonly VcpuQuota[] {
  const bound = uses.flatMap((use) =>
    (['on-demand', 'spot'] as const)
      .filter((purchase) => shareOf(use, purchase) > 0 || replacedBy(use, purchase) > 0)
      .flatMap((purchase) => typesOf(use).map((type) => vcpuQuotaOf(type, purchase))),
  );
  return [...new Set(bound)].filter((quota) => quota !== undefined);
}

/** Part of further units, 0 to 1. */
function shareOf({ spotPercent }: MachineUse, purchase: VcpuQuota['purchase']): number {
  return (purchase === 'spot' ? spotPercent : 100 - spotPercent) / 100;
}

function replacedBy({ replaced }: MachineUse, purchase: VcpuQuota['purchase']): number {
  return replaced?.by === purchase ? replaced.units : 0;
}

function readingOf(
  quota: VcpuQuota,
  region: string,
  limit: number,
  found: {
    readonly machines: readonly RunningMachine[];
    readonly uses: readonly MachineUse[];
    readonly vcpus: Vcpus;
    readonly counted: Readonly<Record<string, number>>;
  },
): QuotaReading {
  const { code, title, purchase } = quota;
  const { machines, uses, vcpus, counted } = found;
  const taken = (unitsOf: (use: MachineUse) => number) =>
    Object.fromEntries(
      uses
        .map((use): [string, number] => [use.target.id, unitsOf(use) * mostVcpus(quota, use, vcpus)])
        .filter(([, each]) => each > 0),
    );
  const perRaise = taken((use) => replacedBy(use, purchase));
  return {
    provider: 'aws',
    quota: code,
    title,
    quotaService: 'ec2',
    region,
    unit: 'vCPU',
    limit,
    used: machines
      .filter((machine) => countedBy(machine) === quota)
      .reduce((sum, { instanceType }) => sum + vcpus(instanceType), 0),
    perUnit: taken((use) => shareOf(use, purchase)),
    ...(Object.keys(perRaise).length > 0 && { perRaise }),
    counted,
  };
}

/**
 * Units of each target among machines of the account, of whatever purchase, by target id. A machine of a type that
 * the target no longer has is as many units as the least of those it has.
 */
function countedUnits(
  running: readonly RunningMachine[],
  uses: readonly MachineUse[],
): Readonly<Record<string, number>> {
  const byGroup = Map.groupBy(running, ({ group }) => group);
  const counted = uses.map(({ target, machines, groups }): [string, number] => {
    const least = Math.min(...machines.map(({ units }) => units));
    const units = new Map(machines.map((machine) => [machine.instanceType, machine.units]));
    const own = groups.flatMap((name) => byGroup.get(name) ?? []);
    return [target.id, own.reduce((sum, { instanceType }) => sum + (units.get(instanceType) ?? least), 0)];
  });
  return Object.fromEntries(counted);
}

/** The most vCPUs that one unit of a target may take of a quota. */
function mostVcpus(quota: VcpuQuota, { machines }: MachineUse, vcpus: Vcpus): number {
  const own = machines.filter(({ instanceType }) => vcpuQuotaOf(instanceType, quota.purchase) === quota);
  return own.reduce((most, { instanceType, units }) => Math.max(most, vcpus(instanceType) / units), 0);
}

/** vCPUs by type. @throws ProviderError by a call for a type that EC2 does not have. */
async function vcpusOf(
  ec2: Pick<Ec2Api, 'vcpus'>,
  cache: ReadCache,
  region: string,
  types: readonly string[],
  signal: AbortSignal,
): Promise<Vcpus> {
  const known = new Map<string, number>();
  for (const batch of batches([...new Set(types)].toSorted(), DESCRIBE_TYPES_LIMIT)) {
    // The same in every account, so none is in the key.
    const key = `aws/${region}/vcpus/${batch.join()}`;
    const read = async () => {
      const said = await ec2.vcpus(region, batch, signal);
      return batch.map((type): [string, number] => [type, vcpusIn(said, type)]);
    };
    for (const [type, vcpus] of await cache.cached(key, LIFETIMES_MS.instanceTypes, read)) {
      known.set(type, vcpus);
    }
  }
  return (type) => vcpusIn(known, type);
}

/** Before it is kept: an answer that lacks a type is not to be believed for a day. */
function vcpusIn(said: ReadonlyMap<string, number>, type: string): number {
  const vcpus = said.get(type);
  if (vcpus !== undefined) return vcpus;
  throw new ProviderError('Transient', `EC2 did not say how many vCPUs ${type} has.`);
}
