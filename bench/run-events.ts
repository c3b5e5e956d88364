import { Client, Connection } from '@temporalio/client';

/** What Temporal keeps of one workflow of a run. */
export interface WorkflowEvents {
  readonly workflowId: string;
  readonly type: string;
  readonly events: number;
}

/** History events of a run's workflow, its hold and its cells. @param address `host:port` of the Temporal server. */
export async function runEvents(address: string, workflowId: string): Promise<readonly WorkflowEvents[]> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection });
    const found: WorkflowEvents[] = [];
    for await (const { workflowId: id } of client.workflow.list({
      query: `WorkflowId STARTS_WITH "${workflowId}"`,
    })) {
      // What the list says of a workflow's length is that of its end, or of nothing yet.
      const { type, historyLength } = await client.workflow.getHandle(id).describe();
      found.push({ workflowId: id, type, events: historyLength });
    }
    return found;
  } finally {
    await connection.close();
  }
}
