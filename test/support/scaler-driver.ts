import type { ScalingTarget } from '../../domain/fleet.ts';
import type { OwnedFields } from '../../domain/owned-fields.ts';
import type { ApplyReceipt, Progress, Scaler, TargetState } from '../../domain/scaler.ts';

/** A scaler driven one target at a time. */
export interface ScalerDriver {
  stateOf(target: ScalingTarget): Promise<TargetState>;
  /** Applies on the strength of `seen`. @param key a new one by default. */
  applyTo(target: ScalingTarget, seen: TargetState, want: OwnedFields, key?: string): Promise<ApplyReceipt>;
  /** Applies to what a read of this moment finds. @param key a new one by default. */
  apply(target: ScalingTarget, want: OwnedFields, key?: string): Promise<ApplyReceipt>;
  progressOf(target: ScalingTarget, want: OwnedFields): Promise<Progress>;
  /** Looks until it is settled. @throws Error after ten seconds. */
  settled(target: ScalingTarget, want: OwnedFields): Promise<Progress>;
}

export const range = (minimumUnits: number, maximumUnits: number): OwnedFields => ({
  kind: 'range',
  minimumUnits,
  maximumUnits,
});

export const count = (units: number): OwnedFields => ({ kind: 'count', units });

/** Drives whatever `scaler` gives at the time of a call, so that it can be made before the scaler is. */
export function driverOf(scaler: () => Scaler, signal: AbortSignal): ScalerDriver {
  const driver: ScalerDriver = {
    stateOf: async (target) => given(target, await scaler().read([target], signal)),
    applyTo: (target, seen, want, key = crypto.randomUUID()) =>
      scaler().apply(target, seen, want, key, signal),
    apply: async (target, want, key) => driver.applyTo(target, await driver.stateOf(target), want, key),
    progressOf: async (target, want) =>
      given(target, await scaler().progress([target], new Map([[target.id, want]]), signal)),
    settled: (target, want) =>
      until(
        () => driver.progressOf(target, want),
        ({ status }) => status === 'settled',
      ),
  };
  return driver;
}

/** Looks again until `done`. @throws Error with what was seen last, after ten seconds. */
export async function until<T>(look: () => Promise<T>, done: (seen: T) => boolean): Promise<T> {
  for (const startedMs = Date.now(); ; ) {
    const seen = await look();
    if (done(seen)) return seen;
    if (Date.now() - startedMs > 10_000) throw new Error(`it did not come to that: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function given<T>(target: ScalingTarget, answers: ReadonlyMap<string, T>): T {
  const answer = answers.get(target.id);
  if (answer === undefined) throw new Error(`${target.id} was left out of the answer`);
  return answer;
}
