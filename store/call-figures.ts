import { type Kysely, sql } from 'kysely';
import type { CallFigureRow, Schema } from './schema.ts';

/** What the limiter did for one bucket in one region, from one store of buckets; meanings in store/schema.ts. */
export type CallFigure = Readonly<CallFigureRow>;

/** Adds to what stands. */
export async function addCallFigures(db: Kysely<Schema>, figures: readonly CallFigure[]): Promise<void> {
  if (figures.length === 0) return;
  await db
    .insertInto('call_figures')
    .values(figures.map((figure) => ({ ...figure })))
    .onConflict((conflict) =>
      conflict.columns(['bucket', 'region', 'store']).doUpdateSet({
        reserved: sql<number>`call_figures.reserved + excluded.reserved`,
        waited: sql<number>`call_figures.waited + excluded.waited`,
        waited_ms: sql<number>`call_figures.waited_ms + excluded.waited_ms`,
        refused: sql<number>`call_figures.refused + excluded.refused`,
        throttled: sql<number>`call_figures.throttled + excluded.throttled`,
      }),
    )
    .execute();
}

/** Everything so far, sorted. */
export async function callFigures(db: Kysely<Schema>): Promise<readonly CallFigure[]> {
  return db
    .selectFrom('call_figures')
    .selectAll()
    .orderBy('bucket')
    .orderBy('region')
    .orderBy('store')
    .execute();
}
