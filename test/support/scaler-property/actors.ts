import type { ActivityDependencies } from '../../../activities/dependencies.ts';
import { LeaseBusy } from '../../../activities/lease-busy.ts';
import {
  type ReconcileRequest,
  type ReconcileResult,
  reconcileTarget,
} from '../../../activities/reconcile.ts';
import { createVendorWatch } from '../../../activities/vendor-watch.ts';
import { isTerminal, ProviderError } from '../../../domain/errors.ts';
import type { TargetState } from '../../../domain/scaler.ts';
import { claimTargets } from '../../../store/claims.ts';
import { releaseClaims } from '../../../store/releases.ts';
import type { FleetEvent, Strike } from './events.ts';
import type { PlacedTarget } from './fleet.ts';
import type { LedgerJudge } from './ledger-judge.ts';
import { personsEdit } from './persons-edit.ts';
import { fallAsleep, type SleepingWorker } from './sleeping-worker.ts';
import type { Stage } from './stage.ts';

/** One of the two runs. */
export type Run = 0 | 1;

/** A target in a history, and who does what to it. */
export interface Seat {
  readonly placed: PlacedTarget;
  /** Of its resource in the sandbox. */
  readonly key: string;
  readonly judge: LedgerJudge;
  readonly runIds: readonly [string, string];
  /** Live claims of either run, by their step. */
  readonly claims: readonly [Set<number>, Set<number>];
  /** Grows with every claim and every reconcile, so that none is taken for another. */
  count: number;
  asleep: SleepingWorker | null;
}

/** What came of an event. */
export interface Told {
  readonly text: string;
  /** What must not be. */
  readonly faults?: readonly string[];
  /** A run has heard that what it claims is in force. */
  readonly inForce?: boolean;
}

/** Lets one event happen to a target. */
export async function happen(stage: Stage, seat: Seat, event: FleetEvent): Promise<Told> {
  switch (event.kind) {
    case 'claim':
      return claim(stage, seat, event);
    case 'release':
      return release(stage, seat, event.run);
    case 'reconcile': {
      // Whoever has waited that long gets no old answer any more.
      const deps = event.later && event.strike?.trouble !== 'staleRead' ? stage.later : stage.soon;
      const { run, gate } = event;
      return stage.under(strikeFor(seat, event.strike), () => reconcile(deps, seat, run, gate));
    }
    case 'both':
      return stage.under(strikeFor(seat, event.strike), () => bothReconcile(stage, seat));
    case 'fallAsleep':
      return dozeOff(stage, seat, event);
    case 'wake':
      return wakeUp(seat);
    case 'person':
      return edit(stage, seat, event);
    case 'rest':
      await new Promise((resolve) => setTimeout(resolve, event.wallMs));
      return { text: 'rested' };
  }
}

/** An old answer is one from before a change of ours; from before a person's nobody could tell. */
function strikeFor({ judge }: Seat, strike: Strike | undefined): Strike | undefined {
  return strike?.trouble === 'staleRead' && judge.lastByPerson ? undefined : strike;
}

async function claim(
  stage: Stage,
  seat: Seat,
  event: FleetEvent & { readonly kind: 'claim' },
): Promise<Told> {
  const { target } = seat.placed;
  const { db, patience } = stage.soon;
  const { maximumUnits, baselineUnits } = target;
  const way = Math.ceil(((maximumUnits - baselineUnits) * event.percent) / 100);
  const floorUnits = Math.max(1, baselineUnits + way);
  const { generation } = await db
    .selectFrom('targets')
    .select('generation')
    .where('id', '=', target.id)
    .executeTakeFirstOrThrow();
  const strike = strikeFor(seat, event.strike);
  const looks = stage.under(strike, () => patiently(() => read(stage, seat.placed)));
  const [look] = await Promise.allSettled([looks]);
  if (look.status === 'rejected') return failed(seat, look.reason);
  seat.count += 1;
  const asked = { targetId: target.id, kind: 'floor', floorUnits, startsAtMs: 0, endsAtMs: 1 } as const;
  const request = { ...asked, seen: look.value.owned, generation };
  const { status } = await claimTargets(db, seat.runIds[event.run], seat.count, [request], patience);
  if (status === 'claimed') {
    seat.judge.claim(seat.count, floorUnits);
    seat.claims[event.run].add(seat.count);
  }
  return { text: `${status}, ${floorUnits} units; seen ${JSON.stringify(look.value.owned)}` };
}

