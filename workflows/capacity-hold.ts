import { defineSearchAttributeKey } from '@temporalio/common';
import {
  CancellationScope,
  ContinueAsNew,
  condition,
  continueAsNew,
  defineSignal,
  isCancellation,
  patched,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { UndoScope } from '../activities/release-scope.ts';
import { HOLD_SIGNALS } from '../domain/names.ts';
import type { Residual } from '../domain/report.ts';
import { lookingBack, publishing, store, watching } from './activity-proxies.ts';
import { Consents } from './consents.ts';
import { reasonText } from './failure.ts';
import { moveTraffic, setUpMonitoring } from './step.ts';
import { scaleCells } from './step-scaling.ts';
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
  /** Later steps that failed and were undone (the earlier ones stay), until a person has decided about them. */
  givenUp?: Residual[];
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
  private readonly state: HoldState & { givenUp: Residual[] };
  private readonly consents: Consents;
  private requested: 'release' | 'rollback' | null = null;
  private readonly resolutions: Resolution[] = [];
  private publishedAtMs = Date.now();
  /** Set by every signal, so that a wait ends at once. */
  private woken = false;
  /** An undo that goes on beside everything else: a gate may stay closed for hours. */
  private undoing = false;
  /** What a person let go of; an undo that was under way then may still report it. */
  private readonly letGo = new Set<string>();
  /** What is left is tried again then, in milliseconds of workflow time. */
  private tryResidualAtMs = 0;
  /** Whether people were asked in the last turn; null before the first. */
  private asking: boolean | null = null;
  /** Whether what an earlier hold left behind has been looked for. */
  private pickedUp = false;
  /** The step being applied, so that a release asked for meanwhile can stop it. */
  private applying: CancellationScope | null = null;

  /** The last look back; nothing waits for it but the very end. */
  private scoring: Promise<void> = Promise.resolve();

  constructor(state: HoldState) {
    const { residual, queue, givenUp = [] } = state;
    this.state = { ...state, residual: [...residual], queue: [...queue], givenUp: [...givenUp] };
    this.consents = new Consents(state.runId);
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
    while (!(await this.turnOrTryAgain()));
    upsertSearchAttributes([{ key: statusKey, value: 'released' }]);
    return { runId, residual: this.state.residual };
  }

  /** A hold outlives whatever goes wrong in one turn: nobody else would give the capacity back. */
  private async turnOrTryAgain(): Promise<boolean> {
    try {
      return await this.turn();
    } catch (error) {
      if (error instanceof ContinueAsNew || isCancellation(error)) throw error;
      this.draw(`tries again after: ${reasonText(error)}`);
      await this.rest(TRY_AGAIN_MS);
      return false;
    }
  }

  /** @returns true when there is nothing left to hold. */
  private async turn(): Promise<boolean> {
    const { state } = this;
    if (!this.pickedUp) await this.pickUpForgotten();
    await this.hearPeople();
    this.undoBeside();
    await this.askPeople();
    const idle = !this.undoing && state.residual.length === 0 && state.queue.length === 0;
    if (state.season === 'discarded' && idle) {
      await this.scoring;
      await store.finishHold({ runId: state.runId });
      return true;
    }
    if (workflowInfo().continueAsNewSuggested) await this.startOver();
    if (state.season === 'pending') await this.watchSeason();
    else if (state.season !== 'discarded') await this.followPlan();
    else await this.rest(await this.recheckMs());
    return false;
  }

  /** Targets let go of while no hold was there to be told. */
  private async pickUpForgotten(): Promise<void> {
    const { runId } = this.state;
    const known = new Set(this.state.residual.map((rest) => rest.resource));
    const forgotten = await store.forgottenTargets({ runId });
    this.state.queue.push(...forgotten.filter((id) => !known.has(id)));
    this.state.givenUp = [...(await store.givenUpSteps({ runId }))];
    this.pickedUp = true;
  }

  private hear(season: 'committed' | 'kept' | 'discarded'): void {
    this.state.season = season;
  }

  private request(mode: 'release' | 'rollback'): void {
    if (this.requested !== 'rollback') this.requested = mode;
    this.applying?.cancel();
  }

  /** Before the run has spoken: undo it when its workflow has closed without a word. */
  private async watchSeason(): Promise<void> {
    const { runId } = this.state;
    this.draw('waits for the run');
    await this.rest(await this.recheckMs());
    if (this.state.season !== 'pending') return;
    const season = await store.seasonState({ runId });
    if (this.state.season !== 'pending' || season === 'pending') return;
    if (season !== 'vanished') return this.hear(season);
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
    await watching.recheckTargets({ runId });
    await this.publish();
  }

  /** Figures, dashboards and rules that do not arrive now arrive next time; capacity does not hang on them. */
  private async publish(): Promise<void> {
    const { runId } = this.state;
    const sinceMs = this.publishedAtMs;
    this.publishedAtMs = Date.now();
    try {
      const step = await store.degradedMonitoringStep({ runId });
      if (step !== null) await publishing.setUpMonitoring({ runId, step });
      await publishing.publishMetrics({ runId, sinceMs });
    } catch (error) {
      if (isCancellation(error)) throw error;
    }
  }

  private async applyStep(step: number): Promise<void> {
    this.draw(`applies step ${step}`);
    const scope = new CancellationScope();
    this.applying = scope;
    try {
      const failure = await scope.run(() => this.carryOutStep(step));
      if (failure !== null) return await this.giveUpStep(step, failure);
    } catch (error) {
      // Stopped because everything is to be given back: the next turn does that.
      if (isCancellation(error) && this.requested) return;
      if (error instanceof ContinueAsNew || isCancellation(error)) throw error;
      return await this.giveUpStep(step, reasonText(error));
    } finally {
      this.applying = null;
    }
    await store.setHold({ runId: this.state.runId, status: 'holding', reason: `step ${step} is in force` });
    await this.startOver();
  }

  /** @returns why the step has to be given up, or null. */
  private async carryOutStep(step: number): Promise<string | null> {
    const input = { runId: this.state.runId, step, holdWorkflowId: workflowInfo().workflowId };
    const { critical, letGo } = await scaleCells(input, this.consents);
    this.state.queue.push(...letGo);
    if (critical) return `${critical.targetId} is critical and failed: ${critical.message}`;
    const { unhealthy } = await moveTraffic(input);
    if (unhealthy) {
      const entries = unhealthy.entries.join(', ');
      return `health of ${unhealthy.recordSetId} fell while traffic was moved: ${entries}`;
    }
    await setUpMonitoring(input);
    return null;
  }

  /** The earlier steps stay; this one is undone and a person is asked. */
  private async giveUpStep(step: number, why: string): Promise<void> {
    const { runId } = this.state;
    const reason = `step ${step} failed and is undone, the steps before it stay: ${why}`;
    await store.askAboutStep({ runId, step, message: reason });
    this.state.givenUp = [...(await store.givenUpSteps({ runId }))];
    this.undoLater(await store.releaseStep({ runId, step }));
  }

  private async endSteps(beforeStep: number): Promise<void> {
    const { runId } = this.state;
    this.draw(`ends the steps before ${beforeStep}`);
    this.undoLater(await store.releaseStep({ runId, beforeStep }));
    // Not waited for: the steps to come do not hang on how the earlier ones were.
    this.scoring = this.lookBack();
  }

  /** Never fails: a later look back makes up for it, at the end or when a later season is planned. */
  private lookBack(): Promise<void> {
    // Holds that began before there was hindsight have no such command in their history.
    if (!patched('hindsight')) return Promise.resolve();
    return lookingBack.takeHindsight({ runId: this.state.runId }).catch(() => undefined);
  }

  private undoLater({ recordSetIds, monitorIds, cells }: UndoScope): void {
    this.state.queue.push(...recordSetIds, ...monitorIds, ...cells.flatMap((cell) => cell.targetIds));
  }

  private async giveBack(mode: 'release' | 'rollback'): Promise<void> {
    const { runId } = this.state;
    this.requested = null;
    // Decided while the claims lived on; what cannot be given back now is a question of its own.
    this.letGo.clear();
    this.draw(mode === 'release' ? 'gives capacity back' : 'rolls back');
    await store.setHold({ runId, status: 'releasing', reason: mode });
    const { residual } = await undoRun(runId, this.nextRound());
    this.state.season = 'discarded';
    this.state.givenUp = [];
    this.addResidual(residual);
    if (mode === 'rollback') {
      await store.setStatus({ runId, status: residual.length === 0 ? 'rolledBack' : 'needsHuman' });
    }
    this.scoring = this.lookBack();
  }

  /** Starts an undo of what waits for one, unless one is under way; the hold goes on with its plan meanwhile. */
  private undoBeside(): void {
    const { queue, residual } = this.state;
    const again = residual.length > 0 && Date.now() >= this.tryResidualAtMs;
    if (this.undoing || (queue.length === 0 && !again)) return;
    this.undoing = true;
    for (const id of queue) this.letGo.delete(id);
    const targetIds = new Set([...queue.splice(0), ...(again ? residual.map((rest) => rest.resource) : [])]);
    this.undoTargets([...targetIds])
      .catch((error: unknown) =>
        this.addResidual([...targetIds].map((resource) => ({ resource, reason: reasonText(error) }))),
      )
      .finally(() => {
        this.undoing = false;
        this.woken = true;
      });
  }

  private async undoTargets(targetIds: readonly string[]): Promise<void> {
    const { runId } = this.state;
    const scope = await store.targetScope({ runId, targetIds });
    const result = await undoScope(runId, scope, this.nextRound());
    this.tryResidualAtMs = Date.now() + (await this.recheckMs());
    const left = new Set(result.residual.map((rest) => rest.resource));
    const known = this.state.residual.map((rest) => rest.resource);
    const resources = targetIds.filter((id) => known.includes(id) && !left.has(id));
    if (resources.length > 0) await store.noteGivenBack({ runId, resources });
    this.state.residual = this.state.residual.filter((rest) => !targetIds.includes(rest.resource));
    this.addResidual(result.residual);
  }

  private addResidual(rest: readonly Residual[]): void {
    const open = rest.filter((entry) => !this.letGo.has(entry.resource));
    const fresh = new Map(open.map((entry) => [entry.resource, entry]));
    const known = this.state.residual.filter((entry) => !fresh.has(entry.resource));
    this.state.residual = [...known, ...fresh.values()];
  }

  /** What people decided: about what could not be given back, steps given up, or other questions of the run. */
  private async hearPeople(): Promise<void> {
    const { runId } = this.state;
    for (const { resource, action } of this.resolutions.splice(0)) {
      const letGo = action !== 'retry' && this.state.residual.some((rest) => rest.resource === resource);
      await store.resolve({ runId, resource, action, letGo });
      if (action === 'retry') this.state.queue.push(resource);
      else this.state.givenUp = this.state.givenUp.filter((step) => step.resource !== resource);
      if (!letGo) continue;
      this.letGo.add(resource);
      this.state.residual = this.state.residual.filter((rest) => rest.resource !== resource);
    }
  }

  private async askPeople(): Promise<void> {
    const { runId, residual, givenUp, season } = this.state;
    const rest = [...residual, ...givenUp];
    const asks = rest.length > 0;
    if (asks !== this.asking) upsertSearchAttributes([{ key: needsHumanKey, value: asks }]);
    if (residual.length > 0) await store.askAboutResidual({ runId, residual });
    if (asks) await store.setHold({ runId, status: 'needsHuman', residual: rest });
    else if (this.asking !== false && season !== 'discarded') await store.askNobody({ runId });
    this.asking = asks;
  }

  private async recheckMs(): Promise<number> {
    return (await store.holdAgenda({ runId: this.state.runId })).waitMs;
  }

  /** @returns true when a signal, or the end of an undo, ended the wait early. */
  private async rest(ms: number): Promise<boolean> {
    const early = await condition(() => this.woken, ms);
    this.woken = false;
    return early;
  }

  private nextRound(): string {
    this.state.round += 1;
    return `u${this.state.round}`;
  }

  /** A fresh history, unless something is under way or waits that must not be lost with this one. */
  private async startOver(): Promise<void> {
    if (this.requested || this.resolutions.length > 0 || this.undoing) return;
    await continueAsNew<typeof capacityHold>(this.state);
  }

  private draw(what: string): void {
    const { runId, residual, givenUp } = this.state;
    const rows = [...residual, ...givenUp].map(({ resource, reason }) => `| ${resource} | ${reason} |`);
    const table = rows.length > 0 ? ['', '| remains | why |', '|---|---|', ...rows] : [];
    setCurrentDetails([`hold of \`${runId}\`: ${what}`, ...table].join('\n'));
  }
}
