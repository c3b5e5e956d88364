import { afterEach, describe, expect, test } from '@jest/globals';
import { resourceKey } from '../../../cli/demo/chaos.ts';
import { resolveRelativeDates } from '../../../domain/calendar.ts';
import type { Plan } from '../../../domain/plan.ts';
import type { RunReport } from '../../../domain/report.ts';
import { startService, type TestService } from '../../support/service.ts';
import { bookingsOn, smallFleet, smallSeason } from '../../support/small-fleet.ts';
import { ownedLines } from '../../support/world.ts';

/** `ecs` carries all there is; `hpa` and `mig` are dearer and free. */
const fleetWith = (fallbacks: readonly string[]) =>
  smallFleet((fleet) => ({
    ...fleet,
    targets: fleet.targets
      .filter(({ id }) => ['ecs', 'mig', 'hpa'].includes(id))
      .map((target) => ({
        ...target,
        maximumUnits: 60,
        ...(target.id === 'ecs' && fallbacks.length > 0 && { fallbacks }),
      })),
  }));

describe('a vendor without room for a critical service', () => {
  let service: TestService;
  let reporting: NodeJS.Timeout | undefined;
  let before: readonly string[];

  /** @returns the run, started while vendors have no room for `ecs`, nor for `alsoFull`. */
  async function begin(
    fallbacks: readonly string[],
    change: Readonly<Record<string, unknown>> = {},
    alsoFull?: string,
  ): Promise<string> {
    const fleet = fleetWith(fallbacks);
    service = await startService({ fleet });
    const loads = fleet.targets.map((target) => ({ subject: target.id, value: 1 }));
    reporting = setInterval(() => {
      service.client.request('/api/observations', { method: 'POST', body: loads }).catch(() => undefined);
    }, 100);
    await service.client.request('/api/bookings', { method: 'POST', body: bookingsOn([3], 'gb', 90, 3) });
    before = ownedLines(await service.control.world());
    const full = fleet.targets.filter(({ id }) => id === 'ecs' || id === alsoFull);
    await service.control.addFaults(
      full.map((target) => ({ match: { resource: resourceKey(target) }, kind: 'insufficientCapacity' })),
    );
    const body = smallSeason({ season: { markets: ['gb'] }, ...change });
    return service.start('/api/scaling/seasons', resolveRelativeDates(body, Date.now()));
  }
  afterEach(async () => {
    clearInterval(reporting);
    await service?.stop();
  });

  const ask = (runId: string, action: string, body?: unknown) =>
    service.client.request(`/api/runs/${runId}/${action}`, { method: 'POST', body });
  const unitsOf = ({ cells }: RunReport) =>
    Object.fromEntries(cells.flatMap(({ services }) => services.map((one) => [one.targetId, one.to])));
  const planOf = async (planId: string) => (await service.client.request(`/api/plans/${planId}`)) as Plan;
  async function givenBack(runId: string): Promise<void> {
    await service.sandboxCall('DELETE', '/faults');
    await ask(runId, 'release');
    await service.until(runId, ({ hold }) => hold?.status === 'released', 60_000);
    expect(ownedLines(await service.control.world())).toEqual(before);
  }

  test('declared fallbacks carry it in a new generation of the plan, without a question, and all is given back', async () => {
    const runId = await begin(['hpa']);
    const report = await service.ended(runId, 90_000);
    expect(report).toMatchObject({ status: 'completed', attention: [] });
    const [made] = report.fallbacks;
    expect(report.fallbacks).toHaveLength(1);
    expect(made).toMatchObject({
      targetId: 'ecs',
      to: 2,
      generation: 2,
      planId: report.plan?.id,
      approvedBy: null,
    });
    expect(made?.error.kind).toBe('InsufficientCapacity');
    const { content } = await planOf(made?.planId ?? '');
    const first = await planOf(content.standIn?.replaces ?? '');
    // What the others have today is there anyway, so that the first plan uses it.
    const planned = Object.fromEntries(
      first.content.floors.map((floor) => [floor.targetId, floor.floorUnits]),
    );
    const { ecs = 0, hpa = 0 } = planned;
    expect(unitsOf(report)).toEqual({ ...planned, ecs: 2, hpa: hpa + ecs - 2 });
    for (const cell of report.cells) {
      for (const one of cell.services) expect(one.observed).toBeGreaterThanOrEqual(one.to);
    }
    await givenBack(runId);
  }, 200_000);

  test('one that is not part of the plan asks first, and stands in once a person consents', async () => {
    const runId = await begin([]);
    const asking = await service.until(runId, ({ attention }) => attention.length > 0, 30_000);
    expect(asking).toMatchObject({ status: 'running', fallbacks: [] });
    const planId = asking.attention[0]?.resource ?? '';
    expect(asking.plan?.id).not.toBe(planId);
    expect(asking.attention[0]?.message).toMatch(
      /mig with \d+ units could stand in, at [\d.]+ USD\/h in all/,
    );
    await expect(ask(runId, 'approve', { planId: asking.plan?.id })).rejects.toMatchObject({ status: 409 });
    await ask(runId, 'approve', { planId });
    const report = await service.ended(runId, 90_000);
    expect(report).toMatchObject({ status: 'completed', attention: [], plan: { id: planId } });
    expect(report.fallbacks).toMatchObject([{ targetId: 'ecs', planId, approvedBy: expect.any(String) }]);
    expect(unitsOf(report).mig).toBeGreaterThan(2);
    await givenBack(runId);
  }, 200_000);

  test('declared ones above their ceiling ask as well, and nobody who answers in time rolls the run back', async () => {
    const costConstraints = { maximumFallbackHourlyUsd: 0, approvalExpiresAfterMinutes: 30 };
    const runId = await begin(['hpa'], { costConstraints });
    const report = await service.ended(runId, 90_000);
    expect(report).toMatchObject({ status: 'rolledBack', fallbacks: [], attention: [] });
    expect(report.error?.message).toMatch(
      /ecs is critical and failed: .*nobody stands in: nobody approved plan/,
    );
    expect(ownedLines(await service.control.world())).toEqual(before);
  }, 200_000);

  test('a run that is cancelled while it asks takes its question back', async () => {
    const runId = await begin([]);
    await service.until(runId, ({ attention }) => attention.length > 0, 60_000);
    await ask(runId, 'cancel');
    const report = await service.ended(runId, 90_000);
    expect(report).toMatchObject({ status: 'cancelled', fallbacks: [], attention: [] });
    expect(ownedLines(await service.control.world())).toEqual(before);
  }, 200_000);

  test('no fallback goes past the budget: the run is rolled back and says why', async () => {
    const runId = await begin(['hpa'], { costConstraints: { maximumHourlyUsd: 5 } });
    const report = await service.ended(runId, 90_000);
    expect(report).toMatchObject({ status: 'rolledBack', fallbacks: [] });
    expect(report.error?.message).toMatch(/hpa.* could stand in, but hourlyBudget: the plan costs/);
    expect(ownedLines(await service.control.world())).toEqual(before);
  }, 200_000);

  test('a fallback that runs short as well is stood in for by the next one', async () => {
    const runId = await begin(['mig', 'hpa'], {}, 'mig');
    const report = await service.ended(runId, 90_000);
    expect(report).toMatchObject({ status: 'completed', attention: [] });
    expect(report.fallbacks).toMatchObject([
      { targetId: 'ecs', generation: 2, standIns: [{ targetId: 'mig' }] },
      { targetId: 'mig', generation: 3, standIns: [{ targetId: 'hpa' }] },
    ]);
    expect(unitsOf(report)).toMatchObject({ ecs: 2, hpa: expect.any(Number) });
    await givenBack(runId);
  }, 200_000);
});
