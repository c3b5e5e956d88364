import { type HoldStatus, type Residual, UNFINISHED_STATUSES } from '../domain/report.ts';
import { claimsOfRun, plannedSteps } from '../store/claims.ts';
import { monitoringIsDegraded, setHoldStatus, somethingLetGo } from '../store/holds.ts';
import { enter } from '../store/journal.ts';
import { noteGivenBack, openQuestions } from '../store/questions.ts';
import { acceptDrift, unrestoredTargets } from '../store/releases.ts';
import { planOfRun, runRow } from '../store/run-context.ts';
import { setRunStatus } from '../store/runs.ts';
import { askPerson } from './attention.ts';
import { type ActivityDependencies, serviceNowMs, wallWaitMs } from './dependencies.ts';
import { startsOf } from './plan-steps.ts';

/** What a hold does next; `waitMs` of wall time until it looks again where it does nothing. */
export type Agenda =
  | { readonly action: 'wait'; readonly waitMs: number; readonly until: string }
  | { readonly action: 'step'; readonly step: number; readonly waitMs: number }
  | { readonly action: 'endSteps'; readonly step: number; readonly waitMs: number }
  | { readonly action: 'release'; readonly waitMs: number };

/** Activities of a hold that only touch our own store. All are idempotent. */
export function createHoldingActivities(deps: ActivityDependencies) {
  const { db } = deps;
  const journal = (runId: string, kind: string, key: string, body: unknown) =>
    enter(db, runId, { kind, key, body });

  return {
    async setHold(change: {
      readonly runId: string;
      readonly status: HoldStatus;
      readonly reason?: string;
      readonly residual?: readonly Residual[];
    }): Promise<void> {
      const { runId, status, ...body } = change;
      if (await setHoldStatus(db, runId, status)) await journal(runId, 'hold', '', { status, ...body });
    },

    /** Asks a person about a step that was given up. */
    async askAboutStep(question: {
      readonly runId: string;
      readonly step: number;
      readonly message: string;
    }): Promise<void> {
      const { runId, step, message } = question;
      await askPerson(deps, runId, { resource: stepResource(step), topic: 'givenUp', message });
    },

    /** Asks a person about what could not be given back. */
    async askAboutResidual(entry: {
      readonly runId: string;
      readonly residual: readonly Residual[];
    }): Promise<void> {
      for (const { resource, reason } of entry.residual) {
        const message = `${resource} could not be given back: ${reason}`;
        await askPerson(deps, entry.runId, { resource, topic: 'residual', message });
      }
    },

    /** Enters what has been given back after all. */
    async noteGivenBack(entry: {
      readonly runId: string;
      readonly resources: readonly string[];
    }): Promise<void> {
      await noteGivenBack(db, entry.runId, entry.resources);
    },

    /** Steps that were given up and that nobody has decided about. */
    async givenUpSteps({ runId }: { readonly runId: string }): Promise<readonly Residual[]> {
      const open = (await openQuestions(db, runId)).filter((question) => question.topic === 'givenUp');
      return open.map(({ resource, message }) => ({ resource, reason: message }));
    },

    /** A hold that asks nobody any more holds on. */
    async askNobody({ runId }: { readonly runId: string }): Promise<void> {
      const reason = 'decided by a person, or given back since';
      if (await setHoldStatus(db, runId, 'holding', 'needsHuman')) {
        await journal(runId, 'hold', '', { status: 'holding', reason });
      }
    },

    /** Enters what a failed run keeps under `onFailure: 'keep-capacity'`. */
    async recordKept({ runId }: { readonly runId: string }): Promise<void> {
      const claims = await claimsOfRun(db, runId);
      const kept = claims.filter((claim) => claim.state === 'live').map((claim) => claim.targetId);
      await journal(runId, 'rollback', '', { undone: [], kept, residual: [] });
      await setHoldStatus(db, runId, 'holding');
    },

    /** The hold has nothing left to do; a run that waited for a person is now rolled back. */
    async finishHold({ runId }: { readonly runId: string }): Promise<void> {
      const { error } = await runRow(db, runId);
      const undone = (error as { type?: string } | null)?.type === 'Cancelled' ? 'cancelled' : 'rolledBack';
      const status = (await somethingLetGo(db, runId)) ? 'failed' : undone;
      await setRunStatus(db, runId, status, { from: ['needsHuman'] });
      if (await setHoldStatus(db, runId, 'released')) {
        await journal(runId, 'hold', '', { status: 'released' });
      }
    },

    /** A run whose workflow ended without a word; one that did say how it ended keeps its status. */
    async recordVanished(entry: {
      readonly runId: string;
      readonly residual: readonly Residual[];
    }): Promise<void> {
      const message = 'the run ended without a word to its hold, which has undone it';
      const status = entry.residual.length > 0 ? 'needsHuman' : 'rolledBack';
      const error = { type: 'SeasonVanished', message };
      await setRunStatus(db, entry.runId, status, { from: UNFINISHED_STATUSES, error });
    },

    /** Enters what a person decided. With `letGo` what is there now is nobody's any more. */
    async resolve(entry: {
      readonly runId: string;
      readonly resource: string;
      readonly action: 'retry' | 'skip' | 'accept-drift';
      readonly letGo: boolean;
    }): Promise<void> {
      const { runId, resource, action, letGo } = entry;
      if (letGo) await acceptDrift(db, resource);
      await journal(runId, action === 'retry' ? 'retry.asked' : 'resolved', resource, { action, letGo });
    },

    /** Targets that the run has let go of and nobody has given back yet. */
    async forgottenTargets({ runId }: { readonly runId: string }): Promise<readonly string[]> {
      return unrestoredTargets(db, runId);
    },

    /** The step whose monitoring a platform did not take yet; null where all of it is up. */
    async degradedMonitoringStep({ runId }: { readonly runId: string }): Promise<number | null> {
      return (await monitoringIsDegraded(db, runId)) ? latestLiveStep(await claimsOfRun(db, runId)) : null;
    },

    /** What the hold does next, and how long it may sleep until then. */
    async holdAgenda({ runId }: { readonly runId: string }): Promise<Agenda> {
      const { content } = await planOfRun(db, runId);
      const row = await runRow(db, runId);
      const nowMs = serviceNowMs(deps);
      const waitMs = wallWaitMs(deps, deps.patience.recheckMs);
      if (row.ends_at.getTime() <= nowMs) return { action: 'release', waitMs };
      const claims = await claimsOfRun(db, runId);
      const unbegun = await plannedSteps(db, runId);
      // A step whose claims were made in part only is begun again: making them twice changes nothing.
      const begun = Math.max(-1, ...claims.map((claim) => claim.step).filter((step) => !unbegun.has(step)));
      const starts = await startsOf(deps, runId, content);
      const next = content.steps.find((step) => step.step > begun && step.untilMs > nowMs);
      const nextMs = next ? (starts.get(next.step) ?? next.fromMs) : Number.POSITIVE_INFINITY;
      if (next && nextMs <= nowMs) return { action: 'step', step: next.step, waitMs };
      const current = content.steps.find((step) => step.step === begun);
      // A newer step that was given up takes nothing over: the earlier one stays.
      const newer = claims.some((claim) => claim.state === 'live' && claim.step === begun);
      const old = newer && claims.some((claim) => claim.state === 'live' && claim.step < begun);
      if (current && old && current.fromMs <= nowMs) return { action: 'endSteps', step: begun, waitMs };
      const handOver = current && old ? current.fromMs : Number.POSITIVE_INFINITY;
      const untilMs = Math.min(row.ends_at.getTime(), nextMs, handOver, nowMs + deps.patience.recheckMs);
      return { action: 'wait', waitMs: wallWaitMs(deps, untilMs - nowMs), until: row.ends_at.toISOString() };
    },
  };
}

/** What a question about a step is about; no target has such an id. */
function stepResource(step: number): string {
  return `step ${step}`;
}

function latestLiveStep(claims: readonly { readonly step: number; readonly state: string }[]): number | null {
  const steps = claims.filter((claim) => claim.state === 'live').map((claim) => claim.step);
  return steps.length > 0 ? Math.max(...steps) : null;
}
