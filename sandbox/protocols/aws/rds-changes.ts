import type { Core } from '../../core.ts';
import { resourceKeyOf, sandboxService } from '../../services.ts';
import type { CallContext } from '../../world.ts';
import { AwsError } from './errors.ts';
import { type QueryInput, queryMembers } from './query-operations.ts';
import { limitOf } from './quota-table.ts';
import {
  clusterOf,
  clusterStatus,
  clusterWith,
  membersOf,
  withoutReader,
  withReader,
} from './rds-clusters.ts';
import {
  allocatedGib,
  allocatedIn,
  type Deferred,
  deferredOf,
  type Instance,
  instanceOf,
  instanceShape,
  instancesIn,
  isStorageLocked,
  statusOf,
} from './rds-instances.ts';

/** Source: Aurora user guide, one writer and up to 15 Aurora Replicas. */
const MEMBERS_LIMIT = 16;

/** Source: RDS API reference, CreateDBInstance, constraints of DBInstanceIdentifier. */
const IDENTIFIER = /^[a-z](?!.*--)[a-z0-9-]{0,61}[a-z0-9]$|^[a-z]$/;

const read = queryMembers('InvalidParameterValue');

/** Makes a reader of an Aurora cluster. */
export function createInstance(core: Core, input: QueryInput, call: CallContext): object {
  const id = read.required(input, 'DBInstanceIdentifier').toLowerCase();
  const name = read.text(input, 'DBClusterIdentifier');
  if (name === undefined)
    throw new AwsError('InvalidParameterCombination', 'The sandbox makes readers only.');
  const cluster = clusterOf(core, call.region, name);
  const className = read.required(input, 'DBInstanceClass');
  if (!IDENTIFIER.test(id)) throw invalid(`Invalid DB Instance identifier: ${id}`);
  if (!className.startsWith('db.')) throw invalid(`Invalid DB Instance class: ${className}`);
  if (read.required(input, 'Engine') !== cluster.engine) {
    throw combination('The engine name requested for your DB Instance and that of your DB Cluster differ.');
  }
  if (instanceExists(core, call.region, id))
    throw new AwsError('DBInstanceAlreadyExists', 'DB Instance already exists');
  if (membersOf(core, cluster).length >= MEMBERS_LIMIT) {
    throw combination(`DB Cluster ${name} has the most instances it can have.`);
  }
  if (instancesIn(core, call.region).length >= limitOf(core, call.region, 'rds', 'L-7B6409FD')) {
    throw new AwsError('InstanceQuotaExceeded', 'DB Instance quota exceeded');
  }
  const { readers } = cluster;
  if (!readers) throw combination(`The sandbox has no readers of ${name}.`);
  const tier = read.count(input, 'PromotionTier') ?? 1;
  const attributes = withReader(cluster, { id, className, tier });
  core.world.change(readers, { desiredUnits: readers.desiredUnits + 1, attributes }, call);
  return { DBInstance: instanceShape(core, instanceOf(core, call.region, id)) };
}

/** Deletes a reader; whose it is, RDS does not ask. */
export function deleteInstance(core: Core, input: QueryInput, call: CallContext): object {
  const id = read.required(input, 'DBInstanceIdentifier').toLowerCase();
  const instance = instanceOf(core, call.region, id);
  const cluster = clusterWith(core, call.region, id);
  const member = cluster && membersOf(core, cluster).find((candidate) => candidate.id === id);
  if (member?.status === 'deleting') {
    throw new AwsError('InvalidDBInstanceState', `Instance ${id} is already being deleted.`);
  }
  if (read.flag(input, 'SkipFinalSnapshot') !== true) {
    throw combination('FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.');
  }
  if (!cluster?.readers || member?.isWriter !== false) {
    throw new AwsError('InvalidDBClusterStateFault', `The sandbox deletes readers only, which ${id} is not.`);
  }
  const attributes = withoutReader(core, cluster, id);
  core.world.change(cluster.readers, { desiredUnits: cluster.readers.desiredUnits - 1, attributes }, call);
  return { DBInstance: { ...instanceShape(core, instance), DBInstanceStatus: 'deleting' } };
}

