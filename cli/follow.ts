import { setTimeout as sleep } from 'node:timers/promises';
import { FINAL_STATUSES, type RunReport, type RunStatus } from '../domain/report.ts';
import { type ApiClient, ApiUnreachable } from './client.ts';
import type { JournalEvent } from './render/events.ts';

/** How long a broken stream is tried again before giving up, in milliseconds. */
const GIVE_UP_AFTER_MS = 60_000;
const RETRY_MS = 1000;

/** True for a status a run does not leave by itself. */
export function isFinal(status: RunStatus): boolean {
  return FINAL_STATUSES.includes(status);
}

/** A run needs somebody before it can go on: nothing more comes by waiting. */
export function needsPerson(status: RunStatus): boolean {
  return status === 'needsHuman';
}

/**
 * Follows a run's events until it is final or waits for a person, over broken connections and restarts of the
 * API, without missing or repeating an entry. @returns the report then. @throws ApiUnreachable after a minute
 * without an answer.
 */
export async function followRun(
  api: ApiClient,
  runId: string,
  onEvent: (event: JournalEvent) => void,
): Promise<RunReport> {
  let lastEventId = '';
  let brokenSinceMs: number | null = null;
  for (;;) {
    const aborting = new AbortController();
    try {
      for await (const event of api.events(runId, lastEventId, aborting.signal)) {
        brokenSinceMs = null;
        if (event.event === 'end') return await readReport(api, runId);
        lastEventId = event.id;
        const entry = JSON.parse(event.data) as JournalEvent;
        onEvent(entry);
        if (mayStopAt(entry)) {
          // The entry may be history: what counts is where the run stands now.
          const report = await readReport(api, runId);
          if (isFinal(report.status) || needsPerson(report.status)) return report;
        }
      }
    } catch (error) {
      if (!isBroken(error)) throw error;
      brokenSinceMs ??= Date.now();
      if (Date.now() - brokenSinceMs > GIVE_UP_AFTER_MS) throw error;
    } finally {
      aborting.abort();
    }
    await sleep(RETRY_MS);
  }
}

/** The report of a run. */
export function readReport(api: ApiClient, runId: string): Promise<RunReport> {
  return api.request<RunReport>(`/api/runs/${encodeURIComponent(runId)}`);
}

function mayStopAt(entry: JournalEvent): boolean {
  if (entry.kind !== 'run.status') return false;
  const status = entry.body.status as RunStatus;
  return isFinal(status) || needsPerson(status);
}

/** Anything of the network; fetch reports a body cut off as a TypeError. */
function isBroken(error: unknown): boolean {
  return error instanceof ApiUnreachable || error instanceof TypeError;
}
