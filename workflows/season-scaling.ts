import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowCancellationType,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  ParentClosePolicy,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { HOLD_SIGNALS, holdWorkflowId } from '../domain/names.ts';
import type { Infeasibility } from '../domain/plan.ts';
import type { RunStatus } from '../domain/report.ts';
import type { PhaseName } from '../domain/season.ts';
import { planning, reading, store } from './activity-proxies.ts';
import { capacityHold } from './capacity-hold.ts';
import { Consents } from './consents.ts';
import { reasonOf } from './failure.ts';
import { RunView } from './run-view.ts';
import { checkHealth, moveTraffic, setUpMonitoring } from './step.ts';
import { type StepInput, scaleCells } from './step-scaling.ts';
import { undoRun } from './undo.ts';

/** The row in PostgreSQL is the truth; workflows carry its id only. */
export interface RunInput {
  readonly runId: string;
}

/** How a run ended. */
export interface RunResult {
  readonly runId: string;
  readonly status: RunStatus;
}

/** Makes the platform ready for a wedding season: seven phases, each undone when the run fails. */
export async function seasonScaling(input: RunInput): Promise<RunResult> {
  return new Run(input.runId).carryOut();
}

/** The same phases for one wedding or one day: ready before the first event, held through it, released after. */
export async function weddingDayScaling(input: RunInput): Promise<RunResult> {
  return new Run(input.runId).carryOut();
}

class Run {
  private readonly runId: string;
  private readonly view: RunView;
  private readonly holdId = holdWorkflowId(workflowInfo().workflowId);
  private holdStarted = false;
  private readonly consents: Consents;
  private failedServices: readonly string[] = [];

  constructor(runId: string) {
    this.runId = runId;
    this.view = new RunView(runId);
    this.consents = new Consents(runId);
  }

  async carryOut(): Promise<RunResult> {
    const { runId } = this;
    try {
      const begun = await store.beginRun({ runId });
      if ('ended' in begun) return { runId, status: begun.ended };
      this.view.begin(begun);
      const status = await this.phases(begun.dryRun);
      await this.view.end(status);
      return { runId, status };
    } catch (error) {
      return await CancellationScope.nonCancellable(() => this.fail(error));
    }
  }

  private async phases(dryRun: boolean): Promise<RunStatus> {
    const { runId } = this;
    let planId = await this.plan();
    if (dryRun) return this.finish('completed');
    planId = await this.approved(planId);
    const due = await store.dueStep({ runId });
    await this.startHold();
    await store.setStatus({ runId, status: 'running' });
    if (due === null) await this.view.skip('provider-scaling', 'nothing is due yet; the hold applies it');
    else await this.carryOutStep({ runId, step: due, holdWorkflowId: this.holdId });
    const status = await this.finish(this.failedServices.length > 0 ? 'partial' : 'completed');
    await this.tellHold(HOLD_SIGNALS.commit);
    return status;
  }

  /** Phases 1 to 3. @returns the plan's id. @throws InfeasiblePlan */
  private async plan(): Promise<string> {
    const { runId } = this;
    await this.phase('distribution-analysis', () => planning.analyseWeddingDistribution({ runId }));
    await this.phase('regional-requirements', () => reading.calculateRegionalRequirements({ runId }));
    const outcome = await this.phase('cross-cloud-allocation', async () => {
      const allocated = await planning.allocateAcrossClouds({ runId });
      if (allocated.status === 'infeasible') throw infeasible(allocated.constraints, allocated.conflict);
      return allocated;
    });
    this.view.planned(outcome);
    return outcome.planId;
  }

  /** Waits for approval where the plan asks for it; inputs that changed meanwhile mean a new plan. */
  private async approved(planId: string): Promise<string> {
    const { runId } = this;
    while (await store.needsApproval({ runId })) {
      await store.setStatus({ runId, status: 'awaitingApproval' });
      this.view.await(planId);
      const approval = await this.consents.waitFor(planId);
      if (approval === null) {
        const message = 'nobody approved the plan in time; start the run again to get a fresh plan';
        throw ApplicationFailure.nonRetryable(message, 'ApprovalExpired');
      }
      if (await store.acceptApproval({ runId, ...approval })) break;
      await store.setStatus({ runId, status: 'planning' });
      planId = await this.plan();
    }
    return planId;
  }

