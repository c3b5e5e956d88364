import type { Core } from '../../core.ts';
import type { Resource } from '../../world.ts';
import { ACCOUNT_ID, AwsError } from './errors.ts';
import { listOf } from './query-operations.ts';
import { tagList } from './tags.ts';

/** An instance of a cluster. */
export interface Member {
  readonly id: string;
  readonly isWriter: boolean;
  readonly className: string;
  readonly status: 'available' | 'creating' | 'deleting';
  readonly tier: number;
}

/** A cluster: one resource of the world per lever, and what is the same whichever lever is looked at. */
export interface Cluster {
  readonly name: string;
  readonly region: string;
  /** The resource of the lever `readers`, if the world has it. */
  readonly readers: Resource | undefined;
  /** The resource of the lever `serverless-capacity`, if the world has it. */
  readonly capacity: Resource | undefined;
  readonly engine: string;
}

/** A reader as the cluster keeps it, in the order in which readers become available. */
export interface KeptReader {
  readonly id: string;
  readonly className: string;
  readonly tier: number;
}

interface LeavingReader extends KeptReader {
  readonly untilMs: number;
}

/** How long a reader is `deleting`, in service milliseconds; assumed. */
const DELETING_MS = 180_000;

/** Every cluster of a region, by name. */
export function clustersIn(core: Core, region: string): readonly Cluster[] {
  core.world.tick();
  const names = [...core.world.resources.values()]
    .filter((resource) => resource.service === 'aws.rds' && resource.region === region)
    .flatMap(({ reference }) => reference.cluster ?? []);
  return [...new Set(names)].sort().map((name) => clusterAt(core, region, name));
}

/** @throws AwsError where there is no such cluster. */
export function clusterOf(core: Core, region: string, name: string): Cluster {
  const cluster = clusterAt(core, region, name);
  if (cluster.readers || cluster.capacity) return cluster;
  throw new AwsError('DBClusterNotFoundFault', `DBCluster ${name} not found.`, 404);
}

/** The cluster an instance is a member of. */
export function clusterWith(core: Core, region: string, instance: string): Cluster | undefined {
  return clustersIn(core, region).find((cluster) =>
    membersOf(core, cluster).some(({ id }) => id === instance),
  );
}

function clusterAt(core: Core, region: string, name: string): Cluster {
  const at = (lever: string) => core.world.find('aws.rds', { cluster: name }, region, lever);
  const [readers, capacity] = [at('readers'), at('serverless-capacity')];
  const engine = (readers ?? capacity)?.attributes.engine ?? 'aurora-postgresql';
  return { name, region, readers, capacity, engine: String(engine) };
}

/** Writer, readers and what is on its way out. Readers become available one after the other. */
export function membersOf(core: Core, cluster: Cluster): readonly Member[] {
  const { name, readers } = cluster;
  const serving = readers?.servingUnits ?? 0;
  const writer = { id: String(readers?.attributes.writer ?? `${name}-writer`), className: classIn(cluster) };
  const kept = keptReaders(cluster).map(
    (reader, position): Member => ({
      ...reader,
      isWriter: false,
      status: position < serving ? 'available' : 'creating',
    }),
  );
  const leaving = leavingReaders(core, cluster).map(({ untilMs: _untilMs, ...reader }): Member => {
    return { ...reader, isWriter: false, status: 'deleting' };
  });
  return [{ ...writer, isWriter: true, status: 'available', tier: 1 }, ...kept, ...leaving];
}

/** As many readers as are wanted: those a call made, and else nameless ones that somebody or something made. */
function keptReaders(cluster: Cluster): readonly KeptReader[] {
  const { name, readers } = cluster;
  const named = (readers?.attributes.readers ?? []) as readonly KeptReader[];
  const units = readers?.desiredUnits ?? 0;
  const taken = new Set(named.map(({ id }) => id));
  const others = Array.from({ length: units + taken.size }, (_, n) => `${name}-reader-${n + 1}`)
    .filter((id) => !taken.has(id))
    .map((id) => ({ id, className: classIn(cluster), tier: 1 }));
  return [...named, ...others].slice(0, units);
}

function leavingReaders(core: Core, { readers }: Cluster): readonly LeavingReader[] {
  const leaving = (readers?.attributes.leaving ?? []) as readonly LeavingReader[];
  return leaving.filter(({ untilMs }) => core.world.nowMs() < untilMs);
}

/** Attributes of a cluster with one more reader. */
export function withReader(cluster: Cluster, reader: KeptReader): Record<string, unknown> {
  return { readers: [...keptReaders(cluster), reader] };
}

/** Attributes of a cluster of which one reader is being deleted. */
export function withoutReader(core: Core, cluster: Cluster, id: string): Record<string, unknown> {
  const kept = keptReaders(cluster);
  const untilMs = core.world.nowMs() + DELETING_MS;
  const leaving = kept.filter((reader) => reader.id === id).map((reader) => ({ ...reader, untilMs }));
  return {
    readers: kept.filter((reader) => reader.id !== id),
    leaving: [...leavingReaders(core, cluster), ...leaving],
  };
}

/** Class of what the cluster has no other word on. */
function classIn({ readers, capacity }: Cluster): string {
  return capacity ? 'db.serverless' : String(readers?.attributes.className ?? 'db.r6g.large');
}

/** A cluster as RDS shows it. */
export function clusterShape(core: Core, cluster: Cluster): object {
  const { name, region, readers, capacity, engine } = cluster;
  const members = membersOf(core, cluster).map(({ id, isWriter, tier }) => ({
    DBInstanceIdentifier: id,
    IsClusterWriter: isWriter,
    DBClusterParameterGroupStatus: 'in-sync',
    PromotionTier: tier,
  }));
  return {
    DBClusterIdentifier: name,
    DBClusterArn: `arn:aws:rds:${region}:${ACCOUNT_ID}:cluster:${name}`,
    Status: clusterStatus(core, cluster),
    Engine: engine,
    EngineMode: 'provisioned',
    AllocatedStorage: 1,
    MultiAZ: members.length > 1,
    DBClusterMembers: listOf(members, 'DBClusterMember'),
    TagList: listOf(tagList([readers, capacity]), 'Tag'),
    ...(capacity && { ServerlessV2ScalingConfiguration: rangeShape(capacity) }),
  };
}

/** `modifying` until capacity has followed its range; assumed, for RDS shows no capacity in use. */
export function clusterStatus(core: Core, { capacity }: Cluster): 'available' | 'modifying' {
  return capacity && core.world.nowMs() < capacity.busyUntilMs ? 'modifying' : 'available';
}

function rangeShape({ minimumUnits, maximumUnits, attributes }: Resource): object {
  const pause = attributes.secondsUntilAutoPause;
  return {
    MinCapacity: minimumUnits,
    MaxCapacity: maximumUnits,
    ...(pause !== undefined && minimumUnits === 0 && { SecondsUntilAutoPause: pause }),
  };
}
