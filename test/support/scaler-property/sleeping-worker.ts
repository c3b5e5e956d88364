import type { ActivityDependencies } from '../../../activities/dependencies.ts';
import {
  type ReconcileRequest,
  type ReconcileResult,
  reconcileTarget,
} from '../../../activities/reconcile.ts';
import { createVendorWatch } from '../../../activities/vendor-watch.ts';
import type { Scaler } from '../../../domain/scaler.ts';

/** Time of its one vendor call, in milliseconds: over long before it wakes. */
const CALL_MS = 20;

/** A worker that stopped in the middle of a reconcile. */
export interface SleepingWorker {
  /** What it comes to once it goes on, an error included. */
  wake(): Promise<PromiseSettledResult<ReconcileResult>>;
}

/**
 * Begins a reconcile and stops it after its read (`thinking`) or right before its write is sent (`writing`), until
 * its lease is over. @returns null where it never came to that, with nothing under way any more.
 */
export async function fallAsleep(
  deps: ActivityDependencies,
  request: ReconcileRequest,
  before: 'thinking' | 'writing',
): Promise<SleepingWorker | null> {
  let wake = (): void => undefined;
  const morning = new Promise<void>((resolve) => {
    wake = resolve;
  });
  let arrived = (): void => undefined;
  const asleep = new Promise<'asleep'>((resolve) => {
    arrived = () => resolve('asleep');
  });
  async function sleep(): Promise<void> {
    arrived();
    await morning;
  }
  const drowsy = (scaler: Scaler): Scaler => ({
    ...scaler,
    async read(targets) {
      const found = await scaler.read(targets, AbortSignal.timeout(20_000));
      if (before === 'thinking') await sleep();
      return found;
    },
    async apply(target, seen, want, key, signal) {
      if (before === 'writing') await sleep();
      return scaler.apply(target, seen, want, key, signal);
    },
  });
  const adapters = { ...deps.adapters, scaler: async (id: string) => drowsy(await deps.adapters.scaler(id)) };
  const watch = createVendorWatch(before === 'writing' ? CALL_MS : 20_000);
  const outcome = Promise.allSettled([reconcileTarget({ ...deps, adapters }, request, watch)]);
  if ((await Promise.race([asleep, outcome])) !== 'asleep') return null;
  // Time passes for everybody.
  await deps.db
    .updateTable('targets')
    .set({ lease_expires_at: new Date(0) })
    .where('id', '=', request.targetId)
    .execute();
  return {
    async wake() {
      await new Promise((resolve) => setTimeout(resolve, 2 * CALL_MS));
      wake();
      const [settled] = await outcome;
      return settled;
    },
  };
}
