import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { resolveRelativeDates } from '../../../domain/calendar.ts';
import type { RunReport } from '../../../domain/report.ts';
import { type AllProcess, descendants, startAll, survivors } from '../../support/all-process.ts';
import { bookingsOn, smallFleet, smallSeason } from '../../support/small-fleet.ts';

let folder: string;
let service: AllProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wedscale-processes-'));
  // As root, PostgreSQL runs as another user, who has to pass through.
  chmodSync(folder, 0o711);
  const fleetFile = join(folder, 'fleet.json');
  writeFileSync(fleetFile, JSON.stringify(smallFleet()));
  const flags = ['--throwaway', '--instant', '--workers', '2', '--fleet', fleetFile];
  service = await startAll(join(folder, 'state'), flags);
  await service.client().request('/api/fleet', { method: 'PUT', body: smallFleet() });
  await service.client().request('/api/bookings', { method: 'POST', body: bookingsOn([3], 'gb', 100, 3) });
});
afterAll(async () => {
  await service?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Waits until all that the API needs answers. */
async function ready(): Promise<void> {
  const endMs = Date.now() + 30_000;
  for (;;) {
    const answer = await fetch(`${service.api.url}/readyz`);
    if (answer.ok) return;
    if (Date.now() > endMs) throw new Error(await answer.text());
    await sleep(50);
  }
}

async function dryRun(): Promise<RunReport> {
  const body = resolveRelativeDates(smallSeason(), Date.now());
  const { runId } = await service
    .client()
    .request<{ runId: string }>('/api/scaling/seasons?dryRun=true', { method: 'POST', body });
  const endMs = Date.now() + 40_000;
  for (;;) {
    const report = await service.client().request<RunReport>(`/api/runs/${runId}`);
    if (report.status === 'completed' || report.status === 'failed') return report;
    if (Date.now() > endMs) throw new Error(`run ${runId} is still ${report.status}`);
    await sleep(50);
  }
}

describe('the supervisor', () => {
  test.each(['postgres', 'temporal'] as const)('starts %s again when it is killed', async (name) => {
    const before = new Set(descendants(service.pid));
    expect(before).toContain(service.pids[name]);
    process.kill(service.pids[name], 'SIGKILL');
    expect(await survivors([service.pids[name]], 1_000)).toEqual([]);
    await ready();
    expect(descendants(service.pid).some((pid) => !before.has(pid))).toBe(true);
    expect((await dryRun()).status).toBe('completed');
  });

  test('leaves nothing running behind when it is killed itself', async () => {
    const body = resolveRelativeDates(smallSeason(), Date.now());
    await service.client().request('/api/scaling/seasons', { method: 'POST', body });
    // In the middle of its work, with calls to vendors under way.
    await sleep(700);
    const all = descendants(service.pid);
    const { api, workers } = service.pids;
    expect(all).toEqual(expect.arrayContaining([api, ...workers]));
    // Both servers, each with the shell that guards it, the sandbox, the API and two workers.
    expect(all.length).toBeGreaterThanOrEqual(8);
    await service.kill();
    expect(await survivors(all, 10_000)).toEqual([]);
  });
});