/** Lets go of all that a run claims of a target. */
export async function release(stage: Stage, seat: Seat, run: Run): Promise<Told> {
  await releaseClaims(stage.soon.db, seat.runIds[run], { targetIds: [seat.placed.target.id] });
  seat.judge.release([...seat.claims[run]]);
  seat.claims[run].clear();
  return { text: 'released' };
}

/** One reconcile by a worker of its own: forward for a run that has a claim, as an undo for one that has none. */
export async function reconcile(
  deps: ActivityDependencies,
  seat: Seat,
  run: Run,
  gate: 'open' | 'closed',
): Promise<Told & { readonly result?: ReconcileResult }> {
  const request = requestFor(seat, run, gate);
  const doing = reconcileTarget(deps, request, createVendorWatch(20_000));
  const [outcome] = await Promise.allSettled([doing]);
  if (outcome.status === 'rejected') return failed(seat, outcome.reason);
  const result = outcome.value;
  const text = `${request.direction} ${JSON.stringify(result)}`;
  const wrong = result.status === 'contested' || (result.status === 'refused' && !mayRefuse(seat, request));
  const faults = wrong ? [`${seat.placed.target.id}: ${text}`] : [];
  return { text, result, inForce: result.status === 'inForce' && request.direction === 'forward', faults };
}

function requestFor(seat: Seat, run: Run, gate: 'open' | 'closed'): ReconcileRequest {
  seat.count += 1;
  const who = { targetId: seat.placed.target.id, runId: seat.runIds[run], owner: `worker/${seat.count}` };
  if (seat.claims[run].size === 0) return { ...who, direction: 'undo', gate };
  return { ...who, direction: 'forward', gate: 'closed' };
}

/** More than the target may have is refused to who claims it, and what is never given back to who undoes. */
function mayRefuse({ judge, placed }: Seat, { direction }: ReconcileRequest): boolean {
  if (direction === 'undo') return placed.variant.lever.reversibility === 'committed';
  return judge.asksTooMuch;
}

async function bothReconcile(stage: Stage, seat: Seat): Promise<Told> {
  const told = await Promise.all(([0, 1] as const).map((run) => reconcile(stage.soon, seat, run, 'open')));
  const text = told.map((one) => one.text).join(' and ');
  return { text, faults: told.flatMap(({ faults = [] }) => faults) };
}

async function dozeOff(
  stage: Stage,
  seat: Seat,
  { run, before }: FleetEvent & { readonly kind: 'fallAsleep' },
): Promise<Told> {
  if (seat.asleep) return { text: 'sleeps already' };
  const request = requestFor(seat, run, 'open');
  seat.asleep = await fallAsleep(stage.soon, request, before);
  return { text: seat.asleep ? `${request.direction}, asleep` : 'had nothing to sleep on' };
}

/** Lets the worker that sleeps on a target go on, if there is one. */
export async function wakeUp(seat: Seat): Promise<Told> {
  const outcome = await seat.asleep?.wake();
  seat.asleep = null;
  if (!outcome) return { text: 'nobody sleeps' };
  return { text: outcome.status === 'fulfilled' ? JSON.stringify(outcome.value) : String(outcome.reason) };
}

async function edit(
  { sandbox }: Stage,
  seat: Seat,
  event: FleetEvent & { readonly kind: 'person' },
): Promise<Told> {
  const change = personsEdit(seat.placed, seat.judge, event);
  if (!change) return { text: 'has nothing to raise' };
  await sandbox.send('POST', '/people', { resource: seat.key, change });
  return { text: JSON.stringify(change) };
}

async function read({ soon }: Stage, { target }: PlacedTarget): Promise<TargetState> {
  const scaler = await soon.adapters.scaler(target.service);
  const state = (await scaler.read([target], AbortSignal.timeout(20_000))).get(target.id);
  if (!state) throw new Error(`${target.id} was left out of a read`);
  return state;
}

/** Tries again what passes, for a moment. */
async function patiently<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (!passes(error) || attempt === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

function failed({ placed }: Seat, error: unknown): Told {
  const text = String(error instanceof Error && !passes(error) ? error.stack : error);
  return { text, faults: passes(error) ? [] : [`${placed.target.id}: ${text}`] };
}

/** Whether an error is one that a retry may mend. */
function passes(error: unknown): boolean {
  return error instanceof LeaseBusy || (error instanceof ProviderError && !isTerminal(error.kind));
}
