import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { DateTime } from 'luxon';
import type { ScheduleView } from '../../../api/temporal.ts';
import { ApiRefusal } from '../../../cli/client.ts';
import { ORCHESTRATION_QUEUE } from '../../../domain/names.ts';
import { startService, type TestService } from '../../support/service.ts';
import { bookingsOn, smallFleet, smallSeason } from '../../support/small-fleet.ts';

const SCHEDULES = '/api/schedules';

let service: TestService;
let connection: Connection;

beforeAll(async () => {
  service = await startService({ fleet: smallFleet(), instant: true });
  connection = await Connection.connect({ address: service.temporal.address });
  await service.client.request('/api/bookings', { method: 'POST', body: bookingsOn([3], 'gb', 100, 3) });
});
afterAll(async () => {
  await connection?.close();
  await service?.stop();
});

/** Far from now, so that nothing fires by itself. */
const RARELY = { cron: '0 4 29 2 *', timeZone: 'Europe/London', request: smallSeason() };

function create(body: Readonly<Record<string, unknown>>): Promise<ScheduleView> {
  return service.client.request<ScheduleView>(SCHEDULES, { method: 'POST', body });
}

async function refusalOf(body: Readonly<Record<string, unknown>>): Promise<ApiRefusal> {
  const refusal = await create(body).then(
    () => null,
    (error: unknown) => error,
  );
  if (!(refusal instanceof ApiRefusal)) throw new Error(`it was not refused: ${refusal}`);
  return refusal;
}

async function runs(): Promise<readonly { readonly runId: string; readonly status: string }[]> {
  const { runs: all } = await service.client.request<{ runs: { runId: string; status: string }[] }>(
    '/api/runs',
  );
  return all;
}

/** The only worker that lives, by what Temporal knows of its pollers. */
async function workerPid(): Promise<number> {
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace: 'default',
    taskQueue: { name: ORCHESTRATION_QUEUE },
    taskQueueType: 1,
  });
  const pids = (pollers ?? []).map(({ identity }) => Number(identity?.replace('wedscale-', '')));
  const living = pids.find(isAlive);
  if (living === undefined) throw new Error(`no poller lives: ${pids}`);
  return living;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Triggers, waits for the run that comes of it, and for another one that must not come. */
async function firedOnce(id: string, disturb: () => Promise<void>): Promise<void> {
  const before = new Set((await runs()).map(({ runId }) => runId));
  await service.client.request(`${SCHEDULES}/${id}/trigger`, { method: 'POST' });
  await disturb();
  const fresh = async () => (await runs()).filter(({ runId }) => !before.has(runId));
  const giveUpMs = Date.now() + 30_000;
  while ((await fresh()).length === 0 && Date.now() < giveUpMs) await sleep(100);
  const [first] = await fresh();
  const report = await service.ended(first?.runId ?? '');
  expect([report.error, report.status]).toEqual([undefined, 'completed']);
  expect((await fresh()).map(({ runId }) => runId)).toEqual([first?.runId]);
}

