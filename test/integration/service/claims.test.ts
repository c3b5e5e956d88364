import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { resourceKey } from '../../../cli/demo/chaos.ts';
import type { LedgerEntry, LiveResource } from '../../../cli/demo/sandbox.ts';
import { resolveRelativeDates } from '../../../domain/calendar.ts';
import type { Fleet } from '../../../domain/fleet.ts';
import type { RunReport, ServiceReport } from '../../../domain/report.ts';
import { startService, type TestService } from '../../support/service.ts';
import { bookingsOn, smallFleet, smallSeason } from '../../support/small-fleet.ts';
import { ownedLines } from '../../support/world.ts';

/** One shared target and one of each market alone, so that what each season adds can be told apart. */
function sharedFleet(change: (fleet: Fleet) => Fleet = (fleet) => fleet): Fleet {
  return smallFleet((fleet) =>
    change({
      ...fleet,
      targets: fleet.targets
        .filter((target) => target.id === 'ecs' || target.id === 'mig')
        .map((target) => ({ ...target, maximumUnits: 60 })),
      recordSets: [],
    }),
  );
}

describe('claims compose on a target that several runs need', () => {
  let service: TestService;
  let reporting: NodeJS.Timeout | undefined;

  async function begin(
    fleet: Fleet,
    options: { workers?: number; timeScale?: number } = {},
  ): Promise<readonly string[]> {
    service = await startService({ fleet, ...options });
    const loads = fleet.targets.map((target) => ({ subject: target.id, value: 1 }));
    reporting = setInterval(() => {
      service.client.request('/api/observations', { method: 'POST', body: loads }).catch(() => undefined);
    }, 100);
    return ownedLines(await service.control.world());
  }

  beforeEach(() => {
    reporting = undefined;
  });
  afterEach(async () => {
    clearInterval(reporting);
    await service?.stop();
  });

  const book = (records: readonly object[]) =>
    service.client.request('/api/bookings', { method: 'POST', body: records });
  const season = (change: Readonly<Record<string, unknown>>) =>
    service.start('/api/scaling/seasons', resolveRelativeDates(smallSeason(change), Date.now()));
  const act = (runId: string, action: string) =>
    service.client.request(`/api/runs/${runId}/${action}`, { method: 'POST' });
  const released = (runId: string) => service.until(runId, ({ hold }) => hold?.status === 'released');
  const live = async (fleet: Fleet, id: string): Promise<LiveResource> => {
    const target = fleet.targets.find((candidate) => candidate.id === id);
    const found = (await service.control.world()).resources.find(
      (r) => target && r.key === resourceKey(target),
    );
    if (!found) throw new Error(`${id} is not in the sandbox`);
    return found;
  };
  const serviceOf = (report: RunReport, id: string): ServiceReport => {
    const found = report.cells.flatMap((cell) => cell.services).find((one) => one.targetId === id);
    if (!found) throw new Error(`${id} is not in the report`);
    return found;
  };

  test.each([
    ['the first', 0],
    ['the second', 1],
  ])(
    '%s of two seasons is released first: the floor covers the other until it goes too',
    async (_what, first) => {
      const fleet = sharedFleet();
      const before = await begin(fleet);
      // The second season sees more bookings than the first did, so it needs more of the shared target.
      await book(bookingsOn([3], 'gb', 50, 1));
      const one = await season({ season: { id: 'one', markets: ['gb'] } });
      const reportOne = await service.ended(one);
      await book(bookingsOn([5], 'fr', 70, 4));
      const two = await season({ season: { id: 'two', markets: ['fr'] } });
      const reportTwo = await service.ended(two);
      expect([reportOne.status, reportTwo.status]).toEqual(['completed', 'completed']);
      const needs = [serviceOf(reportOne, 'ecs').to, serviceOf(reportTwo, 'ecs').to];
      expect(needs[1]).toBeGreaterThan(needs[0] ?? 0);
      expect((await live(fleet, 'ecs')).minimumUnits).toBe(Math.max(...needs));

      const runs = [one, two];
      await act(runs[first] as string, 'release');
      await released(runs[first] as string);
      expect((await live(fleet, 'ecs')).minimumUnits).toBe(needs[1 - first]);

      await act(runs[1 - first] as string, 'release');
      await released(runs[1 - first] as string);
      expect(ownedLines(await service.control.world())).toEqual(before);
    },
  );

  test('a value that a person raises in the middle is kept, reported and not lowered', async () => {
    const fleet = sharedFleet();
    await begin(fleet);
    await book(bookingsOn([3], 'gb', 50, 2));
    const runId = await season({ season: { markets: ['gb'] } });
    await service.ended(runId);
    const ecs = await live(fleet, 'ecs');
    const byHand = (ecs.minimumUnits ?? 0) + 7;
    const change = { minimumUnits: byHand, maximumUnits: Math.max(byHand, ecs.maximumUnits ?? 0) };
    await service.sandboxCall('POST', '/people', { resource: ecs.key, change });
    await act(runId, 'release');
    await released(runId);
    expect((await live(fleet, 'ecs')).minimumUnits).toBe(byHand);
    const lowered = (await service.control.ledger()).filter(
      (entry) =>
        entry.resource === ecs.key &&
        entry.caller !== 'autoscaler' &&
        floor(entry.after) < floor(entry.before),
    );
    expect(lowered).toEqual([]);
    const metrics = await service.report(runId);
    expect(serviceOf(metrics, 'ecs').effectiveFloor).toBe(byHand);
  });

  test('a write that timed out and lands after the undo is found and put right', async () => {
    const fleet = sharedFleet();
    const before = await begin(fleet);
    await book(bookingsOn([3], 'gb', 50, 2));
    const ecs = await live(fleet, 'ecs');
    // Nobody is told, and the change lands only when the run has long been cancelled.
    await service.control.addFaults([
      { match: { resource: ecs.key }, kind: 'lateEffect', times: 1, delayMs: 1_200 },
    ]);
    const runId = await season({ season: { markets: ['gb'] } });
    await service.until(runId, ({ status }) => status === 'running');
    for (let wait = 0; wait < 100; wait += 1) {
      const requests = (await service.sandboxCall('GET', '/requests')) as {
        requests: { vendor: string; status: number }[];
      };
      if (requests.requests.some(({ vendor, status }) => vendor === 'aws' && status === 0)) break;
      await sleep(20);
    }
    await act(runId, 'cancel');
    const report = await service.ended(runId);
    expect(report.status).toBe('cancelled');
    await sleep(2_000);
    expect(ownedLines(await service.control.world())).toEqual(before);
    const late = (await service.control.ledger()).filter(
      (entry) => entry.resource === ecs.key && entry.caller !== 'autoscaler',
    );
    expect(late.some((entry) => floor(entry.after) > floor(entry.before))).toBe(true);
  });

  test("another run's claim beyond the quota fails that run, and mine settles", async () => {
    const fleet = sharedFleet();
    await begin(fleet);
    await book(bookingsOn([3], 'gb', 50, 1));
    const mine = await season({ season: { id: 'mine', markets: ['gb'] } });
    const settled = await service.ended(mine);
    expect(settled.status).toBe('completed');
    const need = serviceOf(settled, 'ecs').to;
    const ecs = await live(fleet, 'ecs');
    await service.sandboxCall('PATCH', '/world', {
      resources: [
        {
          service: ecs.service,
          region: ecs.region,
          reference: ecs.reference,
          autoscaled: true,
          units: ecs.desiredUnits,
          minimumUnits: ecs.minimumUnits,
          maximumUnits: ecs.maximumUnits,
          quotaUnits: need + 1,
        },
      ],
    });
    await book(bookingsOn([5], 'fr', 90, 4));
    const other = await season({ season: { id: 'other', markets: ['fr'] } });
    const failed = await service.ended(other);
    expect(failed.status).toBe('rolledBack');
    expect(failed.error?.message).toContain('ecs');
    expect((await live(fleet, 'ecs')).minimumUnits).toBe(need);
    expect((await service.report(mine)).status).toBe('completed');
  });

  test('provisioning that is stuck at 60 % until the settle deadline is no success', async () => {
    const fleet = sharedFleet();
    const before = await begin(fleet);
    await book(bookingsOn([3], 'gb', 50, 2));
    const ecs = await live(fleet, 'ecs');
    await service.control.addFaults([
      { match: { resource: ecs.key }, kind: 'stuckProvisioning', fraction: 0.6 },
    ]);
    const runId = await season({
      season: { markets: ['gb'] },
      performanceRequirements: { settleDeadlineMinutes: 20 },
    });
    const report = await service.ended(runId);
    const stuck = serviceOf(report, 'ecs');
    expect(report.status).toBe('rolledBack');
    // The vendor says that it finds no room; nobody stands in for it.
    expect(stuck.error?.kind).toBe('InsufficientCapacity');
    expect(stuck.error?.message).toMatch(/at its settle deadline .*nobody stands in/);
    expect(stuck.observed).not.toBeNull();
    expect(stuck.observed).toBeLessThan(stuck.to);
    expect(ownedLines(await service.control.world())).toEqual(before);
  });

  test('nothing after a service that has to be stable is touched before it has settled', async () => {
    const fleet = smallFleet((small) => ({ ...small, recordSets: [] }));
    await begin(fleet, { timeScale: 60 });
    await book([...bookingsOn([3], 'gb', 90, 3), ...bookingsOn([3], 'fr', 90, 2)]);
    const report = await service.ended(await season({}));
    expect(report.status).toBe('completed');
    const settledMs = Date.parse(serviceOf(report, 'ecs').settledAt ?? '');
    const count = fleet.targets.find((target) => target.id === 'ecs-count');
    const writes = (await service.control.ledger()).filter(
      (e) => count && e.resource === resourceKey(count) && e.effective,
    );
    expect(writes.length).toBeGreaterThan(0);
    for (const write of writes) expect(Date.parse(write.at)).toBeGreaterThanOrEqual(settledMs);
  });

  test('a service that is not critical fails alone: the run ends partial with that one undone', async () => {
    const fleet = smallFleet((small) => ({ ...small, recordSets: [] }));
    await begin(fleet);
    await book([...bookingsOn([3], 'gb', 90, 3), ...bookingsOn([3], 'fr', 90, 2)]);
    const count = await live(fleet, 'ecs-count');
    await service.control.addFaults([{ match: { resource: count.key }, kind: 'invalid' }]);
    const runId = await season({});
    const report = await service.ended(runId);
    expect(report.status).toBe('partial');
    const undone = await service.until(runId, (now) => serviceOf(now, 'ecs-count').status === 'undone');
    expect(serviceOf(undone, 'ecs-count').error?.kind).toBe('InvalidTarget');
    expect((await live(fleet, 'ecs-count')).desiredUnits).toBe(count.desiredUnits);
    expect(serviceOf(undone, 'ecs').status).toBe('settled');
  });
});

function floor(state: LedgerEntry['before']): number {
  const { minimumUnits, desiredUnits } = (state ?? {}) as Partial<LiveResource>;
  return minimumUnits ?? desiredUnits ?? Number.NaN;
}
