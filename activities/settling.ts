import { toServiceMs } from '../domain/clock.ts';
import { isTerminal, ProviderError } from '../domain/errors.ts';
import { cellId, cellOf, type ScalingTarget } from '../domain/fleet.ts';
import type { OwnedFields } from '../domain/owned-fields.ts';
import type { Progress, Scaler } from '../domain/scaler.ts';
import { claimedTargets, markSettled, unreachableReason } from '../store/claims.ts';
import { withdrawQuestion } from '../store/questions.ts';
import { requestOfRun } from '../store/run-context.ts';
import { askPerson } from './attention.ts';
import { type ActivityDependencies, serviceNowMs } from './dependencies.ts';
import { type Execution, execute, stopIfCancelled } from './execution.ts';
import { inPortions } from './reading.ts';
import type { ReconcileResult } from './reconcile.ts';
import { reconcileTargets } from './reconcile-batch.ts';
import { type CellStep, failureOf, type ServiceFailure, targetOf } from './scaling.ts';
import type { VendorWatch } from './vendor-watch.ts';

/** One execution polls no longer than this, in milliseconds of wall time; the workflow calls again. */
const LONGEST_EXECUTION_MS = 5 * 60_000;
const FIRST_POLL_MS = 100;
/** A moving target is read under its lease every so many polls, in case somebody lowered it meanwhile. */
const RECONCILE_EVERY_POLLS = 10;

/** Where the services of a cell stand; `pending` ones are neither settled nor given up. */
export interface SettleOutcome {
  readonly settled: readonly string[];
  readonly failed: readonly ServiceFailure[];
  readonly pending: readonly string[];
}

interface Settling {
  readonly target: ScalingTarget;
  readonly floorUnits: number;
  readonly want: OwnedFields;
  /** Service time after which it has failed, in milliseconds since the epoch. */
  readonly deadlineMs: number;
  /** Service time at which the capacity is needed. */
  readonly neededAtMs: number;
  /** The vendor refuses the floor for good, perhaps on another run's word. */
  readonly unreachable: boolean;
}

/** The activity that waits until capacity serves. Resumes from the store: what has settled stays settled. */
export function createSettlingActivities(deps: ActivityDependencies) {
  return {
    /**
     * Polls the vendors until every target of the cell serves its own floor or has failed. A target is settled
     * only when a fresh read under its lease also finds the value right and nothing of ours unknown.
     */
    async settleTargets(cell: CellStep): Promise<SettleOutcome> {
      return execute(deps, cell.runId, cell.cell, (execution) => settleCell(deps, cell, execution));
    },
  };
}

/**
 * {@link createSettlingActivities}'s `settleTargets` under a given execution. Each service is polled on its own, so
 * that one which takes a call per target does not hold up the others.
 */
export async function settleCell(
  deps: ActivityDependencies,
  cell: CellStep,
  execution: Execution,
): Promise<SettleOutcome> {
  const open = await openTargets(deps, cell, new Set());
  const services = Map.groupBy(open, ({ target }) => target.service);
  // What has failed is told at once, whatever else is still on its way: others may have to stand in.
  const failing = new AbortController();
  const groups = [...services].map(async ([service, group]) => {
    const targetIds = group.map(({ target }) => target.id);
    const scaler = await deps.adapters.scaler(service);
    return settleService(deps, scaler, { ...cell, targetIds }, execution, failing);
  });
  const outcomes = await allEnded(groups);
  return {
    settled: outcomes.flatMap(({ settled }) => settled),
    failed: outcomes.flatMap(({ failed }) => failed),
    pending: outcomes.flatMap(({ pending }) => pending),
  };
}

/** None may still poll once this execution has ended. */
async function allEnded<T>(running: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(running);
  return Promise.all(running);
}

