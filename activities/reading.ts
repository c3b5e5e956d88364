import { isTerminal, ProviderError } from '../domain/errors.ts';
import type { ScalingTarget } from '../domain/fleet.ts';
import type { Scaler, TargetState } from '../domain/scaler.ts';
import type { ActivityDependencies } from './dependencies.ts';
import type { VendorWatch } from './vendor-watch.ts';

/**
 * Targets one call of a scaler is about at most, where its vendor does not take more in one request: a call has a
 * time limit, whatever it is about.
 */
const READ_TOGETHER = 25;

/** Runs a call of a scaler for some targets at a time, one after the other. @throws what the first that fails throws. */
export async function inPortions<T>(
  scaler: Pick<Scaler, 'batchSize'>,
  targets: readonly ScalingTarget[],
  call: (portion: readonly ScalingTarget[]) => Promise<ReadonlyMap<string, T>>,
): Promise<ReadonlyMap<string, T>> {
  const size = Math.max(scaler.batchSize, READ_TOGETHER);
  const all = new Map<string, T>();
  for (let start = 0; start < targets.length; start += size) {
    for (const [id, found] of await call(targets.slice(start, start + size))) all.set(id, found);
  }
  return all;
}

/** What could be read of some targets; every target is in one of the two. */
export interface ReadTargets {
  readonly states: ReadonlyMap<string, TargetState>;
  readonly errors: ReadonlyMap<string, unknown>;
}

/**
 * Reads targets, each service's in one go and all services at once; where one target is the reason that a read fails,
 * each of its service is read alone.
 */
export async function readTargets(
  deps: Pick<ActivityDependencies, 'adapters'>,
  targets: readonly ScalingTarget[],
  watch: VendorWatch,
): Promise<ReadTargets> {
  const states = new Map<string, TargetState>();
  const errors = new Map<string, unknown>();
  const groups = [...Map.groupBy(targets, (target) => target.service)].map(async ([service, group]) => {
    const scaler = await deps.adapters.scaler(service);
    await readGroup(scaler, group, watch, states, errors);
  });
  await Promise.all(groups);
  return { states, errors };
}

async function readGroup(
  scaler: Scaler,
  group: readonly ScalingTarget[],
  watch: VendorWatch,
  states: Map<string, TargetState>,
  errors: Map<string, unknown>,
): Promise<void> {
  try {
    const found = await inPortions(scaler, group, (portion) =>
      watch.call((signal) => scaler.read(portion, signal)),
    );
    for (const { id } of group) {
      const state = found.get(id);
      if (state) states.set(id, state);
      else errors.set(id, new ProviderError('Transient', `the read of ${id} came back without it`));
    }
  } catch (error) {
    const oneOfThem = error instanceof ProviderError && isTerminal(error.kind) && group.length > 1;
    if (!oneOfThem) for (const { id } of group) errors.set(id, error);
    else for (const target of group) await readGroup(scaler, [target], watch, states, errors);
  }
}
