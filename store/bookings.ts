import { type Kysely, sql, type Transaction } from 'kysely';
import type { ResolvedBooking } from '../domain/booking.ts';
import { contentHash } from '../domain/canonical.ts';
import { SYSTEM_STREAM } from '../domain/names.ts';
import { appendJournal } from './journal.ts';
import type { Schema } from './schema.ts';

/** One record of an import: a booking, or what is wrong with the record in that line. */
export type BookingRecord = { readonly line: number; readonly booking: ResolvedBooking } | FaultyRecord;

interface FaultyRecord {
  readonly line: number;
  readonly fault: string;
  /** Names of the fields at fault; left out where the record as a whole is. */
  readonly fields?: readonly string[];
}

/** What came of an import. With any fault nothing is imported. */
export interface ImportResult {
  readonly imported: number;
  readonly unchanged: number;
  readonly replaced: number;
  /** The first hundred, by line. */
  readonly faults: readonly { readonly line: number; readonly message: string }[];
  readonly faultCount: number;
  /** Faulty records by the field at fault; `record` where it is the whole. A record with two faults counts in both. */
  readonly faultsByField: Readonly<Record<string, number>>;
}

/** Bookings written at a time, and read at a time; memory stays flat whatever the size of the file. */
const BATCH = 500;
const PAGE = 5_000;
const FAULTS_KEPT = 100;

class Refused extends Error {}

/**
 * Imports bookings as they stream in, all or none. An id known with the same content counts once; with other
 * content it is a fault, unless `replace`.
 */
export async function importBookings(
  db: Kysely<Schema>,
  records: AsyncIterable<BookingRecord>,
  options: { readonly principal: string; readonly replace: boolean },
): Promise<ImportResult> {
  const tally = { imported: 0, unchanged: 0, replaced: 0, faultCount: 0 };
  const faults: { line: number; message: string }[] = [];
  const byField = new Map<string, number>();
  const fault = (line: number, message: string, fields: readonly string[] = ['record']) => {
    tally.faultCount += 1;
    for (const field of new Set(fields)) byField.set(field, (byField.get(field) ?? 0) + 1);
    if (faults.length < FAULTS_KEPT) faults.push({ line, message });
  };
  const work = db.transaction().execute(async (tx) => {
    for await (const batch of batches(records)) {
      const faulty = batch.filter((record) => 'fault' in record);
      const good = batch.filter((record) => 'booking' in record);
      const clashing = await writeBatch(tx, good, options.replace, tally);
      const found = [...faulty, ...clashing].toSorted((a, b) => a.line - b.line);
      for (const record of found) fault(record.line, record.fault, record.fields);
    }
    if (tally.faultCount > 0) throw new Refused();
    const body = { ...tally, by: options.principal };
    await appendJournal(tx, SYSTEM_STREAM, [{ kind: 'bookings.imported', key: '', body }]);
  });
  await work.catch((error: unknown) => {
    if (!(error instanceof Refused)) throw error;
    Object.assign(tally, { imported: 0, unchanged: 0, replaced: 0 });
  });
  const faultsByField = Object.fromEntries([...byField].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return { ...tally, faults: faults.toSorted((a, b) => a.line - b.line), faultsByField };
}

async function* batches(records: AsyncIterable<BookingRecord>): AsyncGenerator<BookingRecord[]> {
  let batch: BookingRecord[] = [];
  for await (const record of records) {
    batch.push(record);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** @returns what is known with other content. */
async function writeBatch(
  tx: Transaction<Schema>,
  batch: readonly { readonly line: number; readonly booking: ResolvedBooking }[],
  replace: boolean,
  tally: { imported: number; unchanged: number; replaced: number },
): Promise<readonly FaultyRecord[]> {
  if (batch.length === 0) return [];
  const ids = batch.map((record) => record.booking.id);
  const rows = await tx
    .selectFrom('bookings')
    .select(['id', 'content_hash'])
    .where('id', 'in', ids)
    .execute();
  const known = new Map(rows.map((row) => [row.id, row.content_hash]));
  const write = new Map<string, { booking: ResolvedBooking; hash: string }>();
  const clashing: FaultyRecord[] = [];
  for (const { line, booking } of batch) {
    const hash = contentHash(booking);
    const before = write.get(booking.id)?.hash ?? known.get(booking.id);
    if (before === hash) tally.unchanged += 1;
    else if (before !== undefined && !replace) {
      const message = `booking ${booking.id} is known with other content; correct it, or import with replace=true`;
      clashing.push({ line, fault: message, fields: ['id'] });
    } else {
      if (before === undefined) tally.imported += 1;
      else tally.replaced += 1;
      write.set(booking.id, { booking, hash });
    }
  }
  if (write.size > 0) await upsert(tx, [...write.values()]);
  return clashing;
}

async function upsert(
  tx: Transaction<Schema>,
  entries: readonly { readonly booking: ResolvedBooking; readonly hash: string }[],
): Promise<void> {
  await tx
    .insertInto('bookings')
    .values(
      entries.map(({ booking, hash }) => ({
        id: booking.id,
        market: booking.market,
        starts_at: new Date(booking.startsAtMs),
        content_hash: hash,
        body: JSON.stringify(booking),
      })),
    )
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({
        market: eb.ref('excluded.market'),
        starts_at: eb.ref('excluded.starts_at'),
        content_hash: eb.ref('excluded.content_hash'),
        body: eb.ref('excluded.body'),
      })),
    )
    .execute();
}

/** Bookings that begin in a window (milliseconds since the epoch), by time and id, a page at a time. */
export async function* readBookingsBetween(
  db: Kysely<Schema>,
  fromMs: number,
  untilMs: number,
): AsyncGenerator<ResolvedBooking> {
  // No booking has an empty id, so the first page begins with the window.
  let after = { at: new Date(fromMs), id: '' };
  for (;;) {
    const rows = await db
      .selectFrom('bookings')
      .select(['id', 'starts_at', 'body'])
      .where(sql<boolean>`(starts_at, id) > (${after.at}, ${after.id})`)
      .where('starts_at', '<', new Date(untilMs))
      .orderBy('starts_at')
      .orderBy('id')
      .limit(PAGE)
      .execute();
    for (const row of rows) yield row.body as ResolvedBooking;
    const end = rows.at(-1);
    if (!end || rows.length < PAGE) return;
    after = { at: end.starts_at, id: end.id };
  }
}

/** Hash of all bookings that begin in a window, whatever the order they came in. */
export async function bookingsHash(db: Kysely<Schema>, fromMs: number, untilMs: number): Promise<string> {
  const row = await db
    .selectFrom('bookings')
    .select(
      sql<string>`encode(sha256(convert_to(coalesce(string_agg(id || ' ' || content_hash, E'\n' order by id), ''), 'UTF8')), 'hex')`.as(
        'hash',
      ),
    )
    .where('starts_at', '>=', new Date(fromMs))
    .where('starts_at', '<', new Date(untilMs))
    .executeTakeFirstOrThrow();
  return row.hash;
}