async function settleService(
  deps: ActivityDependencies,
  scaler: Scaler,
  cell: CellStep,
  execution: Execution,
  failing: AbortController,
): Promise<SettleOutcome> {
  const settled: string[] = [];
  const failed: ServiceFailure[] = [];
  const early = AbortSignal.any([execution.stop, failing.signal]);
  const endMs = Date.now() + LONGEST_EXECUTION_MS;
  let pauseMs = FIRST_POLL_MS;
  for (let poll = 1; ; poll += 1) {
    stopIfCancelled(execution.stop);
    const open = await openTargets(deps, cell, new Set([...settled, ...failed.map((f) => f.targetId)]));
    if (open.length === 0 || failing.signal.aborted || Date.now() > endMs) {
      return { settled, failed, pending: open.map((entry) => entry.target.id) };
    }
    const progress = await progressOf(deps, scaler, open, execution.watch);
    const careful = poll % RECONCILE_EVERY_POLLS === 0;
    for (const [targetId, verdict] of await judgeAll(deps, cell, open, progress, careful, execution)) {
      if (verdict === 'settled') settled.push(targetId);
      else if (verdict !== 'moving') failed.push(verdict);
    }
    if (failed.length > 0) failing.abort();
    if (settled.length + failed.length < cell.targetIds.length) {
      await execution.watch.pause(pauseMs, early);
      pauseMs = Math.min(pauseMs * 1.5, Math.max(FIRST_POLL_MS, deps.patience.pollMs / deps.clock.scale));
    }
  }
}

type Verdict = 'settled' | 'moving' | ServiceFailure;

/** Those that serve, are to be looked at carefully or are late are read under their leases, together. */
async function judgeAll(
  deps: ActivityDependencies,
  cell: CellStep,
  open: readonly Settling[],
  progress: ReadonlyMap<string, Progress>,
  careful: boolean,
  execution: Execution,
): Promise<readonly (readonly [targetId: string, Verdict])[]> {
  const found = open.map((entry) => ({ entry, found: progress.get(entry.target.id) }));
  const doubted = found.filter(({ entry, found: now }) => {
    if (entry.unreachable || now === undefined || now.status === 'failed') return false;
    return servingEnough(entry, now) !== null || careful || isLate(deps, entry);
  });
  const checked = await checkAll(
    deps,
    cell,
    doubted.map(({ entry }) => entry.target.id),
    execution,
  );
  const verdicts = found.map(async ({ entry, found: now }): Promise<[string, Verdict]> => {
    const { id } = entry.target;
    if (entry.unreachable) return [id, await refusedFor(deps, cell, id)];
    return [id, await judge(deps, cell, entry, now, checked.get(id))];
  });
  return allEnded(verdicts);
}

/** Units that serve where they are enough; null where they are not, or where the vendor still moves. */
function servingEnough({ floorUnits }: Settling, progress: Progress): number | null {
  return progress.status === 'settled' && progress.servingUnits >= floorUnits ? progress.servingUnits : null;
}

function isLate(deps: ActivityDependencies, { deadlineMs }: Settling): boolean {
  return serviceNowMs(deps) > deadlineMs;
}

/**
 * @param progress undefined where it could not be read: nothing is known, and no deadline passes on that.
 * @param checked what a read under its lease found, where there was one.
 */
async function judge(
  deps: ActivityDependencies,
  cell: CellStep,
  entry: Settling,
  progress: Progress | undefined,
  checked: Checked | undefined,
): Promise<Verdict> {
  const targetId = entry.target.id;
  if (progress === undefined) return waitFor(deps, cell, entry, 'its progress cannot be read');
  if (progress.status === 'failed') {
    const { reason, servingUnits, lacks = 'ProvisioningFailed' } = progress;
    return { targetId, kind: lacks, message: `${targetId}: ${reason}`, servingUnits };
  }
  if (typeof checked === 'object') return checked;
  const serving = servingEnough(entry, progress);
  if (serving !== null) {
    if (checked !== 'right') return waitFor(deps, cell, entry, 'its value cannot be made sure of');
    return settle(deps, cell, targetId, serving);
  }
  if (checked === undefined || !isLate(deps, entry)) return 'moving';
  const message =
    `${targetId} serves ${progress.servingUnits ?? 'an unknown number'} of ${entry.floorUnits} units at its settle deadline` +
    ('reason' in progress ? ` (${progress.reason})` : '');
  const kind = ('lacks' in progress ? progress.lacks : undefined) ?? 'SettleDeadline';
  return { targetId, kind, message, servingUnits: progress.servingUnits };
}

async function settle(
  deps: ActivityDependencies,
  { runId, step }: CellStep,
  targetId: string,
  servingUnits: number,
): Promise<'settled'> {
  await markSettled(deps.db, { runId, step, targetId }, servingUnits);
  await withdrawQuestion(deps.db, runId, targetId);
  return 'settled';
}

