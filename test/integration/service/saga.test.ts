import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { resolveRelativeDates } from '../../../domain/calendar.ts';
import type { RunReport } from '../../../domain/report.ts';
import { FINAL_STATUSES } from '../../../domain/report.ts';
import { startService, type TestService } from '../../support/service.ts';
import { bookingsOn, smallFleet, smallSeason } from '../../support/small-fleet.ts';
import { type AtStep, type SteppedWorker, startSteppedWorker } from '../../support/stepped-worker.ts';
import { ownedLines, takenBeforeTraffic } from '../../support/world.ts';

/** How often the platform reports its load, in milliseconds; the gate needs three parts of half a second. */
const REPORT_EVERY_MS = 100;

describe('whatever step fails or is cancelled, the sandbox holds what it held before', () => {
  const fleet = smallFleet();
  let service: TestService;
  let worker: SteppedWorker;
  let reporting: NodeJS.Timeout;
  let before: readonly string[];
  let steps = 0;

  beforeAll(async () => {
    service = await startService({ fleet, workers: 0, instant: true });
    worker = await startSteppedWorker(service);
    const body = [...bookingsOn([3], 'gb', 90, 3), ...bookingsOn([3], 'fr', 90, 2)];
    await service.client.request('/api/bookings', { method: 'POST', body });
    const loads = fleet.targets.map((target) => ({ subject: target.id, value: 1 }));
    reporting = setInterval(() => {
      service.client.request('/api/observations', { method: 'POST', body: loads }).catch(() => undefined);
    }, REPORT_EVERY_MS);
    before = ownedLines(await service.control.world());
  });

  afterAll(async () => {
    clearInterval(reporting);
    await worker?.stop();
    await service?.stop();
  });

  /** One season under `atStep`, given back where it ended well. @returns its last report. */
  async function season(atStep: (runId: () => string) => AtStep): Promise<RunReport> {
    let runId = '';
    const from = (await service.control.ledger()).length;
    worker.reset(atStep(() => runId));
    const request = smallSeason({
      alertingRules: [
        {
          name: 'slow',
          metric: 'wedsync.scalability.response_time.p95',
          comparison: 'above',
          threshold: 1,
          forMinutes: 5,
          severity: 'info',
          escalation: ['@nobody'],
        },
      ],
    });
    runId = await service.start('/api/scaling/seasons', resolveRelativeDates(request, Date.now()));
    const ended = await service.ended(runId);
    worker.reset(async () => 'go on');
    if (ended.status === 'completed' || ended.status === 'partial') {
      await service.client.request(`/api/runs/${runId}/rollback`, { method: 'POST' });
    }
    const report = await service.until(
      runId,
      ({ status, hold }) => FINAL_STATUSES.includes(status) && (hold === null || hold.status === 'released'),
    );
    expect(takenBeforeTraffic((await service.control.ledger()).slice(from))).toEqual([]);
    return report;
  }

  test('a season that nothing disturbs, given back, leaves no trace', async () => {
    const report = await season(() => async (step) => {
      steps = step;
      return 'go on';
    });
    expect(report.error).toBeUndefined();
    expect(report.status).toBe('rolledBack');
    expect(ownedLines(await service.control.world())).toEqual(before);
    expect(steps).toBeGreaterThan(25);
  });

  test('it fails at every step', async () => {
    const wrong: string[] = [];
    for (let step = 1; step <= steps; step += 1) {
      let broken = '';
      const report = await season(() => async (count, activity) => {
        if (count !== step) return 'go on';
        broken = activity;
        return 'fail';
      }).catch((error: Error) => error);
      const what = `step ${step} ${broken}`;
      if (report instanceof Error) wrong.push(`${what}: ${report.message.slice(0, 1_500)}`);
      const after = ownedLines(await service.control.world());
      if (after.join() !== before.join())
        wrong.push(`${what}: ${after.filter((line) => !before.includes(line)).join(', ')}`);
    }
    expect(wrong).toEqual([]);
  }, 400_000);

  test('it is cancelled at every step', async () => {
    const wrong: string[] = [];
    for (let step = 1; step <= steps; step += 1) {
      let during = '';
      const report = await season((runId) => async (count, activity) => {
        if (count !== step) return 'go on';
        during = activity;
        // The request that accepts the run may still be answering.
        for (let wait = 0; runId() === '' && wait < 100; wait += 1)
          await new Promise((r) => setTimeout(r, 10));
        await service.client
          .request(`/api/runs/${runId()}/cancel`, { method: 'POST' })
          .catch(() => undefined);
        return 'go on';
      }).catch((error: Error) => error);
      const what = `step ${step} ${during}`;
      if (report instanceof Error) wrong.push(`${what}: ${report.message.slice(0, 1_500)}`);
      const after = ownedLines(await service.control.world());
      if (after.join() !== before.join())
        wrong.push(`${what}: ${after.filter((line) => !before.includes(line)).join(', ')}`);
    }
    expect(wrong).toEqual([]);
  }, 400_000);
});