  private async carryOutStep(input: StepInput): Promise<void> {
    await this.phase('provider-scaling', async () => {
      const result = await scaleCells(input, this.consents);
      this.failedServices = [...result.cells.flatMap((cell) => cell.failed), ...result.letGo];
      if (result.letGo.length > 0) await this.tellHold(HOLD_SIGNALS.undoTargets, result.letGo);
      if (result.critical) throw criticalFailure(result.critical);
      return { cells: result.cells.map((cell) => ({ cell: cell.cell, status: cell.status })) };
    });
    await this.phase('traffic-routing', async () => {
      const result = await moveTraffic(input);
      if (result.unhealthy) throw unhealthyTraffic(result.unhealthy);
      return { recordSets: result.recordSets };
    });
    await this.phase('monitoring-setup', async () => ({ monitoring: await setUpMonitoring(input) }));
    await this.phase('health-checks', async () => {
      const failures = await checkHealth(input);
      if (failures.length > 0)
        throw ApplicationFailure.nonRetryable(failures.join('; '), 'HealthCheckFailed');
      return { failures };
    });
  }

  private async phase<T extends object>(name: PhaseName, body: () => Promise<T>): Promise<T> {
    await this.view.enter(name);
    try {
      const result = await body();
      await this.view.leave(name, 'completed', 'summary' in result ? result.summary : result);
      return result;
    } catch (error) {
      await CancellationScope.nonCancellable(() => this.view.leave(name, 'failed', { error: String(error) }));
      throw error;
    }
  }

  /** Its own workflow, before the first claim: it owns the run's claims from now on and outlives the run. */
  private async startHold(): Promise<void> {
    await startChild(capacityHold, {
      workflowId: this.holdId,
      args: [{ version: 1, runId: this.runId, season: 'pending', round: 0, residual: [], queue: [] }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      staticSummary: `hold of ${this.runId}`,
    });
    this.holdStarted = true;
    await store.setHold({ runId: this.runId, status: 'holding', reason: 'the run begins to claim' });
  }

  private async finish(status: RunStatus): Promise<RunStatus> {
    await store.setStatus({ runId: this.runId, status });
    return status;
  }

  private async fail(error: unknown): Promise<RunResult> {
    const { runId } = this;
    const reason = reasonOf(error);
    const cancelled = isCancellation(error);
    let status: RunStatus = cancelled ? 'cancelled' : 'failed';
    if (this.holdStarted) {
      const { onFailure } = await store.failurePolicy({ runId });
      if (onFailure === 'keep-capacity' && !cancelled) {
        await this.tellHold(HOLD_SIGNALS.keep);
        await store.recordKept({ runId });
      } else status = await this.rollBack(cancelled);
    }
    await store.setStatus({ runId, status, error: reason });
    await this.view.end(status);
    if (cancelled) throw error;
    throw ApplicationFailure.create({
      message: reason.message,
      type: reason.type,
      nonRetryable: true,
      details: [{ runId, status }],
    });
  }

  private async rollBack(cancelled: boolean): Promise<RunStatus> {
    const { runId } = this;
    await store.setStatus({ runId, status: 'rollingBack' });
    const { residual } = await undoRun(runId, 'undo');
    if (residual.length > 0) {
      this.view.needsHuman(residual);
      await this.tellHold(HOLD_SIGNALS.discard, residual);
      return 'needsHuman';
    }
    await this.tellHold(HOLD_SIGNALS.discard, []);
    return cancelled ? 'cancelled' : 'rolledBack';
  }

  /** A hold that somebody ended cannot be told; the one the sweeper starts instead reads the run's own status. */
  private async tellHold(signal: string, ...args: unknown[]): Promise<void> {
    const hold = getExternalWorkflowHandle(this.holdId);
    await hold.signal(signal, ...args).catch((error: unknown) => {
      log.warn('the hold could not be told', { signal, error: String(error) });
    });
  }
}

function infeasible(constraints: readonly Infeasibility[], conflict?: string): ApplicationFailure {
  const faults = constraints.map((constraint) => constraint.message).join('; ');
  const message = conflict === undefined ? faults : `${faults} ${conflict}`;
  return ApplicationFailure.nonRetryable(message, 'InfeasiblePlan', constraints);
}

function criticalFailure(failure: {
  readonly targetId: string;
  readonly message: string;
}): ApplicationFailure {
  const message = `${failure.targetId} is critical and failed: ${failure.message}`;
  return ApplicationFailure.nonRetryable(message, 'CriticalServiceFailed', failure);
}

function unhealthyTraffic(unhealthy: { readonly recordSetId: string; readonly entries: readonly string[] }) {
  const message = `health fell while moving traffic of ${unhealthy.recordSetId}: ${unhealthy.entries.join(', ')}`;
  return ApplicationFailure.nonRetryable(message, 'TrafficUnhealthy', unhealthy);
}
