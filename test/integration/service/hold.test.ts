import { afterEach, describe, expect, test } from '@jest/globals';
import { resourceKey } from '../../../cli/demo/chaos.ts';
import type { LiveResource } from '../../../cli/demo/sandbox.ts';
import { resolveRelativeDates } from '../../../domain/calendar.ts';
import type { Fleet } from '../../../domain/fleet.ts';
import { startService, type TestService } from '../../support/service.ts';
import { bookingsOn, smallFleet, smallSeason } from '../../support/small-fleet.ts';
import { ownedLines } from '../../support/world.ts';

describe('what a hold is asked by people', () => {
  const fleet: Fleet = smallFleet((small) => ({ ...small, recordSets: [] }));
  let service: TestService;
  let reporting: NodeJS.Timeout | undefined;

  async function begin(quiet = true): Promise<readonly string[]> {
    service = await startService({ fleet });
    const loads = fleet.targets.map((target) => ({ subject: target.id, value: 1 }));
    if (quiet) {
      reporting = setInterval(() => {
        service.client.request('/api/observations', { method: 'POST', body: loads }).catch(() => undefined);
      }, 100);
    }
    const body = [...bookingsOn([3], 'gb', 90, 3), ...bookingsOn([3], 'fr', 90, 2)];
    await service.client.request('/api/bookings', { method: 'POST', body });
    return ownedLines(await service.control.world());
  }
  afterEach(async () => {
    clearInterval(reporting);
    await service?.stop();
  });

  const completed = async (change: Readonly<Record<string, unknown>> = {}) => {
    const request = resolveRelativeDates(smallSeason(change), Date.now());
    const runId = await service.start('/api/scaling/seasons', request);
    expect((await service.ended(runId)).status).toBe('completed');
    return runId;
  };
  const ask = (runId: string, action: string, body?: unknown) =>
    service.client.request(`/api/runs/${runId}/${action}`, { method: 'POST', body });
  const keyOf = (id: string) => {
    const target = fleet.targets.find((candidate) => candidate.id === id);
    if (!target) throw new Error(`no target ${id}`);
    return resourceKey(target);
  };
  const live = async (id: string): Promise<LiveResource | undefined> =>
    (await service.control.world()).resources.find((resource) => resource.key === keyOf(id));

  test('what cannot be given back is named, waits for a person and goes back once it can', async () => {
    const before = await begin();
    const runId = await completed();
    await service.control.addFaults([{ match: { resource: keyOf('ecs-count') }, kind: 'denied' }]);
    await ask(runId, 'rollback');
    const stuck = await service.until(runId, ({ hold }) => hold?.status === 'needsHuman');
    expect(stuck.rollback?.residual.map((rest) => rest.resource)).toEqual(['ecs-count']);
    expect(stuck.rollback?.residual[0]?.reason).toContain('PermissionDenied');
    // Everything else went back all the same.
    const after = ownedLines(await service.control.world());
    expect(after.filter((line) => !before.includes(line))).toHaveLength(1);

    await service.sandboxCall('DELETE', '/faults');
    await ask(runId, 'resolve', { resource: 'ecs-count', action: 'retry' });
    const done = await service.until(runId, ({ hold }) => hold?.status === 'released');
    expect(done.rollback?.residual).toEqual([]);
    expect(ownedLines(await service.control.world())).toEqual(before);
  });

  test('a person may accept what is left', async () => {
    await begin();
    const runId = await completed();
    const held = (await live('ecs-count'))?.desiredUnits;
    await service.control.addFaults([{ match: { resource: keyOf('ecs-count') }, kind: 'denied' }]);
    await ask(runId, 'rollback');
    await service.until(runId, ({ hold }) => hold?.status === 'needsHuman');
    await ask(runId, 'resolve', { resource: 'ecs-count', action: 'accept-drift' });
    const done = await service.until(runId, ({ hold }) => hold?.status === 'released');
    expect(done.rollback?.residual).toEqual([]);
    expect((await live('ecs-count'))?.desiredUnits).toBe(held);
  });

  test('a critical failure with keep-capacity leaves what is there to the hold', async () => {
    const before = await begin();
    await service.control.addFaults([{ match: { resource: keyOf('mig') }, kind: 'invalid' }]);
    const request = smallSeason({ onFailure: 'keep-capacity' });
    const runId = await service.start('/api/scaling/seasons', resolveRelativeDates(request, Date.now()));
    const report = await service.ended(runId);
    expect(report.status).toBe('failed');
    expect(report.rollback?.kept.length).toBeGreaterThan(0);
    expect((await live('ecs'))?.minimumUnits).toBeGreaterThan(2);
    await service.sandboxCall('DELETE', '/faults');
    await ask(runId, 'rollback');
    await service.until(runId, ({ hold }) => hold?.status === 'released');
    expect(ownedLines(await service.control.world())).toEqual(before);
  });

  test('a gate that nobody can read stays closed, and minima that an autoscaler owns go all the same', async () => {
    await begin(false);
    const runId = await completed();
    const held = (await live('ecs-count'))?.desiredUnits;
    await ask(runId, 'release');
    await service.until(runId, ({ hold }) => hold?.status === 'releasing');
    for (;;) if ((await live('ecs'))?.minimumUnits === 2) break;
    expect((await live('ecs-count'))?.desiredUnits).toBe(held);
    // Once the load can be read and is low, the count goes too.
    const loads = fleet.targets.map((target) => ({ subject: target.id, value: 1 }));
    reporting = setInterval(() => {
      service.client.request('/api/observations', { method: 'POST', body: loads }).catch(() => undefined);
    }, 100);
    await service.until(runId, ({ hold }) => hold?.status === 'released');
    expect((await live('ecs-count'))?.desiredUnits).toBe(2);
  });

  test('a hold lasts until its extended end', async () => {
    await begin();
    const runId = await completed();
    const until = new Date(Date.now() + 40 * 86_400_000).toISOString();
    await ask(runId, 'extend', { until });
    expect((await service.report(runId)).hold?.until).toBe(until);
    await expect(ask(runId, 'extend', { until: new Date().toISOString() })).rejects.toThrow(/future/);
  });
});
