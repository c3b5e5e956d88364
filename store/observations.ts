import { type Kysely, sql } from 'kysely';
import { SYSTEM_STREAM } from '../domain/names.ts';
import { type DemandObservation, writeDemandObservations } from './demand-observations.ts';
import { appendJournal } from './journal.ts';
import type { Schema } from './schema.ts';

/** A figure reported from outside: the load of a target, or a business metric. */
export interface Observation {
  /** Target id, or a metric's name. */
  readonly subject: string;
  readonly value: number;
  /** When it was true, service time in milliseconds since the epoch. */
  readonly observedAtMs: number;
}

/** Rows of one insert; the protocol takes 65,535 parameters. */
const BATCH = 1_000;

/** Enters readings, and demand by workload and market where there is any, all or none. */
export async function importObservations(
  db: Kysely<Schema>,
  observations: readonly Observation[],
  principal: string,
  demands: readonly DemandObservation[] = [],
): Promise<void> {
  if (observations.length + demands.length === 0) return;
  await db.transaction().execute(async (tx) => {
    for (let start = 0; start < observations.length; start += BATCH) {
      const rows = observations.slice(start, start + BATCH).map(({ subject, value, observedAtMs }) => ({
        subject,
        value,
        observed_at: new Date(observedAtMs),
      }));
      await tx.insertInto('observations').values(rows).execute();
    }
    await writeDemandObservations(tx, demands);
    const body = { count: observations.length, ofDemand: demands.length, by: principal };
    await appendJournal(tx, SYSTEM_STREAM, [{ kind: 'observations.imported', key: '', body }]);
  });
}

/** Readings of a subject since a time, oldest first. */
export async function observationsSince(
  db: Kysely<Schema>,
  subject: string,
  sinceMs: number,
): Promise<readonly { readonly value: number; readonly observedAtMs: number }[]> {
  const rows = await db
    .selectFrom('observations')
    .select(['value', 'observed_at'])
    .where('subject', '=', subject)
    .where('observed_at', '>=', new Date(sinceMs))
    .orderBy('observed_at')
    .execute();
  return rows.map((row) => ({ value: row.value, observedAtMs: row.observed_at.getTime() }));
}

/** The newest reading of a subject since a time, or null: an old one says nothing about now. */
export async function latestObservation(
  db: Kysely<Schema>,
  subject: string,
  sinceMs: number,
): Promise<number | null> {
  return (await observationsSince(db, subject, sinceMs)).at(-1)?.value ?? null;
}

/**
 * Highest sum of the loads of several subjects within five minutes (each with its highest reading in them), in
 * their common unit; null without any reading between the two times of service time.
 */
export async function observedPeak(
  db: Kysely<Schema>,
  subjects: readonly string[],
  from: Date,
  until: Date,
): Promise<number | null> {
  if (subjects.length === 0) return null;
  const highest = db
    .selectFrom('observations')
    .select(['subject', sql<number>`floor(extract(epoch from observed_at) / 300)`.as('slot')])
    .select(({ fn }) => fn.max('value').as('value'))
    .where('subject', 'in', [...subjects])
    .where('observed_at', '>=', from)
    .where('observed_at', '<', until)
    .groupBy(['subject', sql`floor(extract(epoch from observed_at) / 300)`]);
  const sums = db
    .selectFrom(highest.as('h'))
    .select(({ fn }) => fn.sum<number>('value').as('total'))
    .groupBy('slot');
  const row = await db
    .selectFrom(sums.as('s'))
    .select(({ fn }) => fn.max('total').as('peak'))
    .executeTakeFirst();
  return row?.peak === null || row?.peak === undefined ? null : Number(row.peak);
}
