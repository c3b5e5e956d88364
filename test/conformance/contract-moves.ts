import { deepStrictEqual, equal, ok } from 'node:assert/strict';
import { ProviderError } from '../../domain/errors.ts';
import type { ScalingTarget } from '../../domain/fleet.ts';
import { floorOf, type OwnedFields } from '../../domain/owned-fields.ts';
import type { Scaler, TargetState } from '../../domain/scaler.ts';
import { leverOfTarget } from '../../domain/services.ts';
import type { Matrix } from './matrix.ts';
import { progressOf, raise, readOne, refusedAs, restore, set, settled } from './scaler-moves.ts';

/** What a plain client of the vendor, made apart from the product, sees. */
export interface Live {
  readonly owned: OwnedFields;
  /** Whatever else of the resource a change of the owned fields must leave as it is. */
  readonly others?: unknown;
}

/** One lever of a service as a counterpart holds it: the table that all moves are driven by. */
export interface LeverCase {
  /** Row of the matrix. */
  readonly row: string;
  /** Which of several cases of a row, e.g. `autoscaled`; begins the names of its checks. */
  readonly variant?: string;
  readonly scaler: Scaler;
  readonly target: ScalingTarget;
  /** Owned fields to begin with, and those that a plan for their floor must come to. */
  readonly before: OwnedFields;
  readonly want: OwnedFields;
  readonly live: () => Promise<Live>;
  /** References of what is not there. */
  readonly missing: readonly ScalingTarget['reference'][];
  /** Takes away serving capacity behind the scaler's back, at a counterpart that is done at once. */
  readonly hinder?: () => Promise<unknown>;
  /** Lets serve what was accepted, where the counterpart does not do that by itself or was hindered. */
  readonly serve?: () => Promise<unknown>;
  /** Does of a restore what the counterpart does not do by itself. */
  readonly release?: () => Promise<unknown>;
  /** The counterpart cannot be changed here, so that the scaler has to refuse it and touch nothing. */
  readonly unchangeable?: true;
}

/** The contract of a scaler, asked of one lever at one counterpart: the same moves for all of them. */
export async function checkLever(matrix: Matrix, counterpart: string, held: LeverCase): Promise<void> {
  const { row, variant, scaler, target, before, live, missing } = held;
  const check = (name: string, body: () => Promise<void>) =>
    matrix.check(row, counterpart, variant === undefined ? name : `${variant}: ${name}`, body);
  await check('reads what is there', async () => {
    deepStrictEqual((await readOne(scaler, target)).owned, before);
    deepStrictEqual((await live()).owned, before);
  });
  if (held.unchangeable) {
    await check('a change that cannot be made is refused and leaves everything alone', () => refuses(held));
  } else await checkChange(held, check);
  await check('what does not exist is NotFound', async () => {
    for (const reference of missing)
      await refusedAs('NotFound', () => readOne(scaler, { ...target, reference }));
  });
}

type Check = (name: string, body: () => Promise<void>) => Promise<void>;

async function checkChange(held: LeverCase, check: Check): Promise<void> {
  const { target, want, hinder, serve } = held;
  let first: TargetState | undefined;
  await check('raises it, and touches nothing else', async () => {
    const { others } = await held.live();
    const raised = await raise(held.scaler, target, floorOf(want));
    first = raised.seen;
    deepStrictEqual(raised.want, want);
    deepStrictEqual(await held.live(), others === undefined ? { owned: want } : { owned: want, others });
  });
  if (serve) {
    await check('is moving until capacity serves, whatever was accepted', async () => {
      await hinder?.();
      const { status, servingUnits } = await progressOf(held.scaler, target, want);
      equal(status, 'moving');
      ok((servingUnits ?? 0) < floorOf(want), `${servingUnits} serve`);
      await serve();
    });
  }
  await check('settles by what serves', async () => {
    equal(await settled(held.scaler, target, want), floorOf(want));
  });
  await check('applied twice is applied once', async () => {
    const { owned } = await held.live();
    await set(held.scaler, target, await readOne(held.scaler, target), want);
    if (first) await repeated(held, first);
    deepStrictEqual((await held.live()).owned, owned);
  });
  const committed = leverOfTarget(target)?.reversibility === 'committed';
  if (committed) await check('what cannot be given back is refused, and kept', () => keeps(held));
  else await check('restores exactly what was', () => restores(held));
}

/** A retry after a lost answer knows only what was seen first: it may be Stale, and has no second effect. */
async function repeated({ scaler, target, want }: LeverCase, first: TargetState): Promise<void> {
  await set(scaler, target, first, want).catch((error: unknown) => {
    if (!(error instanceof ProviderError) || error.kind !== 'Stale') throw error;
  });
}

async function restores({ scaler, target, before, live, release }: LeverCase): Promise<void> {
  if (release) {
    await set(scaler, target, await readOne(scaler, target), before);
    await release();
  }
  await restore(scaler, target, before);
  deepStrictEqual((await live()).owned, before);
}

async function keeps({ scaler, target, before, want, live }: LeverCase): Promise<void> {
  const seen = await readOne(scaler, target);
  await refusedAs('InvalidTarget', () => set(scaler, target, seen, before));
  deepStrictEqual((await live()).owned, want);
}

async function refuses({ scaler, target, want, live }: LeverCase): Promise<void> {
  const there = await live();
  await refusedAs('InvalidTarget', () => raise(scaler, target, floorOf(want)));
  deepStrictEqual(await live(), there);
}
