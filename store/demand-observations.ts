import { type Kysely, sql, type Transaction } from 'kysely';
import type { LoadHistory } from '../domain/forecast/series-forecast.ts';
import type { Schema } from './schema.ts';

const HOUR_MS = 3_600_000;

/** Demand of a workload from a market, in the workload's unit per second. */
export interface DemandObservation {
  readonly workload: string;
  readonly market: string;
  /** When it was true, service time in milliseconds since the epoch. */
  readonly observedAtMs: number;
  readonly demand: number;
}

/** Rows of one insert; the protocol takes 65,535 parameters. */
const BATCH = 5_000;

/** Enters readings of different workloads, markets or times; one that was there already is replaced. */
export async function writeDemandObservations(
  tx: Transaction<Schema>,
  observations: readonly DemandObservation[],
): Promise<void> {
  for (let start = 0; start < observations.length; start += BATCH) {
    const rows = observations.slice(start, start + BATCH).map(({ observedAtMs, ...rest }) => ({
      ...rest,
      observed_at: new Date(observedAtMs),
    }));
    await tx
      .insertInto('demand_observations')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(['workload', 'market', 'observed_at'])
          .doUpdateSet((row) => ({ demand: row.ref('excluded.demand') })),
      )
      .execute();
  }
}

/** Workloads and markets with any reading between two times, milliseconds since the epoch, by their ids. */
export async function observedSeries(
  db: Kysely<Schema>,
  sinceMs: number,
  untilMs: number,
): Promise<readonly { readonly workload: string; readonly market: string }[]> {
  const rows = await db
    .selectFrom('demand_observations')
    .select(['workload', 'market'])
    .where('observed_at', '>=', new Date(sinceMs))
    .where('observed_at', '<', new Date(untilMs))
    .groupBy(['workload', 'market'])
    .execute();
  return rows.toSorted((a, b) => (`${a.workload}\n${a.market}` < `${b.workload}\n${b.market}` ? -1 : 1));
}

/**
 * Mean demand by hour of the clock, from the first hour with a reading to the last whole one before `untilMs`, null
 * where nothing was read. One row comes back whatever the length: a year of readings is not taken apart row by row in
 * the process that also serves others.
 */
export async function demandByHour(
  db: Kysely<Schema>,
  { workload, market }: { readonly workload: string; readonly market: string },
  sinceMs: number,
  untilMs: number,
): Promise<LoadHistory> {
  const lastHour = Math.floor(untilMs / HOUR_MS);
  const hourly = db
    .selectFrom('demand_observations')
    .select([
      sql<number>`floor(extract(epoch from observed_at) / 3600)::int`.as('hour'),
      sql<number>`avg(demand)`.as('demand'),
    ])
    .where('workload', '=', workload)
    .where('market', '=', market)
    .where('observed_at', '>=', new Date(sinceMs))
    .where('observed_at', '<', new Date(lastHour * HOUR_MS))
    .groupBy('hour');
  type Hours = readonly (readonly [hour: number, demand: number])[] | null;
  const row = await db
    .selectFrom(hourly.as('h'))
    .select(sql<Hours>`json_agg(json_build_array(hour, demand) order by hour)`.as('hours'))
    .executeTakeFirst();
  const hours = row?.hours ?? [];
  const firstHour = hours[0]?.[0] ?? lastHour;
  const values: (number | null)[] = Array(lastHour - firstHour).fill(null);
  for (const [hour, demand] of hours) values[hour - firstHour] = demand;
  return { startMs: firstHour * HOUR_MS, stepMs: HOUR_MS, values };
}
