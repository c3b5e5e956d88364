import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { apiClient } from '../cli/client.ts';
import { importBookings, importFleet } from '../cli/commands/imports.ts';
import { readRequest } from '../cli/commands/seasons.ts';
import { inheritedEnvironment } from '../cli/config.ts';
import { startDemoService } from '../cli/demo/service.ts';
import { followRun } from '../cli/follow.ts';
import type { JournalEvent } from '../cli/render/events.ts';
import type { RunReport } from '../domain/report.ts';
import type { Bench } from './registry.ts';

const ROUNDS = 3;
/** Waits that are the vendors' or the request's own (DNS in sync, dwell) shrink to next to nothing. */
const TIME_SCALE = 600;
/** A settle deadline of half an hour would be three seconds at that scale. */
const SETTLE_DEADLINE_MINUTES = 1_000;
const sample = (file: string) => fileURLToPath(new URL(`../samples/${file}`, import.meta.url));

/**
 * The sample season on one worker while every vendor answers and provisions at once, so that what is left is our
 * own. The lower bound beside it: the bare vendor calls of the run one after the other, as the run itself timed
 * them (`callMs`), and the dwell the request asks for between two moves of traffic.
 */
export const benchSeason: Bench = async (say) => {
  const rows: Record<string, unknown>[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const { report, events } = await oneSeason();
    const waits = events.filter((event) => event.kind === 'wait');
    const callMs = waits
      .flatMap((event) => event.body.waits as readonly (readonly [number, number])[])
      .reduce((sum, [from, until]) => sum + (until - from), 0);
    const row = {
      round,
      status: report.status,
      services: report.cells.flatMap((cell) => cell.services).length,
      totalMs: report.executionTimeMs,
      ownMs: report.ownMs,
      vendorMs: report.vendorMs,
      callMs,
      activities: waits.length,
      ...Object.fromEntries(report.phases.map((phase) => [`${phase.name}Ms`, phase.ms])),
    };
    say(`round ${round}: ${report.status} after ${report.executionTimeMs} ms`);
    rows.push(row);
  }
  return rows;
};

async function oneSeason(): Promise<{
  readonly report: RunReport;
  readonly events: readonly JournalEvent[];
}> {
  const service = await startDemoService({
    fleet: sample('fleet.json'),
    workers: 1,
    instant: true,
    timeScale: TIME_SCALE,
    environment: inheritedEnvironment(),
    onProgress: () => undefined,
  });
  try {
    const api = apiClient(service.ready.api);
    const quiet = { write: () => undefined };
    const session = { stdout: quiet, stderr: quiet, api, json: false };
    await importFleet(session, sample('fleet.json'));
    await importBookings(session, sample('bookings.csv'), {});
    const { route, body } = await readRequest(sample('season.json'), api);
    const headers = { 'idempotency-key': randomUUID() };
    const performanceRequirements = { settleDeadlineMinutes: SETTLE_DEADLINE_MINUTES };
    const season = { ...(body as object), performanceRequirements };
    const { runId } = await api.request<{ runId: string }>(route, { method: 'POST', body: season, headers });
    const events: JournalEvent[] = [];
    const report = await followRun(api, runId, (event) => events.push(event));
    return { report, events };
  } finally {
    await service.stop();
  }
}
