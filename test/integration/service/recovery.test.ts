import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { resourceKey } from '../../../cli/demo/chaos.ts';
import type { LedgerEntry } from '../../../cli/demo/sandbox.ts';
import { resolveRelativeDates } from '../../../domain/calendar.ts';
import type { Fleet } from '../../../domain/fleet.ts';
import { startService, type TestService } from '../../support/service.ts';
import { bookingsOn, smallFleet, smallSeason } from '../../support/small-fleet.ts';
import { ownedLines } from '../../support/world.ts';

describe('a run goes on when parts of the service die under it', () => {
  let service: TestService;
  let reporting: NodeJS.Timeout | undefined;

  async function begin(fleet: Fleet, timeScale: number): Promise<readonly string[]> {
    service = await startService({ fleet, timeScale });
    const loads = fleet.targets.map((target) => ({ subject: target.id, value: 1 }));
    reporting = setInterval(() => {
      service.client.request('/api/observations', { method: 'POST', body: loads }).catch(() => undefined);
    }, 100);
    const body = [...bookingsOn([1, 2, 3], 'gb', 90, 3), ...bookingsOn([1, 2, 3], 'fr', 90, 2)];
    await service.client.request('/api/bookings', { method: 'POST', body });
    return ownedLines(await service.control.world());
  }

  afterEach(async () => {
    clearInterval(reporting);
    await service?.stop();
  });

  const season = (change: Readonly<Record<string, unknown>>) =>
    service.start('/api/scaling/seasons', resolveRelativeDates(smallSeason(change), Date.now()));
  const kill = (pid: number) => process.kill(pid, 'SIGKILL');

  test.each(['temporal', 'postgres', 'api', 'worker'] as const)(
    '%s is killed in the middle',
    async (part) => {
      const fleet = smallFleet();
      await begin(fleet, 120);
      const runId = await season({});
      const ecs = fleet.targets.find((target) => target.id === 'ecs');
      const written = async () =>
        (await service.control.ledger()).some((entry) => ecs && entry.resource === resourceKey(ecs));
      while (!(await written())) await sleep(20);
      const { pids } = service;
      kill(part === 'worker' ? (pids.workers[0] as number) : pids[part]);
      const report = await service.ended(runId, 90_000);
      expect(report.error).toBeUndefined();
      expect(report.status).toBe('completed');
      const raises = Map.groupBy(
        (await service.control.ledger()).filter(
          (entry) =>
            entry.effective && entry.caller !== 'autoscaler' && floor(entry.after) > floor(entry.before),
        ),
        (entry) => entry.resource,
      );
      for (const [resource, entries] of raises)
        expect({ resource, raised: entries.length }).toEqual({ resource, raised: 1 });
    },
    120_000,
  );

  test('a plan of two steps runs to its gated end with worker and Temporal killed in between', async () => {
    const fleet = smallFleet((small) => ({ ...small, recordSets: [] }));
    const before = await begin(fleet, 3_600);
    const runId = await season({
      season: { startsAt: 'now+5h', endsAt: 'now+53h', stepDays: 1 },
      performanceRequirements: { settleDeadlineMinutes: 5_000 },
      release: { maximumLoadPercent: 60, dwellMinutes: 60, askAfterMinutes: 5_000 },
      additionalLeadMinutes: 360,
    });
    const first = await service.ended(runId);
    expect(first.status).toBe('completed');
    expect(first.hold).toMatchObject({ status: 'holding' });
    expect(first.hold?.nextStepAt).not.toBeNull();
    kill(service.pids.workers[0] as number);
    kill(service.pids.temporal);

    const second = await service.until(runId, ({ hold }) => hold?.nextStepAt === null, 60_000);
    expect(second.hold?.status).toBe('holding');
    const last = await service.until(runId, ({ hold }) => hold?.status === 'released', 90_000);
    expect(last.status).toBe('completed');
    expect(ownedLines(await service.control.world())).toEqual(before);
    const lowered = (await service.control.ledger()).filter(
      (entry) => entry.effective && entry.caller !== 'autoscaler' && floor(entry.after) < floor(entry.before),
    );
    expect(lowered.length).toBeGreaterThan(0);
    // Nothing of the second step went before its end.
    const endMs = Date.parse(last.hold?.until ?? '');
    const counts = lowered.filter((entry) => entry.before?.minimumUnits === null);
    for (const entry of counts)
      expect(Date.parse((entry as LedgerEntry & { serviceAt: string }).serviceAt)).toBeGreaterThan(
        endMs - 25 * 3_600_000,
      );
  }, 200_000);
});

function floor(state: LedgerEntry['before']): number {
  const { minimumUnits, desiredUnits } = (state ?? {}) as { minimumUnits?: number; desiredUnits?: number };
  return minimumUnits ?? desiredUnits ?? Number.NaN;
}
