import { FINAL_STATUSES, type RunStatus } from '../domain/report.ts';
import { extendRun } from '../store/extension.ts';
import { mayAskAbout } from '../store/holds.ts';
import { openQuestions } from '../store/questions.ts';
import { getRun, type Run, setRunStatus } from '../store/runs.ts';
import { type ApiDeps, serviceNowMs } from './dependencies.ts';
import { invalidRequest, Problem } from './problem.ts';
import type { HoldRequest } from './temporal.ts';

/** @throws Problem `not-found`. */
export async function existingRun(deps: ApiDeps, runId: string): Promise<Run> {
  const run = await getRun(deps.db, runId);
  if (!run) throw new Problem('not-found', `There is no run ${runId}; see GET /api/runs.`);
  return run;
}

/**
 * Stops a run: one that has not begun is cancelled in its row at once, any other is asked through Temporal and
 * undoes what it did. @returns what happens now. @throws Problem `conflict` for a run that has ended.
 */
export async function cancelRun(deps: ApiDeps, runId: string): Promise<string> {
  const run = await existingRun(deps, runId);
  if (isFinal(run)) throw ended(run);
  const error = { type: 'Cancelled', message: 'cancelled by a person before it began' };
  if (await setRunStatus(deps.db, runId, 'cancelled', { from: ['accepted'], error })) {
    // Started already, perhaps, but not begun: its first activity sees the row and ends. This spares the wait.
    await deps.temporal.cancelRun(run.workflow_id).catch((cause: unknown) => {
      deps.log.warn({ err: cause, runId }, 'the workflow of a cancelled run could not be told');
    });
    return `Run ${runId} is cancelled; nothing had been changed.`;
  }
  const asked = await deps.temporal.cancelRun(run.workflow_id);
  if (asked === 'notFound') throw await workflowGone(deps, runId);
  return `Run ${runId} stops and undoes what it did; follow it under /api/runs/${runId}/events.`;
}

/** Approves the plan a run waits with. @throws Problem `conflict` when it waits for another one, or for none. */
export async function approveRun(
  deps: ApiDeps,
  runId: string,
  planId: string,
  principal: string,
): Promise<string> {
  const run = await existingRun(deps, runId);
  if (run.status !== 'awaitingApproval' && !(await asksForApproval(deps, runId))) {
    throw new Problem('conflict', `Run ${runId} is ${run.status} and waits for no approval.`);
  }
  // A step after the first is the hold's; by then the run itself has ended.
  const workflowId = isFinal(run) ? run.hold_workflow_id : run.workflow_id;
  const outcome = await deps.temporal.approve(workflowId, { planId, principal });
  if (outcome.status === 'refused') {
    throw new Problem(
      'conflict',
      `The approval was not taken: ${outcome.message}. See GET /api/runs/${runId}.`,
    );
  }
  return `Plan ${planId} is approved; run ${runId} goes on, or plans anew where its inputs have changed meanwhile.`;
}

async function asksForApproval(deps: ApiDeps, runId: string): Promise<boolean> {
  return (await openQuestions(deps.db, runId)).some(({ topic }) => topic === 'approval');
}

/** Gives back what a run holds, through the gate; after a `rollback` the run counts as rolled back. */
export async function giveBack(deps: ApiDeps, runId: string, mode: 'release' | 'rollback'): Promise<string> {
  const run = await existingRun(deps, runId);
  if (!isFinal(run) && run.status !== 'needsHuman') {
    const advice = `cancel it (POST /api/runs/${runId}/cancel): that undoes everything`;
    throw new Problem('conflict', `Run ${runId} is ${run.status} and has not ended yet; ${advice}.`);
  }
  await toHold(deps, run, { name: 'release', mode });
  return `Run ${runId} gives back what it holds as its load goes; follow it under /api/runs/${runId}/events.`;
}

/** Holds a run's capacity until later. @throws Problem for a time that is not later, or a run that releases. */
export async function extendHold(
  deps: ApiDeps,
  runId: string,
  untilMs: number,
  principal: string,
): Promise<string> {
  const run = await existingRun(deps, runId);
  openHold(run);
  const until = new Date(untilMs).toISOString();
  if (untilMs <= serviceNowMs(deps)) {
    throw invalidRequest([{ path: 'until', message: `${until} is not in the future` }]);
  }
  const extension = await extendRun(deps.db, runId, untilMs, principal);
  if (extension.status === 'closed') throw new Problem('conflict', `Run ${runId} is being released already.`);
  if (extension.status === 'notLater') {
    const present = new Date(extension.endsAtMs).toISOString();
    const message = `must be after ${present}, until when it is held now`;
    throw invalidRequest([{ path: 'until', message }]);
  }
  // The new end is in force: a hold that is being started again reads it there.
  await deps.temporal.signalHold(run.hold_workflow_id, { name: 'extend' });
  return `Run ${runId} is held until ${until}.`;
}

/** Decides about a resource that an undo could not give back. */
export async function resolveResidual(
  deps: ApiDeps,
  runId: string,
  resource: string,
  action: 'retry' | 'skip' | 'accept-drift',
): Promise<string> {
  const run = await existingRun(deps, runId);
  if (!(await mayAskAbout(deps.db, runId, resource))) {
    const message = `${resource} is nothing that run ${runId} holds or has asked about; see GET /api/runs/${runId}`;
    throw invalidRequest([{ path: 'resource', message }]);
  }
  if (action === 'retry' && /^step \d+$/.test(resource)) {
    const message = `a step that was given up is not tried again; skip it, and ask for a new run over what is left of its window`;
    throw invalidRequest([{ path: 'action', message }]);
  }
  await toHold(deps, run, { name: 'resolve', resource, action });
  return `${resource}: ${action} is handed to the hold of run ${runId}.`;
}

async function toHold(deps: ApiDeps, run: Run, request: HoldRequest): Promise<void> {
  openHold(run);
  const sent = await deps.temporal.signalHold(run.hold_workflow_id, request);
  if (sent === 'notFound') {
    throw new Problem(
      'conflict',
      `The hold of run ${run.id} is not running; it is started again within a minute. Try again then.`,
    );
  }
}

/** @throws Problem `conflict` when the run holds nothing. */
function openHold(run: Run): void {
  if (run.hold_status !== null && run.hold_status !== 'released') return;
  const why = run.hold_status === null ? 'never held anything' : 'has given everything back already';
  throw new Problem('conflict', `Run ${run.id} ${why}.`);
}

async function workflowGone(deps: ApiDeps, runId: string): Promise<Problem> {
  const now = await existingRun(deps, runId);
  if (isFinal(now)) return ended(now);
  const advice = now.hold_status === null ? 'nothing was changed by it' : 'its hold undoes what it did';
  return new Problem('conflict', `The workflow of run ${runId} is not running any more; ${advice}.`);
}

function ended(run: Run): Problem {
  const { id, status } = run;
  const holds = run.hold_status !== null && run.hold_status !== 'released';
  const advice = holds ? ` To give back what it holds, POST /api/runs/${id}/release or /rollback.` : '';
  return new Problem('conflict', `Run ${id} has ended (${status}) and cannot be cancelled.${advice}`);
}

function isFinal(run: Run): boolean {
  return FINAL_STATUSES.includes(run.status as RunStatus);
}
