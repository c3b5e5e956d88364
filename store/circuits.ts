import { type Kysely, sql } from 'kysely';
import type { CircuitRow, Schema } from './schema.ts';

/** State of a circuit breaker: `open` sends nothing, `half-open` tries one call. */
export type CircuitState = CircuitRow['state'];

/** Which vendor's API a circuit guards. */
export interface CircuitName {
  readonly provider: string;
  readonly region: string;
  readonly api: string;
}

/** A circuit over all workers. */
export interface Circuit extends CircuitName {
  /** The worst any living worker has. */
  readonly state: CircuitState;
  /** Since when, by the worker that has it. */
  readonly changedAt: Date;
  /** Last failure that opened it; null while it is closed. */
  readonly reason: string | null;
}

/** A state that was not renewed for so long is a dead worker's; milliseconds of wall time. */
export const CIRCUIT_FRESH_MS = 90_000;

/** Records a worker's state, or renews it: `changed_at` stays while the state does. */
export async function recordCircuit(
  db: Kysely<Schema>,
  circuit: CircuitName & Pick<Circuit, 'state' | 'reason'> & { readonly worker: string },
): Promise<void> {
  await db
    .insertInto('circuits')
    .values({ ...circuit })
    .onConflict((conflict) =>
      conflict.columns(['provider', 'region', 'api', 'worker']).doUpdateSet({
        state: circuit.state,
        reason: circuit.reason,
        seen_at: sql<Date>`now()`,
        changed_at: sql<Date>`case when circuits.state = excluded.state then circuits.changed_at else now() end`,
      }),
    )
    .execute();
}

/** Takes a worker's states back when it stops, and those of workers that have not been heard of for a day. */
export async function forgetCircuits(db: Kysely<Schema>, worker: string): Promise<void> {
  await db
    .deleteFrom('circuits')
    .where(({ eb, or }) =>
      or([eb('worker', '=', worker), eb('seen_at', '<', sql<Date>`now() - interval '1 day'`)]),
    )
    .execute();
}

/** Every circuit, sorted; what a dead worker left open counts for nothing. */
export async function circuitStates(db: Kysely<Schema>): Promise<readonly Circuit[]> {
  const { rows } = await sql<Circuit>`
    select distinct on (provider, region, api) provider, region, api, state,
      changed_at as "changedAt", reason
    from (
      select *, case
        when seen_at < now() - ${CIRCUIT_FRESH_MS} * interval '1 millisecond' then 0
        when state = 'open' then 2 when state = 'half-open' then 1 else 0 end as badness
      from circuits) as known
    where state = 'closed' or badness > 0
    order by provider, region, api, badness desc, changed_at desc`.execute(db);
  return rows;
}
