import type { VendorConnection } from '../../../domain/connection.ts';
import { ProviderError } from '../../../domain/errors.ts';
import type { ScalingTarget } from '../../../domain/fleet.ts';
import {
  type CountFields,
  floorOf,
  type OwnedFields,
  planFloor,
  type RangeFields,
  sameOwned,
  settable,
} from '../../../domain/owned-fields.ts';
import type { ApplyReceipt, Lack, Progress, Scaler, TargetState } from '../../../domain/scaler.ts';
import type { Guarded } from '../../calls/call-guard.ts';
import { type AgentPoolApi, type ClusterScope, createAgentPoolApi, type Pool } from './_client.ts';
import { provisioningErrorKind } from './_errors.ts';

/** Nodes of one agent pool. Source: AKS REST API, AgentPool.count, "0 to 1000 (inclusive)". */
const MAXIMUM_UNITS = 1_000;

/** Pools of one cluster. Source: AKS, "Quotas, SKU sizes and regions": 100 node pools per cluster. */
const POOLS_PER_CLUSTER = 100;

interface Names extends ClusterScope {
  readonly pool: string;
}

/**
 * AKS agent pools. With the cluster autoscaler on, its minimum and maximum count are owned; without it, the
 * node count. A change is a PUT of the whole pool as it was seen, under `If-Match` with its ETag, so a pool
 * that has moved refuses it (`Stale`). AKS takes one PUT a minute, so the pool is looked at first: one that
 * holds what is wanted, as after a repeat, is left alone, and one that has moved costs no PUT. AKS does one change of a pool at a
 * time and refuses others meanwhile (`UpdateInProgress`).
 */
export function createAksScaler(connection: VendorConnection, { guard }: Guarded): Scaler {
  return aksScaler(createAgentPoolApi({ connection, guard }));
}

/** The scaler over given calls of AKS. */
export function aksScaler(api: AgentPoolApi): Scaler {
  return {
    batchSize: POOLS_PER_CLUSTER,
    read: async (targets, signal) => {
      const pools = await listPools(api, targets, signal);
      return new Map(targets.map((target) => [target.id, stateOf(found(target, pools))]));
    },
    plan: (now, ask) => planFloor(now, ask, { maximumUnits: MAXIMUM_UNITS, unitName: 'nodes' }),
    apply: (target, seen, want, _key, signal) => applyOwned(api, target, seen, want, signal),
    progress: async (targets, wants, signal) => {
      const pools = await listPools(api, targets, signal);
      return new Map(targets.map((target) => [target.id, progressOf(target, wants, pools)]));
    },
  };
}

