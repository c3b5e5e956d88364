import { defineSearchAttributeKey } from '@temporalio/common';
import {
  ContinueAsNew,
  condition,
  continueAsNew,
  defineSignal,
  isCancellation,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { HOLD_SIGNALS } from '../domain/names.ts';
import { publishing, reading, store } from './activity-proxies.ts';
import type { Residual } from './cell-release.ts';
import { moveTraffic, scaleCells, setUpMonitoring } from './step.ts';
import { undoRun, undoScope } from './undo.ts';

/** What the hold carries from one execution to the next. */
export interface HoldState {
  readonly version: 1;
  readonly runId: string;
  /** Whether the run has said how it ended. */
  season: 'pending' | 'committed' | 'kept' | 'discarded';
  /** Keeps child workflow ids of different rounds apart. */
  round: number;
  /** What an undo could not give back yet. */
  residual: Residual[];
  /** Targets of the run to be undone without ending it. */
  queue: string[];
}

/** Pause after a turn that went wrong, in milliseconds of wall time. */
const TRY_AGAIN_MS = 2_000;

/** A person's decision about what an undo could not finish. */
export interface Resolution {
  readonly resource: string;
  readonly action: 'retry' | 'skip' | 'accept-drift';
}

/** How a hold ended. */
export interface HoldResult {
  readonly runId: string;
  readonly residual: readonly Residual[];
}

const commitSignal = defineSignal(HOLD_SIGNALS.commit);
const keepSignal = defineSignal(HOLD_SIGNALS.keep);
const discardSignal = defineSignal<[readonly Residual[]]>(HOLD_SIGNALS.discard);
const undoTargetsSignal = defineSignal<[readonly string[]]>(HOLD_SIGNALS.undoTargets);
const releaseSignal = defineSignal<[{ readonly mode: 'release' | 'rollback' }]>(HOLD_SIGNALS.release);
const extendSignal = defineSignal(HOLD_SIGNALS.extend);
const resolveSignal = defineSignal<[Resolution]>(HOLD_SIGNALS.resolve);

const needsHumanKey = defineSearchAttributeKey('NeedsHuman', 'BOOL');
const statusKey = defineSearchAttributeKey('Status', 'KEYWORD');

/**
 * Owns a run's claims from before the first of them: applies later steps at their times, keeps watch, gives
 * everything back at the end or on request, and undoes a run that vanished without a word.
 */
export async function capacityHold(state: HoldState): Promise<HoldResult> {
  return new Hold(state).keep();
}

class Hold {
  private readonly state: HoldState;
  private requested: 'release' | 'rollback' | null = null;
  private readonly resolutions: Resolution[] = [];
  private pickedUp = false;
  private publishedAtMs = Date.now();
  /** Set by every signal, so that a wait ends at once. */
  private woken = false;

  constructor(state: HoldState) {
    this.state = { ...state, residual: [...state.residual], queue: [...state.queue] };
    const on = (change: () => void) => {
      change();
      this.woken = true;
    };
    setHandler(commitSignal, () => on(() => this.hear('committed')));
    setHandler(keepSignal, () => on(() => this.hear('kept')));
    setHandler(discardSignal, (rest) =>
      on(() => {
        this.hear('discarded');
        this.state.residual.push(...rest);
      }),
    );
    setHandler(undoTargetsSignal, (ids) => on(() => this.state.queue.push(...ids)));
    setHandler(releaseSignal, ({ mode }) => on(() => this.request(mode)));
    setHandler(extendSignal, () => on(() => undefined));
    setHandler(resolveSignal, (resolution) => on(() => this.resolutions.push(resolution)));
  }

  async keep(): Promise<HoldResult> {
    const { runId } = this.state;
    while (!(await this.turnOrTryAgain())) await this.pickUpForgotten();
    upsertSearchAttributes([{ key: statusKey, value: 'released' }]);
    return { runId, residual: this.state.residual };
  }

  /** A hold outlives whatever goes wrong in one turn: nobody else would give the capacity back. */
  private async turnOrTryAgain(): Promise<boolean> {
    try {
      return await this.turn();
    } catch (error) {
      if (error instanceof ContinueAsNew || isCancellation(error)) throw error;
      this.draw(`tries again after: ${error instanceof Error ? error.message : String(error)}`);
      await this.rest(TRY_AGAIN_MS);
      return false;
    }
  }

  /** @returns true when there is nothing left to hold. */
  private async turn(): Promise<boolean> {
    await this.undoQueued();
    if (await this.settleResidual()) return true;
    if (workflowInfo().continueAsNewSuggested) await this.startOver();
    if (this.state.season === 'pending') await this.watchSeason();
    else if (this.state.season !== 'discarded') await this.followPlan();
    else if (this.state.residual.length > 0) await this.rest(await this.recheckMs());
    return false;
  }

  /** Targets let go of while no hold was there to be told; looked for once, by a hold that starts anew. */
  private async pickUpForgotten(): Promise<void> {
    if (this.pickedUp) return;
    this.pickedUp = true;
    const known = new Set(this.state.residual.map((rest) => rest.resource));
    const forgotten = await store.forgottenTargets({ runId: this.state.runId }).catch(() => []);
    this.state.queue.push(...forgotten.filter((id) => !known.has(id)));
  }

  private hear(season: 'committed' | 'kept' | 'discarded'): void {
    this.state.season = season;
  }

  private request(mode: 'release' | 'rollback'): void {
    if (this.requested !== 'rollback') this.requested = mode;
  }

  /** Before the run has spoken: undo it when its workflow has closed without a word. */
  private async watchSeason(): Promise<void> {
    const { runId } = this.state;
    this.draw('waits for the run');
    await this.rest(await this.recheckMs());
    if (this.state.season !== 'pending') return;
    if (!(await store.seasonVanished({ runId }))) return;
    if (this.state.season !== 'pending') return;
    const { residual } = await undoRun(runId, this.nextRound());
    await store.recordVanished({ runId, residual });
    this.state.season = 'discarded';
    this.state.residual.push(...residual);
  }

  /** Steps at their times, watch in between, the end when it is due or asked for. */
  private async followPlan(): Promise<void> {
    const { runId } = this.state;
    const agenda = await store.holdAgenda({ runId });
    if (this.requested || agenda.action === 'release') return this.giveBack(this.requested ?? 'release');
    if (agenda.action === 'step') return this.applyStep(agenda.step);
    if (agenda.action === 'endSteps') return this.endSteps(agenda.step);
    this.draw(`holds until ${agenda.until}`);
    if (await this.rest(agenda.waitMs)) return;
    await reading.recheckTargets({ runId });
    // Figures that do not arrive now arrive next time; capacity does not hang on them.
    const sinceMs = this.publishedAtMs;
    this.publishedAtMs = Date.now();
    await publishing.publishMetrics({ runId, sinceMs }).catch((error: unknown) => {
      if (isCancellation(error)) throw error;
    });
  }

  private async applyStep(step: number): Promise<void> {
    const { runId } = this.state;
    this.draw(`applies step ${step}`);
    const input = { runId, step, holdWorkflowId: workflowInfo().workflowId };
    const result = await scaleCells(input);
    if (result.critical) return this.giveUpStep(step, result.critical.targetId, result.critical.message);
    const { unhealthy } = await moveTraffic(input);
    if (unhealthy) {
      const message = `health fell while moving traffic: ${unhealthy.entries.join(', ')}`;
      return this.giveUpStep(step, unhealthy.recordSetId, message);
    }
    await setUpMonitoring(input);
    await store.setHold({ runId, status: 'holding', reason: `step ${step} is in force` });
    await this.startOver();
  }

  /** The earlier steps stay; this one is undone and a person is asked. */
  private async giveUpStep(step: number, resource: string, message: string): Promise<void> {
    const { runId } = this.state;
    const scope = await store.releaseStep({ runId, step });
    const undone = await undoScope(runId, scope, this.nextRound());
    const reason = `step ${step} failed: ${message}`;
    this.state.residual.push(...undone.residual);
    await store.setHold({ runId, status: 'needsHuman', reason, residual: [{ resource, reason }] });
  }

  private async endSteps(beforeStep: number): Promise<void> {
    const { runId } = this.state;
    this.draw(`ends the steps before ${beforeStep}`);
    const scope = await store.releaseStep({ runId, beforeStep });
    const { residual } = await undoScope(runId, scope, this.nextRound());
    this.state.residual.push(...residual);
    await this.startOver();
  }

  private async giveBack(mode: 'release' | 'rollback'): Promise<void> {
    const { runId } = this.state;
    this.requested = null;
    this.draw(mode === 'release' ? 'gives capacity back' : 'rolls back');
    await store.setHold({ runId, status: 'releasing', reason: mode });
    const { residual } = await undoRun(runId, this.nextRound());
    this.state.season = 'discarded';
    this.state.residual.push(...residual);
    if (mode === 'rollback' && residual.length === 0) await store.setStatus({ runId, status: 'rolledBack' });
  }

  private async undoQueued(): Promise<void> {
    const { runId } = this.state;
    const targetIds = [...new Set(this.state.queue.splice(0))];
    if (targetIds.length === 0) return;
    const scope = await store.targetScope({ runId, targetIds });
    const { residual } = await undoScope(runId, scope, this.nextRound());
    this.state.residual.push(...residual);
  }

  /** Tries again what could not be given back, as a person decides. @returns true when nothing is left to do. */
  private async settleResidual(): Promise<boolean> {
    const { runId, residual } = this.state;
    const over = this.state.season === 'discarded' && this.state.queue.length === 0;
    for (const { resource, action } of this.resolutions.splice(0)) {
      if (action === 'retry') continue;
      await store.acceptDrift({ runId, resource, action });
      this.state.residual = this.state.residual.filter((rest) => rest.resource !== resource);
    }
    if (this.state.residual.length > 0) {
      const again = residual.map((rest) => rest.resource);
      const scope = await store.targetScope({ runId, targetIds: again });
      const result = await undoScope(runId, scope, this.nextRound());
      const left = new Map(result.residual.map((rest) => [rest.resource, rest]));
      this.state.residual = this.state.residual.flatMap((rest) => left.get(rest.resource) ?? []);
    }
    const open = this.state.residual.length > 0;
    upsertSearchAttributes([{ key: needsHumanKey, value: open }]);
    if (open) await store.setHold({ runId, status: 'needsHuman', residual: this.state.residual });
    else if (over) await store.finishHold({ runId });
    return over && !open;
  }

  private async recheckMs(): Promise<number> {
    return (await store.holdAgenda({ runId: this.state.runId })).waitMs;
  }

  /** @returns true when a signal ended the wait early. */
  private async rest(ms: number): Promise<boolean> {
    const early = await condition(() => this.woken, ms);
    this.woken = false;
    return early;
  }

  private nextRound(): string {
    this.state.round += 1;
    return `u${this.state.round}`;
  }

  /** A fresh history, unless a request waits that must not be lost with this one. */
  private async startOver(): Promise<void> {
    if (this.requested || this.resolutions.length > 0) return;
    await continueAsNew<typeof capacityHold>(this.state);
  }

  private draw(what: string): void {
    const rest = this.state.residual.map(({ resource, reason }) => `| ${resource} | ${reason} |`);
    const table = rest.length > 0 ? ['', '| remains | why |', '|---|---|', ...rest] : [];
    setCurrentDetails([`hold of \`${this.state.runId}\`: ${what}`, ...table].join('\n'));
  }
}
