import {
  CancellationScope,
  ChildWorkflowCancellationType,
  defineSignal,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { PlannedCell } from '../activities/runs.ts';
import type { ServiceFailure } from '../activities/scaling.ts';
import type { TrafficPlan } from '../activities/traffic.ts';
import { SHORTAGE_SIGNAL } from '../domain/names.ts';
import { publishing, reading, store, waiting, writing, writingFor } from './activity-proxies.ts';
import { awaitAll } from './all.ts';
import { type CellInput, type CellResult, cellScaling } from './cell-scaling.ts';
import type { Consents } from './consents.ts';

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

const shortageSignal = defineSignal<[ServiceFailure]>(SHORTAGE_SIGNAL);

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
  private readonly letGo: string[] = [];
  private failure: StepResult['critical'] = null;
  private started = 0;

  constructor(input: StepInput, consents: Consents) {
    this.input = input;
    this.consents = consents;
  }

  async carryOut(): Promise<StepResult> {
    const { runId, step } = this.input;
    setHandler(shortageSignal, (failure) => this.begin(() => this.makeUpFor(failure)));
    const cells = await store.cellsOfStep({ runId, step });
    this.scale(cells);
    while (this.running.size > 0) await Promise.allSettled(this.running);
    const results = this.cells
      .flatMap((cell) => (cell.status === 'fulfilled' ? [cell.value] : []))
      .toSorted((a, b) => (a.cell < b.cell ? -1 : 1));
    return { cells: results, critical: this.failure ?? firstCritical(this.cells), letGo: this.letGo };
  }

  private scale(cells: readonly PlannedCell[]): void {
    for (const cell of cells) {
      for (const { targetId, critical } of cell.targets) if (critical) this.critical.add(targetId);
      const index = this.started;
      this.started += 1;
      this.begin(() => this.runCell({ ...this.input, ...cell }, index));
    }
  }

  /** Runs beside everything else, under the step's own scope. What nobody foresaw fails the step. */
  private begin(body: () => Promise<void>): void {
    const done = this.scope
      .run(body)
      .catch((error: unknown) => {
        if (isCancellation(error)) return;
        this.fail({ targetId: '', kind: 'StepFailed', message: String(error) });
      })
      .finally(() => this.running.delete(done));
    this.running.add(done);
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

  /** Others carry what a service cannot; where nobody can, or nobody consents, it fails like any other. */
  private async makeUpFor(failure: ServiceFailure): Promise<void> {
    const { runId, step } = this.input;
    for (;;) {
      const found = await reading.findStandIn({ runId, step, failure });
      if (found.status === 'none') return this.giveUp(failure, found.reason);
      const { planId } = found;
      const principal = found.asks ? await this.askFor(planId, failure) : undefined;
      if (principal === null) return this.giveUp(failure, `nobody approved plan ${planId} in time`);
      const adopted = await store.adoptStandIn({ runId, planId, failure, ...(principal && { principal }) });
      if (adopted.status === 'closed') return;
      if (adopted.status === 'moved') continue;
      this.begin(() =>
        writingFor(failure.targetId).settleForLess({ runId, step, targetId: failure.targetId }),
      );
      return this.scale(await store.cellsOfStep({ runId, step, targetIds: adopted.targetIds }));
    }
  }

  /** @returns who consented, or null. */
  private async askFor(planId: string, failure: ServiceFailure): Promise<string | null> {
    const { runId, step } = this.input;
    await store.askForStandIn({ runId, step, failure, planId });
    const approval = await this.consents.waitFor(planId);
    if (approval !== null) return approval.principal;
    await store.lapseStandIn({ runId, planId });
    return null;
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

/** What came of moving traffic: the first record set whose health fell, if any. */
export interface TrafficResult {
  readonly unhealthy: { readonly recordSetId: string; readonly entries: readonly string[] } | null;
  readonly recordSets: number;
}

/** Moves every record set of a step by steps, health read after each; stops all at the first unhealthy one. */
export async function moveTraffic(input: StepInput): Promise<TrafficResult> {
  const { runId, step } = input;
  const plan = await writing.claimTraffic({ runId, step });
  for (let move = 1; move <= plan.moves; move += 1) {
    const unhealthy = await moveAll(runId, plan, move);
    if (unhealthy) return { unhealthy, recordSets: plan.sets.length };
    if (move < plan.moves && plan.sets.length > 0) await sleep(plan.dwellMs);
  }
  return { unhealthy: null, recordSets: plan.sets.length };
}

async function moveAll(runId: string, plan: TrafficPlan, move: number): Promise<TrafficResult['unhealthy']> {
  const outcomes = await awaitAll(
    plan.sets.map(async ({ recordSetId, from }) => {
      const position = { fraction: move / plan.moves, move, moves: plan.moves };
      return { recordSetId, ...(await waiting.moveTraffic({ runId, recordSetId, from, ...position })) };
    }),
  );
  const bad = outcomes.find((outcome) => outcome.unhealthy.length > 0);
  return bad ? { recordSetId: bad.recordSetId, entries: bad.unhealthy } : null;
}

/** Puts monitoring up; a platform that does not take it in three attempts leaves the run degraded. */
export async function setUpMonitoring(input: StepInput): Promise<'published' | 'degraded'> {
  try {
    return await publishing.setUpMonitoring({ runId: input.runId, step: input.step });
  } catch (error) {
    if (isCancellation(error)) throw error;
    await store.noteMonitoringDegraded({ runId: input.runId, message: String(error) });
    return 'degraded';
  }
}

/** Reads everything once more, apart from the phases that changed it. */
export async function checkHealth(input: StepInput): Promise<readonly string[]> {
  return reading.checkHealth({ runId: input.runId, step: input.step });
}