/** Changes class, storage or version, at once or in a maintenance window that never comes. */
export function modifyInstance(core: Core, input: QueryInput, call: CallContext): object {
  const id = read.required(input, 'DBInstanceIdentifier').toLowerCase();
  const instance = instanceOf(core, call.region, id);
  const known = ['Action', 'Version', 'DBInstanceIdentifier', 'ApplyImmediately', 'Iops', ...CHANGES];
  const other = Object.keys(input).filter((name) => !known.includes(name));
  if (other.length > 0) throw combination(`The sandbox does not change ${other.join(', ')}.`);
  const status = statusOf(core, instance);
  if (!['available', 'storage-optimization'].includes(status)) {
    const message = `Database instance ${id} is not in available state.`;
    throw new AwsError('InvalidDBInstanceState', message);
  }
  const asked = changesOf(input);
  const atOnce = read.flag(input, 'ApplyImmediately') === true;
  // What was put off is applied with what is applied at once.
  const all = { ...deferredOf(instance), ...asked };
  if (asked.AllocatedStorage !== undefined) checkStorage(core, instance, asked.AllocatedStorage, input);
  if (atOnce) applyAll(core, instance, all, call);
  keep(instance, { deferred: atOnce ? {} : all });
  return { DBInstance: instanceShape(core, instanceOf(core, call.region, id)) };
}

const CHANGES = ['DBInstanceClass', 'AllocatedStorage', 'EngineVersion'] as const;

function changesOf(input: QueryInput): Deferred {
  const className = read.text(input, 'DBInstanceClass');
  const gib = read.count(input, 'AllocatedStorage');
  const version = read.text(input, 'EngineVersion');
  if (className !== undefined && !className.startsWith('db.')) {
    throw invalid(`Invalid DB Instance class: ${className}`);
  }
  return {
    ...(className !== undefined && { DBInstanceClass: className }),
    ...(gib !== undefined && { AllocatedStorage: gib }),
    ...(version !== undefined && { EngineVersion: version }),
  };
}

function applyAll(core: Core, instance: Instance, all: Deferred, call: CallContext): void {
  const { machine, volume } = instance;
  const acceptedAtMs = core.world.nowMs();
  const { DBInstanceClass: className, AllocatedStorage: gib, EngineVersion: engineVersion } = all;
  if (className !== undefined) {
    if (!machine) throw combination(`The sandbox has no class of ${instance.id}.`);
    core.world.change(machine, { className, attributes: { acceptedAtMs } }, call);
  }
  if (gib !== undefined && volume) {
    const fromGib = allocatedGib(core, volume);
    const toGib = gib === fromGib ? gib : Math.max(gib, Math.ceil(fromGib * 1.1 - 1e-9));
    const attributes = toGib === fromGib ? {} : { acceptedAtMs, fromGib, toGib };
    core.world.change(volume, { desiredUnits: toGib, attributes }, call);
  }
  if (engineVersion !== undefined) keep(instance, { engineVersion });
}

/** Source: messages of RDS as public bug reports quote them; that of a smaller size is assumed. */
function checkStorage(core: Core, { id, region, volume }: Instance, gib: number, input: QueryInput): void {
  if (!volume) {
    throw combination(
      "The specified DB instance is a member of a DB Cluster. Storage grows based on usage. You don't need to set it explicitly.",
    );
  }
  const live = allocatedGib(core, volume);
  const { iops, maxAllocatedStorage } = volume.attributes;
  if (gib === live) return;
  if (gib < live) throw combination(`Invalid storage size for ${id}: ${gib} is below the current ${live}.`);
  if (iops !== undefined && read.count(input, 'Iops') === undefined) {
    throw combination(
      'You must specify both the storage size and iops when modifying the storage size or iops on a DB instance that has iops.',
    );
  }
  if (maxAllocatedStorage !== undefined && gib >= Number(maxAllocatedStorage)) {
    throw combination('Max storage size must be greater than storage size');
  }
  if (isStorageLocked(core, volume)) {
    throw combination(
      "You can't currently modify the storage of this DB instance because the previous storage change is being optimized.",
    );
  }
  const overAll = allocatedIn(core, region) - live + gib > limitOf(core, region, 'rds', 'L-7ADDB58A');
  if (overAll || (volume.quotaUnits !== null && gib > volume.quotaUnits)) {
    throw new AwsError(
      'StorageQuotaExceeded',
      'The allowed amount of storage across all DB instances is exceeded.',
    );
  }
}

