import { isTerminal, ProviderError } from '../domain/errors.ts';
import type { ScalingTarget } from '../domain/fleet.ts';
import type { Scaler, TargetState } from '../domain/scaler.ts';
import type { ActivityDependencies } from './dependencies.ts';
import type { VendorWatch } from './vendor-watch.ts';

/** What could be read of some targets; every target is in one of the two. */
export interface ReadTargets {
  readonly states: ReadonlyMap<string, TargetState>;
  readonly errors: ReadonlyMap<string, unknown>;
}

/** Reads targets, each service's in one go; where one of them is the reason that fails, each is read alone. */
export async function readTargets(
  deps: Pick<ActivityDependencies, 'adapters'>,
  targets: readonly ScalingTarget[],
  watch: VendorWatch,
): Promise<ReadTargets> {
  const states = new Map<string, TargetState>();
  const errors = new Map<string, unknown>();
  for (const [service, group] of Map.groupBy(targets, (target) => target.service)) {
    const scaler = await deps.adapters.scaler(service);
    await readGroup(scaler, group, watch, states, errors);
  }
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
    const found = await watch.call((signal) => scaler.read(group, signal));
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