/** What is merely not known waits; once the capacity is needed, a person is told. */
async function waitFor(
  deps: ActivityDependencies,
  { runId }: CellStep,
  { target, neededAtMs }: Settling,
  why: string,
): Promise<'moving'> {
  if (serviceNowMs(deps) > neededAtMs) {
    const message = `${target.id} should be ready by now, and ${why}; trying again until it can.`;
    await askPerson(deps, runId, { resource: target.id, topic: 'unreadable', message });
  }
  return 'moving';
}

async function refusedFor(
  deps: ActivityDependencies,
  { runId }: CellStep,
  targetId: string,
): Promise<ServiceFailure> {
  const { kind, message } = await unreachableReason(deps.db, runId, targetId);
  return { targetId, kind, message };
}

/** What a read under a lease says of a target's value. */
type Checked = 'right' | 'moving' | ServiceFailure;

async function checkAll(
  deps: ActivityDependencies,
  { runId }: CellStep,
  targetIds: readonly string[],
  { owner, watch }: Execution,
): Promise<ReadonlyMap<string, Checked>> {
  const request = { runId, owner, direction: 'forward', gate: 'closed' } as const;
  const outcomes = await reconcileTargets(deps, targetIds, request, watch);
  const checked = [...outcomes].map(
    async ([targetId, outcome]): Promise<[string, Checked]> => [
      targetId,
      'result' in outcome
        ? await checkedResult(deps, runId, targetId, outcome.result)
        : checkedError(targetId, outcome.error),
    ],
  );
  return new Map(await allEnded(checked));
}

async function checkedResult(
  deps: ActivityDependencies,
  runId: string,
  targetId: string,
  result: ReconcileResult,
): Promise<Checked> {
  if (result.status === 'refused') return { targetId, kind: result.kind, message: result.message };
  if (result.status === 'contested') {
    await askPerson(deps, runId, { resource: targetId, topic: 'contested', message: result.message });
  }
  return result.status === 'unproven' || result.status === 'contested' ? 'moving' : 'right';
}

/** Busy, throttled or stale: the next poll asks again. */
function checkedError(targetId: string, error: unknown): Checked {
  if (!(error instanceof ProviderError)) return 'moving';
  const final = error.kind === 'NotFound' || error.kind === 'PermissionDenied';
  return final ? failureOf(targetId, error) : 'moving';
}

/** A read that failed says nothing about its targets; where one of them is the reason, the others are read alone. */
async function progressOf(
  deps: ActivityDependencies,
  scaler: Scaler,
  group: readonly Settling[],
  watch: VendorWatch,
): Promise<ReadonlyMap<string, Progress>> {
  const targets = group.map((entry) => entry.target);
  const wants = new Map(group.map((entry) => [entry.target.id, entry.want]));
  try {
    return await inPortions(scaler, targets, (portion) =>
      watch.call((signal) => scaler.progress(portion, wants, signal)),
    );
  } catch (error) {
    const alone = error instanceof ProviderError && isTerminal(error.kind) && group.length > 1;
    if (!alone) {
      deps.log.warn({ targets: targets.map((target) => target.id), err: error }, 'could not read progress');
      return new Map();
    }
    const each = await Promise.all(group.map((entry) => progressOf(deps, scaler, [entry], watch)));
    return new Map(each.flatMap((found) => [...found]));
  }
}

async function openTargets(
  deps: ActivityDependencies,
  cell: CellStep,
  gone: ReadonlySet<string>,
): Promise<readonly Settling[]> {
  const targetIds = cell.targetIds.filter((id) => !gone.has(id));
  if (targetIds.length === 0) return [];
  const claimed = await claimedTargets(deps.db, cell.runId, { step: cell.step, targetIds });
  const request = await requestOfRun(deps.db, cell.runId);
  const minutes = request.performanceRequirements.settleDeadlineMinutes;
  return claimed
    .filter((claim) => claim.settledAt === null)
    .map(({ spec, floorUnits, lastApplied, preState, since, startsAtMs, unreachable }) => {
      const limitMinutes = minutes ?? Math.max(30, 3 * spec.leadTimeMinutes);
      const deadlineMs = toServiceMs(deps.clock, since.getTime()) + limitMinutes * 60_000;
      const want = lastApplied ?? preState;
      return { target: spec, floorUnits, want, deadlineMs, neededAtMs: startsAtMs, unreachable };
    });
}

/** The branch a target's activities belong to in the journal. */
export async function branchOf(deps: ActivityDependencies, targetId: string): Promise<string> {
  return cellId(cellOf(await targetOf(deps, targetId)));
}