/** Pools by `cluster/pool`; one list per cluster named, all clusters at once. */
async function listPools(
  api: AgentPoolApi,
  targets: readonly ScalingTarget[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Pool>> {
  const scopes = new Map(targets.map(namesOf).map((names) => [scopeId(names), names]));
  const lists = await Promise.all(
    [...scopes].map(async ([id, scope]) => {
      const pools = await api.list(scope, signal);
      return pools.map((pool) => [`${id}/${pool.name}`, pool] as const);
    }),
  );
  return new Map(lists.flat());
}

function found(target: ScalingTarget, pools: ReadonlyMap<string, Pool>): Pool {
  const names = namesOf(target);
  const pool = pools.get(`${scopeId(names)}/${names.pool}`);
  if (pool !== undefined) return pool;
  throw new ProviderError(
    'NotFound',
    `Agent pool ${names.pool} of cluster ${names.cluster} does not exist. Correct the reference of target ${target.id}.`,
    { resource: target.id },
  );
}

function stateOf(pool: Pool): TargetState {
  return {
    owned: ownedOf(pool),
    servingUnits: servingOf(pool),
    fence: pool.eTag,
    body: pool.settings,
  };
}

/** While AKS changes a pool its count is what was asked for; how many nodes are ready it does not say. */
function servingOf({ provisioningState, count }: Pool): number | null {
  return provisioningState === 'Succeeded' ? count : null;
}

function ownedOf({ range, count }: Pool): OwnedFields {
  return range === null ? { kind: 'count', units: count } : { kind: 'range', ...range };
}

function progressOf(
  target: ScalingTarget,
  wants: ReadonlyMap<string, OwnedFields>,
  pools: ReadonlyMap<string, Pool>,
): Progress {
  const pool = found(target, pools);
  const want = wants.get(target.id);
  if (want === undefined) {
    throw new ProviderError('InvalidTarget', `Nothing is wanted of ${target.id}.`, { resource: target.id });
  }
  const servingUnits = servingOf(pool);
  if (pool.provisioningState === 'Failed' || pool.provisioningState === 'Canceled') {
    const lacks = lackOf(pool);
    return { status: 'failed', servingUnits, reason: failureOf(pool), ...(lacks && { lacks }) };
  }
  if (pool.provisioningState !== 'Succeeded') {
    return {
      status: 'moving',
      servingUnits,
      reason: `the pool is ${pool.provisioningState}`,
    };
  }
  const live = floorOf(ownedOf(pool));
  const floor = floorOf(want);
  if (live < floor) {
    return {
      status: 'moving',
      servingUnits,
      reason: `the pool guarantees ${live}, ${floor} is wanted`,
    };
  }
  if (servingUnits !== null && servingUnits >= floor) return { status: 'settled', servingUnits };
  return {
    status: 'moving',
    servingUnits,
    reason: `${servingUnits} of ${floor} nodes are there`,
  };
}

function lackOf({ provisioningError }: Pool): Lack | undefined {
  const kind = provisioningError === null ? undefined : provisioningErrorKind(provisioningError.code);
  return kind === 'InsufficientCapacity' || kind === 'QuotaExceeded' ? kind : undefined;
}

function failureOf({ name, provisioningState, provisioningError }: Pool): string {
  if (provisioningError === null) return `agent pool ${name} is ${provisioningState}`;
  const { code, message } = provisioningError;
  return `agent pool ${name} is ${provisioningState}: ${provisioningErrorKind(code)}, ${code} ${message}`;
}

async function applyOwned(
  api: AgentPoolApi,
  target: ScalingTarget,
  seen: TargetState,
  wanted: OwnedFields,
  signal: AbortSignal,
): Promise<ApplyReceipt> {
  const names = namesOf(target);
  const want = settable(target.id, seen.owned, wanted, ['count', 'range']);
  if (seen.fence === null || typeof seen.body !== 'object' || seen.body === null) {
    const message = `${target.id} was read without its ETag or its settings, so it cannot be changed safely.`;
    throw new ProviderError('InvalidTarget', message, { resource: target.id });
  }
  const live = await api.get(names, names.pool, signal);
  if (sameOwned(ownedOf(live), want)) return { vendorRequestId: '' };
  if (live.eTag !== seen.fence) {
    const message = `${target.id} was changed by somebody else since it was read. Read it again.`;
    throw new ProviderError('Stale', message, { resource: target.id });
  }
  const settings = { ...seen.body, ...sizeOf(want, live.count) };
  return { vendorRequestId: await api.put(names, names.pool, settings, seen.fence, signal) };
}

/**
 * The size fields of a PUT. With an autoscaler the node count goes along as it is at this moment, moved only
 * into the new range, since a count outside of it is refused.
 */
function sizeOf(want: CountFields | RangeFields, countUnits: number): Readonly<Record<string, number>> {
  if (want.kind === 'count') return { count: want.units };
  const { minimumUnits, maximumUnits } = want;
  const count = Math.min(Math.max(countUnits, minimumUnits), maximumUnits);
  return { count, minCount: minimumUnits, maxCount: maximumUnits };
}

function namesOf(target: ScalingTarget): Names {
  const { subscriptionId, resourceGroup, cluster, pool } = target.reference;
  if (subscriptionId && resourceGroup && cluster && pool) {
    return { subscriptionId, resourceGroup, cluster, pool, region: target.region };
  }
  const message = `Target ${target.id} needs reference.subscriptionId, resourceGroup, cluster and pool.`;
  throw new ProviderError('InvalidTarget', message, { resource: target.id });
}

function scopeId(scope: ClusterScope): string {
  return `${scope.subscriptionId}/${scope.resourceGroup}/${scope.cluster}`;
}
