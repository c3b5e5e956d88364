import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import { floorOf, type OwnedFields, planFloor, settable } from '../../../domain/owned-fields.ts';
import type { Progress, Scaler, TargetState } from '../../../domain/scaler.ts';
import { DESCRIBE_TARGETS_LIMIT } from './_app-auto-scaling.ts';
import { type RdsApi, resourceIdOf } from './_rds-api.ts';
import { CLUSTER, clustersOf, type FoundCluster, readersOf, scalableClustersOf } from './_rds-clusters.ts';
import { addReaders, removeReaders } from './_rds-reader-changes.ts';
import { readerIndex } from './_rds-reader-names.ts';
import type { DbCluster, DbInstance } from './_rds-shapes.ts';
import { hasFailed } from './_rds-statuses.ts';
import { foundOne, identifierIn, perTarget, wantedOf } from './_targets.ts';

/** Readers of one cluster. Source: Amazon Aurora user guide, "up to 15 Aurora Replicas". */
const MAXIMUM_UNITS = 15;

/**
 * Readers of an Aurora cluster. With a scalable target of Application Auto Scaling its minimum and maximum are
 * owned; without one the number of readers, made one by one under names of ours and taken away only by those
 * names, so never a person's and never one that Application Auto Scaling made.
 *
 * A reader counts as serving when its own status is `available`, whatever the cluster says. Application Auto
 * Scaling adds none while one reader of the cluster is not available, and a Multi-AZ DB cluster (an engine that
 * is not Aurora) has two readers that nobody can change.
 */
export function readersScaler(api: RdsApi): Scaler {
  return {
    batchSize: DESCRIBE_TARGETS_LIMIT,
    read: (targets, signal) => perTarget(targets, CLUSTER, scalableClustersOf(api, signal), stateOf),
    plan: (now, ask) => planFloor(now, ask, { maximumUnits: MAXIMUM_UNITS, unitName: 'readers' }),
    apply: async (target, seen, wanted, _key, signal) => {
      const want = settable(target.id, seen.owned, wanted, ['count', 'range']);
      const vendorRequestId =
        want.kind === 'range'
          ? await setRange(api, target, want, signal)
          : await setCount(api, target, want.units, signal);
      return { vendorRequestId };
    },
    progress: (targets, wants, signal) =>
      perTarget(targets, CLUSTER, scalableClustersOf(api, signal), (target, found) =>
        progressOf(wantedOf(target, wants), found),
      ),
  };
}

function stateOf({ id }: ScalingTarget, found: FoundCluster): TargetState {
  refuseFixed(id, found.cluster);
  return { owned: ownedOf(found), servingUnits: serving(found), fence: null };
}

function refuseFixed(targetId: string, { cluster, engine, engineMode }: DbCluster): void {
  if (engine.startsWith('aurora') && engineMode !== 'serverless') return;
  const message = `DB cluster ${cluster} (${engine}, ${engineMode}) has no readers that can be added; only a provisioned Aurora cluster has. Take target ${targetId} out of the fleet.`;
  throw new ProviderError('InvalidTarget', message, { resource: targetId });
}

function ownedOf(found: FoundCluster): OwnedFields {
  if (found.scalable === undefined) return { kind: 'count', units: readersOf(found).length };
  const { minimumUnits, maximumUnits } = found.scalable;
  return { kind: 'range', minimumUnits, maximumUnits };
}

function serving(found: FoundCluster): number {
  return readersOf(found).filter(({ status }) => status === 'available').length;
}

function setRange(
  api: RdsApi,
  target: ScalingTarget,
  range: { readonly minimumUnits: number; readonly maximumUnits: number },
  signal: AbortSignal,
): Promise<string> {
  const { minimumUnits, maximumUnits } = range;
  const resourceId = resourceIdOf(identifierIn(target, CLUSTER));
  return api.scalableTargets.setRange(target.region, { resourceId, minimumUnits, maximumUnits }, signal);
}

/** By a read of its own just before: what is taken away must be a reader still, and ours. */
async function setCount(
  api: RdsApi,
  target: ScalingTarget,
  units: number,
  signal: AbortSignal,
): Promise<string> {
  const found = await foundOne(target, CLUSTER, clustersOf(api, signal));
  const change = { api, region: target.region, found, signal };
  const more = units - readersOf(found).length;
  return more < 0 ? removeReaders(change, -more) : addReaders(change, more);
}

function progressOf(want: OwnedFields, found: FoundCluster): Progress {
  const servingUnits = serving(found);
  const [live, floor] = [floorOf(ownedOf(found)), floorOf(want)];
  const moving = (reason: string): Progress => ({ status: 'moving', servingUnits, reason });
  if (live < floor) return moving(`the cluster guarantees ${live} readers, ${floor} are wanted`);
  if (servingUnits >= floor) return { status: 'settled', servingUnits };
  const waiting = readersOf(found).filter(({ status }) => status !== 'available');
  const broken = waiting.find((reader) => isOurs(found, reader) && hasFailed(reader));
  const reason = `${servingUnits} of ${floor} readers are available${waiting.map(inWords).join('')}`;
  return broken ? { status: 'failed', servingUnits, reason } : moving(reason);
}

function isOurs({ cluster }: FoundCluster, { instance }: DbInstance): boolean {
  return readerIndex(cluster.cluster, instance) !== null;
}

function inWords({ instance, status }: DbInstance): string {
  return `; ${instance} is ${status ?? 'without a status'}`;
}
