import {
  CancellationScope,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { ServiceFailure } from '../activities/scaling.ts';
import { HOLD_SIGNALS, MADE_UP_SIGNAL, SHORTAGE_SIGNAL } from '../domain/names.ts';
import { longestFirst } from '../domain/start-order.ts';
import { applying, store, waiting } from './activity-proxies.ts';
import { awaitAll } from './all.ts';

/**
 * Targets one activity applies. Their state is read in one go and their events are those of one; more of them would
 * be kept from other workers, and wait for the slowest of them. Portions of one service follow each other: side by
 * side they would only queue for the same limits, and keep a worker from the services that need not.
 */
const APPLIED_TOGETHER = 25;

/** Pauses before a vendor is asked again that does not say when, in milliseconds: the first, and the longest. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;

/** One cell's part of a step. */
export interface CellInput {
  readonly runId: string;
  readonly step: number;
  /** `provider/region`. */
  readonly cell: string;
  readonly targets: readonly CellTarget[];
  /** Hears of services that are to be undone without failing the run. */
  readonly holdWorkflowId: string;
}

/** A target, in the fleet's order: nothing after one that `requiresStabilization` is touched before it is stable. */
export interface CellTarget {
  readonly targetId: string;
  /** Targets of one service queue for the same limits. */
  readonly service: string;
  readonly critical: boolean;
  readonly requiresStabilization: boolean;
  /** What is started first among those that may start together; default 0. */
  readonly provisioningMinutes?: number;
}

/** What a cell tells its step of a service that ran short, and where an answer goes. */
export interface Shortage {
  readonly failure: ServiceFailure;
  readonly cellWorkflowId: string;
}

const madeUpSignal = defineSignal<[string]>(MADE_UP_SIGNAL);

/** What came of a cell; a `critical` failure fails the run. */
export interface CellResult {
  readonly cell: string;
  readonly status: 'success' | 'partial' | 'failed' | 'stopped';
  readonly critical: ServiceFailure | null;
  readonly failed: readonly string[];
}

/**
 * Scales one cell: snapshot and claim, then apply and settle, waiting wherever a service must be stable
 * before the next is touched. Cancelled, it stops and says so; it never undoes.
 */
export async function cellScaling(input: CellInput): Promise<CellResult> {
  const work = new CellWork(input);
  try {
    await work.claim();
    for (const batch of batches(input.targets)) await work.scale(batch);
    await work.settle(input.targets.map((target) => target.targetId));
  } catch (error) {
    if (!isCancellation(error) && !(error instanceof Stop)) throw error;
    work.stopped = true;
  }
  await CancellationScope.nonCancellable(() => store.finishCell(work.cellStep([])));
  return work.result();
}

/** Ends the cell's work in the middle; never leaves the workflow. */
class Stop extends Error {}

class CellWork {
  private readonly input: CellInput;
  private readonly open: Set<string>;
  private critical: ServiceFailure | null = null;
  private readonly failed: string[] = [];
  /** Services whose shortage the step is through with. */
  private readonly madeUp = new Set<string>();
  stopped = false;

  constructor(input: CellInput) {
    this.input = input;
    this.open = new Set(input.targets.map((target) => target.targetId));
    setHandler(madeUpSignal, (targetId) => void this.madeUp.add(targetId));
  }

  cellStep(targetIds: readonly string[]) {
    const { runId, step, cell } = this.input;
    return { runId, step, cell, targetIds };
  }

  async claim(): Promise<void> {
    const claimed = await waiting.snapshotAndClaim(this.cellStep([...this.open]));
    if (claimed.closed) throw new Stop('the run was closed');
    for (const id of claimed.released) this.open.delete(id);
    for (const failure of claimed.failed) await this.fail(failure);
  }

  /** Applies a batch, its services side by side and in each the longest to provision first, then waits for its last one where that must be stable. */
  async scale(batch: readonly CellTarget[]): Promise<void> {
    const targets = longestFirst(batch).filter((target) => this.open.has(target.targetId));
    const services = [...Map.groupBy(targets, ({ service }) => service).values()];
    const failures = await awaitAll(services.map((group) => this.applyService(group)));
    for (const failure of failures.flat()) await this.fail(failure);
    const last = batch.at(-1);
    if (last?.requiresStabilization) await this.settle([last.targetId]);
  }

  private async applyService(targets: readonly CellTarget[]): Promise<readonly ServiceFailure[]> {
    const failures: ServiceFailure[] = [];
    for (let start = 0; start < targets.length; start += APPLIED_TOGETHER) {
      failures.push(...(await this.apply(targets.slice(start, start + APPLIED_TOGETHER))));
    }
    return failures;
  }

  /** Until a vendor has accepted or refused every one. @returns those refused. */
  private async apply(portion: readonly CellTarget[]): Promise<readonly ServiceFailure[]> {
    const failures: ServiceFailure[] = [];
    let pending = portion.map((target) => target.targetId);
    for (let round = 0; ; round += 1) {
      const outcome = await applying(pending).applyTargets(this.cellStep(pending));
      failures.push(...outcome.failed);
      pending = [...outcome.again];
      if (pending.length === 0) return failures;
      await sleep(outcome.againInMs ?? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** round));
    }
  }

  async settle(targetIds: readonly string[]): Promise<void> {
    let pending = targetIds.filter((id) => this.open.has(id));
    while (pending.length > 0) {
      const outcome = await waiting.settleTargets(this.cellStep(pending));
      for (const failure of outcome.failed) await this.fail(failure);
      pending = outcome.pending.filter((id) => this.open.has(id));
    }
  }

  /**
   * A service its vendor has no room for is handed to the step, which looks for who can stand in. Any other critical
   * failure stops the cell; one that is not gives its claim up, tells the hold and goes on.
   */
  private async fail(failure: ServiceFailure): Promise<void> {
    const { runId, step, holdWorkflowId } = this.input;
    const { targetId } = failure;
    this.open.delete(targetId);
    const { parent, workflowId } = workflowInfo();
    if (failure.kind === 'InsufficientCapacity' && parent) {
      const shortage: Shortage = { failure, cellWorkflowId: workflowId };
      await getExternalWorkflowHandle(parent.workflowId).signal(SHORTAGE_SIGNAL, shortage);
      // Nothing later is touched before what takes its place is stable.
      if (this.targetOf(targetId)?.requiresStabilization) await condition(() => this.madeUp.has(targetId));
      return;
    }
    this.failed.push(targetId);
    await store.failService({ runId, step, targetId, failure });
    if (this.targetOf(targetId)?.critical) {
      this.critical ??= failure;
      throw new Stop('a critical service failed');
    }
    // A hold that is not there finds what was let go of when it is started again.
    await getExternalWorkflowHandle(holdWorkflowId)
      .signal(HOLD_SIGNALS.undoTargets, [targetId])
      .catch((error: unknown) => log.warn('the hold could not be told', { targetId, error: String(error) }));
  }

  private targetOf(targetId: string): CellTarget | undefined {
    return this.input.targets.find((target) => target.targetId === targetId);
  }

  result(): CellResult {
    const { cell } = this.input;
    return { cell, status: this.status(), critical: this.critical, failed: this.failed };
  }

  private status(): CellResult['status'] {
    if (this.critical) return 'failed';
    if (this.stopped) return 'stopped';
    if (this.failed.length === 0) return 'success';
    return this.open.size > 0 ? 'partial' : 'failed';
  }
}

/** Splits after every target that must be stable before anything later is touched. */
function batches(targets: readonly CellTarget[]): readonly (readonly CellTarget[])[] {
  const all: CellTarget[][] = [[]];
  for (const target of targets) {
    all.at(-1)?.push(target);
    if (target.requiresStabilization) all.push([]);
  }
  return all.filter((batch) => batch.length > 0);
}
