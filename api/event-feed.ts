import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { FINAL_STATUSES, type RunStatus } from '../domain/report.ts';
import { readJournal, type StoredEntry } from '../store/journal.ts';
import type { Schema } from '../store/schema.ts';

/** How often the journal is looked at while nothing comes, in milliseconds. */
const POLL_MS = 250;
/** A comment this often keeps proxies from closing a silent stream, in milliseconds. */
const HEARTBEAT_MS = 15_000;
/** Entries read at a time. */
const PAGE = 200;

/** Where a stream stands: nothing more comes when the run is final and its hold is over or was never begun. */
export interface FeedState {
  readonly lastSeq: number;
  readonly over: boolean;
  readonly status: RunStatus;
  readonly holdStatus: string | null;
}

/** @returns null when there is no such run. */
export async function feedState(db: Kysely<Schema>, runId: string): Promise<FeedState | null> {
  const row = await db
    .selectFrom('runs')
    .select(['seq', 'status', 'hold_status'])
    .where('id', '=', runId)
    .executeTakeFirst();
  if (!row) return null;
  const status = row.status as RunStatus;
  const held = row.hold_status !== null && row.hold_status !== 'released';
  const over = FINAL_STATUSES.includes(status) && !held;
  return { lastSeq: row.seq, over, status, holdStatus: row.hold_status };
}

/**
 * Writes a run's journal after `afterSeq` as server-sent events until nothing more comes, the client leaves
 * or `signal` aborts. Waits where the client reads slowly, so that a stream never piles up in memory.
 */
export async function feedEvents(
  db: Kysely<Schema>,
  runId: string,
  afterSeq: number,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  let seq = afterSeq;
  let spokenAtMs = Date.now();
  while (!signal.aborted) {
    // Read before the journal: whatever this row counts is then in the journal.
    const state = await feedState(db, runId);
    if (!state) return;
    while (seq < state.lastSeq && !signal.aborted) {
      const entries = await readJournal(db, runId, seq, PAGE);
      if (entries.length === 0) break;
      await write(response, entries.map(eventText).join(''), signal);
      seq = entries.at(-1)?.seq ?? seq;
      spokenAtMs = Date.now();
    }
    if (state.over) {
      const { status, holdStatus } = state;
      return write(response, `event: end\ndata: ${JSON.stringify({ status, holdStatus })}\n\n`, signal);
    }
    if (Date.now() - spokenAtMs >= HEARTBEAT_MS) {
      await write(response, ': still here\n\n', signal);
      spokenAtMs = Date.now();
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

function eventText({ seq, at, kind, key, body }: StoredEntry): string {
  return `id: ${seq}\ndata: ${JSON.stringify({ seq, at: at.toISOString(), kind, key, body })}\n\n`;
}

async function write(response: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
  if (signal.aborted || response.write(text)) return;
  await once(response, 'drain', { signal }).catch(() => undefined);
}
