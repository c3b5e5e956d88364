import { askOnce, type Question } from '../store/questions.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** Asks a person about a resource, in the run's report and events; a question that is open is not repeated. */
export async function askPerson(
  deps: Pick<ActivityDependencies, 'db' | 'log'>,
  runId: string,
  question: Question,
): Promise<void> {
  const { resource, topic, message } = question;
  if (await askOnce(deps.db, runId, question)) deps.log.warn({ runId, resource, topic }, message);
}
