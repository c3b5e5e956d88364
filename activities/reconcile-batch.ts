import type { ScalingTarget } from '../domain/fleet.ts';
import { acquireLease, type LeasedTarget, releaseLease } from '../store/targets.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { LeaseBusy } from './lease-busy.ts';
import { readTargets } from './reading.ts';
import { type ReconcileRequest, type ReconcileResult, reconcileSeen } from './reconcile.ts';
import type { VendorWatch } from './vendor-watch.ts';

/**
 * Targets of a batch that are brought into line at the same time: enough to have the next call ready when a vendor's
 * limit allows it, and few enough that a call is sent as soon as its turn has come.
 */
const AT_ONCE = 5;

/** What `reconcileTarget` would have returned or thrown. */
export type Reconciled = { readonly result: ReconcileResult } | { readonly error: unknown };

/**
 * `reconcileTarget` for several targets with one read for all of them: every lease is taken first, then all are read
 * in as few calls as can be, then each is brought into line on its own. What becomes of one says nothing about the
 * others. @returns an entry per target.
 */
export async function reconcileTargets(
  deps: ActivityDependencies,
  targetIds: readonly string[],
  request: Omit<ReconcileRequest, 'targetId'>,
  watch: VendorWatch,
): Promise<ReadonlyMap<string, Reconciled>> {
  const leases = await Promise.allSettled(
    targetIds.map((targetId) => leaseOf(deps, targetId, request.owner)),
  );
  const leased = leases.flatMap((lease) => (lease.status === 'fulfilled' ? lease.value : []));
  try {
    const { states, errors } = await readTargets(
      deps,
      leased.map(({ spec }) => spec as ScalingTarget),
      watch,
    );
    const outcomes = await inLanes(leased, async (target): Promise<[string, Reconciled]> => {
      const live = states.get(target.id);
      if (!live) return [target.id, { error: errors.get(target.id) }];
      const one = { ...request, targetId: target.id };
      return [target.id, await outcomeOf(reconcileSeen(deps, one, target, live, watch))];
    });
    return new Map([...refused(targetIds, leases), ...outcomes]);
  } finally {
    await Promise.all(leased.map(({ id }) => releaseLease(deps.db, id, request.owner)));
  }
}

async function leaseOf(deps: ActivityDependencies, targetId: string, owner: string): Promise<LeasedTarget> {
  const lease = await acquireLease(deps.db, { targetId, owner, leaseMs: deps.patience.leaseMs });
  if (lease.status === 'busy') throw new LeaseBusy(targetId, lease.owner, lease.expiresAt);
  return lease.target;
}

function refused(
  targetIds: readonly string[],
  leases: readonly PromiseSettledResult<LeasedTarget>[],
): readonly (readonly [string, Reconciled])[] {
  return targetIds.flatMap((id, index) => {
    const lease = leases[index];
    return lease?.status === 'rejected' ? [[id, { error: lease.reason as unknown }] as const] : [];
  });
}

async function outcomeOf(reconciling: Promise<ReconcileResult>): Promise<Reconciled> {
  try {
    return { result: await reconciling };
  } catch (error) {
    return { error };
  }
}

/** Runs {@link AT_ONCE} at a time, in their order. @param run must not throw. */
async function inLanes<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const queue = [...items];
  const lanes = Array.from({ length: AT_ONCE }, async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) results.push(await run(item));
  });
  await Promise.all(lanes);
  return results;
}
