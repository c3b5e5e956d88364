import { toServiceMs } from '../domain/clock.ts';
import { enterOnce } from '../store/journal.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** Asks a person about a resource, in the run's report and events: once per run and resource. */
export async function askPerson(
  deps: ActivityDependencies,
  runId: string,
  resource: string,
  message: string,
): Promise<void> {
  const body = { message, at: toServiceMs(deps.clock, Date.now()) };
  const entered = await enterOnce(deps.db, runId, { kind: 'attention', key: resource, body });
  if (entered) deps.log.warn({ runId, resource }, message);
}
