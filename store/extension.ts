import type { Kysely } from 'kysely';
import { appendJournal } from './journal.ts';
import type { Schema } from './schema.ts';

/** Result of {@link extendRun}. `notLater`: the run is already held as long; `endsAtMs` says until when. */
export type Extension =
  | { readonly status: 'extended' }
  | { readonly status: 'notLater'; readonly endsAtMs: number }
  | { readonly status: 'closed' };

/**
 * Holds a run longer: its window and those of its unreleased claims that lasted to the window's end now last
 * until `untilMs` of service time. Claims that end earlier, with their step, do not. Refused once releasing
 * has begun.
 */
export async function extendRun(
  db: Kysely<Schema>,
  runId: string,
  untilMs: number,
  principal: string,
): Promise<Extension> {
  return db.transaction().execute(async (tx) => {
    const run = await tx
      .selectFrom('runs')
      .select(['ends_at', 'closed_at'])
      .where('id', '=', runId)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (run.closed_at) return { status: 'closed' };
    const endsAtMs = run.ends_at.getTime();
    if (untilMs <= endsAtMs) return { status: 'notLater', endsAtMs };
    const until = new Date(untilMs);
    await tx.updateTable('runs').set({ ends_at: until }).where('id', '=', runId).execute();
    await tx
      .updateTable('claims')
      .set({ ends_at: until })
      .where('run_id', '=', runId)
      .where('state', '<>', 'released')
      .where('ends_at', '>=', run.ends_at)
      .execute();
    await appendJournal(tx, runId, [
      { kind: 'extended', key: '', body: { until: until.toISOString(), by: principal } },
    ]);
    return { status: 'extended' };
  });
}
