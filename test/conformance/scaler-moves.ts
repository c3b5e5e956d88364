import { deepStrictEqual, equal, fail } from 'node:assert/strict';
import { ProviderError, type ProviderErrorKind } from '../../domain/errors.ts';
import type { ScalingTarget } from '../../domain/fleet.ts';
import type { OwnedFields } from '../../domain/owned-fields.ts';
import type { Progress, Scaler, TargetState } from '../../domain/scaler.ts';
import { eventually } from './processes.ts';

/** One call of a scaler may take so long. */
const CALL_TIMEOUT_MS = 60_000;

const signal = () => AbortSignal.timeout(CALL_TIMEOUT_MS);

/** What the scaler says of one target. */
export async function readOne(scaler: Scaler, target: ScalingTarget): Promise<TargetState> {
  const state = (await scaler.read([target], signal())).get(target.id);
  return state ?? fail(`nothing was read of ${target.id}`);
}

/** Reads, plans a floor and applies it, as a run does. @returns what was seen and what was asked for. */
export async function raise(
  scaler: Scaler,
  target: ScalingTarget,
  floorUnits: number,
): Promise<{ readonly seen: TargetState; readonly want: OwnedFields }> {
  const seen = await readOne(scaler, target);
  const { maximumUnits, lever, classes, spotPercent } = target;
  const onDemandPercent = spotPercent === undefined ? undefined : 100 - spotPercent;
  const want = scaler.plan(seen.owned, { floorUnits, maximumUnits, lever, classes, onDemandPercent });
  await set(scaler, target, seen, want);
  return { seen, want };
}

/** Applies owned fields over what was seen. */
export async function set(
  scaler: Scaler,
  target: ScalingTarget,
  seen: TargetState,
  want: OwnedFields,
): Promise<void> {
  await scaler.apply(target, seen, want, crypto.randomUUID(), signal());
}

/** Where one target stands. */
export async function progressOf(
  scaler: Scaler,
  target: ScalingTarget,
  want: OwnedFields,
): Promise<Progress> {
  const progress = await scaler.progress([target], new Map([[target.id, want]]), signal());
  return progress.get(target.id) ?? fail(`no progress was given of ${target.id}`);
}

/** Waits until the scaler says settled. @returns the units it saw serving. */
export async function settled(scaler: Scaler, target: ScalingTarget, want: OwnedFields): Promise<number> {
  let last: Progress | undefined;
  await eventually(
    `${target.id} settled`,
    async () => {
      last = await progressOf(scaler, target, want);
      if (last.status === 'failed') fail(last.reason);
      return last.status === 'settled';
    },
    90_000,
  ).catch((error: Error) => fail(`${error.message}; the last was ${JSON.stringify(last)}`));
  return last?.servingUnits ?? fail('settled without a number');
}

/** Puts back what was seen first, over what is there now, and reads that it is there. */
export async function restore(scaler: Scaler, target: ScalingTarget, before: OwnedFields): Promise<void> {
  await set(scaler, target, await readOne(scaler, target), before);
  deepStrictEqual((await readOne(scaler, target)).owned, before);
}

/** Expects a refusal of one kind. */
export async function refusedAs(kind: ProviderErrorKind, call: () => Promise<unknown>): Promise<void> {
  const error = await call().then(
    () => fail(`it was taken, not refused as ${kind}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProviderError)) fail(`it threw ${String(error)}, not a ProviderError`);
  equal(error.kind, kind, error.message);
}