function keep({ machine, volume }: Instance, attributes: Record<string, unknown>): void {
  const resource = machine ?? volume;
  if (resource) Object.assign(resource.attributes, attributes);
}

/** Changes the range of a Serverless v2 cluster; capacity follows it at once. */
export function modifyCluster(core: Core, input: QueryInput, call: CallContext): object {
  const name = read.required(input, 'DBClusterIdentifier');
  const cluster = clusterOf(core, call.region, name);
  const range = read.structure(input, 'ServerlessV2ScalingConfiguration') ?? {};
  const { capacity } = cluster;
  if (!capacity) throw combination(`DB Cluster ${name} is not of Aurora Serverless v2.`);
  if (clusterStatus(core, cluster) !== 'available') {
    throw new AwsError('InvalidDBClusterStateFault', `DbCluster ${name} is in modifying state.`);
  }
  const minimumUnits = acuOf(range, 'MinCapacity') ?? capacity.minimumUnits ?? 0;
  const maximumUnits = acuOf(range, 'MaxCapacity') ?? capacity.maximumUnits ?? 0;
  const pause = read.count(range, 'SecondsUntilAutoPause');
  if (minimumUnits > maximumUnits) throw invalid('MinCapacity is above MaxCapacity.');
  if (pause !== undefined && minimumUnits > 0) {
    throw invalid('SecondsUntilAutoPause can only be specified when minimum capacity is 0.');
  }
  const desiredUnits = Math.min(maximumUnits, Math.max(minimumUnits, capacity.desiredUnits));
  // It is lost with a minimum above 0; a minimum of 0 without it gets the default.
  const secondsUntilAutoPause = minimumUnits > 0 ? undefined : (pause ?? 300);
  const attributes = { secondsUntilAutoPause };
  core.world.change(capacity, { minimumUnits, maximumUnits, desiredUnits, attributes }, call);
  return {
    DBCluster: { DBClusterIdentifier: name, Status: clusterStatus(core, cluster), Engine: cluster.engine },
  };
}

/** Source: RDS API reference, ServerlessV2ScalingConfiguration: 0 to 256, by halves. */
function acuOf(range: QueryInput, name: string): number | undefined {
  const acu = read.decimal(range, name);
  if (acu === undefined || (acu >= 0 && acu <= 256 && Number.isInteger(acu * 2))) return acu;
  throw invalid(`Serverless v2 capacity ${acu} isn't valid.`);
}

/** Key of the one resource a change is about, for fault rules. */
export function changedKey(input: QueryInput, region: string, core: Core): string | undefined {
  const cluster = read.text(input, 'DBClusterIdentifier');
  const instance = read.text(input, 'DBInstanceIdentifier');
  if (input.ServerlessV2ScalingConfiguration !== undefined) {
    return keyOf('serverless-capacity', region, { cluster: cluster ?? '' });
  }
  if (cluster !== undefined) return keyOf('readers', region, { cluster });
  if (instance === undefined) return undefined;
  if (input.DBInstanceClass !== undefined) return keyOf('instance-class', region, { instance });
  if (input.AllocatedStorage !== undefined) return keyOf('storage', region, { instance });
  const member = clusterWith(core, region, instance);
  return member && keyOf('readers', region, { cluster: member.name });
}

function keyOf(lever: string, region: string, reference: Record<string, string>): string | undefined {
  const line = sandboxService('aws.rds', lever);
  return line && resourceKeyOf(line, region, reference);
}

function instanceExists(core: Core, region: string, id: string): boolean {
  return (
    clusterWith(core, region, id) !== undefined ||
    core.world.find('aws.rds', { instance: id }, region) !== undefined
  );
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}

function combination(message: string): AwsError {
  return new AwsError('InvalidParameterCombination', message);
}