describe('a schedule', () => {
  test('is a Temporal Schedule with zone, catch-up window and overlap as asked', async () => {
    const created = await create({
      ...RARELY,
      id: 'mondays',
      cron: '30 9 * * 1',
      timeZone: 'Asia/Kolkata',
      catchupWindowMinutes: 25,
      overlap: 'bufferOne',
      note: 'weekly look',
    });
    const view = await service.client.request<ScheduleView>(`${SCHEDULES}/mondays`);
    expect(view).toEqual(created);
    expect(view).toMatchObject({
      timeZone: 'Asia/Kolkata',
      catchupWindowMinutes: 25,
      overlap: 'bufferOne',
      paused: false,
      note: 'weekly look',
      times: { cron: '30 9 * * 1' },
    });
    expect(view.nextAt.length).toBeGreaterThan(2);
    for (const at of view.nextAt) expect(at).toMatch(/T04:00:00\.000Z$/);
    for (const at of view.nextAt) expect(new Date(at).getUTCDay()).toBe(1);
    const { schedule } = new Client({ connection });
    const inTemporal = await schedule.getHandle('mondays').describe();
    expect(inTemporal.policies).toMatchObject({ catchupWindow: 25 * 60_000, overlap: 'BUFFER_ONE' });
    expect(inTemporal.spec.timezone).toBe('Asia/Kolkata');
  });

  test('has a short catch-up window and skips overlaps where nothing is said', async () => {
    const view = await create({
      ...RARELY,
      cron: undefined,
      id: 'spring',
      calendar: { hours: [6], months: [3], daysOfMonth: [1], daysOfWeek: [0, 6] },
    });
    expect(view).toMatchObject({ catchupWindowMinutes: 10, overlap: 'skip' });
    const { schedule } = new Client({ connection });
    const inTemporal = await schedule.getHandle('spring').describe();
    expect(inTemporal.policies).toMatchObject({ catchupWindow: 10 * 60_000, overlap: 'SKIP' });
  });

  test('fires exactly one run though no worker lives when it is triggered', async () => {
    await create({ ...RARELY, id: 'unmanned' });
    process.kill(await workerPid(), 'SIGKILL');
    await firedOnce('unmanned', async () => undefined);
    const view = await service.client.request<ScheduleView>(`${SCHEDULES}/unmanned`);
    expect(view.recentAt).toHaveLength(1);
  });

  test('fires exactly one run though the worker is killed while it starts it', async () => {
    await create({ ...RARELY, id: 'interrupted' });
    const pid = await workerPid();
    await firedOnce('interrupted', async () => {
      await sleep(40);
      process.kill(pid, 'SIGKILL');
    });
  });

  test('fires exactly one run by its own clock, at the local time it names', async () => {
    const at = DateTime.now().plus({ seconds: 15 }).plus({ minutes: 1 }).startOf('minute');
    const local = at.setZone('Asia/Kolkata');
    const cron = `${local.minute} ${local.hour} ${local.day} ${local.month} *`;
    await create({ ...RARELY, id: 'punctual', cron, timeZone: 'Asia/Kolkata' });
    const before = new Set((await runs()).map(({ runId }) => runId));
    const fresh = async () => (await runs()).filter(({ runId }) => !before.has(runId));
    const giveUpMs = at.toMillis() + 30_000;
    while ((await fresh()).length === 0 && Date.now() < giveUpMs) await sleep(200);
    const [first] = await fresh();
    const report = await service.ended(first?.runId ?? '');
    expect(report.status).toBe('completed');
    const view = await service.client.request<ScheduleView>(`${SCHEDULES}/punctual`);
    expect(view.recentAt.map((time) => time.slice(0, 16))).toEqual([at.toUTC().toISO().slice(0, 16)]);
    expect((await fresh()).map(({ runId }) => runId)).toEqual([first?.runId]);
  }, 150_000);

  test('is listed, can be fired only while it exists, and is gone once deleted', async () => {
    await create({ ...RARELY, id: 'brief', paused: true });
    await expect(create({ ...RARELY, id: 'brief' })).rejects.toMatchObject({ status: 409 });
    const path = `${SCHEDULES}/brief`;
    expect(await service.client.request<ScheduleView>(path)).toMatchObject({ paused: true });
    await service.client.request(path, { method: 'DELETE' });
    await expect(service.client.request(path)).rejects.toMatchObject({ status: 404 });
    await expect(service.client.request(path, { method: 'DELETE' })).rejects.toMatchObject({ status: 404 });
    const trigger = service.client.request(`${path}/trigger`, { method: 'POST' });
    await expect(trigger).rejects.toMatchObject({ status: 404 });
    const { schedules } = await service.client.request<{ schedules: { id: string }[] }>(SCHEDULES);
    expect(schedules.map(({ id }) => id)).toEqual(expect.arrayContaining(['mondays', 'spring']));
  });
});

describe('a schedule that could never start a run', () => {
  test.each<[string, Readonly<Record<string, unknown>>, readonly string[]]>([
    [
      'with faults of shape and meaning in its template',
      {
        request: smallSeason({
          season: { markets: ['gb', 'xx'], timeZone: 'Mars/Olympus' },
          traffic: { stepPercent: 0 },
          colour: 'white',
        }),
      },
      [
        'request.colour',
        'request.season.markets.1',
        'request.season.timeZone',
        'request.traffic.stepPercent',
      ],
    ],
    ['with a template of another kind', { kind: 'weddingDay' }, ['request.season', 'request.weddingDay']],
    ['with six cron fields', { cron: '0 0 4 * * *' }, ['cron']],
    ['with an hour that does not exist', { cron: '0 25 * * *' }, ['cron']],
    ['with cron and calendar', { calendar: { hours: [4] } }, ['cron']],
    ['in no zone', { timeZone: '+02:00' }, ['timeZone']],
    ['with no time to catch up', { catchupWindowMinutes: 0 }, ['catchupWindowMinutes']],
    ['with an unknown overlap', { overlap: 'crash' }, ['overlap']],
  ])('is refused: %s', async (_name, change, paths) => {
    const refusal = await refusalOf({ ...RARELY, id: 'never', ...change });
    expect(refusal.status).toBe(400);
    expect(refusal.problem.errors?.map(({ path }) => path).toSorted()).toEqual(paths);
    await expect(service.client.request(`${SCHEDULES}/never`)).rejects.toMatchObject({ status: 404 });
  });
});
