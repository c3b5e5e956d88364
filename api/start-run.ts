import type { Run } from '../store/runs.ts';
import type { ApiDeps } from './dependencies.ts';
import type { RunStart } from './temporal.ts';

/** What Temporal is told of a run at its start. */
export function startOf(run: Run): RunStart {
  const request = run.request as {
    readonly season?: { readonly id: string; readonly name: string };
    readonly weddingDay?: { readonly id: string; readonly date: string };
  };
  const { season, weddingDay } = request;
  return {
    runId: run.id,
    workflowId: run.workflow_id,
    kind: run.kind,
    subject: season?.id ?? weddingDay?.id ?? '',
    name: season?.name ?? weddingDay?.date ?? '',
    principal: run.principal,
  };
}

/**
 * Starts a run just accepted. A failure is only logged: the row is the truth, and the sweeper starts what is
 * still accepted.
 */
export async function startAccepted(deps: Pick<ApiDeps, 'temporal' | 'log'>, run: Run): Promise<void> {
  try {
    await deps.temporal.startRun(startOf(run));
  } catch (error) {
    deps.log.warn({ err: error, runId: run.id }, 'start failed; the sweeper tries again');
  }
}
