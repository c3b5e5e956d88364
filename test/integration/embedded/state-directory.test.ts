import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { resolveRelativeDates } from '../../../domain/calendar.ts';
import type { RunReport } from '../../../domain/report.ts';
import { type AllProcess, refusedStart, startAll } from '../../support/all-process.ts';
import { bookingsOn, smallFleet, smallSeason } from '../../support/small-fleet.ts';

let folder: string;
let home: string;
let running: AllProcess | undefined;
/** Shown at the first start only. */
let key: string;
let waitingRun: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wedscale-state-'));
  // As root, PostgreSQL runs as another user, who has to pass through.
  chmodSync(folder, 0o711);
  home = join(folder, 'home');
  writeFileSync(join(folder, 'fleet.json'), JSON.stringify(smallFleet()));
});
afterAll(async () => {
  await running?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Owners included: PostgreSQL reads only what is its own. */
function copy(from: string, to: string): void {
  execFileSync('cp', ['-a', from, to]);
}

async function start(): Promise<AllProcess> {
  running = await startAll(home, ['--instant', '--fleet', join(folder, 'fleet.json')]);
  return running;
}

async function until(runId: string, status: string): Promise<RunReport> {
  const endMs = Date.now() + 30_000;
  for (;;) {
    const report = await running?.client(key).request<RunReport>(`/api/runs/${runId}`);
    if (report?.status === status) return report;
    if (Date.now() > endMs) throw new Error(`run ${runId} is ${report?.status}: ${report?.error?.message}`);
    await sleep(50);
  }
}

describe('a state directory', () => {
  test('is set up at the first start, which shows the key', async () => {
    const service = await start();
    key = service.api.key ?? '';
    expect(key).toMatch(/^wsk_/);
    const client = service.client();
    await client.request('/api/fleet', { method: 'PUT', body: smallFleet() });
    await client.request('/api/bookings', { method: 'POST', body: bookingsOn([3], 'gb', 100, 3) });
    const season = smallSeason({
      costConstraints: { approvalAboveHourlyUsd: 0, approvalExpiresAfterMinutes: 60_000 },
    });
    const body = resolveRelativeDates(season, Date.now());
    const { runId } = await client.request<{ runId: string }>('/api/scaling/seasons', {
      method: 'POST',
      body,
    });
    waitingRun = runId;
    await until(runId, 'awaitingApproval');
  });

  test('is refused to a second process, which is told who has it', async () => {
    const { code, stderr } = await refusedStart(home);
    expect(code).toBe(1);
    expect(stderr).toContain(`The state directory ${home} is in use by process ${running?.pid}.`);
    expect(stderr).toContain('--state-dir');
    expect(stderr).not.toMatch(/\n\s+at /);
    await expect(running?.client().request('/api/runs')).resolves.toBeDefined();
  });

  const asRoot = process.getuid?.() === 0 ? test : test.skip;
  asRoot('of root alone is refused before anything starts, and keeps its mode', async () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const { code, stderr } = await refusedStart(closed);
    expect(code).toBe(1);
    expect(stderr).toContain(`no other user may enter ${closed}. Let others pass (chmod 711 ${closed})`);
    expect(statSync(closed).mode & 0o777).toBe(0o700);
    expect(readdirSync(closed)).not.toContain('lock');
  });

  test('keeps fleet, runs and key over a restart; a run that waited goes on', async () => {
    await running?.stop();
    const service = await start();
    expect(service.api.key).toBeNull();
    const client = service.client(key);
    const { fleet } = await client.request<{ fleet: { name: string } }>('/api/fleet');
    expect(fleet.name).toBe('small');
    const { runs } = await client.request<{ runs: { runId: string; status: string }[] }>('/api/runs');
    expect(runs).toMatchObject([{ runId: waitingRun, status: 'awaitingApproval' }]);
    const report = await until(waitingRun, 'awaitingApproval');
    const approval = { method: 'POST', body: { planId: report.plan?.id } } as const;
    await client.request(`/api/runs/${waitingRun}/approve`, approval);
    await until(waitingRun, 'completed');
    await service.stop();
  });

  test('is taken over from a process that was killed', async () => {
    expect(readdirSync(home)).not.toContain('lock');
    // The id of a process that has ended: its owner could not tidy up.
    writeFileSync(join(home, 'lock'), '4194303');
    const service = await start();
    expect(readFileSync(join(home, 'lock'), 'utf8')).toBe(String(service.pid));
    await expect(service.client(key).request(`/api/runs/${waitingRun}`)).resolves.toMatchObject({
      status: 'completed',
    });
    await service.stop();
  });

  test("is refused with another installation's Temporal, naming the remedy", async () => {
    const other = join(folder, 'other');
    await (await startAll(other)).stop();
    const mixed = join(folder, 'mixed');
    copy(home, mixed);
    rmSync(join(mixed, 'temporal'), { recursive: true });
    copy(join(other, 'temporal'), join(mixed, 'temporal'));
    const { code, stderr } = await refusedStart(mixed);
    expect(code).toBe(1);
    const ids = [home, other].map((path) => readFileSync(join(path, 'id'), 'utf8').trim());
    expect(stderr).toContain(`PostgreSQL belongs to installation ${ids[0]}`);
    expect(stderr).toContain(`to ${ids[1]}`);
    expect(stderr).toContain('--state-dir');
    expect(readdirSync(mixed)).not.toContain('lock');
  });
});
