import {
  CancellationScope,
  ChildWorkflowCancellationType,
  defineSignal,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { PlannedCell } from '../activities/runs.ts';
import type { ServiceFailure } from '../activities/scaling.ts';
import { MADE_UP_SIGNAL, SHORTAGE_SIGNAL } from '../domain/names.ts';
import { reading, store, writingFor } from './activity-proxies.ts';
import { type CellInput, type CellResult, cellScaling, type Shortage } from './cell-scaling.ts';
import type { Approval, Consents } from './consents.ts';
import { reasonText } from './failure.ts';

/** A step of a run's plan, as both the run and its hold carry it out. */
export interface StepInput {
  readonly runId: string;
  readonly step: number;
  readonly holdWorkflowId: string;
}

/** What came of scaling all cells of a step. */
export interface StepResult {
  readonly cells: readonly CellResult[];
  /** The first critical failure, which fails the step. */
  readonly critical: { readonly targetId: string; readonly kind: string; readonly message: string } | null;
  /** Services whose claims were given up because nobody could stand in; the hold has not been told. */
  readonly letGo: readonly string[];
}

const shortageSignal = defineSignal<[Shortage]>(SHORTAGE_SIGNAL);

/**
 * Scales every cell of a step at once, a child workflow each; others stand in for a service its vendor has no room
 * for, as a new generation of the plan. A critical failure stops the other cells; all have stopped when this returns.
 * @throws the cancellation when the run is cancelled, after all have stopped.
 */
export async function scaleCells(input: StepInput, consents: Consents): Promise<StepResult> {
  const result = await new StepScaling(input, consents).carryOut();
  const outer = CancellationScope.current();
  if (outer.consideredCancelled) throw await outer.cancelRequested.catch((reason: unknown) => reason);
  return result;
}

class StepScaling {
  private readonly input: StepInput;
  private readonly consents: Consents;
  private readonly scope = new CancellationScope({ cancellable: true });
  /** Whatever is under way; none of it rejects. */
  private readonly running = new Set<Promise<void>>();
  private readonly cells: PromiseSettledResult<CellResult>[] = [];
  private readonly critical = new Set<string>();
  /** Services that ran short: once in a step is all, two cells may tell of the same one. */
  private readonly short = new Set<string>();
  /** Ends when those that stand in for a service are through, by its id. */
  private readonly standIns = new Map<string, Promise<void>>();
  private readonly letGo: string[] = [];
  /** Ends with the last question put to a person: an answer changes the plan that the next one is about. */
  private asking: Promise<unknown> = Promise.resolve();
  private failure: StepResult['critical'] = null;
  private started = 0;

  constructor(input: StepInput, consents: Consents) {
    this.input = input;
    this.consents = consents;
  }

  async carryOut(): Promise<StepResult> {
    const { runId, step } = this.input;
    setHandler(shortageSignal, (shortage) => this.hear(shortage));
    await this.scale(await store.cellsOfStep({ runId, step }));
    while (this.running.size > 0) await Promise.allSettled(this.running);
    const cells = this.cells
      .flatMap((cell) => (cell.status === 'fulfilled' ? [cell.value] : []))
      .toSorted((a, b) => (a.cell < b.cell ? -1 : 1));
    return { cells, critical: this.failure ?? firstCritical(this.cells), letGo: this.letGo };
  }

  /** @returns when all of them have ended. */
  private async scale(cells: readonly PlannedCell[]): Promise<void> {
    const ends = cells.map((cell) => {
      for (const { targetId, critical } of cell.targets) if (critical) this.critical.add(targetId);
      const index = this.started;
      this.started += 1;
      return this.begin(() => this.runCell({ ...this.input, ...cell }, index));
    });
    await Promise.all(ends);
  }

  /** Runs beside everything else, under the step's own scope. What nobody foresaw fails the step. */
  private begin(body: () => Promise<void>): Promise<void> {
    const done = this.scope
      .run(body)
      .catch((error: unknown) => {
        if (isCancellation(error)) return;
        this.fail({ targetId: `step ${this.input.step}`, kind: 'StepFailed', message: reasonText(error) });
      })
      .finally(() => this.running.delete(done));
    this.running.add(done);
    return done;
  }

  private async runCell(input: CellInput, index: number): Promise<void> {
    const [settled] = await Promise.allSettled([
      executeChild(cellScaling, {
        workflowId: `${workflowInfo().workflowId}-s${input.step}-c${index}`,
        args: [input],
        // Cancel means stop and report; TERMINATE, the default, would die in the middle of a call.
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        staticSummary: `${input.cell}: ${input.targets.length} services`,
      }),
    ]);
    this.cells.push(settled);
    if (settled.status === 'fulfilled' && settled.value.critical) this.fail(settled.value.critical);
  }

  private fail(failure: NonNullable<StepResult['critical']>): void {
    this.failure ??= failure;
    this.scope.cancel();
  }

  private hear({ failure, cellWorkflowId }: Shortage): void {
    const { targetId } = failure;
    if (this.short.has(targetId)) return;
    this.short.add(targetId);
    void this.begin(async () => {
      await this.makeUpFor(failure);
      await this.standIns.get(targetId);
      // A cell that has ended waits for nothing.
      const cell = getExternalWorkflowHandle(cellWorkflowId);
      await cell.signal(MADE_UP_SIGNAL, targetId).catch(() => undefined);
    });
  }

  /** Others carry what a service cannot; where nobody can, or nobody consents, it fails like any other. */
  private async makeUpFor(failure: ServiceFailure): Promise<void> {
    for (let through = false; !through; ) {
      const found = await reading.findStandIn({ ...this.input, failure });
      if (found.status === 'none') return this.giveUp(failure, found.reason);
      through = found.asks
        ? await this.inTurn(() => this.ask(failure))
        : await this.adopt(failure, found.planId);
    }
  }

  private async inTurn<T>(body: () => Promise<T>): Promise<T> {
    const mine = this.asking.then(body);
    this.asking = mine.catch(() => undefined);
    return mine;
  }

  /** Decides anew when its turn has come, and asks only where that is still needed. @returns whether it is through. */
  private async ask(failure: ServiceFailure): Promise<boolean> {
    const { runId } = this.input;
    const found = await reading.findStandIn({ ...this.input, failure });
    if (found.status === 'none') return false;
    const { planId } = found;
    if (!found.asks) return this.adopt(failure, planId);
    await store.askForStandIn({ ...this.input, failure, planId });
    const approval = await this.waitFor(planId);
    if (approval === null) {
      await this.giveUp(failure, `nobody approved plan ${planId} in time`);
      return true;
    }
    const { principal } = approval;
    const short = await reading.isStillShort({ ...this.input, failure, planId });
    if (short && (await this.adopt(failure, planId, principal))) return true;
    await store.lapseStandIn({ runId, planId, principal });
    return false;
  }

  /** @returns null where nobody consented; the question is taken back then, and where the run is cancelled. */
  private async waitFor(planId: string): Promise<Approval | null> {
    const { runId } = this.input;
    let approval: Approval | null = null;
    try {
      approval = await this.consents.waitFor(planId);
      return approval;
    } finally {
      if (approval === null)
        await CancellationScope.nonCancellable(() => store.lapseStandIn({ runId, planId }));
    }
  }

  /** @returns false where something changed since the plan was made. */
  private async adopt(failure: ServiceFailure, planId: string, principal?: string): Promise<boolean> {
    const { runId, step } = this.input;
    const { targetId } = failure;
    const adopted = await store.adoptStandIn({ runId, planId, failure, ...(principal && { principal }) });
    if (adopted.status === 'moved') return false;
    if (adopted.status === 'closed') return true;
    const { targetIds } = adopted;
    this.standIns.set(
      targetId,
      this.begin(() => this.scaleStandIns(targetIds)),
    );
    void this.begin(() => writingFor(targetId).settleForLess({ runId, step, targetId }));
    return true;
  }

  private async scaleStandIns(targetIds: readonly string[]): Promise<void> {
    const { runId, step } = this.input;
    await this.scale(await store.cellsOfStep({ runId, step, targetIds }));
  }

  private async giveUp(failure: ServiceFailure, why: string): Promise<void> {
    const { runId, step } = this.input;
    const { targetId } = failure;
    const final = { ...failure, message: `${failure.message}; nobody stands in: ${why}` };
    await store.failService({ runId, step, targetId, failure: final });
    if (this.critical.has(targetId)) this.fail(final);
    else this.letGo.push(targetId);
  }
}

/** A cell that ended in a way nobody foresaw counts as a critical failure: its outcome is unknown. */
function firstCritical(results: readonly PromiseSettledResult<CellResult>[]): StepResult['critical'] {
  for (const result of results) {
    if (result.status === 'rejected' && !isCancellation(result.reason)) {
      return { targetId: '', kind: 'CellFailed', message: String(result.reason) };
    }
  }
  return null;
}
