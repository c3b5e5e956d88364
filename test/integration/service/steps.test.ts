import { afterEach, describe, expect, test } from '@jest/globals';
import { resourceKey } from '../../../cli/demo/chaos.ts';
import { resolveRelativeDates } from '../../../domain/calendar.ts';
import type { RunReport } from '../../../domain/report.ts';
import { startService, type TestService } from '../../support/service.ts';
import { smallFleet, smallSeason } from '../../support/small-fleet.ts';
import { ownedLines } from '../../support/world.ts';

/** A season of two days, the second busier; everything of the first is due at once. */
const TWO_STEPS = smallSeason({
  season: { startsAt: 'now+5h', endsAt: 'now+53h', stepDays: 1 },
  performanceRequirements: { settleDeadlineMinutes: 5_000 },
  release: { maximumLoadPercent: 60, dwellMinutes: 60, askAfterMinutes: 5_000 },
  additionalLeadMinutes: 360,
});

/** So many weddings in each market, so many hours from now, give or take the markets' offset from UTC. */
const weddingsIn = (hours: number, weddings: number) =>
  ['gb', 'fr'].flatMap((market) =>
    Array.from({ length: weddings }, (_, index) => ({
      id: `${market}-${hours}-${index}`,
      market,
      startsAt: new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 16),
      guests: 90,
    })),
  );

describe('a later step', () => {
  const fleet = smallFleet();
  let service: TestService;
  let reporting: NodeJS.Timeout | undefined;
  let before: readonly string[];
  let runId: string;

  async function firstStep(): Promise<readonly string[]> {
    service = await startService({ fleet, timeScale: 7_200 });
    const loads = fleet.targets.map((target) => ({ subject: target.id, value: 1 }));
    reporting = setInterval(() => {
      service.client.request('/api/observations', { method: 'POST', body: loads }).catch(() => undefined);
    }, 100);
    const body = [...weddingsIn(17, 1), ...weddingsIn(41, 2)];
    await service.client.request('/api/bookings', { method: 'POST', body });
    before = ownedLines(await service.control.world());
    runId = await service.start('/api/scaling/seasons', resolveRelativeDates(TWO_STEPS, Date.now()));
    const report = await service.ended(runId);
    expect(report).toMatchObject({ status: 'completed', hold: { status: 'holding' } });
    expect(report.hold?.nextStepAt).not.toBeNull();
    return ownedLines(await service.control.world());
  }
  afterEach(async () => {
    clearInterval(reporting);
    await service?.stop();
  });

  const ask = (action: string, body?: unknown) =>
    service.client.request(`/api/runs/${runId}/${action}`, { method: 'POST', body });
  const keyOf = (id: string) => {
    const target = fleet.targets.find((candidate) => candidate.id === id);
    if (!target) throw new Error(`no target ${id}`);
    return resourceKey(target);
  };
  /** Everything as it was before the run, once a person has decided and asked for the release. */
  const resolvedAndGivenBack = async (resource: string): Promise<void> => {
    await service.sandboxCall('DELETE', '/faults');
    await expect(ask('resolve', { resource, action: 'retry' })).rejects.toMatchObject({ status: 400 });
    await ask('resolve', { resource, action: 'skip' });
    const decided = ({ hold, attention }: RunReport) =>
      hold?.status !== 'needsHuman' && attention.length === 0;
    expect(await service.until(runId, decided, 30_000)).toMatchObject({ status: 'completed' });
    await ask('release');
    await service.until(runId, ({ hold }) => hold?.status === 'released', 90_000);
    expect(ownedLines(await service.control.world())).toEqual(before);
  };
  const untilAsWas = async (lines: readonly string[]) => {
    for (;;) {
      const now = ownedLines(await service.control.world());
      if (lines.every((line, index) => line === now[index])) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  test('that succeeds takes over without a word of undoing', async () => {
    await firstStep();
    const applied = await service.until(runId, ({ hold }) => hold?.nextStepAt === null, 60_000);
    const handOverMs = Date.parse(applied.hold?.until ?? '') - 24 * 3_600_000;
    const serviceNowMs = async () =>
      ((await service.sandboxCall('GET', '/clock')) as { serviceNowMs: number }).serviceNowMs;
    while ((await serviceNowMs()) < handOverMs + 2 * 3_600_000) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const report = await service.report(runId);
    expect(report).toMatchObject({ status: 'completed', hold: { status: 'holding' }, attention: [] });
    const statuses = report.cells.flatMap((cell) => cell.services.map(({ status }) => status));
    expect([...new Set(statuses)]).toEqual(['settled']);
    expect(report.cells.map(({ status }) => status)).not.toContain('failed');
    expect(report.monitoring.map(({ status }) => status)).not.toContain('removed');
    expect(report.routing.map(({ status }) => status)).not.toContain('movedBack');
  }, 200_000);

  test.each([
    ['a critical service', /mig is critical and failed/, { match: { resource: 'mig' }, kind: 'invalid' }],
    [
      'traffic that is refused for good',
      /refused by rule|not authorized/,
      { match: { operation: 'ChangeResourceRecordSets' }, kind: 'denied' },
    ],
  ])(
    'that fails by %s keeps the earlier step, says what a person has to decide, and gives all back in the end',
    async (_what, why, fault) => {
      const first = await firstStep();
      const match =
        'resource' in fault.match ? { resource: keyOf(String(fault.match.resource)) } : fault.match;
      await service.control.addFaults([{ ...fault, match } as never]);
      const failed = await service.until(runId, ({ hold }) => hold?.status === 'needsHuman', 60_000);
      expect(failed.attention).toMatchObject([{ resource: 'step 1' }]);
      expect(failed.attention[0]?.message).toMatch(/step 1 failed .* the steps before it stay/);
      expect(failed.attention[0]?.message).toMatch(why);
      await untilAsWas(first);
      await resolvedAndGivenBack('step 1');
    },
    200_000,
  );

  test('that fails by unhealthy traffic goes back to the earlier step', async () => {
    const first = await firstStep();
    await service.sandboxCall('POST', '/health-checks/hc-aws', { healthy: false });
    const failed = await service.until(runId, ({ hold }) => hold?.status === 'needsHuman', 60_000);
    expect(failed.attention[0]?.message).toMatch(/health of api\.weddings\.example fell/);
    await untilAsWas(first);
    await service.sandboxCall('POST', '/health-checks/hc-aws', { healthy: true });
    await resolvedAndGivenBack('step 1');
  }, 200_000);

  test('that fails by a service that is not critical goes on without it', async () => {
    await firstStep();
    await service.control.addFaults([{ match: { resource: keyOf('ecs-count') }, kind: 'invalid' }]);
    const second = await service.until(
      runId,
      ({ hold, cells }) =>
        hold?.nextStepAt === null &&
        cells.some((cell) => cell.services.some((s) => s.targetId === 'ecs-count' && s.status === 'failed')),
      60_000,
    );
    expect(second.hold?.status).toBe('holding');
    await service.sandboxCall('DELETE', '/faults');
    await service.until(runId, ({ hold }) => hold?.status === 'released', 90_000);
    expect(ownedLines(await service.control.world())).toEqual(before);
  }, 200_000);
});
