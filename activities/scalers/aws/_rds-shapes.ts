import type { DBCluster as SdkCluster, DBInstance as SdkInstance } from '@aws-sdk/client-rds';
import { ProviderError } from '../../../domain/errors.ts';

/** Capacity of every Serverless v2 instance of a cluster, in Aurora capacity units (ACU), by halves. */
export interface ServerlessRange {
  readonly minimumUnits: number;
  readonly maximumUnits: number;
  /** Idle seconds until an instance pauses, where the minimum is 0. */
  readonly pauseAfterSeconds?: number;
}

/** A DB cluster, narrowed to what scaling needs. */
export interface DbCluster {
  readonly cluster: string;
  /** `available`, `modifying`, `creating` and others. */
  readonly status: string;
  /** E.g. `aurora-postgresql`. */
  readonly engine: string;
  /** `provisioned`, or `serverless` for the first generation of Aurora Serverless. */
  readonly engineMode: string;
  /** Identifiers of the instances that write. */
  readonly writers: readonly string[];
  /** Null for a cluster that is not of Serverless v2. */
  readonly serverless: ServerlessRange | null;
}

/** A DB instance, narrowed to what scaling needs. */
export interface DbInstance {
  readonly instance: string;
  /** `available`, `modifying`, `storage-optimization` and others; null while RDS gives none. */
  readonly status: string | null;
  /** Class that runs; another may be pending. */
  readonly className: string;
  readonly engine: string;
  /** Cluster it is a member of; null for one that stands alone. */
  readonly cluster: string | null;
  readonly allocatedGib: number;
  /** How far storage autoscaling may go; null where it is off. */
  readonly autoscaledToGib: number | null;
  readonly storageType: string | null;
  readonly iops: number | null;
  readonly pending: PendingChange;
  readonly parameterGroup: string | null;
  readonly publiclyAccessible: boolean | null;
  readonly upgradesMinorVersions: boolean | null;
}

/** What has been asked of an instance and is not in force yet. */
export interface PendingChange {
  readonly className: string | null;
  readonly allocatedGib: number | null;
  /** Names of everything else that is pending. */
  readonly others: readonly string[];
}

/** What goes with a larger volume and is no change of its own. */
const OF_STORAGE = ['Iops', 'StorageThroughput'];

/** @throws ProviderError `Transient` for an answer that lacks what every cluster has. */
export function toCluster(found: SdkCluster): DbCluster {
  const { DBClusterIdentifier, Status, Engine, EngineMode = 'provisioned', DBClusterMembers = [] } = found;
  if (DBClusterIdentifier === undefined || Status === undefined || Engine === undefined) {
    throw new ProviderError('Transient', 'RDS gave a DB cluster without identifier, status or engine.');
  }
  const writers = DBClusterMembers.filter((member) => member.IsClusterWriter);
  return {
    cluster: DBClusterIdentifier,
    status: Status,
    engine: Engine,
    engineMode: EngineMode,
    writers: writers.flatMap((member) => member.DBInstanceIdentifier ?? []),
    serverless: serverlessOf(found),
  };
}

function serverlessOf({ ServerlessV2ScalingConfiguration: range }: SdkCluster): ServerlessRange | null {
  if (range?.MinCapacity === undefined || range.MaxCapacity === undefined) return null;
  const { MinCapacity, MaxCapacity, SecondsUntilAutoPause } = range;
  return {
    minimumUnits: MinCapacity,
    maximumUnits: MaxCapacity,
    ...(SecondsUntilAutoPause !== undefined && { pauseAfterSeconds: SecondsUntilAutoPause }),
  };
}

/** @throws ProviderError `Transient` for an answer that lacks what every instance has. */
export function toInstance(found: SdkInstance): DbInstance {
  const { DBInstanceIdentifier, DBInstanceClass, Engine, AllocatedStorage } = found;
  if (
    DBInstanceIdentifier === undefined ||
    DBInstanceClass === undefined ||
    Engine === undefined ||
    AllocatedStorage === undefined
  ) {
    const message = 'RDS gave a DB instance without identifier, class, engine or storage.';
    throw new ProviderError('Transient', message);
  }
  return {
    instance: DBInstanceIdentifier,
    status: found.DBInstanceStatus ?? null,
    className: DBInstanceClass,
    engine: Engine,
    cluster: found.DBClusterIdentifier ?? null,
    allocatedGib: AllocatedStorage,
    autoscaledToGib: found.MaxAllocatedStorage ?? null,
    storageType: found.StorageType ?? null,
    iops: found.Iops ?? null,
    pending: pendingOf(found),
    parameterGroup: found.DBParameterGroups?.[0]?.DBParameterGroupName ?? null,
    publiclyAccessible: found.PubliclyAccessible ?? null,
    upgradesMinorVersions: found.AutoMinorVersionUpgrade ?? null,
  };
}

function pendingOf({ PendingModifiedValues: pending = {} }: SdkInstance): PendingChange {
  const { DBInstanceClass, AllocatedStorage, ...rest } = pending;
  const others = Object.entries(rest).filter(
    ([name, value]) => !OF_STORAGE.includes(name) && value !== undefined && !isEmptyList(value),
  );
  return {
    className: DBInstanceClass ?? null,
    allocatedGib: AllocatedStorage ?? null,
    others: others.map(([name]) => name),
  };
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
