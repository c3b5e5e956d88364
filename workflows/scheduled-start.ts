import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, startChild, workflowInfo } from '@temporalio/workflow';
import { type ScheduledStartInput, WORKFLOW_BY_KIND } from '../domain/names.ts';
import { store } from './activity-proxies.ts';

/**
 * What a Temporal Schedule starts: enters the run under the schedule's id and this firing, so that a repeat of
 * the same firing is the same run, then starts it. The run goes on by itself.
 */
export async function scheduledStart(input: ScheduledStartInput): Promise<{ readonly runId: string }> {
  const { runId, workflowId } = await store.acceptScheduledRun({
    ...input,
    firing: workflowInfo().workflowId,
  });
  try {
    await startChild(WORKFLOW_BY_KIND[input.kind], {
      workflowId,
      args: [{ runId }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: `${input.kind} of schedule ${input.scheduleId}`,
    });
  } catch (error) {
    // Workers were away for so long that the API's sweeper has started the run meanwhile.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  return { runId };
}
