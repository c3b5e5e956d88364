import type { Core } from '../../core.ts';
import type { Resource } from '../../world.ts';
import { ACCOUNT_ID, AwsError } from './errors.ts';
import { listOf } from './query-operations.ts';
import { clustersIn, type Member, membersOf } from './rds-clusters.ts';
import { tagList } from './tags.ts';

/** An instance: a member of a cluster, or one that the world has for its class, its storage or both. */
export interface Instance {
  readonly id: string;
  readonly region: string;
  /** The resource of the lever `instance-class`, if the world has it. */
  readonly machine: Resource | undefined;
  /** The resource of the lever `storage`, if the world has it. */
  readonly volume: Resource | undefined;
  readonly member: (Member & { readonly cluster: string; readonly engine: string }) | undefined;
}

/** Changes put off to the maintenance window, which never comes here; kept with the instance's resources. */
export interface Deferred {
  readonly DBInstanceClass?: string;
  readonly AllocatedStorage?: number;
  readonly EngineVersion?: string;
}

/** How long a change that has been accepted does not show in the status, in service milliseconds; assumed. */
const LATE_STATUS_MS = 10_000;

/** How long a volume is optimised after it has grown, in service milliseconds; assumed, it may be a day. */
const OPTIMIZATION_MS = 30 * 60_000;

/** Storage of an instance that the world has no volume of. */
const DEFAULT_GIB = 100;

/** Source: RDS user guide, "no further storage modifications for six hours". */
const STORAGE_LOCK_MS = 6 * 3_600_000;

/** Every instance of a region, by identifier. */
export function instancesIn(core: Core, region: string): readonly Instance[] {
  const members = clustersIn(core, region).flatMap((cluster) =>
    membersOf(core, cluster).map((member) => {
      return { ...member, cluster: cluster.name, engine: cluster.engine };
    }),
  );
  const own = [...core.world.resources.values()]
    .filter((resource) => resource.service === 'aws.rds' && resource.region === region)
    .flatMap(({ reference }) => reference.instance ?? []);
  const ids = new Set([...members.map(({ id }) => id), ...own]);
  return [...ids].sort().map((id) => {
    const at = (lever: string) => core.world.find('aws.rds', { instance: id }, region, lever);
    const member = members.find((candidate) => candidate.id === id);
    return { id, region, machine: at('instance-class'), volume: at('storage'), member };
  });
}

/** @throws AwsError where there is no such instance. */
export function instanceOf(core: Core, region: string, id: string): Instance {
  const found = instancesIn(core, region).find((instance) => instance.id === id);
  if (found) return found;
  throw new AwsError('DBInstanceNotFound', `DBInstance ${id} not found.`, 404);
}

/** What is done to a resource: nothing, or a change that its status does not show yet, or shows. */
function phaseOf(resource: Resource | undefined, nowMs: number): 'none' | 'late' | 'modifying' {
  if (resource === undefined || nowMs >= resource.busyUntilMs) return 'none';
  const acceptedAtMs = Number(resource.attributes.acceptedAtMs ?? Number.NEGATIVE_INFINITY);
  return nowMs < acceptedAtMs + LATE_STATUS_MS ? 'late' : 'modifying';
}

/** Status of an instance; a change in flight may not show yet. */
export function statusOf(core: Core, { machine, volume, member }: Instance): string {
  const nowMs = core.world.nowMs();
  if (member && member.status !== 'available') return member.status;
  if ([machine, volume].some((resource) => phaseOf(resource, nowMs) === 'modifying')) return 'modifying';
  const optimised = volume?.attributes.acceptedAtMs !== undefined && phaseOf(volume, nowMs) === 'none';
  return optimised && nowMs < volume.busyUntilMs + OPTIMIZATION_MS ? 'storage-optimization' : 'available';
}

/** Whether the volume takes no change of its size yet. */
export function isStorageLocked(core: Core, volume: Resource): boolean {
  const acceptedAtMs = volume.attributes.acceptedAtMs;
  return acceptedAtMs !== undefined && core.world.nowMs() < Number(acceptedAtMs) + STORAGE_LOCK_MS;
}

/** Storage in force: the old size until the new one is there as a whole. */
export function allocatedGib(core: Core, volume: Resource): number {
  const { attributes, desiredUnits, servingUnits } = volume;
  const growing = phaseOf(volume, core.world.nowMs()) !== 'none' && attributes.toGib === desiredUnits;
  return growing ? Number(attributes.fromGib) : servingUnits;
}

/** GiB of every volume of a region that is not Aurora's. */
export function allocatedIn(core: Core, region: string): number {
  const gib = instancesIn(core, region).map((instance) => gibOf(core, instance));
  return gib.reduce((sum, each) => sum + each, 0);
}

/** None for a member of a cluster, whose storage is the cluster's. */
function gibOf(core: Core, { volume, member }: Instance): number {
  if (member) return 0;
  return volume ? allocatedGib(core, volume) : DEFAULT_GIB;
}

/** Class in force. */
export function classOf({ machine, member }: Instance): string {
  return machine?.servingClassName ?? member?.className ?? 'db.m6g.large';
}

/** What has been put off to the maintenance window. */
export function deferredOf({ machine, volume }: Instance): Deferred {
  return ((machine ?? volume)?.attributes.deferred ?? {}) as Deferred;
}

/** An instance as RDS shows it. */
export function instanceShape(core: Core, instance: Instance): object {
  const { id, region, machine, volume, member } = instance;
  const { engine, engineVersion, iops, storageType, maxAllocatedStorage } = {
    ...volume?.attributes,
    ...machine?.attributes,
  } as Record<string, unknown>;
  return {
    DBInstanceIdentifier: id,
    DBInstanceArn: `arn:aws:rds:${region}:${ACCOUNT_ID}:db:${id}`,
    DBInstanceClass: classOf(instance),
    DBInstanceStatus: statusOf(core, instance),
    Engine: member?.engine ?? engine ?? 'postgres',
    EngineVersion: engineVersion ?? '16.4',
    AllocatedStorage: member ? 1 : gibOf(core, instance),
    StorageType: member ? 'aurora' : (storageType ?? 'gp3'),
    MultiAZ: false,
    PubliclyAccessible: false,
    AutoMinorVersionUpgrade: true,
    DBParameterGroups: listOf(
      [{ DBParameterGroupName: 'weddings', ParameterApplyStatus: 'in-sync' }],
      'DBParameterGroup',
    ),
    PendingModifiedValues: pendingShape(core, instance),
    TagList: listOf(tagList([machine, volume]), 'Tag'),
    ...(iops !== undefined && { Iops: iops }),
    ...(maxAllocatedStorage !== undefined && { MaxAllocatedStorage: maxAllocatedStorage }),
    ...(member && { DBClusterIdentifier: member.cluster, PromotionTier: member.tier }),
  };
}

function pendingShape(core: Core, instance: Instance): object | string {
  const { machine, volume } = instance;
  const pending = {
    ...deferredOf(instance),
    ...(machine && machine.className !== machine.servingClassName && { DBInstanceClass: machine.className }),
    ...(volume &&
      volume.desiredUnits !== allocatedGib(core, volume) && { AllocatedStorage: volume.desiredUnits }),
  };
  return Object.keys(pending).length === 0 ? '' : pending;
}
