import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import {
  floorOf,
  type OwnedFields,
  planFloor,
  type RangeFields,
  settable,
} from '../../../domain/owned-fields.ts';
import type { Progress, Scaler, TargetState } from '../../../domain/scaler.ts';
import { DESCRIBE_LIMIT, type RdsApi } from './_rds-api.ts';
import { CLUSTER, clustersOf, type FoundCluster } from './_rds-clusters.ts';
import type { DbInstance } from './_rds-shapes.ts';
import { identifierIn, perTarget, wantedOf } from './_targets.ts';

/** ACU of one instance. Source: RDS API reference, ServerlessV2ScalingConfiguration, 256 on recent versions. */
const MAXIMUM_UNITS = 256;

/** Class of an instance that scales within the cluster's capacity. */
const SERVERLESS = 'db.serverless';

/**
 * Capacity of an Aurora Serverless v2 cluster: the range, in Aurora capacity units (ACU, by halves), that holds
 * for every one of its `db.serverless` instances. Minimum and maximum are owned.
 *
 * `SecondsUntilAutoPause` is refused beside a minimum above 0 and so is lost with the first raise; it is kept
 * with the pre-state and sent again with a minimum of 0.
 *
 * RDS does not say how many ACU are in use (CloudWatch does, per instance). What serves is the minimum in force
 * while cluster and instances are `available`, and unknown else: that an available instance is never below its
 * cluster's minimum is assumed.
 */
export function serverlessCapacityScaler(api: RdsApi): Scaler {
  return {
    batchSize: DESCRIBE_LIMIT,
    read: (targets, signal) => perTarget(targets, CLUSTER, clustersOf(api, signal), stateOf),
    plan: (now, ask) => planFloor(now, ask, { maximumUnits: MAXIMUM_UNITS, unitName: 'capacity units' }),
    apply: async (target, seen, wanted, _key, signal) => {
      const want = settable(target.id, seen.owned, wanted, ['range']);
      const { region } = target;
      const sent = api.setServerlessRange(region, identifierIn(target, CLUSTER), sentOf(want), signal);
      return { vendorRequestId: await sent };
    },
    progress: (targets, wants, signal) =>
      perTarget(targets, CLUSTER, clustersOf(api, signal), (target, found) =>
        progressOf(target.id, wantedOf(target, wants), found),
      ),
  };
}

function stateOf({ id }: ScalingTarget, found: FoundCluster): TargetState {
  return { owned: rangeOf(id, found), servingUnits: guaranteed(id, found), fence: null };
}

function sentOf({ minimumUnits, maximumUnits, pauseAfterSeconds }: RangeFields) {
  const pauses = minimumUnits === 0 && pauseAfterSeconds !== undefined;
  return { minimumUnits, maximumUnits, ...(pauses && { pauseAfterSeconds }) };
}

/** @throws ProviderError `InvalidTarget` where a range would move nothing. */
function rangeOf(targetId: string, { cluster, instances }: FoundCluster): RangeFields {
  if (cluster.serverless !== null && instances.some(isServerless)) {
    return { kind: 'range', ...cluster.serverless };
  }
  const lack =
    cluster.serverless === null ? 'is not of Aurora Serverless v2' : `has no instance of ${SERVERLESS}`;
  const message = `DB cluster ${cluster.cluster} ${lack}, so it has no capacity to set. Give target ${targetId} another lever.`;
  throw new ProviderError('InvalidTarget', message, { resource: targetId });
}

function guaranteed(targetId: string, found: FoundCluster): number | null {
  return blocking(found) === null ? rangeOf(targetId, found).minimumUnits : null;
}

/** What is in the way of the minimum in words, or null. A new instance is in nobody's way. */
function blocking({ cluster, instances }: FoundCluster): string | null {
  if (cluster.status !== 'available') return `the cluster is ${cluster.status}`;
  const there = instances.filter((member) => isServerless(member) && member.status !== 'creating');
  if (there.length === 0) return `no instance of ${SERVERLESS} is there yet`;
  const waiting = there.find(({ status }) => status !== 'available');
  return waiting ? `${waiting.instance} is ${waiting.status ?? 'without a status'}` : null;
}

/** Whether an instance is there that follows its cluster's capacity. */
export function isServerless({ className, status }: DbInstance): boolean {
  return className === SERVERLESS && status !== 'deleting';
}

function progressOf(targetId: string, want: OwnedFields, found: FoundCluster): Progress {
  const [live, floor] = [rangeOf(targetId, found).minimumUnits, floorOf(want)];
  const servingUnits = guaranteed(targetId, found);
  const moving = (reason: string): Progress => ({ status: 'moving', servingUnits, reason });
  if (live < floor) return moving(`the cluster guarantees ${live} capacity units, ${floor} are wanted`);
  if (servingUnits === null) return moving(blocking(found) ?? 'what serves is not known');
  return { status: 'settled', servingUnits };
}
